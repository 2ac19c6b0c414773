"""Published numbers beside ours: percentages, and what deviates."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean

READ_PERCENT = 2  # how well a value can be read off a plot


def percent_above(value: float | Fraction, base: float | Fraction) -> float:
    """By how many percent `value` is above `base`."""
    return float(100 * (Fraction(value) / Fraction(base) - 1))


@dataclass(frozen=True, slots=True)
class Excess:
    """By how many percent values are above the best, over some cases.

    Attributes
    ----------
    mean, worst : float
    none : int
        Cases in which the value is the best.
    """

    mean: float
    worst: float
    none: int

    @classmethod
    def over(cls, percents: Iterable[float]) -> "Excess":
        """The same from the percentages of all cases."""
        all_of = list(percents)
        return cls(fmean(all_of), max(all_of), all_of.count(0))


@dataclass(frozen=True, slots=True)
class Compared:
    """A published number and ours by the same definition.

    Attributes
    ----------
    what : str
        Names both, and is the key of the remark about them.
    published, ours : float
    read : bool
        Read off a plot, so that a small difference means nothing.
    digits : int
        Decimals that are printed.
    """

    what: str
    published: float
    ours: float
    read: bool = False
    digits: int = 0

    @property
    def percent(self) -> float:
        """By how many percent ours is above the published one."""
        return percent_above(self.ours, self.published)

    @property
    def agrees(self) -> bool:
        """Equal as printed, or as close as a plot can be read."""
        if self.read:
            return abs(self.percent) <= READ_PERCENT
        return round(self.ours, self.digits) == self.published
