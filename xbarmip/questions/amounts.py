"""What each measure is of an allocation, and how an upper bound on it is asked of a solver.

The core question is: fewest of a count or time, subject to the budget and constraints. A bound on
another measure joins the constraints:

- of crossbars it is the budget;
- of a sum over layers of w_l(R_l) (tiles, `serial`, what a user names) it is one linear constraint;
- of the largest of several sums it is one for each of them;
- of the greatest of w_l(R_l) (`interval`) it forbids each R with a larger entry: a linear
  constraint on each layer;
- of any other measure (`cycles`, `steps`, a time) it is a yes or no over all layers, a Predicate:
  exact, but only exhaustive search can be asked that on more than a few layers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.exact import ceil_div
from xbarmip.goal import CROSSBARS, MICROSECONDS, TILES, is_sum
from xbarmip.hardware.tiles import tiles_taken
from xbarmip.measures.registry import (
    Measure,
    labelled,
    measure_of,
    measures,
    objective_and_rule,
)
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import count_of
from xbarmip.timing.step_time import microseconds, ticks_of

SUM, GREATEST, LARGEST = "sum", "greatest", "largest sum"

Tables = tuple[tuple[str, tuple[int, ...]], ...]  # by layer in scope: the entry of R = 1, 2, ...


@dataclass(frozen=True, eq=False)
class Amount:
    """A measure of a problem's allocations; integers, times in ticks.

    Attributes
    ----------
    problem : Problem
    label : str
    measure : Measure, optional
        None for a sum.
    """

    problem: Problem
    label: str
    measure: Measure | None

    @property
    def timed(self) -> bool:
        """Whether it is a count multiplied by the step time."""
        return self.measure is not None and self.label.partition("/")[0] == self.measure.time

    @property
    def over_layers(self) -> str | None:
        """How it comes of `parts` over the layers: their SUM, GREATEST or LARGEST; None if not."""
        if self.measure is None:
            return SUM if len(self.parts) == 1 else LARGEST
        return None if self.timed else self.measure.over_layers

    @property
    def parts(self) -> tuple[Tables, ...]:
        """By layer the entry for each R that the budget leaves; of LARGEST for each sum."""
        p = self.problem
        for each in p.sums:
            if each.name == self.label:
                most = dict(zip(p.network.index, p.largest, strict=True))
                return tuple(
                    tuple((layer, table[: most[layer]]) for layer, table in part)
                    for part in each.parts
                )
        entry = self._entry()
        tables = (
            (name, tuple(entry(k, r) for r in range(1, p.largest[k] + 1)))
            for name, k in p.network.index.items()
        )
        return (tuple(tables),)

    def _entry(self) -> Callable[[int, int], int]:
        sets = self.problem.sets
        if self.measure is not None:
            outputs = self.measure.view(self.problem.network).outputs
            return lambda k, r: ceil_div(outputs[k], r)
        if self.label == CROSSBARS:
            return lambda k, r: r * sets[k]
        assert self.problem.hardware is not None
        tile = self.problem.hardware.crossbars_per_tile or 0
        return lambda k, r: tiles_taken(sets[k], r, tile)

    def __call__(self, allocation: Sequence[int]) -> int:
        """Of an allocation in layer order, within the budget."""
        if self.measure is not None:
            count = count_of(self.measure.view(self.problem.network), allocation)
            return count * ticks_of(self.problem)(allocation) if self.timed else count
        if self.label == CROSSBARS:
            return self.problem.crossbars_used(allocation)
        index = self.problem.network.index
        return max(
            sum(table[allocation[index[layer]] - 1] for layer, table in part) for part in self.parts
        )

    def limit(self, most: int) -> tuple[Constraint, ...]:
        """What holds exactly where it is at most `most`; not of crossbars (see `limited`)."""
        name = f"{self.label} at most {most}"
        if self.over_layers in (SUM, LARGEST):
            return tuple(LinearConstraint(name, part, most) for part in self.parts)
        if self.over_layers == GREATEST:
            (tables,) = self.parts
            over = ((layer, tuple(int(w > most) for w in table)) for layer, table in tables)
            return tuple(LinearConstraint(name, (pair,), 0) for pair in over if any(pair[1]))
        layers = tuple(self.problem.network.index)
        return (Predicate(name, layers, lambda *allocation: self(allocation) <= most),)

    @property
    def least(self) -> int:
        """No allocation has less: by the tables, or 1."""
        if self.over_layers is None:
            return 1
        entries = [[min(table) for _, table in part] for part in self.parts]
        return max(map(max if self.over_layers == GREATEST else sum, entries))

    def bound(self, given: int | Fraction) -> int:
        """A bound as `Problem` has it, in the measure's own unit: a time's in whole ticks."""
        if not self.timed:
            return int(given)
        return int(Fraction(given) / 10**6 // ticks_of(self.problem).tick)

    def shown(self, value: int) -> tuple[str, Any]:
        """A value under the name that JSON has for it: a time in microseconds."""
        if not self.timed:
            return self.label, value
        return self.label + MICROSECONDS, microseconds(value * ticks_of(self.problem).tick)


def amount_of(problem: Problem, label: str) -> Amount:
    """The measure of a label, as `Problem` has it."""
    if is_sum(label, problem.sums):
        return Amount(problem, label, None)
    return Amount(problem, label, measure_of(*objective_and_rule(label)))


def bounds_of(problem: Problem) -> dict[str, int]:
    """The problem's bounds by label, in the measures' own units."""
    found = ((key.removesuffix(MICROSECONDS), most) for key, most in problem.at_most)
    return {label: amount_of(problem, label).bound(most) for label, most in found}


def limited(problem: Problem, label: str, bounds: Mapping[str, int]) -> Problem:
    """The core question: the least of a count or time with bounds on other measures."""
    objective, rule = objective_and_rule(label)
    most = min(problem.crossbars, bounds.get(CROSSBARS, problem.crossbars))
    limits = (
        limit
        for name, bound in bounds.items()
        if name != CROSSBARS
        for limit in amount_of(problem, name).limit(bound)
    )
    return replace(
        problem,
        crossbars=most,
        objective=objective,
        rule=rule,
        constraints=(*problem.constraints, *limits),
        at_most=(),
        then=(),
        sums=(),
    )


def every_label(problem: Problem) -> tuple[str, ...]:
    """All measures that the problem has figures for."""
    hardware = problem.hardware
    labels = [each.label for each in measures()]
    if hardware is not None and hardware.has_step_time:
        labels += [labelled(each.time, each.rule) for each in measures()]
    labels.append(CROSSBARS)
    if hardware is not None and hardware.crossbars_per_tile:
        labels.append(TILES)
    return (*labels, *(each.name for each in problem.sums))


def amounts(problem: Problem, allocation: Iterable[int]) -> dict[str, Any]:
    """Every measure of an allocation, for JSON."""
    chosen = tuple(allocation)
    return dict(
        each.shown(each(chosen))
        for each in (amount_of(problem, label) for label in every_label(problem))
    )
