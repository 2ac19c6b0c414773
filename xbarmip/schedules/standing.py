"""What many batches in a row ask of a network that fits: segments, or one that stays written."""

from dataclasses import dataclass
from typing import Any

from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult
from xbarmip.schedules.search import SegmentSearch
from xbarmip.schedules.segment import Figures, Segment


@dataclass(frozen=True, slots=True)
class Standing:
    """From which number of batches on one segment that stays written takes less.

    Attributes
    ----------
    batches : int or None
        In a row; None: it never does, the given schedule takes no more for any number of them.
    allocation : tuple of int, or None
        Of the whole network.
    figures : Figures or None
    """

    batches: int | None
    allocation: tuple[int, ...] | None = None
    figures: Figures | None = None

    def as_dict(self, schedule: Schedule) -> dict[str, Any]:
        """For JSON."""
        found, names = self.figures, schedule.network.index
        return {
            "batches": self.batches,
            "allocation": self.allocation and dict(zip(names, self.allocation, strict=True)),
            "run": found and found.run,
            "write": found and found.write,
        }


def standing(schedule: Schedule, result: ScheduleResult) -> Standing | None:
    """The same, as far as it is proven; None where the network does not fit, or nothing is.

    Segments are written anew for every batch, so k batches take k * bound or more. An allocation of
    the whole, written once, takes k * run + write: less than that as soon as k > write / (bound -
    run), if run < bound. On the other hand no such allocation runs a batch in fewer than batch * v
    steps, v the shortest interval that the chip allows: if that takes the value of the schedule
    or more, no number of batches is enough.
    """
    if not schedule.whole.feasible or result.value is None or result.bound is None:
        return None
    whole = Segment(schedule, 0, len(schedule.units))
    search = SegmentSearch(whole, 1)
    if schedule.batch * search.fastest * search.shortest >= result.value:
        return Standing(None)
    found = [
        Standing(figures.write // (result.bound - figures.run) + 1, allocation, figures)
        for allocation in map(search.at_pace, search.paces())
        if (figures := whole.figures(allocation)).run < result.bound
    ]
    return min(found, key=lambda each: each.batches or 0, default=None)
