"""`xbarmip solve`: the best allocation, with what is proven about it."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from xbarmip.cli.arguments import (
    add_any_solver,
    add_certificate,
    add_limits,
    add_networks,
    add_objective,
    add_option,
    every_objective,
)
from xbarmip.cli.budget import add_budget, problem_of, question
from xbarmip.cli.certify import certify
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.constraints import why_infeasible
from xbarmip.cli.effort import effort, warn_of
from xbarmip.cli.goal import add_goal
from xbarmip.cli.latency import (
    answer_line,
    count_in_time,
    frontier_table,
    hardware_facts,
    in_time,
    step_columns,
)
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.paper import add_paper, check_table, facts, give
from xbarmip.cli.parser import Parser, add_command
from xbarmip.cli.progress import limits_of
from xbarmip.cli.share import add_share, run_shared
from xbarmip.compare.report.table import Table
from xbarmip.digest import problem_digest
from xbarmip.errors import InputError
from xbarmip.exact import ceil_div
from xbarmip.files import check_writable
from xbarmip.measures.registry import counts
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of, amounts
from xbarmip.questions.door import solve
from xbarmip.questions.result import GoalResult
from xbarmip.solvers.latency.result import LatencyResult
from xbarmip.solvers.registry import make_solver
from xbarmip.solvers.result import Result, Status, Stop

WORDS = (
    "set: crossbars of one copy; R: copies; own steps: those of the layer if it never waits. "
    "A cycle is a step of the pipeline, not a tick of a clock."
)


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "solve", COMMANDS["solve"], run)
    add_networks(parser)
    add_budget(parser)
    add_objective(parser, every_objective(), sums=True)
    add_goal(parser)
    add_share(parser)
    add_any_solver(parser)
    add_option(parser)
    parser.add_argument(
        "--whole-frontier",
        action="store_true",
        help="for a latency: find and show every point of the frontier of counts and step times",
    )
    add_certificate(parser)
    add_paper(parser)
    add_limits(parser)


def run(arguments: Namespace) -> int:
    """Solve and print the answer, which `solve` has confirmed."""
    check_table(arguments)
    if arguments.share is not None:
        return run_shared(arguments)
    arguments.network, *more = arguments.networks
    if more:
        raise InputError(f"--share must say how {len(more) + 1} networks share the crossbars")
    problem = problem_of(arguments)
    options = dict(arguments.option)
    make_solver(arguments.solver, **options)  # refuses an option that could be mistaken for another
    if arguments.certificate is not None:
        from xbarmip.certificate.write import require_certifiable

        check_writable(arguments.certificate)
        require_certifiable(problem)
    with limits_of(arguments) as limits:
        whole = arguments.whole_frontier
        result = solve(problem, arguments.solver, whole_frontier=whole, **limits, **options)
    if result.status is Status.INFEASIBLE:
        why = why_infeasible(problem, arguments.solver, arguments.time_limit)
        result = replace(result, message=why)
    if arguments.json:
        print_json({**facts(arguments), **as_dict(problem, result)})
    else:
        _print(problem, result, arguments.whole_frontier)
    shown = _frontier_or_layers(problem, result, arguments.whole_frontier)
    give(arguments, shown, f"{question(problem)}: {_answer(problem, result)}", problem)
    if arguments.certificate is not None:
        from xbarmip.certificate.write import write_certificate

        write = partial(write_certificate, problem, result, arguments.certificate)
        certify(write, arguments.json, labels=True)
    return 1 if result.stop is Stop.ERROR else 0


def as_dict(problem: Problem, result: Result) -> dict[str, Any]:
    """Question and answer for JSON."""
    return {
        **problem.as_dict(),
        "digest": problem_digest(problem),
        "smallest_budget": problem.smallest_budget,
        "crossbars_used": _used(problem, result),
        **hardware_facts(problem, result),
        "measures": _measures(problem, result),
        **result.as_dict(),
    }


def _measures(problem: Problem, result: Result) -> dict[str, Any]:
    """Every measure of the answer."""
    if result.allocation is None:
        return {}
    return amounts(problem, result.allocation.values())


def _used(problem: Problem, result: Result) -> int | None:
    if result.allocation is None:
        return None
    return problem.crossbars_used(problem.allocation(result.allocation))


def _print(problem: Problem, result: Result, frontier: bool) -> None:
    if result.allocation is not None:
        print_rich(_layers(problem, result.allocation))
        say(WORDS)
    if frontier and isinstance(result, LatencyResult):
        print_rich(frontier_table(problem, result))
    say(f"{question(problem)}: {_answer(problem, result)}")
    warn_of(result)


def _frontier_or_layers(problem: Problem, result: Result, frontier: bool) -> Table:
    """What a file of the answer shows."""
    if frontier and isinstance(result, LatencyResult):
        return frontier_table(problem, result)
    return _layers(problem, result.allocation or {})


def _layers(problem: Problem, allocation: Mapping[str, int]) -> Table:
    """One line a layer; none where there is no allocation."""
    names = ["layer", "outputs", "set", "R", "crossbars", "own steps"]
    rows: list[list[object]] = _rows(problem, allocation) if allocation else []
    for name, column in step_columns(problem, allocation) if allocation else ():
        names.append(name)
        rows = [[*row, cell] for row, cell in zip(rows, column, strict=True)]
    return table(names, rows)


def _rows(problem: Problem, allocation: Mapping[str, int]) -> list[list[object]]:
    return [
        [layer.name, layer.outputs, crossbar_set, r, r * crossbar_set, ceil_div(layer.outputs, r)]
        for layer, crossbar_set, r in zip(
            problem.network.layers, problem.sets, allocation.values(), strict=True
        )
    ]


def _answer(problem: Problem, result: Result) -> str:
    """Status, value, bound and proof in one line."""
    if isinstance(result, LatencyResult) and result.status is not Status.INFEASIBLE:
        return answer_line(problem, result)
    by = effort(result)
    if result.status is Status.INFEASIBLE:
        return f"INFEASIBLE: {result.message}"
    bound = "no bound" if result.bound is None else f"bound {_shown(problem, result.bound)}"
    value, used = _value(problem, result), f"{_used(problem, result)} crossbars used"
    match result.status:
        case Status.OPTIMAL:
            return f"{value}, OPTIMAL, {result.proof} proof ({by}); {used}"
        case Status.FEASIBLE:
            gap = "" if result.gap is None else f", gap {_shown(problem, result.gap)}"
            return f"{value}, FEASIBLE, {bound}{gap} ({by}); {used}"
    return f"UNKNOWN, no allocation found, {bound} ({by})"


def _shown(problem: Problem, value: int) -> Any:
    """A value of the objective: one that is a time in microseconds."""
    return amount_of(problem, problem.label).shown(value)[1]


def _value(problem: Problem, result: Result) -> str:
    """What is minimised: one number and its unit, or each measure of a goal in order."""
    if not isinstance(result, GoalResult):
        return f"{result.value} {problem.measure.words}{in_time(problem, result.allocation)}"
    parts = []
    for least in result.minima:
        if least.value is not None:
            label, value = amount_of(problem, least.label).shown(least.value)
            counted = least.label.partition("/")[0] in counts()
            time = count_in_time(problem, result.allocation, least.value) if counted else ""
            bound = "" if least.proven else f" (bound {least.bound})"
            parts.append(f"{label} {value}{time}{bound}")
    return ", then ".join(parts)
