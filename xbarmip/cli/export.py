"""`xbarmip export`: the problem in formats that other programs read, and a proof in one of them."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from xbarmip.allocation import pimcomp_text
from xbarmip.cli.arguments import (
    add_allocation,
    add_file,
    add_network,
    add_objective,
    allocation_of,
    network_of,
)
from xbarmip.cli.budget import add_budget, problem_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command, integer
from xbarmip.cli.progress import progress_line
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.export.formula import Formula
from xbarmip.export.linear import add_cuts, linear_model, lp, mps
from xbarmip.export.refutation import refute
from xbarmip.files import check_writable, written
from xbarmip.measures.registry import counts
from xbarmip.model.statement import linear_obstacle
from xbarmip.problem import Problem
from xbarmip.solvers.descent import descend
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.timing.evaluate import evaluate

_FORMATS = ("mps", "lp", "opb", "pimcomp")
_OBJECTIVE = "cycles"
_OF_A_PROBLEM = (
    "objective", "rule", "crossbars", "tiles", "size", "hardware", "constraint", "at_most",
    "windows", "cuts", "proof",
)  # fmt: skip


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "export", COMMANDS["export"], run)
    add_network(parser)
    add_budget(parser)
    add_objective(parser, counts(), _OBJECTIVE)
    parser.set_defaults(objective=None)  # so that it is seen whether it was given
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        help="of the problem, or pimcomp: an allocation as PIMCOMP-NN's replication of each node "
        "(default: what the file's name ends in)",
    )
    add_allocation(parser, required=False)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--at-most", type=integer, metavar="T", help="ask for a value of at most T only"
    )
    parser.add_argument(
        "--windows",
        action="store_true",
        help="leave out what no allocation of such a value uses: far smaller",
    )
    parser.add_argument(
        "--cuts",
        action="store_true",
        help="add rows that follow: what critical paths of some allocations take at least",
    )
    add_file(parser, "--proof", "prove, for VeriPB, that no allocation takes at most T steps")


def run(arguments: Namespace) -> int:
    """Make everything, then write it."""
    _check(arguments)
    files = {arguments.output: ""}
    if arguments.format == "pimcomp":
        network = network_of(arguments)
        files[arguments.output] = pimcomp_text(network, allocation_of(arguments, network))
    elif arguments.proof is None:
        files[arguments.output] = _statement(problem_of(arguments), arguments)
    else:
        problem = problem_of(arguments)
        with progress_line() as progress:
            texts = refute(problem, arguments.at_most, Watch(Limits(), progress))
        files = dict(zip((arguments.output, arguments.proof), texts, strict=True))
    for path, text in files.items():
        written(path, text.encode())
    if arguments.json:
        print_json({"files": {str(path): len(text.encode()) for path, text in files.items()}})
    else:
        for path, text in files.items():
            say(f"written: {path}, {len(text.encode())} bytes")
    return 0


def _ending(output: Path) -> str:
    """The format that a file's name says."""
    ending = output.suffix.removeprefix(".")
    if ending not in _FORMATS:
        raise InputError(
            f"--format is needed, one of {', '.join(_FORMATS)}: the name of {output} ends in none"
        )
    return ending


def _check(arguments: Namespace) -> None:
    """Complete the options; refuse what does not go together, and files that cannot be written."""
    arguments.format = arguments.format or _ending(arguments.output)
    if (arguments.allocation is not None) != (arguments.format == "pimcomp"):
        raise InputError("--format pimcomp and --allocation: one needs the other")
    if arguments.format == "pimcomp":
        _refuse_problem(arguments)
    arguments.objective = arguments.objective or _OBJECTIVE
    if arguments.at_most is None and (arguments.windows or arguments.proof):
        option = "--windows" if arguments.windows else "--proof"
        raise InputError(f"{option} needs --at-most")
    if arguments.cuts and arguments.format == "opb":
        raise InputError("--cuts needs --format mps or lp, got opb")
    if arguments.proof is not None:
        if arguments.format != "opb":
            raise InputError(f"--proof needs --format opb, got {arguments.format}")
        if arguments.windows:
            raise InputError("--proof is for the whole formula, without --windows")
        if arguments.proof == arguments.output:
            raise InputError(f"--proof and --output are the same file, {arguments.proof}")
        check_writable(arguments.proof)
    check_writable(arguments.output)


def _refuse_problem(arguments: Namespace) -> None:
    """Refuse what says something of a problem, where an allocation is all that is written."""
    for name in _OF_A_PROBLEM:
        if getattr(arguments, name):
            raise InputError(f"--format pimcomp takes no --{name.replace('_', '-')}")


def _statement(problem: Problem, arguments: Namespace) -> str:
    try:
        model = linear_model(problem, arguments.at_most, arguments.windows)
    except UnsupportedError as error:
        raise UnsupportedError(f"{error}{_cure(problem, arguments)}") from None
    if arguments.cuts:
        add_cuts(model, problem)
    if arguments.format == "opb":
        return Formula(model, problem).text(minimise=arguments.at_most is None)
    return mps(model) if arguments.format == "mps" else lp(model)


def _cure(problem: Problem, arguments: Namespace) -> str:
    """Options by which a problem that is too large can be written, if there are any."""
    if not problem.feasible:
        return f"; nothing fits either: one copy of every layer takes {problem.smallest_budget}"
    allocation = None if problem.is_latency else descend(problem)
    if allocation is None or arguments.windows:
        return ""
    value = evaluate(problem, allocation)
    most = value if arguments.at_most is None else min(value, arguments.at_most)
    obstacle = linear_obstacle(problem, most)
    if obstacle is not None:
        return f"; --at-most {most} --windows leaves {obstacle}, and the optimum may leave less"
    found = "of an allocation that was found" if most == value else "that is asked for"
    return f"; small enough is --at-most {most} --windows ({most} is the value {found})"
