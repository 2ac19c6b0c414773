"""Tiles: groups of crossbars that no two layers share (SPEC §6)."""

from xbarmip.exact import ceil_div


def tiles_taken(crossbar_set: int, copies: int, crossbars_per_tile: int) -> int:
    """Tiles of a layer: T_l = ceil(R_l / floor(tile / set_l)) where a set fits into a tile.

    A larger set takes ceil(set_l / tile) tiles, and each copy its own.
    """
    together = crossbars_per_tile // crossbar_set
    if together:
        return ceil_div(copies, together)
    return copies * ceil_div(crossbar_set, crossbars_per_tile)
