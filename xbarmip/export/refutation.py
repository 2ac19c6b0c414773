"""A pseudo-Boolean proof that no allocation takes at most so many steps.

A search that branches on windows of R. Every node is a box: for each layer the R from low to high.
Its path bound (docs/certificate-format.md) is a sum of rows of the model:

- that a wait within the box lasts as long as it does follows by unit propagation, row by row along
  the way, and says "f >= ceil(v / R) for every R of the box";
- with the rows of the model for waits, runs, tails and ends, these add up to the length of a path,
  and the lengths, the budget and value <= target, by the multipliers, to one row over the choices;
- where that row leaves nothing of the box, the box is refuted, by propagation; where it leaves no
  room for some R at a border, that R leaves the box;
- else the box is divided at one R. Both parts refuted and "one R for every layer" refute it.

What holds in a box only has the choices that branching excluded as further literals.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyomo.environ as pyo

from xbarmip.certificate import check
from xbarmip.certificate.relaxation import Relaxation
from xbarmip.certificate.statement import edge_numbers, statement
from xbarmip.certificate.sweep import NotRefuted
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.export.formula import Formula
from xbarmip.export.linear import linear_model
from xbarmip.export.proof_log import Part, ProofLog
from xbarmip.model.steps_windows import steps_windows
from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Watch

SCALE = 10**4  # of multipliers: the numbers of a proof stay small


def refute(problem: Problem, at_most: int, watch: Watch) -> tuple[str, str]:
    """A formula in OPB that says "some allocation takes at most so many steps"; its refutation.

    Parameters
    ----------
    problem : Problem
    at_most : int
    watch : Watch
        Asked between pieces of work, with facts on the search.

    Raises
    ------
    InputError
        On a bad `at_most`.
    UnsupportedError
        When the problem has no such proof, or the formula would be too large.
    VerificationError
        When there is such an allocation.
    """
    if problem.view.stalls or problem.is_latency:
        raise UnsupportedError(f"a proof is of steps, the objective is {problem.objective!r}")
    for constraint in problem.constraints:
        raise UnsupportedError(
            f"a proof states no constraint other than the budget, got {constraint.name!r}"
        )
    model = linear_model(problem, at_most)
    formula = Formula(model, problem)
    try:
        return formula.text(minimise=False), Refutation(problem, model, formula).write(watch)
    except NotRefuted:
        raise VerificationError(f"an allocation takes at most {at_most} steps: no proof") from None


@dataclass
class _Box:
    """A node: windows, choices that branching excluded, and what is derived of waits within it.

    `waits` is by (starting layer, ancestor, outputs demanded); an outer box's hold in it, too.
    """

    low: list[int]
    high: list[int]
    excluded: tuple[int, ...] = ()
    waits: dict[tuple[int, int, int], list[Part]] = field(default_factory=dict)


class Refutation:
    """The proof for a model of `steps` that has every R and no constraints but the budget."""

    def __init__(self, problem: Problem, model: pyo.ConcreteModel, formula: Formula) -> None:
        stated = check.Problem(statement(problem))
        everything, order = [*range(len(stated.edges))], [*reversed(stated.layers)]
        self.model, self.formula, self.edges = model, formula, edge_numbers(problem)
        self.names = [layer.name for layer in problem.network.layers]
        self.search = check.Search(stated, int(model.value.ub), everything, order)
        self.log = ProofLog(formula.lines)
        windows = steps_windows(problem)
        assert windows is not None, "without a target and constraints nothing is cut off"
        self.spans = {
            pair: [(int(a), int(b)) for a, b in zip(*windows.first_steps(*pair), strict=True)]
            for pair in windows.demand
        }

    def write(self, watch: Watch) -> str:
        """The whole proof.

        Raises
        ------
        NotRefuted
            When there is such an allocation.
        """
        box = _Box(list(self.search.low), list(self.search.high))
        self.log.end(self._refute(box, watch))
        return self.log.text()

    def _refute(self, box: _Box, watch: Watch) -> int:
        """Derive that an allocation makes one of the excluded choices."""
        log = self.log
        while True:
            watch.check(lines=len(log.lines))
            self.search.set_windows(box.low, box.high)
            relaxation = Relaxation(self.search)
            relaxation.solve()
            row = self._row(relaxation.bound(SCALE), box)
            if log[row].degree > 0:
                return log.clause(box.excluded)
            if not self._narrow(row, box):
                break
        division = relaxation.division()
        if division is None:
            raise NotRefuted
        k, at = division
        parts = []
        for low, high in ((box.low[k], at), (at + 1, box.high[k])):
            without = [r for r in range(box.low[k], box.high[k] + 1) if not low <= r <= high]
            inner = _Box(
                [*box.low[:k], low, *box.low[k + 1 :]],
                [*box.high[:k], high, *box.high[k + 1 :]],
                (*box.excluded, *(self._choice(k, r) for r in without)),
                dict(box.waits),
            )
            parts.append((1, self._refute(inner, watch)))
        log.add([*parts, (1, self._ids("one_choice", k).upper)])
        return log.clause(box.excluded)

    def _narrow(self, row: int, box: _Box) -> bool:
        """Take R from the borders of the box that a row leaves no room for."""
        line, narrowed = self.log[row], False
        for k in range(len(self.names)):
            for border, inward in ((box.low, 1), (box.high, -1)):
                while line.terms.get(self._choice(k, border[k]), 0) < line.degree:
                    self.log.clause((-self._choice(k, border[k]), *box.excluded))
                    border[k] += inward
                    narrowed = True
        return narrowed

    def _row(self, record: Any, box: _Box) -> int:
        """A row that nothing in the box meets if its degree is above 0; in the box, no choice has
        a coefficient above 0.
        """
        parts: list[Part] = [(record["scale"], self._ids("budget").upper)]
        for multiplier, path in record["paths"]:
            parts.append((multiplier, self._length(path, box)))
            parts.append((multiplier, self.formula.at_most))
        total = self.log.add(parts)
        terms = self.log[total].terms
        evened: list[Part] = [(1, total)]
        for k in range(len(self.names)):
            window = range(box.low[k], box.high[k] + 1)
            most = max(terms.get(self._choice(k, r), 0) for r in window)
            one = self._ids("one_choice", k)
            if most:
                evened.append((abs(most), one.upper if most > 0 else one.lower))
        return self.log.add(evened) if len(evened) > 1 else total

    def _length(self, path: Any, box: _Box) -> int:
        """value >= the length of a path."""
        k, tails, waits = path
        parts: list[Part] = [(1, self._timing("end", self.names[k]))]
        for number in tails:
            parts.append((1, self._timing("tail", self.edges[number])))
            k = self.search.problem.edges[number].producer
        parts.append((1, self._timing("run", self.names[k])))
        for way in waits:
            i, (k, derived) = k, self._wait(k, way, box)
            parts += [(1, self._timing("wait", (self.names[i], self.names[k]))), *derived]
        _, numbers = self.formula.bits[self.model.timing.pre[self.names[k]]]
        return self.log.add(parts, [(1 << place, number) for place, number in enumerate(numbers)])

    def _wait(self, i: int, way: Iterable[int], box: _Box) -> tuple[int, list[Part]]:
        """The ancestor at the end of a way, and parts that say how long the first step of layer i
        waits for it.
        """
        problem, v = self.search.problem, 0
        k, made = i, problem.timing.cap(i, box.low[i])
        for number in way:
            if v:
                made = self.search.least_made(k, v)
            need = problem.edges[number]
            k, v = need.producer, need(made)
            if (i, k, v) not in box.waits:
                box.waits[i, k, v] = self._demand(i, k, v, box)
        return k, box.waits[i, k, v]

    def _demand(self, i: int, j: int, v: int, box: _Box) -> list[Part]:
        """Derive that the first step of layer i needs v outputs of j: f >= ceil(v / R_j)."""
        spans = self.spans[i, j]
        reached = [self._reached(i, j, r, -(-v // r)) for r in range(1, len(spans) + 1)]
        self.log.clause((*(number for number in reached if number), *box.excluded))
        parts: list[Part] = []
        for r in range(box.low[j], box.high[j] + 1):
            low, _ = spans[r - 1]
            if -(-v // r) > low:
                parts += self._covered(i, j, r, reached[r - 1], box)
        if any(not low for low, _ in spans):  # then the row of the wait allows for none
            lead = self._lead(i, j)
            if lead:
                some = [self._reached(i, j, r, 1) for r, (_, b) in enumerate(spans, 1) if b]
                parts.append((lead, self.log.clause((*some, *box.excluded))))
        return [(1, self.log.add(parts))] if parts else []

    def _covered(self, i: int, j: int, r: int, reached: int, box: _Box) -> list[Part]:
        """If R_j = r, the threshold is reached, and so are all below it."""
        choice, low = self._choice(j, r), self.spans[i, j][r - 1][0]
        if not reached:  # no step of j is that late: r leaves no allocation
            self.log.clause((-choice, *box.excluded))
            return []
        clause = self.log.clause((-choice, reached, *box.excluded))
        parts, steps, k = [], 1, low + 1
        while self._reached(i, j, r, k) != reached:
            order = self._timing("order", (self.names[i], self.names[j], r, k + 1))
            parts.append((steps, order))
            steps, k = steps + 1, k + 1
        return [(steps, clause), *parts]

    def _lead(self, i: int, j: int) -> int:
        """What the row of a wait takes off where there may be none."""
        row = self.log[self._timing("wait", (self.names[i], self.names[j]))]
        spans = self.spans[i, j]
        r = next(r for r, (a, b) in enumerate(spans, 1) if not a and b)
        return -row.terms[self._reached(i, j, r, 1)] - 1

    def _reached(self, i: int, j: int, r: int, k: int) -> int:
        """Number of "R_j = r, and the first step of i waits for step k of j or later"; or 0."""
        low, high = self.spans[i, j][r - 1]
        if k <= low:
            return self._choice(j, r)
        if k > high:
            return 0
        return self.formula.number(self.model.timing.at_least[self.names[i], self.names[j], r, k])

    def _choice(self, k: int, r: int) -> int:
        return self.formula.number(self.model.choose[self.names[k], r])

    def _ids(self, name: str, k: int | None = None) -> Any:
        component = getattr(self.model, name)
        return self.formula.ids[component if k is None else component[self.names[k]]]

    def _timing(self, name: str, key: Any) -> int:
        return self.formula.ids[getattr(self.model.timing, name)[key]].lower
