"""The argument parser, and the types of arguments."""

from argparse import ArgumentError, ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isfinite
from typing import Any, NoReturn

from xbarmip.errors import InputError
from xbarmip.strict import nearest, short, suggestion

Run = Callable[[Namespace], int]


class Parser(ArgumentParser):
    """A parser whose errors are one line, and which takes options by their full names only."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)
        self._late: Callable[[Parser], None] | None = None

    def set_late(self, add: "Callable[[Parser], None]") -> None:
        """Have options added once one is given that is not there yet, or help is asked for.

        For those that take long to be declared, and that few calls of a command need.
        """
        self._late = add

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, after late options were added if there is need for them; what is left is refused.

        Raises
        ------
        InputError
            Naming it, and of options the nearest that there are.
        """
        unknown = [
            w for w in args or () if w.startswith("--") and w not in self._option_string_actions
        ]
        if self._late is not None and (unknown or {"-h", "--help"} & {*(args or ())}):
            late, self._late = self._late, None
            late(self)
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}{self._nearest(rest)}")
        return found, rest

    def _nearest(self, rest: Sequence[str]) -> str:
        """How a message about words that are no arguments goes on; empty where nothing is near."""
        known = [name for name in self._option_string_actions if name.startswith("--")]
        words = [word.partition("=")[0] for word in rest if word.startswith("--")]
        return "".join(nearest(word, known, 0.7) for word in words)

    def _check_value(self, action: Any, value: Any) -> None:
        """Refuse a word that is not one of the choices, with the nearest that are."""
        if action.choices is not None and value not in action.choices:
            near = suggestion(str(value), map(str, action.choices))
            raise ArgumentError(action, f"invalid choice: {value!r}{near}")

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(f"{message} (see {self.prog} --help)")


def add_command(commands: "_SubParsersAction[Parser]", name: str, text: str, run: Run) -> Parser:
    """A command, with the option --json that every command has."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)
    return parser


def integer(text: str) -> int:
    """An integer in decimal digits."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"must be an integer, got {short(text)}") from None


def integers(text: str) -> tuple[int, ...]:
    """Integers separated by commas."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ArgumentTypeError(
            f"must be integers separated by commas, got {short(text)}"
        ) from None


def option(text: str) -> tuple[str, bool | int | float | str]:
    """NAME=VALUE: true or false, a number, or a word."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"must be NAME=VALUE, got {short(text)}")
    if value in ("true", "false"):
        return name, value == "true"
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def input_shape(text: str) -> tuple[str, tuple[int, ...]]:
    """NAME=1x3x320x320: an input's name, which may hold any character, and its shape."""
    name, equals, sizes = text.rpartition("=")
    try:
        shape = tuple(int(part) for part in sizes.split("x"))
    except ValueError:
        shape = ()
    if not name or not equals or not shape or min(shape) < 1:
        raise ArgumentTypeError(f"must be a name and sizes, as x=1x3x320x320, got {short(text)}")
    return name, shape


def size(text: str) -> tuple[int, int]:
    """Rows and columns of a crossbar: one integer, or two with an x between."""
    try:
        rows, columns = (int(part) for part in (text.split("x") if "x" in text else (text, text)))
    except ValueError:
        raise ArgumentTypeError(
            f"must be an integer or rows x columns as 256x128, got {short(text)}"
        ) from None
    return rows, columns


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ArgumentTypeError(f"must be a finite number, got {short(text)}")
    return value


def gibibytes(text: str) -> int:
    """A number of GiB, as bytes."""
    return int(Fraction(number(text)) * 2**30)  # a float would overflow
