"""The decisions of a sweep under the cuts of a goal."""

from collections.abc import Iterator, Sequence

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.cuts import Cuts
from xbarmip.solvers.dp.constraints import Carried
from xbarmip.solvers.dp.state.labels import columns
from xbarmip.solvers.dp.state.stages import Stage
from xbarmip.solvers.dp.state.step import AFTER, BEFORE, Step


def steps_within(
    stages: Sequence[Stage], carried: Carried, cuts: Cuts, budget: int
) -> Iterator[Step]:
    """The decisions of a sweep, each with what the layers after it leave of the budget."""
    windows, prices = cuts.windows, cuts.prices
    low, rest = windows.low, windows.least
    for number, (stage, carry, met) in enumerate(
        zip(stages, carried.stages, carried.sums(windows), strict=True)
    ):
        k = stage.layer
        rest -= int(low[k] * windows.sets[k])
        begin = int(prices.start[k] + low[k] - prices.low[k])
        _shift(met.sums[:, BEFORE], columns(len(stage.before)))
        _shift(met.sums[:, AFTER], columns(len(stage.places)))
        recalled = carry.recalled.copy()
        _shift(recalled, memory_column(stages, carried, number))
        yield Step(
            number=number,
            layer=k,
            slot=stage.slot,
            places=stage.places,
            producers=stage.producers,
            budget=budget - rest,
            limit=prices.scale * budget,
            scale=prices.scale,
            price=prices.price[begin:],
            least=int(prices.least[k]),
            rest=prices.rest[number],
            deadline_prices=cuts.deadline_prices[number],
            limit_prices=prices.limits[number],
            sums=met.sums,
            weights=met.weights,
            recalled=recalled,
            alone=not len(stage.producers)
            and not carry.tested
            and not len(carry.recalled)
            and not met.weights.any(),
        )


def memory_column(stages: Sequence[Stage], carried: Carried, number: int) -> int:
    """Column of labels before a decision from which on they remember R."""
    limits = carried.stages[number - 1].limits if number else ()
    return columns(len(stages[number].before), len(limits))


def _shift(numbers: Array, by: int) -> None:
    """Add to numbers in place, except to those that say that there is none."""
    numbers[numbers >= 0] += by
