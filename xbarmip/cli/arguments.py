"""The arguments that several commands share."""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xbarmip.allocation import read_allocation
from xbarmip.cli.parser import (
    Parser,
    gibibytes,
    input_shape,
    integer,
    integers,
    number,
    option,
    size,
)
from xbarmip.goal import CROSSBARS, TILES
from xbarmip.measures.registry import counts, measure_of, measures, rules, times
from xbarmip.network.graph import Network
from xbarmip.network.library import load_network
from xbarmip.problem import checked_allocation
from xbarmip.solvers.registry import SOLVERS

SOLVER_WORDS = (
    f"one of {', '.join(SOLVERS)}, or of a package that brings solvers, or one's own as "
    "module:Class or path/to/file.py:Class"
)


def add_network(parser: Parser) -> None:
    """The argument NETWORK; `network_of` reads it."""
    parser.add_argument(
        "network",
        metavar="NETWORK",
        help="a name that `xbarmip networks` lists, or a path to an .onnx, .pt2 or .json file",
    )
    add_reading(parser)


def add_networks(parser: Parser) -> None:
    """The argument NETWORK, once or several times."""
    parser.add_argument(
        "networks",
        nargs="+",
        metavar="NETWORK",
        help="a name that `xbarmip networks` lists, or a path to an .onnx, .pt2 or .json file; "
        "several with --share, then also with a weight, as NAME:2, or a deadline, as NAME=300",
    )
    add_reading(parser)


def add_reading(parser: Parser) -> None:
    """The options --input and --digital: how `network_of` reads a file."""
    parser.add_argument(
        "--input",
        type=input_shape,
        action="append",
        default=[],
        metavar="NAME=SHAPE",
        help="sizes of an input of an ONNX file, as x=1x3x320x320; may be repeated",
    )
    parser.add_argument(
        "--digital",
        action="store_true",
        help="read products of two activations, as in attention, as digital units that need the "
        "whole of what they read",
    )


def network_of(arguments: Namespace) -> Network:
    """The network that was asked for."""
    return load_network(arguments.network, dict(arguments.input), arguments.digital)


def add_allocation(parser: Parser, required: bool = True) -> None:
    """The option --allocation, for `allocation_of`."""
    parser.add_argument(
        "--allocation",
        type=_given,
        required=required,
        metavar="R1,R2,...|FILE",
        help="the duplication R of every layer, in the order of `xbarmip show`; or a file: CSV "
        "with the header layer,R, or JSON of layers and R, as `solve --json` or `export --format "
        "pimcomp` writes it",
    )


def allocation_of(arguments: Namespace, network: Network) -> tuple[int, ...]:
    """The allocation that was given, in layer order."""
    given = arguments.allocation
    if isinstance(given, Path):
        return read_allocation(given, network)
    return checked_allocation(network, given)


def _given(text: str) -> Path | tuple[int, ...]:
    """Numbers, or the file that holds them."""
    return integers(text) if set(text) <= set("0123456789.,- ") else Path(text)


def add_size(parser: Parser) -> None:
    """The option --size, as (rows, columns)."""
    parser.add_argument(
        "--size",
        type=size,
        default=(128, 128),
        metavar="SIZE",
        help="crossbar size: 128, or rows x columns as 256x128 (default: 128)",
    )


def add_objective(
    parser: Parser, choices: tuple[str, ...], default: str = "cycles", sums: bool = False
) -> None:
    """The options --objective, one of `choices` or with `sums` any measure, and --rule."""
    words = [f"{name}: {measure_of(name).description}" for name in counts() if name in choices]
    if timed := [f"{name} ({measure_of(name).name})" for name in times() if name in choices]:
        words.append(f"times the step time: {', '.join(timed)}")
    if sums:
        words.append(f"sums: {CROSSBARS}, {TILES}, those of --sum")
    parser.add_argument(
        "--objective",
        choices=None if sums else choices,
        metavar="MEASURE" if sums else None,
        default=default,
        help=f"{'; '.join(words)} (default: {default})",
    )
    first = dict.fromkeys(measure_of(each.name) for each in measures() if each.rule)
    defaults = ", ".join(f"default for {each.name}: {each.rule}" for each in first)
    parser.add_argument("--rule", choices=rules(), help=f"rule of the closed form ({defaults})")


def every_objective() -> tuple[str, ...]:
    """Counts and times."""
    return (*counts(), *times())


def add_solver(parser: Parser, names: Iterable[str], default: str) -> None:
    """The option --solver, one of `names`."""
    parser.add_argument(
        "--solver", choices=tuple(names), default=default, help=f"(default: {default})"
    )


def add_any_solver(parser: Parser) -> None:
    """The option --solver: one that ships, that a package brings, or of one's own."""
    parser.add_argument(
        "--solver", default="dp", metavar="NAME", help=f"{SOLVER_WORDS} (default: dp)"
    )


def add_option(parser: Parser) -> None:
    """The options --option, as pairs of a name and a value, and --threads, which is one of them."""
    parser.add_argument(
        "--option",
        type=option,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the solver, for instance seed=3 (can be given several times)",
    )
    parser.add_argument(
        "--threads",
        type=lambda text: ("threads", integer(text)),
        dest="option",
        action="append",
        metavar="N",
        help="threads of a solver that can use several: dp, milp (default: 1)",
    )


def add_file(parser: Parser, option: str, words: str, metavar: str = "FILE", **more: Any) -> None:
    """An option that names a file to write or read; `words` say what it is."""
    parser.add_argument(option, type=Path, metavar=metavar, help=words, **more)


def add_certificate(parser: Parser) -> None:
    """The option --certificate, for `certify`."""
    add_file(parser, "--certificate", "write a proof of the answer, which `xbarmip check` checks")


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
