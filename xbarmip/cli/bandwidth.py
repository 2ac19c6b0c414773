"""`xbarmip bandwidth`: what bandwidth and tiles are worth."""

from argparse import ArgumentTypeError, Namespace, _SubParsersAction
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from xbarmip.cli.arguments import add_file, add_limits, add_network, add_objective
from xbarmip.cli.budget import add_budget, problem_of, question
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.latency import binding_words
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.cli.progress import limits_of
from xbarmip.compare.pictures.bandwidth import bandwidth_figure
from xbarmip.compare.pictures.canvas import check_picture, picture
from xbarmip.display import in_us
from xbarmip.files import written
from xbarmip.measures.registry import times
from xbarmip.solvers.latency.sensitivity import (
    Change,
    Enough,
    bandwidth_scan,
    enough_bandwidth,
    gains,
)
from xbarmip.solvers.result import Status, Stop
from xbarmip.strict import short


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "bandwidth", COMMANDS["bandwidth"], run)
    add_network(parser)
    add_budget(parser, needs_hardware=True)
    add_objective(parser, times(), "latency")
    parser.add_argument(
        "--scale",
        type=scale,
        default=scale("0.25..8"),
        metavar="A..B",
        help="factors of all bandwidths: A, 2A, 4A, ... up to B, or a list as 0.5,1,3 "
        "(default: 0.25..8)",
    )
    parser.add_argument(
        "--more",
        type=percent,
        default=Fraction(1, 10),
        metavar="PERCENT",
        help="how much wider each level is made in turn (default: 10)",
    )
    add_file(parser, "--plot", "draw the curve, as PNG, SVG or PDF", "FILE.png")
    add_limits(parser)


def scale(text: str) -> tuple[Fraction, ...]:
    """Factors A..B, each twice the one before and the last one B, or a list with commas."""
    low, dots, high = text.partition("..")
    if not dots:
        return tuple(_positive(part) for part in text.split(","))
    factors, last = [_positive(low)], _positive(high)
    if last < factors[0]:
        raise ArgumentTypeError(f"must go up, got {short(text)}")
    while 2 * factors[-1] < last:
        factors.append(2 * factors[-1])
    return (*factors, last) if last > factors[-1] else tuple(factors)


def percent(text: str) -> Fraction:
    """A positive number of percent as a fraction of 1."""
    return _positive(text) / 100


def _positive(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not Fraction(1, 10**6) <= value <= 10**6:
        raise ArgumentTypeError(f"must be a number from 0.000001 to 1000000, got {short(text)}")
    return value


def run(arguments: Namespace) -> int:
    """Solve for every factor and every change, print the latencies, draw them."""
    problem = problem_of(arguments)
    if arguments.plot is not None:
        check_picture(arguments.plot, "--plot")
    scanned: list[Change] = []
    changed: list[Change] = []
    enough = Enough(None, Fraction(0), None, None, Stop.INTERRUPTED)
    with limits_of(arguments) as limits, suppress(KeyboardInterrupt):
        for change in bandwidth_scan(problem, arguments.scale, **limits):
            scanned.append(change)
        for change in gains(problem, arguments.more, **limits):
            changed.append(change)
        enough = enough_bandwidth(problem, **limits)
    pairs = list(zip(arguments.scale, scanned, strict=False))
    if arguments.json:
        print_json(
            {
                "question": question(problem),
                "objective": problem.objective,
                "rule": problem.rule,
                "constraints": list(problem.constraint_names),
                "scan": [{"factor": float(f), **change.as_dict()} for f, change in pairs],
                "changes": [change.as_dict() for change in changed],
                "enough": enough.as_dict(),
            }
        )
    else:
        names = ("change", "latency us", problem.count, "step us", "status", "bound us", "binds")
        print_rich(table(names, [_row(change) for change in (*scanned, *changed)]))
        say(f"{question(problem)}: {enough_words(enough)}")
    if arguments.plot is not None:
        rule = "" if problem.rule is None else f", {problem.rule}"
        title = f"{question(problem)}\n{problem.objective}{rule}"
        _draw(arguments.plot, title, pairs, enough)
    return 0


def enough_words(enough: Enough) -> str:
    """From where on memory does not bind, in a line."""
    if enough.stop is Stop.FINISHED and enough.count is None:
        return "INFEASIBLE"
    if enough.factor is None or enough.count is None:
        return f"from where on memory does not bind is not known (stopped: {enough.stop})"
    words = (
        f"memory does not bind from {float(enough.factor):.4g} times the bandwidth on "
        f"(fewest: {enough.count})"
    )
    if enough.stop is not Stop.FINISHED:
        return f"{words}; it does up to {float(enough.binds_at):.4g} (stopped: {enough.stop})"
    return f"{words}; it does at {float(enough.binds_at):.4g}"


def _row(change: Change) -> tuple[object, ...]:
    result, bound = change.result, change.result.latency_bound
    bound_shown = None if bound is None else in_us(bound)
    if result.latency is None or result.step_time is None:
        return change.what, None, None, None, result.status, bound_shown, None
    return (
        change.what,
        in_us(result.latency),
        result.count,
        in_us(result.step_time.seconds),
        result.status,
        bound_shown,
        binding_words(result.step_time),
    )


def _draw(path: Path, title: str, pairs: list[tuple[Fraction, Change]], enough: Enough) -> None:
    points = [
        (factor, change.result.latency, change.result.status is Status.OPTIMAL)
        for factor, change in pairs
        if change.result.latency is not None
    ]
    written(path, picture(bandwidth_figure(title, points, enough), path))
