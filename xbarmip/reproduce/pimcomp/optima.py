"""The fewest cycles and the least interval on the crossbars of the simulated chips."""

from collections.abc import Mapping
from functools import partial

from xbarmip.reproduce.optima import optima_row
from xbarmip.reproduce.pimcomp.runs import NAME
from xbarmip.reproduce.published import published
from xbarmip.reproduce.store import Work

SIZE = 128


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each chip: all crossbars of its cores together."""
    chips = {
        (run["network"], run["cores"] * run["crossbars_per_core"]) for run in published(NAME)["run"]
    }
    return {
        f"{network}/{crossbars}": partial(optima_row, network, crossbars, SIZE, seconds)
        for network, crossbars in sorted(chips)
    }
