"""Sets kept within tiles."""

from dataclasses import dataclass

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import tables, tile_of
from xbarmip.exact import as_int
from xbarmip.hardware.tiles import tiles_taken
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class TileGranularity:
    """No tile holds crossbars of two layers, and no set is spread over more tiles than it must be.

        sum_l T_l(R_l) <= tiles,    T_l(R) = ceil(R / floor(tile / set_l)) where set_l <= tile,
                                    R ceil(set_l / tile) otherwise

    Source: the architectural constraint of W. Li, Y. Han, X. Chen, ACM TODAES 29(1) 21, 2023,
    eq. (6); T_l as in SPEC §6.

    Attributes
    ----------
    crossbars_per_tile : int, optional
        Logical crossbars of a tile; those of the problem's hardware if not given.
    tiles : int, optional
        Tiles of the chip; the budget divided by `crossbars_per_tile`, rounded down, if not given.
    """

    crossbars_per_tile: int | None = None
    tiles: int | None = None

    def __post_init__(self) -> None:
        if self.crossbars_per_tile is not None:
            as_int(self.crossbars_per_tile, "tile-granularity: crossbars_per_tile", 1)
        if self.tiles is not None:
            as_int(self.tiles, "tile-granularity: tiles", 1)

    @property
    def follows_budget(self) -> bool:
        """Whether the budget says how many tiles there are."""
        return self.tiles is None

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One sum over all layers."""
        tile = tile_of(problem, self.crossbars_per_tile, "tile-granularity: crossbars_per_tile")
        tiles = problem.crossbars // tile if self.tiles is None else self.tiles
        taken = tables(problem, lambda _, crossbar_set, r: tiles_taken(crossbar_set, r, tile))
        return (LinearConstraint.scaled("tile-granularity", taken, tiles),)
