"""Heuristics from the literature, measured beside the exact solvers."""
