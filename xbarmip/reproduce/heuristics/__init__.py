"""Every heuristic of the field on every network at hand, beside proven optima."""
