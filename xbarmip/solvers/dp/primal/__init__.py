"""Good allocations found fast; what is not found proves nothing."""
