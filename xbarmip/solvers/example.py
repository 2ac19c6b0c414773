"""A solver of one's own: copy after copy goes to the layer that takes most steps by itself."""

from dataclasses import dataclass

from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Watch
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.evaluate import evaluate


@dataclass(frozen=True)
class Slowest:
    """Its fields, with their defaults, are its options."""

    leave: int = 0  # crossbars that stay empty
    name = "slowest"

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Reasons why it cannot take a problem; none where it can."""
        return tuple(f"it knows no {each.name!r}" for each in problem.constraints)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """An allocation, and what it takes: no bound, as nothing is proven."""
        if not problem.feasible:
            return Result(self.name, Status.INFEASIBLE, Stop.FINISHED)
        layers, copies, stop = problem.network.layers, [1] * len(problem.sets), Stop.FINISHED
        while stop is Stop.FINISHED:
            spare = problem.crossbars - self.leave - problem.crossbars_used(copies)
            fits = [k for k, each in enumerate(problem.sets) if each <= spare]
            steps = {k: -(-layers[k].outputs // copies[k]) for k in fits}
            slowest = max(steps, key=steps.__getitem__, default=None)
            if slowest is None or steps[slowest] == 1:
                break
            copies[slowest] += 1
            stop = Stop.TIME if watch.expired else stop
        allocation = dict(zip(problem.network.index, copies, strict=True))
        value = evaluate(problem, copies)
        return Result(self.name, Status.FEASIBLE, stop, value, allocation=allocation)
