"""Path cuts: HiGHS over the choices alone, and one row for each path found so far."""
