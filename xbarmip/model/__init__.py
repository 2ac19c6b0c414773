"""The Pyomo statement of the problem, its linear timing, and exact verification in it."""
