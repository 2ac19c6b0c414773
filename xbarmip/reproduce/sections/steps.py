"""The section on figure 6(a), table 5 and figure 7: steps of every rule beside the optima."""

from collections.abc import Callable, Mapping
from statistics import fmean

from xbarmip.reproduce.accuracy import NETWORKS
from xbarmip.reproduce.source import case_key, figures
from xbarmip.reproduce.steps import HEURISTICS, LEAVING, PAPER
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import (
    Compared,
    deviations,
    listed,
    marked,
    percent_above,
    signed,
    table,
)
from xbarmip.solvers.result import Status

Rows = Mapping[str, Row]


def proven(row: Row) -> bool:
    """Whether both optima of a case are proven."""
    return all(row[kind]["status"] == Status.OPTIMAL for kind in ("fewest steps", "fewest cycles"))


def above(rows: Rows, name: str, unit: str) -> list[float]:
    """By how many percent a rule's steps or cycles are above the fewest, case by case."""
    return [
        percent_above(row["rivals"][name][unit], row[f"fewest {unit}"][unit])
        for row in rows.values()
    ]


def section(rows: Rows) -> str:
    """Markdown of the whole section."""
    parts = [
        "## Steps: figure 6(a), tables 5 and 6",
        "`published` is what the paper reports; `its algorithm` is Algorithm 2 run again "
        "(`published-dp`), in steps by the paper's closed form and in true cycles of the "
        "allocation that it finds; the two optima are proven. Percentages are above the optimum. "
        "For the two cases of 2304 crossbars the paper prints the allocation, and these are its "
        "steps.",
        _main_table(rows),
        "![Steps of the published cases](figure-6.png)",
        _summary(rows),
        deviations(compared_steps(rows)),
        "### Table 5: the WoHo-proportional rule",
        _woho_table(rows),
        deviations(compared_woho(rows)),
        "### All rules",
        "Steps and cycles above the proven optimum, over all cases above. Each rule was run for "
        "steps, as the paper poses the problem; its cycles are those of the same allocation.",
        _rules_table(rows),
        "### What leaving crossbars unused is worth",
        _leaving(rows),
        "### Figure 7: speedup over the other rules",
        _speedup_table(rows),
        "![Speedup over the other rules](figure-7.png)",
        deviations(compared_speedups(rows)),
    ]
    return "\n\n".join(parts)


def grouped(rows: Rows) -> list[Row]:
    """Cases network by network, as the paper groups them, by crossbar size and budget."""
    return sorted(
        rows.values(),
        key=lambda row: (NETWORKS.index(row["network"]), row["size"], row["crossbars"]),
    )


def summary_table(rows: Rows) -> str:
    """The table of the README: published, value, bound and difference in steps; fewest cycles."""
    names = (
        "network", "crossbars", "size", "published", "value", "bound", "difference",
        "fewest cycles",
    )  # fmt: skip
    lines = []
    for row in grouped(rows):
        best = row["fewest steps"]
        published = row["published"]
        digits = len(str(published).partition(".")[2])
        lines.append(
            (
                row["network"],
                row["crossbars"],
                f"{row['size']}x{row['size']}",
                published,
                best["steps"],
                best["bound"],
                f"{best['steps'] - float(published):+.{digits}f}",
                row["fewest cycles"]["cycles"],
            )
        )
    return table(names, lines)


def _main_table(rows: Rows) -> str:
    names = (
        "case", "published", "its algorithm", "fewest steps", "above, %", "its cycles",
        "fewest cycles", "above, %",
    )  # fmt: skip
    lines = []
    for key, row in rows.items():
        own, steps, cycles = row["rivals"][PAPER], row["fewest steps"], row["fewest cycles"]
        lines.append(
            (
                marked(key),
                row["published"],
                own["steps"],
                _proof(steps, "steps"),
                signed(percent_above(own["steps"], steps["steps"])),
                own["cycles"],
                _proof(cycles, "cycles"),
                signed(percent_above(own["cycles"], cycles["cycles"])),
            )
        )
    return table(names, lines)


def _proof(answer: Row, unit: str) -> str:
    """A proven value, or a value and its bound."""
    if answer["status"] == Status.OPTIMAL:
        return str(answer[unit])
    return f"{answer[unit]} (≥ {answer['bound']})"


def _summary(rows: Rows) -> str:
    excess = dict(zip(rows, above(rows, PAPER, "steps"), strict=True))
    true = above(rows, PAPER, "cycles")
    worse = {key: by for key, by in excess.items() if by > 0}
    names = [
        f"{key} (by {by:.1f} percent)" for key, by in sorted(worse.items(), key=lambda kv: -kv[1])
    ]
    everywhere = all(proven(row) for row in rows.values())
    return (
        f"{'All' if everywhere else 'Not all'} optima are proven. The paper's algorithm finds the "
        f"fewest steps in {len(rows) - len(worse)} of {len(rows)} cases"
        + (f", and misses them in {listed(names)}. " if names else ". ")
        + f"In true cycles its allocations are {fmean(true):.1f} percent above the fewest on "
        f"average and {max(true):.1f} percent at worst; {sum(by == 0 for by in true)} of "
        f"{len(rows)} are optimal. Over all cases its steps are {fmean(excess.values()):.2f} "
        "percent above the fewest on average; the paper reports "
        f"{figures()['optimality']['steps_above_random_percent']} percent above the best of its "
        "random search, on three cases."
    )


