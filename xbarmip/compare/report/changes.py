"""What changed between two results files: on a terminal, as Markdown and as CSV."""

from xbarmip.compare.analysis.regress import Regression
from xbarmip.compare.report.summary import bullets
from xbarmip.compare.report.table import Table, as_csv

TITLE = "times, new / old, where both proved"
_CHANGES = ("verdict", "suite", "instance", "solver", "what")


def time_table(found: Regression) -> Table:
    """One line a suite and solver."""
    rows = [
        [
            time.suite,
            time.label,
            time.pairs,
            None if time.ratio is None else f"{time.ratio:.3f}",
            None if time.p is None else f"{time.p:.2g}",
            time.verdict,
        ]
        for time in found.times
    ]
    return Table(["suite", "solver", "instances", "ratio", "p", "verdict"], rows, 2)


def change_lines(found: Regression) -> list[str]:
    """Every answer that changed, and which rows cannot be compared."""
    lines = [": ".join(row) for row in _changes(found)]
    lines += found.strangers
    if found.missing:
        lines.append(f"only in one of the two: {len(found.missing)} rows")
    if not found.changes:
        lines.append("no answer changed")
    return lines


def changes_markdown(found: Regression) -> str:
    """A page."""
    table = time_table(found).markdown()
    parts = ("# What changed", f"## {TITLE.capitalize()}", table, "## Answers")
    return "\n\n".join((*parts, bullets(change_lines(found)))) + "\n"


def changes_csv(found: Regression) -> str:
    """One line an answer that changed, then one line a suite and solver with its times."""
    times = [
        ("slower" if time.slower else "time", time.suite, "", time.label, time.verdict)
        for time in found.times
    ]
    return as_csv(_CHANGES, [*_changes(found), *times])


def _changes(found: Regression) -> list[tuple[str, ...]]:
    return [
        ("worse" if each.worse else "better", each.suite, each.instance, each.label, each.what)
        for each in found.changes
    ]
