"""Making rows: what a solver claims, beside what an independent check confirms."""

from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from xbarmip.compare.facts import code_facts, machine_facts
from xbarmip.compare.instance import Instance
from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.kinds import Question, kind_of
from xbarmip.compare.row import STOPS, UNSUPPORTED, Row
from xbarmip.compare.task import Task
from xbarmip.errors import VerificationError
from xbarmip.plain import plain
from xbarmip.solvers.check import checked
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Status


def record(task: Task, ending: Ending) -> Row:
    """The row of a task that has ended."""
    row = row_of(task.instance, task.solver.name, ending)
    return replace(
        row,
        run=task.run,
        task=task.key,
        suite=task.suite,
        seed=task.seed,
        options={**task.options, **row.options},
        limits=asdict(task.allowance),
        code=code_facts(),
        machine=machine_facts(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def row_of(instance: Instance, solver: str, ending: Ending) -> Row:
    """The row of one answer, as far as instance and ending say."""
    problem = instance.problem
    outcome, message = ending.outcome, ending.message
    facts: dict[str, Any] = {}
    if outcome is Outcome.ANSWERED:
        try:
            facts = answer_facts(problem, ending.answer)
        except VerificationError as error:
            outcome, message = Outcome.GARBAGE, f"no usable answer: {error}"
    if outcome is not Outcome.ANSWERED:
        status = UNSUPPORTED if outcome is Outcome.REFUSED else Status.UNKNOWN.value
        facts = {"status": status, "stop": STOPS[outcome], "message": one_line(message)}
    return Row(
        instance=instance.name,
        solver=solver,
        network=problem.network.name,
        crossbars=problem.crossbars,
        size=problem.crossbar.sides,
        objective=problem.objective,
        rule=problem.rule,
        digest=instance.digest,
        outcome=outcome.value,
        seconds=ending.seconds,
        startup_seconds=ending.startup_seconds,
        cpu_seconds=ending.cpu_seconds,
        memory_bytes=ending.memory_bytes,
        trace=plain(ending.trace),
        **facts,
    )


def row_here(instance: Instance, solver: Any, limits: Limits) -> Row:
    """The row of a solver that runs in this process, watched by nobody."""
    watch = Watch(limits)
    reasons = solver.unsupported(instance.problem)
    if reasons:
        return row_of(instance, solver.name, Ending(Outcome.REFUSED, message="; ".join(reasons)))
    answer = solver.solve(instance.problem, watch)
    ending = Ending(Outcome.ANSWERED, answer, seconds=watch.seconds)
    return row_of(instance, solver.name, ending)


def answer_facts(problem: Question, answer: Any) -> dict[str, Any]:
    """What a result claims, as plain values, and what the check of its allocation finds.

    Raises
    ------
    VerificationError
        If it is not a usable answer.
    """
    kind = kind_of(problem)
    found = checked(problem, answer, kind.facts)
    claims = {field.name: getattr(found, field.name) for field in fields(found)}
    return {
        **plain(claims),
        "message": one_line(answer.message),
        "statistics": plain({**answer.statistics, **kind.kept(answer)}),
        "options": plain(answer.options),
    }


def one_line(text: object) -> str:
    """Any text on one line."""
    return " ".join(str(text).split())
