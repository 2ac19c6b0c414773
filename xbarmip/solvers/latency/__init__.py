"""Latency, a count times the step time, minimised by any solver that minimises the count."""
