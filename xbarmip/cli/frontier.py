"""`xbarmip frontier`: the optimum of every budget, or two measures against each other at one."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.against import add_against, refuse_without_against, run_against
from xbarmip.cli.arguments import (
    add_file,
    add_limits,
    add_network,
    add_objective,
    every_objective,
    network_of,
)
from xbarmip.cli.budget import add_hardware, add_size_beside, crossbars_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.constraints import add_constraint, check_for_every_budget, why_infeasible
from xbarmip.cli.output import print_json, print_rich, say, table, warn
from xbarmip.cli.paper import add_paper, check_table, facts, give
from xbarmip.cli.parser import Parser, add_command, integer
from xbarmip.cli.progress import limits_of
from xbarmip.compare.pictures.canvas import check_picture, picture
from xbarmip.compare.pictures.frontier import frontier_figure
from xbarmip.compare.report.table import Table, as_csv
from xbarmip.display import in_us
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written
from xbarmip.hardware.preset import load_hardware
from xbarmip.problem import Problem
from xbarmip.solvers.dp.frontier import Frontier, frontier
from xbarmip.solvers.result import Stop
from xbarmip.timing.step_time import microseconds


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "frontier", COMMANDS["frontier"], run)
    add_range(parser)
    add_objective(parser, every_objective(), sums=True)
    add_constraint(parser)
    add_file(parser, "--csv", "write the points as CSV")
    add_file(parser, "--plot", "draw the curve, as PNG, SVG or PDF", "FILE.png")
    add_against(parser)
    add_paper(parser)
    add_limits(parser)


def add_range(parser: Parser) -> None:
    """The network and the budgets, for `traced`."""
    add_network(parser)
    parser.add_argument(
        "--up-to",
        dest="crossbars",
        type=integer,
        metavar="N",
        help="largest budget, in crossbars (default: the tiles of the hardware)",
    )
    add_hardware(parser)
    parser.add_argument(
        "--tiles", type=integer, metavar="N", help="largest budget, in tiles of the hardware"
    )
    parser.add_argument(
        "--from",
        dest="down_to",
        type=integer,
        metavar="M",
        help="smallest budget of interest (default: the smallest that works)",
    )
    add_size_beside(parser)


def run(arguments: Namespace) -> int:
    """Trace the frontier, print it, write the files."""
    check_table(arguments)
    if arguments.against is not None:
        return run_against(arguments)
    refuse_without_against(arguments)
    _check_files(arguments)
    curve = traced(arguments)
    problem = curve.problem
    _write_files(arguments, curve)
    if arguments.json:
        print_json({**facts(arguments, problem), **curve.as_dict(), "message": message(curve)})
    else:
        _print(curve)
    give(arguments, _table(curve), f"{problem.network.name}: {message(curve)}", problem)
    return 0


def traced(arguments: Namespace) -> Frontier:
    """The frontier that was asked for.

    Raises
    ------
    InputError
        When the budgets make no sense.
    KeyboardInterrupt
        When the search was interrupted before its first point.
    """
    check_for_every_budget(arguments.constraint)
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    up_to = crossbars_of(arguments, hardware, "--up-to")
    problem = Problem(
        network_of(arguments),
        up_to,
        arguments.size,
        arguments.objective,
        arguments.rule,
        tuple(arguments.constraint),
        hardware,
    )
    if arguments.down_to is not None and not 1 <= arguments.down_to <= up_to:
        raise InputError(f"--from must be in 1..{up_to}, got {arguments.down_to}")
    with limits_of(arguments) as limits:
        curve = frontier(problem, arguments.down_to, **limits)
    if curve.stop is Stop.INTERRUPTED and not curve.points:
        raise KeyboardInterrupt
    return curve


def points_csv(curve: Frontier) -> str:
    """One line a point: crossbars, value, its time where there is one, then R of every layer."""
    objective = curve.problem.objective
    timed = ["step_us", f"{objective}_us"] if any(curve.times) else []
    rows = []
    for point, time in zip(curve.points, curve.times, strict=True):
        step = [] if time is None else [time.seconds, point.value * time.seconds]
        took = [microseconds(each) for each in step]
        rows.append([point.crossbars, point.value, *took, *point.allocation.values()])
    return as_csv(["crossbars", objective, *timed, *curve.problem.network.index], rows)


def _print(curve: Frontier) -> None:
    problem = curve.problem
    if curve.points:
        print_rich(_table(curve))
    say(f"{problem.network.name}, crossbars of {problem.crossbar}: {message(curve)}")


def _table(curve: Frontier) -> Table:
    """One line a point: crossbars, value, its time where the hardware gives one, and R."""
    problem = curve.problem
    names = ["step us", f"{problem.objective} in us"] if any(curve.times) else []
    rows = []
    for point, time in zip(curve.points, curve.times, strict=True):
        took = [] if time is None else [in_us(time.seconds), in_us(point.value * time.seconds)]
        copies = ",".join(map(str, point.allocation.values()))
        rows.append((point.crossbars, point.value, *took, copies))
    return table(("crossbars", problem.objective, *names, "R"), rows, text=0)


def message(curve: Frontier) -> str:
    """What is proven, in one line."""
    problem = curve.problem
    if curve.complete and not curve.points:
        why = why_infeasible(problem, "dp", None)
        return f"INFEASIBLE up to {problem.crossbars}: {why}"
    unit = problem.measure.words
    points = f"{len(curve.points)} point{'s' * (len(curve.points) != 1)}"
    effort = f"{curve.seconds:.2f} s"
    if not curve.complete:
        effort += f", stopped: {curve.stop}"
    if curve.covered is None:
        return f"no optimal {unit} proven, INCOMPLETE ({effort})"
    low, high = curve.covered
    word = "complete" if curve.complete else "INCOMPLETE"
    return f"{points}, optimal {unit} of the budgets {low} to {high}, {word} ({effort})"


def _check_files(arguments: Namespace) -> None:
    """Refuse before the search what could not be written after it."""
    if arguments.plot is not None:
        check_picture(arguments.plot, "--plot")
    if arguments.csv is not None:
        check_writable(arguments.csv)


def _write_files(arguments: Namespace, curve: Frontier) -> None:
    if arguments.csv is not None:
        written(arguments.csv, points_csv(curve).encode())
    if arguments.plot is not None and curve.points:
        written(arguments.plot, picture(frontier_figure(curve), arguments.plot))
    elif arguments.plot is not None:
        warn(f"{arguments.plot}: not drawn: the frontier has no points")
