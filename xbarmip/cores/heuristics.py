"""What compilers do: PIMCOMP's balance rule with first fit, and with the longest copy first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xbarmip.cores.layout import Layout, Share
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult, answer
from xbarmip.cores.score import score
from xbarmip.solvers.protocol import Watch

Choose = Callable[[Sequence[int], Sequence[int], int], int | None]


def first_room(free: Sequence[int], loads: Sequence[int], need: int) -> int | None:
    """The first core with so much room."""
    return next((core for core, room in enumerate(free) if room >= need), None)


def least_load(free: Sequence[int], loads: Sequence[int], need: int) -> int | None:
    """Of the cores with so much room the one with the least load."""
    fit = (core for core, room in enumerate(free) if room >= need)
    return min(fit, key=lambda core: loads[core], default=None)


def first_fit(placement: Placement, allocation: Sequence[int]) -> Layout | None:
    """Copies in the order of the layers, each into the first core with room."""
    return fitted(placement, allocation, range(len(allocation)), first_room)


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
    free, loads = [placement.room] * placement.chip, [0] * placement.chip
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


def _refused(placement: Placement) -> tuple[str, ...]:
    return tuple(
        f"constraint {constraint.name!r} is more than it can honour"
        for constraint in placement.problem.constraints
    )


def balanced(placement: Placement, place: Callable[..., Layout | None]) -> Iterator[Layout]:
    """Layouts of the balance rule, each of more copies than the one before.

    The next copy goes to the layer whose copies work on most windows, until there is no room for
    it, or no layer can have another.
    """
    allocation = [1] * len(placement.parts)
    while (layout := place(placement, allocation)) is not None:
        yield layout
        layer = max(
            range(len(allocation)),
            key=lambda number: placement.parts[number].windows(allocation[number]),
        )
        if placement.parts[layer].windows(allocation[layer]) == 1:
            return
        allocation[layer] += 1


class Recipe:
    """What the heuristics share: they prove nothing, and take no constraints."""

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """Refuse constraints."""
        return _refused(placement)


def answered(placement: Placement, name: str, layout: Layout | None) -> PlacementResult:
    """What a heuristic answers: its layout, or why it has none."""
    message = "" if layout is not None else placement.obstacle or "its packing finds no room"
    return answer(placement, name, layout, None, message=message)


@dataclass(frozen=True, slots=True)
class Balanced(Recipe):
    """PIMCOMP's balance rule and first fit: copies to the layer with most windows a copy."""

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "balance"

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Add copies while first fit finds room."""
        last = None
        for layout in () if placement.obstacle else balanced(placement, first_fit):
            last = layout
            if watch.expired:
                break
        return answered(placement, self.name, last)


@dataclass(frozen=True, slots=True)
class LongestFirst(Recipe):
    """The balance rule with the longest part first, into the core with the least load.

    Of all allocations that the rule passes the best is kept.
    """

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "longest-first"

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Add copies while the packing finds room; keep the best."""
        best, least = None, None
        if not placement.obstacle:
            for layout in balanced(placement, longest_first):
                value = score(placement, layout).value
                if least is None or value < least:
                    best, least = layout, value
                if watch.expired:
                    break
        return answered(placement, self.name, best)
