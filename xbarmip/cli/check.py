"""`xbarmip check`: whether certificates prove what they claim, and of which problem."""

import sys
from argparse import Namespace, _SubParsersAction
from functools import partial
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.same import require_same
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json
from xbarmip.cli.parser import Parser, add_command
from xbarmip.errors import InputError

_OF_A_PROBLEM = (
    "crossbars", "tiles", "size", "hardware", "objective", "rule", "constraint", "input", "digital",
)  # fmt: skip
_OUTCOMES = {check.ACCEPTED: "accepted", check.REFUSED: "refused", check.UNREADABLE: "unreadable"}


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "check", COMMANDS["check"], run)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a certificate")
    parser.set_late(_add_problem)


def _add_problem(parser: Parser) -> None:
    """The options that say what the problem is: those of `xbarmip solve`."""
    from xbarmip.cli.arguments import add_objective, add_reading, every_objective
    from xbarmip.cli.budget import add_budget

    parser.add_argument(
        "--network",
        metavar="NETWORK",
        help="accept a certificate of this problem only: a name that `xbarmip networks` lists, or "
        "a path, with the budget and whatever else `xbarmip solve` was given (default: whatever "
        "problem the file states)",
    )
    add_reading(parser)
    add_budget(parser)
    add_objective(parser, every_objective())
    parser.set_defaults(objective=None)  # so that it is seen whether it was given


def run(arguments: Namespace) -> int:
    """Check each file; print what it proves, or why it is refused. The worst one decides."""
    wanted = _wanted(arguments)
    found = [_examined(path, wanted) for path in arguments.files]
    if arguments.json:
        print_json([facts for _, facts in found])
    else:
        for status, facts in found:
            _print(status, facts)
    return max(status for status, _ in found)


def _wanted(arguments: Namespace) -> tuple[str, check.Problem] | None:
    """The problem that the certificates are to be about, in words and numbers; None for any."""
    if getattr(arguments, "network", None) is not None:
        from xbarmip.certificate.statement import stated_problem
        from xbarmip.cli.budget import problem_of, question

        arguments.objective = arguments.objective or "cycles"
        problem = problem_of(arguments)
        return ", ".join([question(problem), *problem.constraint_names]), stated_problem(problem)
    for name in _OF_A_PROBLEM:
        if getattr(arguments, name, None):
            raise InputError(f"--{name} says what the problem is, and needs --network")
    return None


def _examined(path: str, wanted: tuple[str, check.Problem] | None) -> tuple[int, dict[str, Any]]:
    """How the check of a file ends, and the facts on it for JSON."""
    meet = None if wanted is None else partial(require_same, own=wanted[1])
    status, message, proven = check.examine(path, meet)
    digest = None if proven is None else check.digest(proven[0].numbers())
    if wanted is not None and proven is not None:
        message = f"{wanted[0]} (digest {digest}): {check.claim(*proven)}"
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
