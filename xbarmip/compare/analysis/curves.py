"""Curves over a suite: performance profiles, solved instances, and closeness over time.

E. D. Dolan and J. J. More, "Benchmarking optimization software with performance profiles",
Mathematical Programming 91, 2002, doi 10.1007/s101070100263.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from xbarmip.compare.analysis.gaps import best_values, distance, proven
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.row import Row

FLOOR_SECONDS = 0.001  # shorter times are noise and count as this


@dataclass(frozen=True, slots=True)
class Curve:
    """A step function that begins at 0: at each x it rises to the y beside it.

    Attributes
    ----------
    label : str
    points : tuple of (float, float)
        By ascending x.
    """

    label: str
    points: tuple[tuple[float, float], ...]

    def at(self, x: float) -> float:
        """Its value."""
        return max((y for where, y in self.points if where <= x), default=0.0)


def solved_seconds(comparison: Comparison) -> dict[str, dict[str, float]]:
    """For each solver the seconds to proof, by instance, where it proved something true."""
    verdicts = {verdict.instance: verdict for verdict in comparison.verdicts}
    times: dict[str, dict[str, float]] = {label: {} for label in comparison.labels}
    for row in comparison.rows:
        if proven(row, verdicts[row.instance]):
            times[comparison.label(row)][row.instance] = max(row.seconds, FLOOR_SECONDS)
    return times


def performance_profile(comparison: Comparison) -> list[Curve]:
    """rho_s(tau): the share of instances that solver s proves within tau times the fastest time.

    Of the instances that any solver proves; where s does not, its ratio is infinite. Solvers that
    prove nothing have no curve.
    """
    times = solved_seconds(comparison)
    fastest: dict[str, float] = {}
    for own in times.values():
        for instance, seconds in own.items():
            fastest[instance] = min(seconds, fastest.get(instance, seconds))
    return _curves(
        times,
        lambda own: (seconds / fastest[instance] for instance, seconds in own.items()),
        len(fastest),
    )


def cactus(comparison: Comparison) -> list[Curve]:
    """Instances proven within t seconds each, by t."""
    return _curves(solved_seconds(comparison), lambda own: own.values(), 1)


def closeness(comparison: Comparison, within: Fraction) -> list[Curve]:
    """Share of the instances whose value came `within` the best known by t seconds, by t.

    `within` is relative: 1/100 stands for at most one percent above. Only runs whose final value
    was confirmed count; the values on the way there are the solver's own reports.
    """
    best = best_values(comparison)
    times: dict[str, dict[str, float]] = {label: {} for label in comparison.labels}
    for row in comparison.rows:
        if row.confirmed is None:
            continue
        seconds = _first_within(row, best[row.instance], within)
        if seconds is not None:
            times[comparison.label(row)][row.instance] = max(seconds, FLOOR_SECONDS)
    return _curves(times, lambda own: own.values(), len(best))


def _first_within(row: Row, best: int, within: Fraction) -> float | None:
    """When a run first had a value that close; None if it never had."""
    if row.confirmed is None or distance(row.confirmed, best) > within:
        return None
    told = [
        seconds
        for seconds, value, _ in row.trace
        if isinstance(value, int) and value >= best and distance(value, best) <= within
    ]
    return min([*told, row.seconds])


def _curves(
    times: dict[str, dict[str, float]],
    abscissas: Callable[[dict[str, float]], Iterable[float]],
    whole: int,
) -> list[Curve]:
    """Cumulative counts of each solver, as shares of `whole`; none where a solver has no times."""
    made = []
    for label, own in times.items():
        if own:
            xs = sorted(abscissas(own))
            points = {x: count / whole for count, x in enumerate(xs, start=1)}
            made.append(Curve(label, tuple(points.items())))
    return made


def pairs(comparison: Comparison, one: str, other: str) -> list[tuple[str, float, float]]:
    """(instance, seconds of one, seconds of the other) where both prove the instance."""
    times = solved_seconds(comparison)
    common = times[one].keys() & times[other].keys()
    return [(name, times[one][name], times[other][name]) for name in times[one] if name in common]
