"""Solvers: one protocol, several independent ways to the optimum."""
