"""A solver of one's own: copy after copy goes to the layer that takes most steps by itself."""

from xbarmip import Problem, Result, Status, Stop, Watch, evaluate


class Slowest:
    """A heuristic: it finds an allocation and proves nothing."""

    name = "slowest"

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Reasons why it cannot take a problem; none where it can."""
        return tuple(f"it knows no {each.name!r}" for each in problem.constraints)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """An allocation, and what it takes; when the time is over, the one that there is."""
        if not problem.feasible:
            return Result(self.name, Status.INFEASIBLE, Stop.FINISHED)
        total, plan = problem.crossbars, dict.fromkeys(problem.network.index, 1)
        layers = zip(problem.network.layers, problem.sets, problem.largest, strict=True)
        more = [(a.outputs // -r, a.name, size) for a, size, most in layers for r in range(1, most)]
        for _, name, size in sorted(more):  # a copy for who takes ceil(outputs / r) steps with r
            if problem.crossbars_used(plan.values()) + size <= total and not watch.expired:
                plan[name] += 1
        return Result(self.name, Status.FEASIBLE, watch.stop, evaluate(problem, plan), None, plan)
