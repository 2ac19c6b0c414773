"""What a target says of times, one file a kind of view, with the same functions in each.

`cycles`: steps stall, so that every output has a time. `steps`: the closed form, in which a layer
has a PreOp and an Op. A measure is of one of the two kinds; the search asks `kind_of` its table.
"""

from types import ModuleType

from xbarmip.solvers.dp.table import SearchTable
from xbarmip.solvers.dp.timing import cycles, steps


def kind_of(table: SearchTable) -> ModuleType:
    """The file of a table's kind of view."""
    return cycles if table.stalls else steps
