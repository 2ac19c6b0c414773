"""S. Qu et al., CIM-MLC, ASPLOS 2024: its duplication step, beside optima with the same cores."""
