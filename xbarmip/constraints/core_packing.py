"""Row blocks kept within cores."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.constraints.packing import packs
from xbarmip.constraints.parameters import tables, tile_of
from xbarmip.exact import as_int, ceil_div
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class CorePacking:
    """The row blocks of all copies fit into the cores of a chip, no block split.

    A copy of layer l has `b_l = ceil(Kh*Kw*Ci/M)` row blocks of w_l = ceil(Co/N) crossbars. R_l b_l
    blocks of w_l crossbars, over all l, must be packed into `cores` bins of `crossbars_per_core`
    crossbars: an allocation within the budget may fail to.

    For every size w among the w_l, a core holds at most floor(core / w) pieces of that size, and a
    block of w_l crossbars contains floor(w_l / w) of them:

        sum over l with w_l >= w of R_l b_l floor(w_l / w) <= cores floor(core / w)

    is necessary. It is sufficient where each size divides the next larger one: placed by decreasing
    size, a block of w finds every core used in multiples of w, so that all the room of floor(core /
    w) pieces in each can be used. Otherwise a predicate over all layers adds an exact bin packing.

    Source: the array groups of X. Sun et al., PIMCOMP, DAC 2023: the crossbars of a group share
    their inputs and lie in one core.

    Attributes
    ----------
    crossbars_per_core : int, optional
        Logical crossbars of a core; those of a tile of the problem's hardware if not given.
    cores : int, optional
        Cores of the chip; the budget divided by `crossbars_per_core`, rounded down, if not given.
    """

    crossbars_per_core: int | None = None
    cores: int | None = None

    def __post_init__(self) -> None:
        if self.crossbars_per_core is not None:
            as_int(self.crossbars_per_core, "core-packing: crossbars_per_core", 1)
        if self.cores is not None:
            as_int(self.cores, "core-packing: cores", 1)

    @property
    def follows_budget(self) -> bool:
        """Whether the budget says how many cores there are."""
        return self.cores is None

    def on(self, problem: Problem) -> tuple[Constraint, ...]:
        """One sum for each size of blocks, and a predicate where these are not enough."""
        core = self._core_on(problem)
        cores = self.cores_on(problem)
        layers = problem.network.layers
        blocks = [problem.crossbar.row_blocks(layer) for layer in layers]
        sizes = sorted({width for _, width in blocks})
        necessary = tuple(_at_most(problem, size, cores * (core // size)) for size in sizes)
        if all(larger % size == 0 for size, larger in pairwise(sizes)):
            return necessary

        def fits(*duplication: int) -> bool:
            return packs(_counted(blocks, duplication), core, cores)

        names = tuple(layer.name for layer in layers)
        return (*necessary, Predicate("core-packing", names, fits))

    def cores_on(self, problem: Problem) -> int:
        """Cores of the chip, as given or those of the budget."""
        if self.cores is not None:
            return self.cores
        return problem.crossbars // self._core_on(problem)

    def fewest_cores(self, problem: Problem, duplication: Sequence[int]) -> int | None:
        """The fewest cores that hold an allocation; None where a block exceeds a core.

        Blocks that fit into some cores fit into more, so halving finds the number between that of
        all crossbars together and that of each layer in cores of its own.
        """
        core = self._core_on(problem)
        blocks = [problem.crossbar.row_blocks(layer) for layer in problem.network.layers]
        if any(width > core for _, width in blocks):
            return None
        counts = _counted(blocks, duplication)
        low = ceil_div(sum(width * count for width, count in counts.items()), core)
        high = sum(ceil_div(count, core // width) for width, count in counts.items())
        sizes = range(low, high)
        return low + bisect_left(sizes, True, key=lambda cores: packs(counts, core, cores))

    def _core_on(self, problem: Problem) -> int:
        return tile_of(problem, self.crossbars_per_core, "core-packing: crossbars_per_core")


def _counted(blocks: Sequence[tuple[int, int]], duplication: Sequence[int]) -> Counter[int]:
    """By size, how many blocks there are."""
    counts: Counter[int] = Counter()
    for r, (count, width) in zip(duplication, blocks, strict=True):
        counts[width] += r * count
    return counts


def _at_most(problem: Problem, size: int, pieces: int) -> LinearConstraint:
    """The blocks of all copies contain at most so many pieces of a size."""

    def inside(layer: Layer, _: int, copies: int) -> int:
        count, width = problem.crossbar.row_blocks(layer)
        return copies * count * (width // size)

    wide = [one for one in problem.network.layers if problem.crossbar.row_blocks(one)[1] >= size]
    return LinearConstraint.scaled("core-packing", tables(problem, inside, wide), pieces)
