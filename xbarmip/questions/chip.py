"""What several networks share: one chip, and what is to be least of them all (SPEC §14).

*Times.* Where the objectives are times, each network has its own tick, as the data that its layers
move differ. All ticks are whole multiples of their greatest common divisor, the *unit*: a time of
network k in units is its count of ticks, multiplied by u_k. So weights a_k become a_k*u_k, a
deadline becomes the most ticks that it leaves, and all numbers are integers as of counts.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int, as_rational
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.timing.step_time import microseconds, ticks_of

SHARES = ("slowest", "sum", "deadlines")


@dataclass(frozen=True)
class SharedChip:
    """Networks that share the crossbars of one chip.

    Attributes
    ----------
    problems : tuple of Problem
        One for each network: all with the crossbars of the chip as their budget, each with a count
        as its objective, or each with a time, and constraints of its own.
    share : str
        "slowest", "sum" or "deadlines".
    weights : tuple of int, optional
        By network, 1 if not given; for "slowest" and "sum".
    deadlines : tuple of number, optional
        By network, the count that it may have at most, or the time in microseconds; for
        "deadlines".

    Raises
    ------
    InputError
        On an unknown share, numbers that do not go with it, or budgets that differ.
    UnsupportedError
        On a problem that is a goal, or on counts beside times.
    """

    problems: tuple[Problem, ...]
    share: str = "slowest"
    weights: Any = None
    deadlines: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", tuple(self.problems))
        if not self.problems:
            raise InputError("a shared chip needs at least one network")
        if self.share not in SHARES:
            raise InputError(f"share must be one of {', '.join(SHARES)}, got {self.share!r}")
        for problem in self.problems:
            problem.require_core()
            if problem.is_latency is not self.timed:
                raise UnsupportedError(
                    "networks share a chip all by counts or all by times, the objectives are "
                    f"{self.problems[0].objective!r} and {problem.objective!r}"
                )
            if problem.crossbars != self.crossbars:
                raise InputError(
                    f"network {problem.network.name!r}: its budget is {problem.crossbars}, "
                    f"that of the chip {self.crossbars}"
                )
        self._set_numbers()

    def _set_numbers(self) -> None:
        due = self.due
        given, none = ("deadlines", "weights") if due else ("weights", "deadlines")
        if getattr(self, none) is not None:
            raise InputError(f"share {self.share!r} takes {given}, not {none}")
        numbers = getattr(self, given)
        if numbers is None and due:
            raise InputError("share 'deadlines' needs a deadline for each network")
        numbers = tuple(numbers or (1,) * len(self.problems))
        if len(numbers) != len(self.problems):
            raise InputError(f"{given}: {len(self.problems)} networks, got {len(numbers)} numbers")
        whole = not (due and self.timed)
        checked = tuple(
            as_int(each, f"{given}: number", 1) if whole else as_rational(each, f"{given}: number")
            for each in numbers
        )
        if min(checked) <= 0:
            raise InputError(f"{given}: number must be positive, got {min(checked)}")
        object.__setattr__(self, given, checked)

    @property
    def due(self) -> bool:
        """Whether the networks have deadlines, and crossbars are least."""
        return self.share == "deadlines"

    @property
    def timed(self) -> bool:
        """Whether the objectives are times."""
        return self.problems[0].is_latency

    @property
    def unit(self) -> Fraction | None:
        """Seconds of the unit of times; None of counts."""
        if not self.timed:
            return None
        ticks = [ticks_of(problem).tick for problem in self.problems]
        common = lcm(*(tick.denominator for tick in ticks))
        return Fraction(gcd(*(int(tick * common) for tick in ticks)), common)

    @property
    def crossbars(self) -> int:
        """Of the chip."""
        return self.problems[0].crossbars

    @property
    def numbers(self) -> tuple[Any, ...]:
        """Weights or deadlines, as they were given."""
        found: tuple[Any, ...] = self.deadlines if self.due else self.weights
        return found

    @property
    def factors(self) -> tuple[int, ...]:
        """Weights or deadlines of the problems' own values."""
        unit = self.unit
        if unit is None:
            return self.numbers
        ticks = [ticks_of(problem).tick for problem in self.problems]
        if self.due:
            given = zip(self.numbers, ticks, strict=True)
            return tuple(int(Fraction(due) / 10**6 // tick) for due, tick in given)
        return tuple(a * int(tick / unit) for a, tick in zip(self.numbers, ticks, strict=True))

    def cost(self, counts: tuple[int, ...], crossbars: tuple[int, ...]) -> int:
        """What is least, of counts and crossbars by network."""
        if self.due:
            return sum(crossbars)
        weighted = [a * c for a, c in zip(self.factors, counts, strict=True)]
        return sum(weighted) if self.share == "sum" else max(weighted)

    def shown(self, value: int | None) -> Any:
        """A value or bound for reading: a time in microseconds."""
        unit = None if self.due else self.unit
        return value if unit is None or value is None else microseconds(value * unit)

    def shown_count(self, k: int, count: int) -> Any:
        """The count of a network for reading: a time in microseconds."""
        return microseconds(count * ticks_of(self.problems[k]).tick) if self.timed else count

    def as_dict(self) -> dict[str, Any]:
        """What is asked, for JSON."""
        return {
            "share": self.share,
            "crossbars": self.crossbars,
            "numbers": [plain(number) for number in self.numbers],
            "networks": [problem.as_dict() for problem in self.problems],
        }
