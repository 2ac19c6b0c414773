"""Reports of a comparison: a table for the terminal and a summary in Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.row import FAILURES, UNSUPPORTED, Row
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
    """Every finding and every failed run, one line each, naming instance and solver."""
    findings = [
        f"{verdict.instance}: {finding.kind}: {finding.solver} {finding.message}"
        for verdict in comparison.verdicts
        for finding in verdict.findings
    ]
    errors = [
        f"{row.instance}: {failure(row)}: {comparison.label(row)}: {row.message}"
        for row in comparison.errors
    ]
    return (*findings, *errors)


def markdown(comparison: Comparison) -> str:
    """The summary: what was run, how often each verdict came, every solver, every instance."""
    parts = [f"# Comparison `{comparison.suite}`", comparison.description]
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
    of = len(comparison.instances)
    text = f"{comparison.suite}: {of} instances: {counts or 'none judged'}"
    failures = Counter(failure(row) for row in comparison.errors)
    if failures:
        text += "; " + ", ".join(f"{count} {what}" for what, count in sorted(failures.items()))
    return text if comparison.complete else f"{text} (incomplete)"


def _run_facts(comparison: Comparison) -> str:
    facts, limits = comparison.facts, comparison.facts["limits"]
    code, machine = facts["code"], facts["machine"]
    seconds, memory = limits["seconds"], limits["memory_bytes"]
    told = "none" if seconds is None else f"{seconds:g} s for each solver and instance"
    if memory is not None:
        told += f", {memory / 2**30:g} GiB"
    return _bullets(
        (
            f"run {facts['run']}, started {facts['started']}",
            f"xbarmip {code['xbarmip']} ({(code['commit'] or 'no commit')[:12]}), "
            f"Python {code['python']}, numpy {code['numpy']}, numba {code['numba']}, "
            f"highspy {code['highspy']}",
            f"{machine['system']}, {machine['processor']}, {machine['processors']} processors, "
            f"{machine['memory_bytes'] / 2**30:.0f} GiB",
            f"limits: {told}; {limits['threads']} thread{'s' * (limits['threads'] > 1)}",
        )
    )


def _columns(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and the cells of every verdict."""
    solvers = comparison.labels
    optimum = any(verdict.optimum is not None for verdict in comparison.verdicts)
    published = any(verdict.published is not None for verdict in comparison.verdicts)
    names = ["instance", "verdict", "value", "bound", "gap"]
    names += ["stated"] * optimum + ["published", "difference"] * published
    lines = []
    for verdict in comparison.verdicts:
        line = [verdict.instance, verdict.kind.value, *map(_number, _trio(verdict))]
        line += [_number(verdict.optimum)] * optimum
        line += [_number(verdict.published), _difference(verdict)] * published
        rows = comparison.by_instance[verdict.instance]
        lines.append(line + [answer(rows[label]) if label in rows else "" for label in solvers])
    return [*names, *solvers], lines


def _trio(verdict: Verdict) -> tuple[int | None, int | None, int | None]:
    return verdict.value, verdict.bound, verdict.gap


def _number(value: object) -> str:
    return "" if value is None else str(value)


def _difference(verdict: Verdict) -> str:
    """Checked value minus published value."""
    if verdict.published is None or verdict.value is None:
        return ""
    return f"{verdict.value - verdict.published:+}"


def failure(row: Row) -> str:
    """In a word, what became of a run that failed; empty for one that did not."""
    if row.outcome in FAILURES:
        return row.outcome
    return "ERROR" if row.failed else ""


def answer(row: Row) -> str:
    """One solver's cell."""
    if row.status == UNSUPPORTED:
        return "refused"
    if row.failed:
        return failure(row)
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
    for label in comparison.labels:
        rows = [row for row in comparison.rows if comparison.label(row) == label]
        counts = Counter(row.status for row in rows)
        seconds = [row.seconds for row in rows if row.status != UNSUPPORTED]
        times = [f"{sum(seconds):.2f}", f"{max(seconds, default=0.0):.2f}"]
        failed = sum(row.failed for row in rows)
        lines.append([label, *(str(counts[kind]) for kind in kinds), str(failed), *times])
    return _markdown_table(["solver", *kinds, "failed", "seconds in all", "longest"], lines)


def _refusals(comparison: Comparison) -> list[str]:
    reasons = Counter(
        (row.solver, row.message) for row in comparison.rows if row.status == UNSUPPORTED
    )
    return [f"{solver}: {reason} ({n} times)" for (solver, reason), n in reasons.items()]


def _notes(comparison: Comparison) -> list[str]:
    """Each distinct note of the suite, with the cases that it is about."""
    cases: dict[str, dict[str, None]] = {}
    for instance in comparison.instances:
        if instance.note:
            case = instance.name.removesuffix("/" + instance.objective)
            cases.setdefault(instance.note, {})[case] = None
    return [f"{', '.join(names)}: {note}" for note, names in cases.items()]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _markdown_table(names: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [names, ["---"] * len(names), *lines]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows
    )
