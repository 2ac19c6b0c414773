"""What the search keeps: windows and bounds of a target, decisions, labels (types, few kernels)."""
