"""A bound on the step time as constraints on the duplication of layers (SPEC §6, §7).

Tstep <= tau says T_A_i <= tau of every layer i (and T_C <= tau). In ticks, with separable rules:

    (1)   own(R_i) + V  <=  tau

with V of what i reads, where producer k brings per_copy_k(R_i) * R_k (`xbarmip.network.stream`).
Suppose that the coefficients of the producers keep their proportions: per_copy_k(r) = t(r) * w_k
for all r, with whole t(r) >= 0 and whole w_k of greatest common divisor 1. V is made of sums and
maxima, so it is t(r) times the V where k brings w_k * R_k, and that is the largest, over all ways
of picking one operand of every join, of the sum over the producers k that are picked. So (1) holds
if and only if, for every pick, with m_k for how often k is in it,

    (2)   sum over k of m_k * w_k * R_k  <=  cap(R_i)      cap(r) = floor((tau - own(r)) / t(r))

because the left side of (2) is an integer. Where t(r) = 0, (1) holds for all R_k or for none. (2)
is linear in the choice of each R: m_k * w_k * R_k is a weight of layer k, -cap(R_i) one of layer i.
Where g divides all m_k * w_k of a pick, so it does the left side: both sides are divided by it, the
cap rounded down. A pick of which another has every producer at least as often says nothing new.

Since 1 <= R_k <= largest_k, the left side lies between the sums of m_k * w_k, `least`, and of
m_k * w_k * largest_k, `highest`. Any cap below least forbids r just as least - 1 does, any cap
above highest allows all that `highest` allows. So caps are kept within [least - 1, highest], which
keeps weights small whatever the tick is.

A layer with one producer always keeps its proportions. So do several producers under each shipped
rule, where per_copy_k(r) is the number of copies of the data times the channels of k, and under any
hierarchy of them. Where a user's rules do not, or are general, or a tree has more than `MOST_ROWS`
picks, (1) itself becomes a `Predicate` over the layer and its producers.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.exact import capped
from xbarmip.network.stream import only, picks, volume
from xbarmip.problem import Problem
from xbarmip.timing.layer_ticks import LayerTicks
from xbarmip.timing.step_time import ticks_of

MOST_ROWS = 2**10  # of one layer


class Proportions(NamedTuple):
    """`own` and `times` (t of (2)) by r - 1; `weights` (w of (2)) by producer."""

    own: tuple[int, ...]
    times: tuple[int, ...]
    weights: tuple[int, ...]


def step_limit(problem: Problem, most: int) -> tuple[Constraint, ...]:
    """Constraints that hold exactly where no layer's T_A is longer than `most` ticks.

    Layers that no allocation within the budget makes longer get none.
    """
    layers = range(len(problem.sets))
    return tuple(constraint for i in layers for constraint in _layer_limits(problem, i, most))


def least_step(problem: Problem) -> int:
    """A step, in ticks, than which no allocation within the budget has a shorter one.

    T_C, or the shortest that a layer's T_A can be whatever its R, with one copy of every producer.
    A general rule counts as 0.
    """
    shortest = [ticks_of(problem).compute]
    for i, layer in enumerate(ticks_of(problem).layers):
        ones = (1,) * len(layer.producers)
        shortest.append(min(layer.near(r, ones) for r in range(1, problem.largest[i] + 1)))
    return max(shortest)


def longest_step(problem: Problem, most: int) -> int:
    """No allocation within the budget has a step of more than this and at most `most` ticks.

    T_C where no step is as short as `most`. Where layers keep their proportions, T_A is own(R) +
    t(R) * V with a whole V between two ends; the largest up to the limit is looked up, whether or
    not an allocation has it. Another layer may have any T_A.
    """
    longest = ticks_of(problem).compute
    for i in range(len(problem.sets)):
        form = proportions(problem, i)
        if form is None:
            return max(longest, most)
        low, high = _volumes(problem, i, form.weights)
        for own, times in zip(form.own, form.times, strict=True):
            cap = capped(most - own, times, low - 1, high)
            if cap >= low:
                longest = max(longest, own + times * cap)
    return longest


def _layer_limits(problem: Problem, i: int, most: int) -> Iterator[Constraint]:
    layer = ticks_of(problem).layers[i]
    names = [each.name for each in problem.network.layers]
    name = f"step time of layer {names[i]!r}"
    form, rows = proportions(problem, i), _rows(problem, i)
    if form is None or rows is None:
        scope = (names[i], *(names[k] for k in layer.producers))
        yield Predicate(name, scope, lambda r, *producers: layer(r, producers) <= most)
        return
    for row in rows:
        scale = gcd(*row.values())
        reads = {k: weight // scale for k, weight in row.items()}
        least = sum(reads.values())
        highest = sum(weight * problem.largest[k] for k, weight in reads.items())
        caps = [
            capped(most - own, times * scale, least - 1, highest)
            for own, times in zip(form.own, form.times, strict=True)
        ]
        if min(caps) < highest:
            weights = [(names[i], tuple(-cap for cap in caps))]
            for k, weight in reads.items():
                copies = range(1, problem.largest[k] + 1)
                weights.append((names[k], tuple(weight * r for r in copies)))
            picked = ", ".join(repr(names[k]) for k in reads)
            told = f"{name}, reading {picked}" if len(rows) > 1 else name
            yield LinearConstraint(told, tuple(weights), 0)


@lru_cache(maxsize=1024)
def _rows(problem: Problem, i: int) -> list[dict[int, int]] | None:
    """m_k * w_k of (2) by layer, for each pick; None where there are too many, or no form of (2).

    A producer that brings nothing is in no row. Where none brings anything, one row is empty.
    """
    layer, form = ticks_of(problem).layers[i], proportions(problem, i)
    if form is None:
        return None
    brought = {at for at, weight in enumerate(form.weights) if weight}
    stream = only(layer.reads, brought)
    found = [{}] if stream is None else picks(stream, MOST_ROWS)
    if found is None:
        return None
    return [
        {
            layer.producers[int(at)]: times * form.weights[int(at)]
            for at, times in sorted(one.items())
        }
        for one in found
    ]


def _volumes(problem: Problem, i: int, weights: Sequence[int]) -> tuple[int, int]:
    """The least and the largest V of what layer i reads, where producers bring weight * R."""
    layer = ticks_of(problem).layers[i]
    if layer.reads is None:
        return 0, 0
    largest = [problem.largest[k] for k in layer.producers]
    return (
        volume(layer.reads, lambda at: weights[int(at)]),
        volume(layer.reads, lambda at: weights[int(at)] * largest[int(at)]),
    )


@lru_cache(maxsize=1024)
def proportions(problem: Problem, i: int) -> Proportions | None:
    """Layer i in the form of (2); None where it has none."""
    layer: LayerTicks = ticks_of(problem).layers[i]
    menu = range(1, problem.largest[i] + 1)
    rows = [copies for r in menu if (copies := layer.copies(r)) is not None]
    if not layer.separable or len(rows) < len(menu):
        return None
    times = tuple(gcd(*copies) for copies in rows)
    weights = _direction(rows, times)
    for copies, t in zip(rows, times, strict=True):
        if copies != tuple(t * w for w in weights):
            return None
    return Proportions(tuple(layer.coefficients(r).own for r in menu), times, weights)


def _direction(rows: Sequence[tuple[int, ...]], times: Sequence[int]) -> tuple[int, ...]:
    """The first row that is not 0, divided by its greatest common divisor."""
    for copies, t in zip(rows, times, strict=True):
        if t:
            return tuple(c // t for c in copies)
    return rows[0]
