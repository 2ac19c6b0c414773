"""Statements and refutations in formats that other programs check (docs/exporting.md)."""
