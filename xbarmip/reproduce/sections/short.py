"""The page in short: one sentence or two from each part."""

from collections.abc import Callable, Mapping
from statistics import fmean

from xbarmip.reproduce.bandwidth import STEPS_TIME, TIME, Answer
from xbarmip.reproduce.models import HEURISTICS, OBJECTIVES
from xbarmip.reproduce.sections import bandwidth, models, runtime
from xbarmip.reproduce.sections.steps import above
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.steps import LEAVING, PAPER
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import listed

Rows = Mapping[str, Row]


def section(computed: Mapping[str, Rows | None]) -> str:
    """Markdown of what the complete parts say."""
    lines = [say(rows) for part, say in _SAID.items() if (rows := computed.get(part)) is not None]
    return "\n".join(("## In short", "", *(f"- {line}" for line in lines)))


def _steps(rows: Rows) -> str:
    own, leaving = above(rows, PAPER, "steps"), above(rows, LEAVING, "steps")
    true = above(rows, PAPER, "cycles")
    woho, greedy = (above(rows, name, "steps") for name in ("woho", "greedy"))
    return (
        "Without bandwidth the paper's algorithm is close to optimal under its own model: "
        f"{_optimal(own)} cases, {fmean(own):.1f} percent above the fewest steps on average, "
        f"{max(own):.1f} at worst. Most of that comes from spending every crossbar: where it may "
        f"leave some, {_optimal(leaving)}, {fmean(leaving):.1f} on average and {max(leaving):.1f} "
        f"at worst. Its true cycles are {fmean(true):.1f} percent above the fewest on average, "
        f"{max(true):.1f} at worst. For comparison, in steps: WoHo-proportional {fmean(woho):.1f} "
        f"percent on average, copying the slowest layer {fmean(greedy):.1f}."
    )


def _optimal(excess: list[float]) -> str:
    return f"optimal in {sum(by == 0 for by in excess)} of {len(excess)}"


def _tiles(rows: Rows) -> str:
    excess = {
        key: row[Answer.WITH][STEPS_TIME] / bandwidth.least(row, STEPS_TIME)[0]
        for key, row in rows.items()
    }
    worst = max(excess, key=lambda key: excess[key])
    return (
        "With bandwidth in the objective spending every crossbar costs more: its latency is "
        f"{excess[worst]:.2f} times the best in the worst case ({worst}), and "
        f"{fmean(excess.values()):.2f} times on average over figure 8. The best never gets worse "
        "with more tiles."
    )


def _allocations(rows: Rows) -> str:
    networks = list(dict.fromkeys(entry["network"] for entry in figures()["allocation"]))
    excess = {
        unit: listed(
            [
                f"{bandwidth.above_least(rows[f'{name}/with'], rows[f'{name}/solved'], unit)} "
                f"percent ({name})"
                for name in networks
            ]
        )
        for unit in (STEPS_TIME, TIME)
    }
    return (
        "The allocations that the paper prints for its bandwidth (table 6) are above the least "
        f"steps times step time by {excess[STEPS_TIME]}, and above the least cycles "
        f"times step time by {excess[TIME]}."
    )


def _runtime(rows: Rows) -> str:
    ratios = [
        row["published-dp"]["seconds"] / row["dp steps"]["seconds"]
        for row in rows.values()
        if not runtime.stopped(row["dp steps"])
    ]
    if not ratios:
        return "No case of table 7 was proven within the time limit."
    return (
        f"The fewest steps were proven in {len(ratios)} of the {len(rows)} cases of table 7, "
        f"between {min(ratios):.1f} and {max(ratios):.1f} times as fast as the paper's algorithm "
        "on the same machine; where the limit stopped that, its time counts as the limit."
    )


def _models(rows: Rows) -> str:
    said = []
    for objective in OBJECTIVES:
        own = [row for row in rows.values() if row["objective"] == objective]
        means = {name: fmean(models.excess(row, name) for row in own) for name in HEURISTICS}
        nearest = sorted(means, key=lambda name: means[name])[:2]
        names = listed([f"{name} ({means[name]:.1f} percent)" for name in nearest])
        said.append(
            f"for {objective}, {sum(map(models.proven, own))} of {len(own)} proven, {names}"
        )
    return (
        "On networks of today the rules nearest to the best known on average are "
        f"{'; '.join(said)}."
    )


_SAID: Mapping[str, Callable[[Rows], str]] = {
    "steps": _steps,
    "allocations": _allocations,
    "tiles": _tiles,
    "runtime": _runtime,
    "models": _models,
}
