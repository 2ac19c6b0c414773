"""How one copy of a layer's weights fills crossbars (SPEC §1)."""

from dataclasses import dataclass

from xbarmip.exact import as_int, ceil_div
from xbarmip.network.layer import Layer


@dataclass(frozen=True, slots=True)
class Crossbar:
    """A logical crossbar of `rows` (M) by `columns` (N) weights.

    It stands for all the physical crossbars that bit slices and positive/negative pairs need.
    """

    rows: int
    columns: int

    def __post_init__(self) -> None:
        as_int(self.rows, "crossbar rows", 1)
        as_int(self.columns, "crossbar columns", 1)

    def __str__(self) -> str:
        return f"{self.rows}x{self.columns}"

    @property
    def sides(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def crossbar_set(self, layer: Layer) -> int:
        """Logical crossbars that one copy of `layer` occupies.

        A dense layer takes `ceil(Kh*Kw*Ci/M) * ceil(Co/N)` (SPEC §1). In a grouped convolution each
        group is its own block of `Kh*Kw*Ci/g` rows by Co/g columns that shares neither rows nor
        columns with another group: blocks are placed along the diagonal of a crossbar as long as
        rows and columns last, p = min(floor(M/rows), floor(N/columns)) of them, which gives
        ceil(g/p); a block larger than a crossbar is split like a dense layer, g times.
        """
        count, width = self.row_blocks(layer)
        return count * width

    def row_blocks(self, layer: Layer) -> tuple[int, int]:
        """How many blocks of rows one copy of `layer` has, and the crossbars of each.

        The crossbars of a block share their inputs: `ceil(Kh*Kw*Ci/M)` blocks of ceil(Co/N)
        crossbars in a dense layer; in a grouped one each crossbar along the diagonal is a block.
        """
        height, width = layer.kernel
        rows = height * width * (layer.in_channels // layer.groups)
        columns = layer.out_channels // layer.groups
        together = min(self.rows // rows, self.columns // columns)
        if together:
            return ceil_div(layer.groups, together), 1
        return layer.groups * ceil_div(rows, self.rows), ceil_div(columns, self.columns)
