"""What a walk over core questions answers (SPEC §12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xbarmip.plain import plain
from xbarmip.questions.ask import Asked
from xbarmip.solvers.result import Result


@dataclass(frozen=True, slots=True)
class Minimum:
    """One of the measures that are minimised in order; integers, times in ticks.

    Attributes
    ----------
    label : str
    value : int, optional
        Of the allocation of the answer.
    bound : int, optional
        Of all allocations that are optimal in the measures before, none has less.
    """

    label: str
    value: int | None
    bound: int | None

    @property
    def proven(self) -> bool:
        """Whether it is the least."""
        return self.value is not None and self.value == self.bound


@dataclass(frozen=True, slots=True)
class GoalResult(Result):
    """A Result whose value and bound are those of the first measure that is minimised.

    OPTIMAL where every measure is proven, FEASIBLE where a tie might still be broken in a better
    way.

    Attributes
    ----------
    minima : tuple of Minimum
        In the order in which they are minimised.
    measures : mapping of str to number
        Every measure of the allocation, times in microseconds.
    asked : tuple of Asked
        The core questions, in the order in which they were asked.
    """

    minima: tuple[Minimum, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The answer for JSON."""
        minima = [
            {"measure": each.label, "value": each.value, "bound": each.bound}
            for each in self.minima
        ]
        return {
            **Result.as_dict(self),
            "minima": minima,
            "measures": plain(self.measures),
            "questions": [each.as_dict() for each in self.asked],
        }
