"""The best allocation and bound of a run of HiGHS, as far as exact arithmetic confirms them."""

import math
from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo

from xbarmip.problem import Problem
from xbarmip.solvers.descent import Allocation
from xbarmip.solvers.highs import End, HighsError, Run
from xbarmip.solvers.result import Proof, Result, Stop
from xbarmip.timing.evaluate import evaluate

BOUND_MARGIN = 1e-6  # relative; HiGHS's dual bound is lowered by it before it is rounded up

STOPS = {
    End.OPTIMAL: Stop.FINISHED,
    End.INFEASIBLE: Stop.FINISHED,
    End.TIME: Stop.TIME,
    End.MEMORY: Stop.MEMORY,
    End.INTERRUPTED: Stop.INTERRUPTED,
}


def whole_bound(bound: float) -> int:
    """The integer that a dual bound of HiGHS counts as."""
    return math.ceil(bound - BOUND_MARGIN * max(1.0, abs(bound)))


class Answer:
    """The best allocation and bound so far, and what is wrong with them.

    The `bound` to begin with is one of exact arithmetic.
    """

    def __init__(self, problem: Problem, bound: int) -> None:
        self.problem = problem
        self.value: int | None = None
        self.allocation: Allocation | None = None
        self.bound = self._sure = bound
        self.proof = Proof.EXACT
        self.stop = Stop.FINISHED
        self.infeasible = False
        self.message = ""
        self.statistics: dict[str, Any] = {}

    def offer(self, allocation: Allocation | None) -> None:
        """Take an allocation if it is better than the one at hand.

        Raises
        ------
        HighsError
            Where it is better than a bound of HiGHS, which then counts no more.
        """
        if allocation is not None:
            value = evaluate(self.problem, allocation)
            if value < self.bound:
                claimed, self.bound, self.proof = self.bound, self._sure, Proof.EXACT
                raise HighsError(f"HiGHS claims a bound of {claimed}, the exact value is {value}")
            if self.value is None or value < self.value:
                self.value, self.allocation = value, allocation

    def fail(self, message: str) -> None:
        """Note an error of HiGHS: what was found by other means remains."""
        self.stop, self.message = Stop.ERROR, message

    def take(self, run: Run, model: pyo.ConcreteModel) -> None:
        """Take what HiGHS says, as far as exact arithmetic confirms it."""
        self.statistics = {"start": self.value, **run.statistics}
        self.stop = STOPS[run.end]
        if run.values is not None:
            self.offer(self._rounded(run.values, model))
        if run.bound is not None:
            self.bounded(run.bound)
        if run.end is End.INFEASIBLE:
            self.fail("HiGHS calls a problem infeasible that is not")
        elif self.stop is Stop.FINISHED and self.value != self.bound:
            self.fail(f"HiGHS calls {run.bound} optimal, the exact value found is {self.value}")

    def nothing_up_to(self, target: int | None) -> None:
        """Take HiGHS's word that no allocation of value up to `target`, or none at all, exists."""
        if target is not None:
            self.raise_bound(target + 1)
        else:
            self.infeasible = True
            self.message = "HiGHS finds no allocation that meets the constraints (numerical)"

    def bounded(self, bound: float) -> None:
        """Take HiGHS's dual bound, rounded up after a margin."""
        self.raise_bound(whole_bound(bound))

    def raise_bound(self, bound: int, proof: Proof = Proof.NUMERICAL) -> None:
        """Take a bound that is better than the one at hand, and does not contradict the value."""
        if self.value is not None and bound > self.value:
            self.fail(f"HiGHS claims a bound of {bound} above the exact value {self.value}")
        else:
            if proof is Proof.EXACT:
                self._sure = max(self._sure, bound)
            if bound > self.bound or self._sure == self.bound:
                self.bound = max(bound, self.bound)
                self.proof = Proof.EXACT if self._sure == self.bound else Proof.NUMERICAL

    def _rounded(self, values: Mapping[Any, float], model: pyo.ConcreteModel) -> Allocation | None:
        """The allocation nearest to HiGHS's choices; None if they are not one within all limits."""
        chosen = [pair for pair, choice in model.choose.items() if round(values[choice]) == 1]
        if [name for name, _ in chosen] == list(model.LAYERS):
            allocation = tuple(r for _, r in chosen)
            if self.problem.meets(allocation):
                return allocation
        self.message = "HiGHS's choices, rounded, are not an allocation within the limits"
        return None

    def result(self, solver: str) -> Result:
        """The answer as a Result: OPTIMAL exactly where the bound meets the value."""
        allocation = None
        if self.allocation is not None:
            names = (layer.name for layer in self.problem.network.layers)
            allocation = dict(zip(names, self.allocation, strict=True))
        return Result.of_known(
            solver,
            self.stop,
            self.value,
            self.bound,
            allocation,
            self.proof,
            self.infeasible,
            statistics=self.statistics,
            message=self.message,
        )
