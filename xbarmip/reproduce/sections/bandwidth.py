"""The sections on table 6 and figures 8 and 9: bandwidth in the objective."""

from collections.abc import Mapping
from fractions import Fraction
from statistics import fmean

from xbarmip.reproduce.bandwidth import STEPS_TIME, TIME, Answer, hardware
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import Compared, deviations, percent_above, table
from xbarmip.solvers.result import Status

Rows = Mapping[str, Row]


def allocation_section(rows: Rows) -> str:
    """Table 6."""
    return "\n\n".join(
        (
            "## Table 6: allocations and their step times",
            "VGG-A and AlexNet on 2304 crossbars of 128x128. The printed allocations, evaluated: "
            "steps by the paper's closed form, true cycles, step time, and both products; below "
            "each the proven optimum and what the paper's algorithm finds when it is run again.",
            _allocations(rows),
            _judged(rows),
            deviations(compared_step_times(rows)),
        )
    )


def _allocations(rows: Rows) -> str:
    names = (
        "network", "allocation", "R", "left", "steps", "cycles", "step, us", "steps x step, us",
        "latency, us",
    )  # fmt: skip
    lines: list[tuple[object, ...]] = []
    for network in dict.fromkeys(entry["network"] for entry in figures()["allocation"]):
        solved = rows[f"{network}/solved"]
        named = {
            "printed, without bandwidth": rows[f"{network}/without"],
            "printed, with bandwidth": rows[f"{network}/with"],
            **{f"{name}{_mark(solved[name])}": solved[name] for name in Answer},
        }
        lines += [(network, *_line(name, row)) for name, row in named.items() if "steps" in row]
    return table(names, lines, words=3)


def _mark(row: Row) -> str:
    return ", proven" if row["status"] == Status.OPTIMAL else ""


def _line(name: str, row: Row) -> tuple[object, ...]:
    return (
        name,
        " ".join(map(str, row["allocation"])),
        row["left"],
        row["steps"],
        row["cycles"],
        f"{row['step us']:.2f}",
        f"{row[STEPS_TIME]:.1f}",
        f"{row[TIME]:.1f}",
    )


def _judged(rows: Rows) -> str:
    lines = []
    for network in dict.fromkeys(entry["network"] for entry in figures()["allocation"]):
        printed, solved = rows[f"{network}/with"], rows[f"{network}/solved"]
        without = rows[f"{network}/without"]
        same = solved[Answer.WITH].get("allocation") == printed["allocation"]
        lines.append(
            f"- {network}: the allocation printed with bandwidth is "
            f"{'what its algorithm finds' if same else 'not what its algorithm finds'}. It is "
            f"{above_least(printed, solved, STEPS_TIME)} percent above the optimum of the paper's "
            f"own objective and {above_least(printed, solved, TIME)} above that of cycles times "
            f"step time; the one printed without bandwidth, {above_least(without, solved, TIME)}."
        )
    return "\n".join(lines)


def above_least(row: Row, solved: Row, unit: str) -> str:
    """How far a latency is above the least; at least so far where that is not proven."""
    best, certain = least(solved, unit)
    return f"{'' if certain else 'at least '}{percent_above(row[unit], best):.1f}"


def least(solved: Row, unit: str) -> tuple[float, bool]:
    """The smallest latency of all answers, and whether it is proven to be the least."""
    best = min(solved[name][unit] for name in Answer if unit in solved[name])
    prover = solved[Answer.BEST_STEPS if unit == STEPS_TIME else Answer.BEST]
    return best, prover["status"] == Status.OPTIMAL


def compared_step_times(rows: Rows) -> list[Compared]:
    """The step time of each layer of the printed allocations."""
    found = []
    for entry in figures()["allocation"]:
        kind = "with" if entry["bandwidth"] else "without"
        own = rows[f"{entry['network']}/{kind}"]["layer step us"]
        for number, (printed, ours) in enumerate(zip(entry["step_us"], own, strict=True), start=1):
            what = f"step time of layer {number} of {entry['network']} {kind} bandwidth"
            found.append(Compared(what, float(printed), ours, digits=2))
    return found


def tile_section(rows: Rows) -> str:
    """Figure 8."""
    names = (
        "case", "stride, published", "ours", "with, published", "its algorithm with",
        "may leave some, with", "its algorithm without", Answer.BEST_STEPS, "least latency",
    )  # fmt: skip
    lines = []
    for key, row, stride, with_bandwidth in _tile_rows(rows):
        lines.append(
            (
                key,
                stride,
                f"{row[Answer.STRIDE][STEPS_TIME]:.0f}",
                with_bandwidth,
                *(_time(row[name]) for name in (Answer.WITH, Answer.LEAVING, Answer.WITHOUT)),
                _least(row, STEPS_TIME),
                _least(row, TIME),
            )
        )
    return "\n\n".join(
        (
            "## Figure 8: latency against the number of tiles",
            "Microseconds; a tile has 72 crossbars of 128x128. All columns but the last are steps "
            "by the paper's closed form times step time; the last is cycles times step time. "
            "`with` and `without` say whether the step time was in the objective. The paper's "
            "values are read off its figure. Its VGG-E panel is left out: its axis seems to be a "
            "decade too low; so is figure 6(b), which contradicts figure 8. A value with ≤ is the "
            "best that is known, not proven.",
            table(names, lines),
            "![Latency against tiles](figure-8.png)",
            _tile_text(rows),
            deviations(compared_tiles(rows)),
        )
    )


