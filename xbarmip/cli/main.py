"""The door to the command line: which command, and what becomes of its errors."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import take_any_text, warn
from xbarmip.cli.parser import Parser
from xbarmip.errors import VerificationError, XbarmipError
from xbarmip.version import __version__

ANSWERED, CHECK_FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        0 answered (INFEASIBLE is an answer); 1 solvers disagree or a check failed; 2 bad input; 130
        interrupted before there was an answer; 141 whoever read the output went away. Every error
        is one line on standard error.
    """
    take_any_text()
    try:
        status = _run(argv)
        sys.stdout.flush()
    except VerificationError as error:
        return _complain(f"check failed: {error}", CHECK_FAILED)
    except XbarmipError as error:
        return _complain(f"error: {error}", BAD_INPUT)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _abandon_output()
        return BROKEN_PIPE
    except OSError as error:
        _abandon_output()
        return _complain(f"error: output cannot be written: {error.strerror}", BAD_INPUT)
    return status


def _run(argv: Sequence[str] | None) -> int:
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        arguments = make_parser(given).parse_args(given)
    except SystemExit:  # --help and --version have printed what was asked for
        return ANSWERED
    arguments.given = given
    status: int = arguments.run(arguments)
    return status


def make_parser(given: Sequence[str], whole: bool = False) -> Parser:
    """The parser of all commands; of the one that is `given`, with its arguments.

    The others are loaded only for the `whole` parser: libraries that they need take seconds.
    """
    parser = Parser(
        prog="xbarmip",
        description="Exact crossbar allocation for ReRAM-based CNN accelerators.",
        epilog="Exit status: 0 answered (INFEASIBLE is an answer), 1 solvers disagree or a check "
        "failed, 2 bad input.",
    )
    parser.add_argument("--version", action="version", version=f"xbarmip {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    wanted = next((word for word in given if not word.startswith("-")), None)
    for name, text in COMMANDS.items():
        if whole or name == wanted:
            import_module(f"xbarmip.cli.{name}").add(commands)
        else:
            commands.add_parser(name, help=text)
    return parser


def _complain(message: str, status: int) -> int:
    warn(message)
    return status


def _abandon_output() -> None:
    """Let what is still buffered go nowhere, or the interpreter would fail on it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
