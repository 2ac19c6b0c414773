"""Good allocations under added constraints, found fast: exchanges that keep to sums with limits.

What is found meets each constraint exactly, predicates included, and is evaluated anew; what is not
found proves nothing.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from xbarmip.constraint import LinearConstraint
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.check import Check
from xbarmip.solvers.dp.constraints import as_linear
from xbarmip.solvers.dp.primal.constrained_kernel import Limits, exchanged_within
from xbarmip.solvers.dp.primal.exchange import Exchange
from xbarmip.solvers.dp.sweep.search import Answer
from xbarmip.solvers.dp.table import SearchTable

Terms = list[tuple[int, Array]]  # of a layer: numbers of sums, and weights of R = 1, 2, ...


class ConstrainedExchange(Exchange):
    """Looks for allocations of one problem with added constraints whose steps stall.

    Sums with limits lead it, those of step times as well as what is a second budget.
    """

    def __init__(self, table: SearchTable, problem: Problem, check: Check) -> None:
        super().__init__(table, problem, check)
        self._problem = problem
        self.apt = table.stalls and any(
            isinstance(each, LinearConstraint) for each in problem.constraints
        )

    @cached_property
    def _limits(self) -> Limits:
        """The budget and all other sums, for the kernel."""
        linear = _linear(self._problem)
        limits = [self._problem.crossbars, *(each.limit for each in linear)]
        return _limits(limits, _terms(self._problem, linear))

    def look(self, goal: Goal, rounds: int, starts: Iterable[Sequence[int] | Array]) -> Answer:
        """Look for an allocation that meets a goal, in some rounds from each start.

        In fewer rounds where each takes long. Sums lead the search; what a predicate forbids is
        left out in the end.
        """
        for start in starts if self.apt else ():
            r = np.array(start, dtype=np.int64)
            most = min(rounds, self._most)
            found = exchanged_within(self._net, self._menu, self._limits, r, goal, most, self._desk)
            self._check(target=goal.target)
            if found and self._problem.meets(allocation := tuple(r.tolist())):
                return Answer(allocation, complete=False)
        return Answer(None, complete=False)


def _terms(problem: Problem, linear: Sequence[LinearConstraint]) -> list[Terms]:
    """By layer: the sums that it is in, each with what every R weighs; the first is the budget."""
    index, largest = problem.network.index, problem.largest
    terms = [
        [(0, size * np.arange(1, most + 1))]
        for size, most in zip(problem.sets, largest, strict=True)
    ]
    for number, constraint in enumerate(linear, start=1):
        for name, listed in constraint.weights:
            k = index[name]
            terms[k].append((number, np.array(listed[: largest[k]], dtype=np.int64)))
    return terms


def _linear(problem: Problem) -> list[LinearConstraint]:
    """The sums that are asked for, conditions on a single layer among them."""
    largest = dict(zip(problem.network.index, problem.largest, strict=True))
    stated = as_linear(problem.constraints, largest)
    return [each for each in stated if isinstance(each, LinearConstraint)]


def _limits(limits: Sequence[int], terms: list[Terms]) -> Limits:
    """All sums, for the kernel."""
    flat = [term for each in terms for term in each]
    lengths = [len(weights) for _, weights in flat]
    unit = np.ones(len(limits))
    for number, weights in flat:
        unit[number] += float(weights.max()) - float(weights.min())
    return Limits(
        np.cumsum([0, *map(len, terms)]),
        np.array([number for number, _ in flat]),
        np.cumsum([0, *lengths[:-1]]) - 1,
        np.concatenate([weights for _, weights in flat]),
        np.array(limits),
        np.zeros(len(limits), dtype=np.int64),
        unit,
    )
