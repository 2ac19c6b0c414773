"""Lower bounds for a target: least times, least spending, and the price of paths."""
