"""A bound on the step time as constraints on the duplication of layers (SPEC §6, §7).

Tstep <= tau says T_A_i <= tau of every layer i (and T_C <= tau). In ticks, with separable rules:

    (1)   own(R_i) + sum over producers k of per_copy_k(R_i) * R_k  <=  tau

Suppose that the coefficients of the producers keep their proportions: per_copy_k(r) = t(r) * w_k
for all r, with whole t(r) >= 0 and whole w_k of greatest common divisor 1. Then (1) is

    (2)   sum over k of w_k * R_k  <=  cap(R_i)      with  cap(r) = floor((tau - own(r)) / t(r))

because the left side of (2) is an integer. Where t(r) = 0, (1) holds for all R_k or for none. (2)
is linear in the choice of each R: w_k * R_k is a weight of layer k, -cap(R_i) one of layer i.

Since 1 <= R_k <= largest_k, the left side lies in [least, most] with least = sum of w_k and most =
sum of w_k * largest_k. Any cap below least forbids r just as least - 1 does, any cap above most
allows all that `most` allows. So caps are kept within [least - 1, most], which keeps weights small
whatever the tick is.

A layer with one producer always keeps its proportions. So do several producers under each shipped
rule, where per_copy_k(r) is the number of copies of the data times the channels of k, and under any
hierarchy of them. Where a user's rules do not, or are general, (1) itself becomes a `Predicate`
over the layer and its producers.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.exact import capped
from xbarmip.problem import Problem
from xbarmip.timing.step_time import LayerTicks, ticks_of


class Proportions(NamedTuple):
    """`own` and `times` (t of (2)) by r - 1; `weights` (w of (2)) by producer."""

    own: tuple[int, ...]
    times: tuple[int, ...]
    weights: tuple[int, ...]


def step_limit(problem: Problem, most: int) -> tuple[Constraint, ...]:
    """Constraints that hold exactly where no layer's T_A is longer than `most` ticks.

    Layers that no allocation within the budget makes longer get none.
    """
    found = (_layer_limit(problem, i, most) for i in range(len(problem.sets)))
    return tuple(constraint for constraint in found if constraint is not None)


def least_step(problem: Problem) -> int:
    """A step, in ticks, than which no allocation within the budget has a shorter one.

    T_C, or the shortest that a layer's T_A can be whatever its R, with one copy of every producer.
    A general rule counts as 0.
    """
    shortest = [ticks_of(problem).compute]
    for i in range(len(problem.sets)):
        shortest.append(min(own + sum(copies) for own, copies in _coefficients(problem, i)))
    return max(shortest)


def longest_step(problem: Problem, most: int) -> int:
    """No allocation within the budget has a step of more than this and at most `most` ticks.

    T_C where no step is as short as `most`. Of a layer in the form of (2), T_A is own(R) + t(R)
    * m with a whole m from `least` to `most`; the largest up to the limit is looked up, whether or
    not an allocation has it. Another layer may have any T_A.
    """
    longest = ticks_of(problem).compute
    for i in range(len(problem.sets)):
        form = proportions(problem, i)
        if form is None:
            return max(longest, most)
        low, high = sum(form.weights), _highest(problem, i, form)
        for own, times in zip(form.own, form.times, strict=True):
            cap = capped(most - own, times, low - 1, high)
            if cap >= low:
                longest = max(longest, own + times * cap)
    return longest


def _layer_limit(problem: Problem, i: int, most: int) -> Constraint | None:
    layer = ticks_of(problem).layers[i]
    names = [each.name for each in problem.network.layers]
    name = f"step time of layer {names[i]!r}"
    form = proportions(problem, i)
    if form is None:
        scope = (names[i], *(names[k] for k in layer.producers))
        return Predicate(name, scope, lambda r, *producers: layer(r, producers) <= most)
    reach = [problem.largest[k] for k in layer.producers]
    least, highest = sum(form.weights), _highest(problem, i, form)
    caps = [
        capped(most - own, times, least - 1, highest)
        for own, times in zip(form.own, form.times, strict=True)
    ]
    if min(caps) == highest:
        return None
    weights = [(names[i], tuple(-cap for cap in caps))]
    for k, weight, largest in zip(layer.producers, form.weights, reach, strict=True):
        if weight:
            weights.append((names[k], tuple(weight * r for r in range(1, largest + 1))))
    return LinearConstraint(name, tuple(weights), 0)


def _highest(problem: Problem, i: int, form: Proportions) -> int:
    """`most` of (2)."""
    producers = ticks_of(problem).layers[i].producers
    pairs = zip(form.weights, producers, strict=True)
    return sum(weight * problem.largest[k] for weight, k in pairs)


@lru_cache(maxsize=1024)
def _coefficients(problem: Problem, i: int) -> list[tuple[int, tuple[int, ...]]]:
    """The coefficients of layer i for R = 1, 2, .. up to the largest that the budget leaves."""
    layer: LayerTicks = ticks_of(problem).layers[i]
    return [layer.coefficients(r) for r in range(1, problem.largest[i] + 1)]


@lru_cache(maxsize=1024)
def proportions(problem: Problem, i: int) -> Proportions | None:
    """Layer i in the form of (2); None where it has none."""
    if not ticks_of(problem).layers[i].separable:
        return None
    parts = _coefficients(problem, i)
    times = tuple(gcd(*copies) for _, copies in parts)
    weights = _direction([copies for _, copies in parts], times)
    for (_, copies), t in zip(parts, times, strict=True):
        if copies != tuple(t * w for w in weights):
            return None
    return Proportions(tuple(own for own, _ in parts), times, weights)


def _direction(rows: Sequence[tuple[int, ...]], times: Sequence[int]) -> tuple[int, ...]:
    """The first row that is not 0, divided by its greatest common divisor."""
    for copies, t in zip(rows, times, strict=True):
        if t:
            return tuple(c // t for c in copies)
    return rows[0]