def compared_steps(rows: Rows) -> list[Compared]:
    """Published steps beside those of the paper's algorithm run again."""
    return [
        Compared(
            f"steps of {key}",
            float(row["published"]),
            row["rivals"][PAPER]["steps"],
            read="read off" in row["note"],
            digits=1 if "." in str(row["published"]) else 0,
        )
        for key, row in rows.items()
    ]


def _woho_rows(rows: Rows) -> list[tuple[str, Row, Row]]:
    """Key, printed and computed row of each case of table 5."""
    found = []
    for printed in figures()["woho"]:
        key = case_key(printed["network"], printed["crossbars"], printed["size"])
        found.append((key, printed, rows[key]["rivals"]["woho"]))
    return found


def _woho_table(rows: Rows) -> str:
    names = ("case", "steps, published", "ours", "left over, published", "ours", "its cycles")
    return table(
        names,
        [
            (
                marked(key),
                printed["steps"],
                ours["steps"],
                printed["left"],
                ours["left"],
                ours["cycles"],
            )
            for key, printed, ours in _woho_rows(rows)
        ],
    )


def compared_woho(rows: Rows) -> list[Compared]:
    """Table 5's columns on the WoHo-proportional rule."""
    return [
        Compared(f"{what} of woho on {key}", printed[field], ours[field])
        for key, printed, ours in _woho_rows(rows)
        for field, what in (("steps", "steps"), ("left", "crossbars left over"))
    ]


def _rules_table(rows: Rows) -> str:
    names = (
        "rule", "mean steps above, %", "worst", "optimal", "mean cycles above, %", "worst",
        "optimal",
    )  # fmt: skip
    lines = []
    for name in HEURISTICS:
        cells: list[object] = [name]
        for unit in ("steps", "cycles"):
            excess = above(rows, name, unit)
            cells += [f"{fmean(excess):.1f}", f"{max(excess):.1f}", sum(by == 0 for by in excess)]
        lines.append(cells)
    return table(names, lines)


def _leaving(rows: Rows) -> str:
    gains = {
        key: (row["rivals"][PAPER], row["rivals"][LEAVING])
        for key, row in rows.items()
        if row["rivals"][LEAVING]["steps"] < row["rivals"][PAPER]["steps"]
    }
    lines = [
        (key, spending["steps"], spending["cycles"], leaving["steps"], leaving["cycles"],
         leaving["left"])
        for key, (spending, leaving) in gains.items()
    ]  # fmt: skip
    left = sum(row["fewest steps"]["left"] > 0 for row in rows.values())
    text = (
        "The paper's algorithm spends every crossbar. Taking instead the best of all its final "
        f"states helps in {len(gains)} of {len(rows)} cases"
    )
    if lines:
        names = ("case", "steps, all spent", "cycles", "steps, some left", "cycles", "left")
        text += ":\n\n" + table(names, lines) + "\n\n"
    else:
        text += ". "
    return text + (
        f"The optimum that `dp` returns leaves crossbars unused in {left} of {len(rows)} cases: it "
        "never gets worse when the budget grows."
    )


SPEEDUPS: Mapping[str, Callable[[Row], float]] = {
    "its algorithm, steps": lambda row: row["rivals"][PAPER]["steps"],
    "fewest steps": lambda row: row["fewest steps"]["steps"],
}


def plotted(rows: Rows) -> Rows:
    """The cases of figure 6(a), over which figure 7 takes its means."""
    return {key: row for key, row in rows.items() if "figure 6" in row["note"]}


def speedups(rows: Rows, base: str) -> dict[str, list[float]]:
    """Steps of each rule of figure 7 over those of `base`, case by case."""
    return {
        name: [row["rivals"][name]["steps"] / SPEEDUPS[base](row) for row in plotted(rows).values()]
        for name in figures()["speedup"]
    }


def _speedup_table(rows: Rows) -> str:
    names = ("over", "published", *SPEEDUPS, "fewest cycles, in cycles")
    lines = []
    for name, printed in figures()["speedup"].items():
        in_cycles = [
            row["rivals"][name]["cycles"] / row["fewest cycles"]["cycles"]
            for row in plotted(rows).values()
        ]
        means = [fmean(speedups(rows, base)[name]) for base in SPEEDUPS]
        lines.append((name, printed, *(f"{mean:.2f}" for mean in (*means, fmean(in_cycles)))))
    return (
        f"Means over the {len(plotted(rows))} cases of figure 6(a): how many times as many steps "
        "the other rules take.\n\n" + table(names, lines)
    )


def compared_speedups(rows: Rows) -> list[Compared]:
    """Figure 7's means beside those of the paper's algorithm run again."""
    found = speedups(rows, "its algorithm, steps")
    return [
        Compared(f"mean speedup over {name}", float(printed), fmean(found[name]), digits=2)
        for name, printed in figures()["speedup"].items()
    ]
