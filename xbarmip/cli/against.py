"""`xbarmip frontier NETWORK --crossbars N --against MEASURE`: the Pareto front at one budget."""

from argparse import Namespace

from xbarmip.cli.arguments import add_solver
from xbarmip.cli.budget import problem_of, question
from xbarmip.cli.constraints import why_infeasible
from xbarmip.cli.goal import add_goal
from xbarmip.cli.output import print_json, print_rich, say, table, warn
from xbarmip.cli.paper import facts, give
from xbarmip.cli.parser import Parser, integer
from xbarmip.cli.progress import limits_of
from xbarmip.compare.report.table import Table, as_csv
from xbarmip.display import in_us
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written
from xbarmip.measures.registry import counts
from xbarmip.questions.against import ParetoFront, pareto
from xbarmip.solvers.registry import EXACT
from xbarmip.solvers.result import Stop
from xbarmip.timing.step_time import time_of

_OF_MANY_BUDGETS = {"crossbars": "up-to", "down_to": "from", "plot": "plot"}


def add_against(parser: Parser) -> None:
    """The options --against, and those that it alone takes."""
    parser.add_argument(
        "--against",
        metavar="MEASURE",
        help="at one budget: every allocation than which none has as little of both the objective "
        "and this measure, and less of one; for instance interval",
    )
    parser.add_argument(
        "--crossbars", dest="budget", type=integer, metavar="N", help="the budget of --against"
    )
    add_goal(parser)
    add_solver(parser, EXACT, "dp")


def refuse_without_against(arguments: Namespace) -> None:
    """Refuse what a frontier of budgets would ignore, or cannot be of."""
    if arguments.budget is not None:
        raise InputError("--crossbars is the budget of --against; --up-to is the largest of many")
    if arguments.solver != "dp":
        raise InputError("--solver is for --against; a frontier of budgets is that of dp")
    instead = "--crossbars N --against crossbars has every point of"
    for name, option in {"bounds": "at-most", "then": "then", "sum": "sum"}.items():
        if getattr(arguments, name):
            raise InputError(
                f"--{option} is for --against; {instead} {arguments.objective} with it"
            )
    if arguments.objective not in counts():
        raise InputError(f"a frontier of budgets is of a count; {instead} {arguments.objective}")


def run_against(arguments: Namespace) -> int:
    """Walk along the front, print it, write the file."""
    for name, option in _OF_MANY_BUDGETS.items():
        if getattr(arguments, name) is not None:
            raise InputError(f"--{option} is for many budgets, and --against for one: --crossbars")
    if arguments.csv is not None:
        check_writable(arguments.csv)
    arguments.crossbars = arguments.budget
    problem = problem_of(arguments)
    with limits_of(arguments) as limits:
        front = pareto(problem, arguments.against, arguments.solver, **limits)
    if front.stop is Stop.INTERRUPTED and not front.points:
        raise KeyboardInterrupt
    if arguments.csv is not None:
        written(arguments.csv, front_csv(front).encode())
    line = _message(front, arguments.time_limit)
    if arguments.json:
        print_json({**facts(arguments, problem), **front.as_dict(), "message": line})
    else:
        if front.points:
            print_rich(_table(front))
        say(f"{question(problem)}: {line}")
        if front.message:
            warn(f"{front.solver}: {front.message}")
    give(arguments, _table(front), f"{question(problem)}: {line}", problem)
    return 1 if front.stop is Stop.ERROR else 0


def front_csv(front: ParetoFront) -> str:
    """One line a point: both measures, then R of every layer."""
    return as_csv(
        [*_names(front), *front.problem.network.index],
        [[*front.shown(point).values(), *point.allocation.values()] for point in front.points],
    )


def _names(front: ParetoFront) -> tuple[str, ...]:
    return tuple(amount.shown(1)[0] for amount in front.amounts)


def _table(front: ParetoFront) -> Table:
    """Both measures, each count in time where the hardware says how long a step lasts, and R."""
    counted = [k for k, of in enumerate(front.amounts) if of.measure is not None and not of.timed]
    times = [time_of(front.problem, point.allocation) for point in front.points]
    names, rows = _names(front), []
    for point, time in zip(front.points, times, strict=True):
        pair = (point.value, point.against)
        in_time = [] if time is None else [in_us(pair[k] * time.seconds) for k in counted]
        r = ",".join(map(str, point.allocation.values()))
        rows.append((*front.shown(point).values(), *in_time, r))
    timed = [f"{names[k]} in us" for k in counted] if any(times) else []
    return table((*names, *timed, "R"), rows, text=0)


def _message(front: ParetoFront, seconds: float | None) -> str:
    """What is proven, in one line."""
    if front.complete and not front.points:
        return f"INFEASIBLE: {why_infeasible(front.problem, front.solver, seconds)}"
    effort = f"{front.solver}, {front.seconds:.2f} s"
    if not front.complete:
        effort += f", stopped: {front.stop}"
    points = f"{len(front.points)} point{'s' * (len(front.points) != 1)}"
    word = "complete" if front.complete else "INCOMPLETE"
    labels = f"{front.problem.label} against {front.against}"
    return f"{labels}: {points}, {word}, {front.proof} proof ({effort})"
