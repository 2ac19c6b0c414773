"""The comparison harness: suites of instances, runs of solvers over them, verdicts and reports."""