def _time(row: Row) -> str:
    return f"{row[STEPS_TIME]:.0f}" if STEPS_TIME in row else ""


def _least(solved: Row, unit: str) -> str:
    value, certain = least(solved, unit)
    return f"{'' if certain else '≤ '}{value:.0f}"


def _tile_rows(rows: Rows) -> list[tuple[str, Row, int | None, int]]:
    """Key, computed row, and what is published of it."""
    found = []
    for entry in figures()["tiles"]:
        strides = entry.get("stride_us", [None] * len(entry["tiles"]))
        for tiles, stride, value in zip(entry["tiles"], strides, entry["with_us"], strict=True):
            key = f"{entry['network']}/{tiles} tiles"
            found.append((key, rows[key], stride, value))
    return found


def _tile_text(rows: Rows) -> str:
    unit = STEPS_TIME
    found = [row for _, row, _, _ in _tile_rows(rows)]
    ratio = {
        name: fmean(row[Answer.STRIDE][unit] / row[name][unit] for row in found)
        for name in (Answer.WITHOUT, Answer.WITH)
    }
    most = fmean(row[Answer.STRIDE][unit] / least(row, unit)[0] for row in found)
    share = fmean(100 * least(row, unit)[0] / row[Answer.WITH][unit] for row in found)
    scaling = figures()["scaling"]
    worst = [
        f"{key} {row[Answer.WITH][unit] / row[Answer.LEAVING][unit]:.2f} times"
        for key, row, _, _ in _tile_rows(rows)
        if row[Answer.WITH][unit] > 1.1 * row[Answer.LEAVING][unit]
    ]
    spending = (
        "Spending every crossbar makes its answer slower than the fastest that it has seen, by "
        f"more than a tenth: {', '.join(worst)}."
        if worst
        else "Spending every crossbar nowhere costs it more than a tenth."
    )
    return (
        "Mean speedup over the stride-balanced allocation: without bandwidth in the objective "
        f"{ratio[Answer.WITHOUT]:.1f} (published {scaling['mean_speedup_without']}), with it "
        f"{ratio[Answer.WITH]:.1f} (published {scaling['mean_speedup_with']}), at the optimum "
        f"{most:.1f}. The published means are over cases that the paper does not "
        "list. The optimum takes "
        f"{share:.0f} percent of the time that its algorithm needs, on average; the paper says "
        f"{figures()['optimality']['with_bandwidth_percent']} percent of optimal. {spending}"
    )


def compared_tiles(rows: Rows) -> list[Compared]:
    """Figure 8's values beside ours."""
    found = []
    for key, row, stride, value in _tile_rows(rows):
        unit = STEPS_TIME
        if stride is not None:
            what = f"stride-balanced latency, {key}"
            found.append(Compared(what, stride, row[Answer.STRIDE][unit], read=True))
        if Answer.WITH in row and unit in row[Answer.WITH]:
            what = f"latency with bandwidth, {key}"
            found.append(Compared(what, value, row[Answer.WITH][unit], read=True))
    return found


def scale_section(rows: Rows) -> str:
    """Figure 9."""
    names = (
        "factor", "its algorithm without", "its algorithm with", "fewest steps", Answer.BEST_STEPS,
        "least latency",
    )  # fmt: skip
    lines = [
        (
            scale,
            *(_time(row[name]) for name in (Answer.WITHOUT, Answer.WITH, Answer.FEWEST)),
            _least(row, STEPS_TIME),
            _least(row, TIME),
        )
        for scale, row in rows.items()
    ]
    return "\n\n".join(
        (
            "## Figure 9: bandwidth multiplied",
            "VGG-A on 2304 crossbars of 128x128, both bandwidths multiplied by a factor; "
            "microseconds, columns as for figure 8. A value with ≤ is the best that is known, not "
            "proven.",
            table(names, lines),
            "![Latency against bandwidth](figure-9.png)",
            _scale_text(rows),
        )
    )


def free_from(rows: Rows) -> str | None:
    """The smallest factor from which on the step time no longer changes the optimum."""
    compute = float(hardware().compute_ns or 0) / 1000
    for scale, row in rows.items():
        if least(row, STEPS_TIME)[0] == round(row[Answer.FEWEST]["steps"] * compute, 4):
            return scale
    return None


def _scale_text(rows: Rows) -> str:
    scale, printed = free_from(rows), figures()["scaling"]["free_from"]
    if scale is None:
        return f"In no row is bandwidth free; the paper says from a factor of {printed} on."
    text = (
        f"From a factor of {scale} on the optimum with bandwidth is that without: as many steps, "
        "each no longer than the computation."
    )
    what = "factor from which bandwidth no longer binds"
    return text + "\n\n" + deviations([Compared(what, printed, float(Fraction(scale)))])
