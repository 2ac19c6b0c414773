"""The section on table 7: run times, as ratios taken on one machine."""

from collections.abc import Mapping

from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import marked, table
from xbarmip.solvers.result import Status, Stop


def section(rows: Mapping[str, Row]) -> str:
    """Markdown of the whole section."""
    names = (
        "case", "paper, s", "its algorithm here, s", "steps", "dp for steps, s", "steps",
        "ratio", "dp for cycles, s", "cycles",
    )  # fmt: skip
    lines = []
    for key, row in rows.items():
        paper, steps, cycles = row["published-dp"], row["dp steps"], row["dp cycles"]
        lines.append(
            (
                marked(key),
                row["published seconds"],
                _seconds(paper),
                paper["value"],
                _seconds(steps),
                _value(steps),
                _ratio(paper, steps),
                _seconds(cycles),
                _value(cycles),
            )
        )
    return "\n\n".join(
        (
            "## Run time: table 7",
            "The paper's algorithm and the exact one, both compiled, one after the other on the "
            "same machine, with warm kernels (median of three runs; a run of 5 s or more is the "
            "only one). The ratio is the former over the latter; the times themselves are noisy, "
            "since the machine of the committed run was shared. The version of the paper's "
            "algorithm that is measured keeps the PreOp of a prefix instead of evaluating the "
            "closed form anew, which makes it far faster than the paper's program; the paper's own "
            "times come from another machine and are shown for their order of magnitude only. A "
            "value with ≥ was not proven within the time limit, and > marks a run that was stopped "
            "by it.",
            table(names, lines),
            "![Run times](table-7.png)",
        )
    )


def stopped(answer: Row) -> bool:
    """Whether a limit ended the run."""
    return answer["stop"] != Stop.FINISHED


def _seconds(answer: Row) -> str:
    return f"{'> ' if stopped(answer) else ''}{answer['seconds']:.3g}"


def _value(answer: Row) -> str:
    if answer["status"] == Status.OPTIMAL:
        return str(answer["value"])
    return f"{answer['value']} (≥ {answer['bound']})"


def _ratio(paper: Row, steps: Row) -> str:
    """Empty where the exact algorithm was stopped, >= where the other was."""
    if stopped(steps):
        return ""
    return f"{'≥ ' if stopped(paper) else ''}{paper['seconds'] / steps['seconds']:.1f}"
