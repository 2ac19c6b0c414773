"""`xbarmip explore`: a page on which the frontier is walked corner by corner."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.arguments import add_file, add_limits, network_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.constraints import add_constraint
from xbarmip.cli.frontier import add_range, message, traced
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.cli.progress import progress_line
from xbarmip.clock import working_time
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written
from xbarmip.hardware.preset import load_hardware
from xbarmip.problem import Problem
from xbarmip.questions.against import ParetoFront
from xbarmip.solvers.dp.frontier import Frontier
from xbarmip.solvers.result import Stop

_LEAST_SECONDS = 30.0  # for latencies where no limit is given; or as long as cycles took
_MORE = 4  # times the smallest budget, where no largest one is given


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "explore", COMMANDS["explore"], run)
    add_range(parser)
    add_constraint(parser)
    add_file(parser, "--output", "the page to write", "FILE.html", required=True)
    add_limits(parser)
    parser.set_defaults(objective="cycles", rule=None)


def run(arguments: Namespace) -> int:
    """Trace the frontier of cycles, write the page."""
    from xbarmip.pages.explore import explore_page

    check_writable(arguments.output)
    if arguments.crossbars is None and arguments.tiles is None:
        arguments.crossbars = _ample(arguments)
    began, limit = working_time(), arguments.time_limit
    if limit is not None and arguments.hardware is not None:
        arguments.time_limit = limit / 2  # the other half is for latencies
    curve = traced(arguments)
    if not curve.points:
        raise InputError(f"nothing to explore: {message(curve)}")
    took = working_time() - began
    rest = max(_LEAST_SECONDS, took) if limit is None else max(0.0, limit - took)
    front = _latencies(curve, rest, arguments.memory_limit)
    written(arguments.output, explore_page(curve, front).encode())
    told = message(curve) + ("" if front is None else f"; {_told(front)}")
    if arguments.json:
        of_front = None if front is None else front.as_dict()
        output = str(arguments.output)
        print_json({**curve.as_dict(), "latency": of_front, "message": told, "output": output})
    else:
        say(f"{curve.problem.network.name}: {told}")
        say(f"written: {arguments.output}")
    return 0


def _latencies(curve: Frontier, seconds: float, memory_limit: int | None) -> ParetoFront | None:
    """The least latency of every budget, as far as it is proven in time.

    None where there are no latencies, or where the fewest cycles already have the least.
    """
    from xbarmip.pages.fastest import computation_binds, is_timed, latency_front

    if not is_timed(curve) or computation_binds(curve) or curve.stop is Stop.INTERRUPTED:
        return None
    with progress_line() as progress:
        return latency_front(curve, seconds, memory_limit, progress)


def _told(front: ParetoFront) -> str:
    """From which budget on the least latency is proven."""
    if front.complete:
        return f"least latency of every budget, complete ({front.seconds:.2f} s)"
    known = min((point.against for point in front.points), default=None)
    of = "of no budget" if known is None else f"of the budgets from {known} on"
    return f"least latency {of}, INCOMPLETE ({front.seconds:.2f} s, stopped: {front.stop})"


def _ample(arguments: Namespace) -> int | None:
    """The largest budget where none is given: the hardware's, if it says so, or four times the
    smallest one that works.
    """
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    if hardware is not None and hardware.tiles is not None:
        return None
    size = arguments.size or (None if hardware is None else hardware.crossbar)
    return _MORE * Problem(network_of(arguments), 1, size).smallest_budget
