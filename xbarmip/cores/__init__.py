"""Copies placed in cores that do one product at a time (SPEC §16, docs/cores.md)."""
