"""The solver `exhaustive` of placements: every R, every way to fill the cores."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from math import prod
from typing import ClassVar

from xbarmip.cores.layout import Layout, Share
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult, answer, nothing
from xbarmip.cores.score import score
from xbarmip.exact import as_int
from xbarmip.solvers.protocol import Watch, until_stopped
from xbarmip.solvers.result import Stop
from xbarmip.timing.evaluate import count_of

_Core = tuple[int, int, tuple[Share, ...]]  # crossbars left, load, what it holds
_State = tuple[_Core, ...]


@dataclass(frozen=True, slots=True)
class PlacementExhaustive:
    """Enumerate all placements: no idea that could be wrong, but that cores are alike.

    Among those of least value it returns one with the fewest crossbars, of these one with the
    fewest cycles. It proves nothing before it has seen them all.

    Attributes
    ----------
    limit : int
        Allocations that it is willing to enumerate; a chip of more than `crossbars` is refused.
    crossbars : int
    """

    name: ClassVar[str] = "exhaustive"
    limit: int = 100_000
    crossbars: int = 64

    def __post_init__(self) -> None:
        as_int(self.limit, "exhaustive option limit", 1)
        as_int(self.crossbars, "exhaustive option crossbars", 1)

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """What is too large to enumerate."""
        if placement.obstacle:
            return ()
        chip = placement.chip * placement.capacity
        if chip > self.crossbars:
            return (f"a chip of {chip} crossbars, it enumerates up to {self.crossbars}",)
        many = prod(placement.problem.largest)
        return (f"up to {many} allocations, the limit is {self.limit}",) * (many > self.limit)

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Look at all placements (see `PlacementSearch.solve`)."""
        if placement.obstacle:
            return nothing(placement, self.name, placement.obstacle)
        best: tuple[tuple[int, int, int], Layout] | None = None
        seen = 0

        def look() -> None:
            nonlocal best, seen
            for seen, allocation in enumerate(_allocations(placement), start=1):
                watch.check()
                best = _better(placement, allocation, best)
                watch.tell(best=None if best is None else best[0][0], bound=None, allocations=seen)

        stop = until_stopped(look)
        done = stop is Stop.FINISHED
        return answer(
            placement,
            self.name,
            None if best is None else best[1],
            best[0][0] if best is not None and done else None,
            stop,
            infeasible=best is None and done,
            statistics={"allocations": seen, **(_ties(best[0]) if best and done else {})},
            options=asdict(self),
            message="no placement fits" if best is None and done else "",
        )


def _ties(key: tuple[int, int, int]) -> dict[str, int]:
    """What is proven of the ties: the best is the least in all three."""
    _, crossbars, cycles = key
    return {
        "crossbars": crossbars,
        "crossbars_at_least": crossbars,
        "cycles": cycles,
        "cycles_at_least": cycles,
    }


def _allocations(placement: Placement) -> Iterator[tuple[int, ...]]:
    for allocation in product(*(range(1, most + 1) for most in placement.problem.largest)):
        if placement.problem.meets(allocation):
            yield allocation


def _better(
    placement: Placement,
    allocation: tuple[int, ...],
    best: tuple[tuple[int, int, int], Layout] | None,
) -> tuple[tuple[int, int, int], Layout] | None:
    """The better of the best so far and the best placement of these copies."""
    count: int | None = None
    for layout in _layouts(placement, allocation):
        found = score(placement, layout)
        if best is not None and (found.value, found.crossbars) > best[0][:2]:
            continue
        count = count_of(placement.problem.view, allocation) if count is None else count
        key = (found.value, found.crossbars, count)
        if best is None or key < best[0]:
            best = (key, layout)
    return best


def _layouts(placement: Placement, allocation: tuple[int, ...]) -> Iterator[Layout]:
    """One layout for each way to place the copies that differs in the figures of the cores.

    Copies are placed one after another. Of states in which all cores have the same crossbars left
    and load, and the same traffic if it counts, one is kept.
    """
    states: dict[object, _State] = {
        (): tuple((placement.capacity, 0, ()) for _ in range(placement.chip))
    }
    hosts: dict[object, int] = {(): 0}
    for layer, copies in enumerate(allocation):
        part = placement.parts[layer]
        weight = (
            part.windows(copies) * (part.window + part.channels) if placement.value_units else 0
        )
        for copy in range(copies):
            following: dict[object, _State] = {}
            touched: dict[object, int] = {}
            for key, state in states.items():
                for ways in _ways(state, part.blocks, part.width, part.is_split):
                    made = []
                    for (left, load, held), blocks in zip(state, ways, strict=True):
                        more = (Share(layer, copy, blocks),) if blocks else ()
                        added = blocks * part.windows(copies)
                        made.append((left - blocks * part.width, load + added, (*held, *more)))
                    new = tuple(sorted(made))
                    cost = hosts[key] + weight * sum(map(bool, ways))
                    mark = (tuple(core[:2] for core in new), cost)
                    following.setdefault(mark, new)
                    touched[mark] = cost
            states, hosts = following, touched
    for state in states.values():
        yield Layout(allocation, tuple(tuple(sorted(core[2])) for core in state))


def _ways(state: _State, blocks: int, width: int, split: bool) -> Iterator[tuple[int, ...]]:
    """Row blocks of one copy that each core takes; of cores that are alike only one is tried."""
    if not split:
        tried = set()
        for number, (left, load, _) in enumerate(state):
            if left >= blocks * width and (left, load) not in tried:
                tried.add((left, load))
                yield tuple(blocks * (core == number) for core in range(len(state)))
        return
    rooms = (range(min(blocks, left // width) + 1) for left, *_ in state)
    yield from (ways for ways in product(*rooms) if sum(ways) == blocks)
