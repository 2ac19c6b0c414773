"""Making rows: what a solver claims, beside what an independent check confirms."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from operator import index
from typing import Any

from xbarmip.compare.execute.ending import Ending, Outcome
from xbarmip.compare.execute.facts import code_facts, machine_facts
from xbarmip.compare.execute.task import Task
from xbarmip.compare.instance import Instance
from xbarmip.compare.plain import plain
from xbarmip.compare.row import STOPS, UNSUPPORTED, Row
from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.evaluate import evaluate


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
        except InputError as error:
            outcome, message = Outcome.GARBAGE, f"no usable answer: {error}"
    if outcome is not Outcome.ANSWERED:
        status = UNSUPPORTED if outcome is Outcome.REFUSED else Status.UNKNOWN.value
        facts = {"status": status, "stop": STOPS[outcome], "message": one_line(message)}
    return Row(
        instance=instance.name,
        solver=solver,
        network=problem.network.name,
        crossbars=problem.crossbars,
        size=(problem.crossbar.rows, problem.crossbar.columns),
        objective=problem.objective,
        rule=problem.rule,
        outcome=outcome.value,
        seconds=ending.seconds,
        startup_seconds=ending.startup_seconds,
        cpu_seconds=ending.cpu_seconds,
        memory_bytes=ending.memory_bytes,
        trace=plain(ending.trace),
        **facts,
    )


def answer_facts(problem: Problem, answer: Any) -> dict[str, Any]:
    """What a result claims, as plain values, and what the check of its allocation finds.

    Raises
    ------
    InputError
        If it is no result, or a value or bound is no integer: NaN, for instance.
    """
    if not isinstance(answer, Result):
        raise InputError(f"expected a Result, got {type(answer).__name__}")
    return {
        "status": Status(answer.status).value,
        "stop": Stop(answer.stop).value,
        "value": _integer(answer.value, "value"),
        "bound": _integer(answer.bound, "bound"),
        "proof": None if answer.proof is None else str(answer.proof),
        "message": one_line(answer.message),
        "statistics": plain(answer.statistics),
        "options": plain(answer.options),
        **_checked(problem, answer.allocation),
    }


def one_line(text: object) -> str:
    """Any text on one line."""
    return " ".join(str(text).split())


def _integer(value: Any, what: str) -> int | None:
    if value is None:
        return None
    try:
        return index(value)
    except TypeError:
        raise InputError(f"{what} is {value!r}, no integer") from None


def _checked(problem: Problem, allocation: Any) -> dict[str, Any]:
    """The allocation's exact objective and crossbars, or what is wrong with it."""
    if allocation is None:
        return {}
    if not isinstance(allocation, Mapping):
        return {"defect": f"expected R by layer name, got {type(allocation).__name__}"}
    try:
        chosen = problem.allocation(allocation)
    except InputError as error:
        return {"defect": str(error)}
    used = problem.crossbars_used(chosen)
    named = dict(zip(problem.network.index, chosen, strict=True))
    facts = {"allocation": named, "crossbars_used": used}
    if used > problem.crossbars:
        return {**facts, "defect": f"takes {used} crossbars, there are {problem.crossbars}"}
    broken = problem.broken(chosen)
    if broken:
        return {**facts, "defect": f"breaks the constraint {broken[0].name!r}"}
    return {**facts, "confirmed": evaluate(problem, chosen)}
