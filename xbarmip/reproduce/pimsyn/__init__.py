"""W. Li et al., PIMSYN, DATE 2024: what its program ships, and the grid that it searches."""
