"""The least latency against bandwidth."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from xbarmip.compare.pictures.canvas import COLORS, new_figure, round_ticks
from xbarmip.errors import InputError
from xbarmip.solvers.latency.sensitivity import Enough
from xbarmip.text import for_picture


def bandwidth_figure(
    title: str, points: Sequence[tuple[Fraction, Fraction, bool]], enough: Enough
) -> Any:
    """A curve, both axes logarithmic, and a line where memory stops binding.

    `points` are (factor, latency in seconds, whether it is proven the least).

    Raises
    ------
    InputError
        If there is no point to draw, or matplotlib is not installed.
    """
    if not points:
        raise InputError("a picture needs at least one latency")
    factors, latencies = zip(
        *sorted((float(f), float(s * 10**6)) for f, s, _ in points), strict=True
    )
    figure, axes = new_figure(7.2, 4.4)
    axes.plot(factors, latencies, color=COLORS[0])
    for proven, face, label in ((True, COLORS[0], "proven"), (False, "none", "not proven")):
        some = [(float(f), float(s * 10**6)) for f, s, sure in points if sure is proven]
        if some:
            axes.plot(*zip(*some, strict=True), "o", color=COLORS[0], mfc=face, label=label)
    if enough.factor is not None:
        label = f"memory stops binding at {float(enough.factor):.3g}"
        axes.axvline(float(enough.factor), color=COLORS[1], linestyle="--", label=label)
    axes.set_title("\n".join(map(for_picture, title.split("\n"))))
    axes.set(xscale="log", yscale="log", xlabel="bandwidth, times that of the hardware")
    axes.set_ylabel("least latency, us")
    axes.set_xticks(factors, [f"{factor:g}" for factor in factors])
    axes.set_xticks([], minor=True)
    round_ticks(axes.yaxis, min(latencies), max(latencies))
    axes.legend()
    return figure
