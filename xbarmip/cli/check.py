"""`xbarmip check`: whether certificates prove what they claim, and of which problem."""

import sys
from argparse import Namespace, _SubParsersAction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from xbarmip.certificate import check
from xbarmip.certificate.same import require_same
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json
from xbarmip.cli.parser import Parser, add_command
from xbarmip.errors import InputError
from xbarmip.files import check_writable, replacing

_OF_A_PROBLEM = (
    "crossbars", "tiles", "size", "hardware", "objective", "rule", "constraint", "input", "digital",
    "bounds", "then", "sum", "share",
)  # fmt: skip
_OF_CORES = ("cores", "crossbars_per_core", "split")
_OF_SEGMENTS = ("write_cycles", "batch", "off_chip", "divide")
_OF_PLACEMENTS = ("core-interval", "period")  # objectives
_OUTCOMES = {check.ACCEPTED: "accepted", check.REFUSED: "refused", check.UNREADABLE: "unreadable"}


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "check", COMMANDS["check"], run)
    parser.add_argument("files", nargs="*", metavar="FILE", help="a certificate")
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE.html",
        help="write a page that checks certificates in a browser, those that are given among them",
    )
    parser.set_late(_add_problem)


def _add_problem(parser: Parser) -> None:
    """The options that say what the problem is: those of `solve`, `place` and `schedule`."""
    from xbarmip.cli.arguments import add_objective, add_reading, every_objective
    from xbarmip.cli.budget import add_budget
    from xbarmip.cli.chip import add_chip
    from xbarmip.cli.goal import add_goal
    from xbarmip.cli.segments import add_segments
    from xbarmip.cli.share import add_share

    parser.add_argument(
        "--network",
        dest="networks",
        action="append",
        metavar="NETWORK",
        help="accept a certificate of this problem only: a name that `xbarmip networks` lists, or "
        "a path, with the budget and whatever else `solve`, `place` or `schedule` was given "
        "(default: whatever problem the file states); with --share once for each network, in order",
    )
    add_reading(parser)
    add_budget(parser)
    add_chip(parser)
    add_segments(parser)
    add_objective(parser, (*every_objective(), *_OF_PLACEMENTS), sums=True)
    add_goal(parser)
    add_share(parser)
    parser.set_defaults(objective=None)  # so that it is seen whether it was given


def run(arguments: Namespace) -> int:
    """Check each file; print what it proves, or why it is refused. The worst one decides."""
    if arguments.page is None and not arguments.files:
        raise InputError("check needs a FILE, or --page")
    if arguments.page is not None:
        check_writable(arguments.page)
    wanted = _wanted(arguments)
    found = [_examined(path, wanted) for path in arguments.files]
    if arguments.json:
        print_json([facts for _, facts in found])
    else:
        for status, facts in found:
            _print(status, facts)
    if arguments.page is not None:
        _write_page(arguments)
    return max((status for status, _ in found), default=check.ACCEPTED)


def _write_page(arguments: Namespace) -> None:
    """The page, with every certificate that can be read: it says of each whether it is accepted."""
    from xbarmip.pages.checker import checker_page

    readable = (name for name in arguments.files if Path(name).is_file())
    certificates = {name: Path(name).read_bytes() for name in readable}
    with replacing(arguments.page) as file:
        file.write(checker_page(certificates).encode())
    if not arguments.json:
        check.say(f"written: {arguments.page}", sys.stdout)


class _Wanted(NamedTuple):
    """The problem that the certificates are to be about, in words and as the checker has it."""

    question: str
    own: Any


def _wanted(arguments: Namespace) -> _Wanted | None:
    """The problem that was asked for, of which kind its options say; None for any."""
    if getattr(arguments, "networks", None):
        if arguments.share is not None:
            return _shared(arguments)
        arguments.network, *more = arguments.networks
        if more:
            raise InputError(f"--share must say how {len(more) + 1} networks share the crossbars")
        of_cores = _given(arguments, _OF_CORES) or arguments.objective in _OF_PLACEMENTS
        if _given(arguments, _OF_SEGMENTS):
            if of_cores:
                raise InputError("options of cores and of segments: only one of both is allowed")
            return _schedule(arguments)
        return _placement(arguments) if of_cores else _allocation(arguments)
    every = (*_OF_A_PROBLEM, *_OF_CORES, *_OF_SEGMENTS)
    _refuse(arguments, every, "says what the problem is, and needs --network")
    return None


def _given(arguments: Namespace, names: tuple[str, ...]) -> bool:
    """Whether one of these options was given: a 0 is."""
    values = (getattr(arguments, name, None) for name in names)
    return any(value or (value == 0 and value is not False) for value in values)


def _refuse(arguments: Namespace, names: tuple[str, ...], why: str) -> None:
    """Refuse the first of these options that was given."""
    for name in names:
        if _given(arguments, (name,)):
            option = "at-most" if name == "bounds" else name.replace("_", "-")
            raise InputError(f"--{option} {why}")


def _allocation(arguments: Namespace) -> _Wanted:
    from xbarmip.certificate.statement import stated_problem
    from xbarmip.cli.budget import problem_of, question

    arguments.objective = arguments.objective or "cycles"
    problem = problem_of(arguments)
    words = ", ".join([question(problem), *problem.constraint_names])
    return _Wanted(words, stated_problem(problem))


def _shared(arguments: Namespace) -> _Wanted:
    from xbarmip.certificate.shared import stated_shared
    from xbarmip.cli.share import chip_of, question

    _refuse(arguments, (*_OF_CORES, *_OF_SEGMENTS), "is for one network, and here is --share")
    arguments.objective = arguments.objective or "cycles"
    chip = chip_of(arguments)
    return _Wanted(question(chip), stated_shared(chip))


def _placement(arguments: Namespace) -> _Wanted:
    from xbarmip.cli.chip import placement_of, question
    from xbarmip.cores.certificate import stated_chip

    others = ("crossbars", "tiles", "rule", "bounds", "then", "sum")
    _refuse(arguments, others, "is of an allocation, and here are cores")
    arguments.objective = arguments.objective or "core-interval"
    placement = placement_of(arguments)
    return _Wanted(question(placement), stated_chip(placement))


def _schedule(arguments: Namespace) -> _Wanted:
    from xbarmip.cli.segments import question, schedule_of
    from xbarmip.schedules.certificate import stated_schedule

    others = ("constraint", "bounds", "then", "sum")
    _refuse(arguments, others, "is of an allocation, and here are segments")
    arguments.objective = arguments.objective or "cycles"
    schedule = schedule_of(arguments)
    return _Wanted(question(schedule), stated_schedule(schedule))


def _examined(path: str, wanted: _Wanted | None) -> tuple[int, dict[str, Any]]:
    """How the check of a file ends, and the facts on it for JSON."""
    meet = None if wanted is None else partial(require_same, own=wanted.own)
    status, message, proven = check.examine(path, meet)
    digest = None if proven is None else check.digest(proven[0].numbers())
    if wanted is not None and proven is not None:
        message = f"{wanted.question} (digest {digest}): {check.claimed(*proven)}"
    return status, {
        "file": path,
        "accepted": status == check.ACCEPTED,
        "outcome": _OUTCOMES[status],
        "digest": digest,
        "message": message,
    }


def _print(status: int, facts: dict[str, Any]) -> None:
    if status == check.UNREADABLE:
        message = f"xbarmip: error: certificate {facts['file']!r}: {facts['message']}"
        check.say(message, sys.stderr)
    else:
        word = "accepted" if facts["accepted"] else "REFUSED"
        check.say(f"{facts['file']}: {word}: {facts['message']}", sys.stdout)
