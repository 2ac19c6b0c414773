"""Bounds on what the best placement takes, each an object that refutes targets."""
