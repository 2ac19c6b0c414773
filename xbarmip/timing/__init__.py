"""Timing: the pipeline cycle by cycle, and the closed form that approximates it."""
