"""Walks: questions that are answered by a sequence of core questions (SPEC §12-§14)."""
