"""A comparison on a terminal and as a page of Markdown."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table as RichTable

from xbarmip.compare.answer import CONFIRMED, REFUTED, failure
from xbarmip.compare.certification import Certified
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.report.tables import certified_of, gap_table, instance_table, solver_table
from xbarmip.compare.row import UNSUPPORTED
from xbarmip.text import for_markdown


def terminal_table(comparison: Comparison) -> RichTable:
    """One line an instance, under a line that counts the verdicts."""
    return instance_table(comparison).rich(headline(comparison))


def problems(comparison: Comparison) -> tuple[str, ...]:
    """Every finding, failed run, and row of another problem, one line each."""
    findings = [
        f"{verdict.instance}: {finding.kind}: {finding.solver} {finding.message}"
        for verdict in comparison.verdicts
        for finding in verdict.findings
    ]
    errors = [
        f"{row.instance}: {failure(row)}: {comparison.label(row)}: {row.message}"
        for row in comparison.errors
    ]
    return (*findings, *errors, *comparison.strangers)


def markdown(comparison: Comparison, instances: str | None = None) -> str:
    """The summary: what was run, how often each verdict came, every solver, every instance.

    `instances` stands in place of the last section, where a line an instance would be too much.
    """
    parts = [f"# Comparison {for_markdown(comparison.suite)}", for_markdown(comparison.description)]
    parts.append(bullets(run_facts(comparison)))
    parts.append("## Verdicts\n\n" + for_markdown(headline(comparison)))
    found = problems(comparison)
    if found:
        parts.append("## Disagreements and failures\n\n" + bullets(found))
    parts.append("## Solvers\n\n" + solver_table(comparison).markdown())
    refused = refusals(comparison)
    if refused:
        parts.append("Refused:\n\n" + bullets(refused))
    if uncertified(comparison):
        parts.append("Not certified:\n\n" + bullets(uncertified(comparison)))
    parts.append(
        "## Gaps\n\nTo the smallest value that any solver found and the evaluation confirms.\n\n"
        + gap_table(comparison).markdown()
    )
    parts.append(_instances(comparison) if instances is None else instances)
    if notes(comparison):
        parts.append("## Notes\n\n" + bullets(notes(comparison)))
    return "\n\n".join(parts) + "\n"


def _instances(comparison: Comparison) -> str:
    return (
        "## Instances\n\n"
        "Values are cycles or steps, as the objective says, and of times the ticks that notes "
        f"tell; where hardware is given their time follows. {CONFIRMED} the evaluation confirms "
        f"the claimed value; {REFUTED} it confirms the one behind instead.\n\n"
        + instance_table(comparison).markdown()
    )


def headline(comparison: Comparison) -> str:
    """The verdicts and failures, counted, in one line."""
    counts = ", ".join(f"{count} {kind}" for kind, count in comparison.counts.items() if count)
    of = len(comparison.instances)
    text = f"{comparison.suite}: {of} instances: {counts or 'none judged'}"
    failures = Counter(failure(row) for row in comparison.errors)
    if failures:
        text += "; " + ", ".join(f"{count} {what}" for what, count in sorted(failures.items()))
    if any(row.certified for row in comparison.rows):
        text += f"; {certified_of(comparison.rows)} proofs certified"
    return text if comparison.complete else f"{text} (incomplete)"


def run_facts(comparison: Comparison) -> tuple[str, ...]:
    """What was run, with what, where, under which limits."""
    facts = comparison.facts
    return (
        f"run {facts['run']}, started {facts['started']}",
        code_words(facts["code"]),
        machine_words(facts["machine"]),
        *_limits(comparison),
    )


def code_words(code: Mapping[str, Any]) -> str:
    """Versions and commit, in a line."""
    commit = code["commit"] or "no commit"
    changed = "+" * commit.endswith("+")
    return (
        f"xbarmip {code['xbarmip']} ({commit[:12]}{changed}), Python {code['python']}, "
        f"numpy {code['numpy']}, numba {code['numba']}, highspy {code['highspy']}"
    )


def machine_words(machine: Mapping[str, Any]) -> str:
    """System, processors and memory, in a line."""
    processors = machine["processors"]
    return (
        f"{machine['system']}, {machine['processor']}, {processors} processor"
        f"{'s' * (processors != 1)}, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB"
    )


def _limits(comparison: Comparison) -> list[str]:
    """The limits, a line each where several runs had different ones, with the solvers."""
    solvers: dict[str, dict[str, None]] = {}
    for row in comparison.rows:
        words = _allowed(row.limits or comparison.facts["limits"])
        solvers.setdefault(words, {})[row.solver] = None
    if len(solvers) > 1:
        return [f"limits of {', '.join(names)}: {words}" for words, names in solvers.items()]
    return [f"limits: {words}" for words in solvers or [_allowed(comparison.facts["limits"])]]


def _allowed(limits: Mapping[str, Any]) -> str:
    seconds, memory, threads = (limits[key] for key in ("seconds", "memory_bytes", "threads"))
    told = "none" if seconds is None else f"{seconds:g} s for each solver and instance"
    if memory is not None:
        told += f", {memory / 2**30:g} GiB"
    return f"{told}; {threads} thread{'s' * (threads > 1)}"


def refusals(comparison: Comparison) -> list[str]:
    """Each reason of each solver that refused, and how often it gave it, whatever the network."""
    reasons = Counter(
        (row.solver, row.message.replace(f"network {row.network!r}", "the network"))
        for row in comparison.rows
        if row.status == UNSUPPORTED
    )
    return [f"{solver}: {reason} ({n} times)" for (solver, reason), n in reasons.items()]


def uncertified(comparison: Comparison) -> list[str]:
    """Every claim that was to be certified and was not, with the reason."""
    return [
        f"{row.instance}: {comparison.label(row)}: {row.certificate['message']}"
        for row in comparison.rows
        if row.certified not in ("", Certified.YES)
    ]


def notes(comparison: Comparison) -> list[str]:
    """Each distinct note of the suite, with the cases that it is about."""
    cases: dict[str, dict[str, None]] = {}
    for instance in comparison.instances:
        if instance.note:
            case = instance.name.removesuffix("/" + instance.objective)
            cases.setdefault(instance.note, {})[case] = None
    return [f"{', '.join(names)}: {note}" for note, names in cases.items()]


def bullets(lines: Iterable[str]) -> str:
    """A Markdown list of lines of plain text."""
    return "\n".join(f"- {for_markdown(line)}" for line in lines)
