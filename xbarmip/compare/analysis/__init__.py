"""What follows from results: gaps, profiles, curves over time, what changed between two files."""
