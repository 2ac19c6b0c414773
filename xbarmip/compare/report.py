"""Reports of a comparison: a table for the terminal and a summary in Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.instance import objective_label
from xbarmip.compare.row import UNSUPPORTED, Row
from xbarmip.compare.verdict import Agreement, Verdict
from xbarmip.solvers.result import Status, Stop

CONFIRMED, REFUTED = "✓", "✗"


def terminal_table(comparison: Comparison) -> Table:
    """One line an instance: verdict, value, bound, gap, then each solver's answer.

    An answer shows the claimed value, then ✓ where the evaluation confirms it, else ✗ and what it
    confirms instead; a bound that differs from the value; why it stopped early; seconds.
    """
    table = Table(title=_headline(comparison), title_justify="left")
    names, columns = _columns(comparison)
    for name in names:
        table.add_column(name, no_wrap=name in ("instance", "verdict"))
    for verdict, cells in zip(comparison.verdicts, columns, strict=True):
        style = {Agreement.AGREE: "green", Agreement.UNDECIDED: "yellow"}.get(verdict.kind, "red")
        styles = ["", style] + [""] * (len(cells) - 2)
        table.add_row(*(Text(cell, style=s) for cell, s in zip(cells, styles, strict=True)))
    return table


def problems(comparison: Comparison) -> tuple[str, ...]:
    """Every finding and every crash, one line each, naming instance and solver."""
    findings = [
        f"{verdict.instance}: {finding.kind}: {finding.solver} {finding.message}"
        for verdict in comparison.verdicts
        for finding in verdict.findings
    ]
    errors = [f"{row.instance}: ERROR: {row.solver}: {row.message}" for row in comparison.errors]
    return (*findings, *errors)


def markdown(comparison: Comparison) -> str:
    """The summary: what was run, how often each verdict came, every solver, every instance."""
    parts = [f"# Comparison `{comparison.suite.name}`", comparison.suite.description]
    parts.append(_run_facts(comparison))
    parts.append("## Verdicts\n\n" + _headline(comparison))
    found = problems(comparison)
    if found:
        parts.append("## Disagreements and errors\n\n" + _bullets(found))
    parts.append("## Solvers\n\n" + _solver_table(comparison))
    refusals = _refusals(comparison)
    if refusals:
        parts.append("Refused:\n\n" + _bullets(refusals))
    names, lines = _columns(comparison)
    parts.append(
        "## Instances\n\n"
        f"Values are cycles or steps, as the objective says. {CONFIRMED} the evaluation confirms "
        f"the claimed value; {REFUTED} it confirms the one behind instead.\n\n"
        + _markdown_table(names, lines)
    )
    notes = _notes(comparison)
    if notes:
        parts.append("## Notes\n\n" + _bullets(notes))
    return "\n\n".join(parts) + "\n"


def _headline(comparison: Comparison) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in comparison.counts.items() if count)
    of = len(comparison.suite.instances)
    text = f"{comparison.suite.name}: {of} instances: {counts or 'none judged'}"
    if comparison.errors:
        text += f"; {len(comparison.errors)} ERROR"
    return text if comparison.complete else f"{text} (interrupted)"


def _run_facts(comparison: Comparison) -> str:
    facts = comparison.facts
    limit = facts["time_limit"]
    limits = "none" if limit is None else f"{limit:g} s for each solver and instance"
    if facts["memory_limit"] is not None:
        limits += f", {facts['memory_limit']} bytes"
    return _bullets(
        (
            f"run {facts['run']}, started {facts['started']}",
            f"xbarmip {facts['xbarmip']}, Python {facts['python']}, {facts['machine']}",
            f"limits: {limits}",
        )
    )


def _columns(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and the cells of every verdict."""
    solvers = list(comparison.facts["solvers"])
    optimum = any(verdict.optimum is not None for verdict in comparison.verdicts)
    published = any(verdict.published is not None for verdict in comparison.verdicts)
    names = ["instance", "verdict", "value", "bound", "gap"]
    names += ["stated"] * optimum + ["published", "difference"] * published
    lines = []
    for verdict in comparison.verdicts:
        line = [verdict.instance, verdict.kind.value, *map(_number, _trio(verdict))]
        line += [_number(verdict.optimum)] * optimum
        line += [_number(verdict.published), _difference(verdict)] * published
        rows = {row.solver: row for row in comparison.by_instance[verdict.instance]}
        lines.append(line + [_answer(rows[solver]) for solver in solvers])
    return names + solvers, lines


def _trio(verdict: Verdict) -> tuple[int | None, int | None, int | None]:
    return verdict.value, verdict.bound, verdict.gap


def _number(value: object) -> str:
    return "" if value is None else str(value)


def _difference(verdict: Verdict) -> str:
    """Checked value minus published value."""
    if verdict.published is None or verdict.value is None:
        return ""
    return f"{verdict.value - verdict.published:+}"


def _answer(row: Row) -> str:
    """One solver's cell."""
    if row.status == UNSUPPORTED:
        return "refused"
    if row.failed:
        return "ERROR"
    words = []
    if row.value is not None:
        mark = CONFIRMED if row.value == row.confirmed else f"{REFUTED} {_number(row.confirmed)}"
        words.append(f"{row.value} {mark}".rstrip())
    if row.status != Status.OPTIMAL:
        words.append(row.status.lower())
    if row.bound not in (None, row.value):
        words.append(f"≥ {row.bound}")
    if row.stop != Stop.FINISHED:
        words.append(_number(row.stop).lower())
    return ", ".join([*words, f"{row.seconds:.2f} s"])


def _solver_table(comparison: Comparison) -> str:
    kinds = [*(status.value for status in Status), UNSUPPORTED]
    lines = []
    for solver in comparison.facts["solvers"]:
        rows = [row for row in comparison.rows if row.solver == solver]
        counts = Counter(row.status for row in rows)
        seconds = [row.seconds for row in rows if row.status != UNSUPPORTED]
        times = [f"{sum(seconds):.2f}", f"{max(seconds, default=0.0):.2f}"]
        errors = sum(row.failed for row in rows)
        lines.append([solver, *(str(counts[kind]) for kind in kinds), str(errors), *times])
    return _markdown_table(["solver", *kinds, "ERROR", "seconds in all", "longest"], lines)


def _refusals(comparison: Comparison) -> list[str]:
    reasons = Counter(
        (row.solver, row.message) for row in comparison.rows if row.status == UNSUPPORTED
    )
    return [f"{solver}: {reason} ({n} times)" for (solver, reason), n in reasons.items()]


def _notes(comparison: Comparison) -> list[str]:
    """Each distinct note of the suite, with the cases that it is about."""
    cases: dict[str, dict[str, None]] = {}
    for instance in comparison.suite.instances:
        if instance.note:
            case = instance.name.removesuffix("/" + objective_label(instance.problem))
            cases.setdefault(instance.note, {})[case] = None
    return [f"{', '.join(names)}: {note}" for note, names in cases.items()]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _markdown_table(names: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [names, ["---"] * len(names), *lines]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows
    )
