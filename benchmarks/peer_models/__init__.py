"""The problem for other solvers, written from its statement alone: nothing of xbarmip is used."""
