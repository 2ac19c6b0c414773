"""What compilers do: PIMCOMP's balance rule with first fit, and with the longest copy first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import ClassVar

from xbarmip.cores.layout import Layout, Share
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult, answer
from xbarmip.cores.score import score
from xbarmip.solvers.protocol import Watch, refused_constraints

_LOOKS = 64

Choose = Callable[[Sequence[int], Sequence[int], int], int | None]


def first_free(free: Sequence[int], loads: Sequence[int], need: int) -> int | None:
    """The first core with so much room."""
    return next((core for core, capacity in enumerate(free) if capacity >= need), None)


def least_load(free: Sequence[int], loads: Sequence[int], need: int) -> int | None:
    """Of the cores with so much room the one with the least load."""
    fit = (core for core, capacity in enumerate(free) if capacity >= need)
    return min(fit, key=lambda core: loads[core], default=None)


def first_fit(placement: Placement, allocation: Sequence[int]) -> Layout | None:
    """Copies in the order of the layers, each into the first core with room."""
    return fitted(placement, allocation, range(len(allocation)), first_free)


def longest_first(placement: Placement, allocation: Sequence[int]) -> Layout | None:
    """Copies by decreasing load, each into the core with the least load that has room."""
    loads = [
        part.blocks * part.windows(r) for part, r in zip(placement.parts, allocation, strict=True)
    ]
    order = sorted(range(len(loads)), key=lambda layer: -loads[layer])
    return fitted(placement, allocation, order, least_load)


def fitted(
    placement: Placement, allocation: Sequence[int], order: Sequence[int], choose: Choose
) -> Layout | None:
    """Copies placed layer by layer where `choose` says; None where one has no room.

    A copy that may be split is, where no core holds it whole: as many row blocks as there is room
    for go to one core after another.
    """
    free, loads = [placement.capacity] * placement.chip, [0] * placement.chip
    cores: list[list[Share]] = [[] for _ in free]
    for layer in order:
        part, windows = placement.parts[layer], placement.parts[layer].windows(allocation[layer])
        for copy in range(allocation[layer]):
            left = part.blocks
            while left:
                core, many = choose(free, loads, left * part.width), left
                if core is None and part.is_split:
                    core = choose(free, loads, part.width)
                    many = left if core is None else min(left, free[core] // part.width)
                if core is None:
                    return None
                free[core] -= many * part.width
                loads[core] += many * windows
                cores[core].append(Share(layer, copy, many))
                left -= many
    return Layout(tuple(allocation), tuple(tuple(sorted(core)) for core in cores))


Pack = Callable[[Placement, Sequence[int]], Layout | None]


def copies_in_turn(placement: Placement) -> list[int]:
    """The balance rule: which layer gets the next copy, the one after it, and so on.

    It is the layer whose copies work on most windows; over when that is one, or the chip is full.
    """
    queue = [(-part.outputs, layer, 1) for layer, part in enumerate(placement.parts)]
    heapify(queue)
    left = placement.chip * placement.capacity - placement.problem.smallest_budget
    turns: list[int] = []
    while queue[0][0] < -1:
        _, layer, copies = queue[0]
        left -= placement.problem.sets[layer]
        if left < 0:
            break
        heapreplace(queue, (-placement.parts[layer].windows(copies + 1), layer, copies + 1))
        turns.append(layer)
    return turns


def after(placement: Placement, turns: Sequence[int], count: int) -> list[int]:
    """R after so many turns."""
    given = Counter(turns[:count])
    return [1 + given[layer] for layer in range(len(placement.parts))]


def most_that_fit(placement: Placement, turns: Sequence[int], pack: Pack) -> int | None:
    """Turns after which all copies find room, found by halves; None if one copy each does not."""
    if placement.obstacle or pack(placement, after(placement, turns, 0)) is None:
        return None
    low, high = 0, len(turns)
    while low < high:
        middle = (low + high + 1) // 2
        if pack(placement, after(placement, turns, middle)) is None:
            high = middle - 1
        else:
            low = middle
    return low


class Recipe:
    """What the heuristics share: they prove nothing, and take no constraints."""

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """Refuse constraints."""
        return refused_constraints(placement.problem)


def answered(placement: Placement, name: str, layout: Layout | None) -> PlacementResult:
    """What a heuristic answers: its layout, or why it has none."""
    message = "" if layout is not None else placement.obstacle or "its packing finds no room"
    return answer(placement, name, layout, None, message=message)


@dataclass(frozen=True, slots=True)
class Balanced(Recipe):
    """PIMCOMP's balance rule and first fit: copies to the layer with most windows a copy."""

    name: ClassVar[str] = "balance"

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """As many copies as first fit finds room for."""
        turns = copies_in_turn(placement)
        count = most_that_fit(placement, turns, first_fit)
        layout = None if count is None else first_fit(placement, after(placement, turns, count))
        return answered(placement, self.name, layout)


@dataclass(frozen=True, slots=True)
class LongestFirst(Recipe):
    """The balance rule with the longest copy first, into the core with the least load.

    Of allocations that the rule passes, evenly spread, the best is kept.
    """

    name: ClassVar[str] = "longest-first"

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Look at up to `_LOOKS` numbers of copies that find room; keep the best."""
        turns = copies_in_turn(placement)
        most = most_that_fit(placement, turns, longest_first)
        best, least = None, None
        for count in () if most is None else range(most, -1, -max(1, most // _LOOKS)):
            layout = longest_first(placement, after(placement, turns, count))
            value = None if layout is None else score(placement, layout).value
            if value is not None and (least is None or value < least):
                best, least = layout, value
            if watch.expired:
                break
        return answered(placement, self.name, best)
