"""The argument parser, and the arguments that several commands share."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any, NoReturn

from xbarmip.errors import InputError
from xbarmip.measures.registry import counts, measure_of, measures, rules, times
from xbarmip.network.graph import Network
from xbarmip.network.library import load_network
from xbarmip.strict import short

Run = Callable[[Namespace], int]


class Parser(ArgumentParser):
    """A parser whose errors are one line, and which takes options by their full names only."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

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


def add_network(parser: Parser) -> None:
    """The argument NETWORK; `network_of` reads it."""
    parser.add_argument(
        "network",
        metavar="NETWORK",
        help="a name that `xbarmip networks` lists, or a path to an .onnx or .json file",
    )


def network_of(arguments: Namespace) -> Network:
    """The network that was asked for."""
    return load_network(arguments.network)


def add_size(parser: Parser) -> None:
    """The option --size, as (rows, columns)."""
    parser.add_argument(
        "--size",
        type=size,
        default=(128, 128),
        metavar="SIZE",
        help="crossbar size: 128, or rows x columns as 256x128 (default: 128)",
    )


def add_objective(parser: Parser, choices: tuple[str, ...], default: str = "cycles") -> None:
    """The options --objective, one of `choices`, and --rule."""
    words = [f"{name}: {measure_of(name).description}" for name in counts() if name in choices]
    if timed := [f"{name} ({measure_of(name).name})" for name in times() if name in choices]:
        words.append(f"times the step time: {', '.join(timed)}")
    parser.add_argument(
        "--objective",
        choices=choices,
        default=default,
        help=f"{'; '.join(words)} (default: {default})",
    )
    first = dict.fromkeys(measure_of(each.name) for each in measures() if each.rule)
    defaults = ", ".join(f"default for {each.name}: {each.rule}" for each in first)
    parser.add_argument("--rule", choices=rules(), help=f"rule of the closed form ({defaults})")


def every_objective() -> tuple[str, ...]:
    """Counts and times."""
    return (*counts(), *times())


def add_limits(parser: Parser, seconds: float | None = None) -> None:
    """The options --time-limit, in seconds, and --memory-limit, in GiB."""
    default = "none" if seconds is None else f"{seconds:g}"
    parser.add_argument(
        "--time-limit",
        type=number,
        default=seconds,
        metavar="S",
        help=f"seconds for each solver and problem (default: {default})",
    )
    parser.add_argument(
        "--memory-limit",
        type=gibibytes,
        metavar="GIB",
        help="working memory of a search, in GiB (default: none)",
    )


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
