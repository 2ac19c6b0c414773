"""`xbarmip score`: an allocation out of a file, beside the proven optimum."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from xbarmip.cli.arguments import (
    add_allocation,
    add_any_solver,
    add_limits,
    add_network,
    add_objective,
    add_option,
    allocation_of,
    every_objective,
)
from xbarmip.cli.budget import add_budget, problem_of, question
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.latency import count_in_time
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.paper import add_paper, check_table, facts, give
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.report.table import Table
from xbarmip.display import in_us
from xbarmip.questions.score import Score, score
from xbarmip.solvers.result import Status, Stop
from xbarmip.timing.step_time import time_of


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "score", COMMANDS["score"], run)
    add_network(parser)
    add_budget(parser)
    add_allocation(parser)
    add_objective(parser, every_objective())
    add_any_solver(parser)
    add_option(parser)
    add_paper(parser)
    add_limits(parser)


def run(arguments: Namespace) -> int:
    """Read, solve, compare, print."""
    check_table(arguments)
    problem = problem_of(arguments)
    allocation = allocation_of(arguments, problem.network)
    found = score(
        problem,
        allocation,
        arguments.solver,
        arguments.time_limit,
        memory_limit=arguments.memory_limit,
        **dict(arguments.option),
    )
    if arguments.json:
        print_json({**facts(arguments, problem), **found.as_dict()})
    else:
        print_rich(table(("measure", _named(arguments.allocation)), found.measures.items()))
        say(f"{question(problem)}: {_verdict(found)}")
    give(arguments, _table(found), f"{question(problem)}: {_verdict(found)}", problem)
    return 1 if found.result.stop is Stop.ERROR else 0


def _table(found: Score) -> Table:
    """Each measure of the allocation; of the objective also the best, its bound, and the gap."""
    label = f"{found.problem.label} in us" if found.problem.is_latency else found.problem.label
    above = "" if found.above is None else f"{float(100 * found.above):.1f}"
    own: list[tuple[str, object]] = [
        (f"{label}: this allocation", found.shown(found.value)),
        (f"{label}: best found", found.shown(found.best)),
        (f"{label}: proven bound", found.shown(found.bound)),
        (f"{label}: percent above the best", above),
    ]
    return table(("measure", "value"), [*own, *_in_time(found), *found.measures.items()])


def _in_time(found: Score) -> list[tuple[str, object]]:
    """A count of this allocation and of the best one in time, where the hardware says it."""
    problem, best = found.problem, found.result.allocation
    if problem.is_latency:
        return []
    named = [("this allocation", found.allocation, found.value), ("best found", best, found.best)]
    return [
        (f"{problem.label} in us: {name}", in_us(count * time.seconds))
        for name, allocation, count in named
        if count is not None and (time := time_of(problem, allocation)) is not None
    ]


def _named(given: Path | tuple[int, ...]) -> str:
    """The file, or what was given in its place."""
    return str(given) if isinstance(given, Path) else "value"


def _verdict(found: Score) -> str:
    """Value, optimum and gap, and what of the problem it breaks, in one line."""
    unit = " us"
    if isinstance(found.value, int):
        time = count_in_time(found.problem, found.allocation, found.value)
        unit = f" {found.problem.measure.words}{time}"
    parts = [f"{found.shown(found.value)}{unit}", _optimum(found)]
    over = found.crossbars_used - found.problem.crossbars
    if over > 0:
        parts.append(f"the allocation takes {over} crossbar{'s' * (over != 1)} too many")
    parts += [f"it breaks {name}" for name in found.broken]
    return "; ".join(parts)


def _optimum(found: Score) -> str:
    result, effort = found.result, f"({found.result.solver}, {found.result.seconds:.2f} s)"
    if result.status is Status.INFEASIBLE:
        return f"nothing is allowed here {effort}"
    if found.above is None:
        return f"no other allocation was found {effort}"
    bound = "" if result.status is Status.OPTIMAL else f", bound {found.shown(found.bound)}"
    name = "the proven optimum is" if result.status is Status.OPTIMAL else "the best found is"
    percent = float(100 * found.above)
    side = "above" if percent >= 0 else "below"
    time = ""
    if isinstance(found.best, int):
        time = count_in_time(found.problem, result.allocation, found.best)
    best = f"{name} {found.shown(found.best)}{time}{bound}"
    return f"{best}: {abs(percent):.1f} percent {side} it {effort}"
