"""The options that say what a problem asks beside one count: --at-most, --then and --sum."""

from argparse import ArgumentTypeError, Namespace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from xbarmip.cli.parser import Parser, integer
from xbarmip.errors import InputError
from xbarmip.goal import CROSSBARS, TILES, Sum
from xbarmip.hardware.preset import Hardware
from xbarmip.hardware.tiles import tiles_taken
from xbarmip.network.graph import Network
from xbarmip.problem import Problem
from xbarmip.strict import short

Bound = tuple[str, int | Decimal]
Weights = tuple[str, dict[str, int]]


def add_goal(parser: Parser) -> None:
    """The options, for `goal_of`."""
    parser.add_argument(
        "--at-most",
        dest="bounds",
        type=_bound,
        action="append",
        default=[],
        metavar="MEASURE=N",
        help="an upper bound on another measure, as cycles=300, steps/published=90, tiles=16; on a "
        "time in microseconds, as latency_us=700 (can be given several times)",
    )
    parser.add_argument(
        "--then",
        type=_names,
        default=(),
        metavar="MEASURE,...",
        help="what breaks ties, in order: further measures to minimise, as crossbars,interval",
    )
    parser.add_argument(
        "--sum",
        type=_weights,
        action="append",
        default=[],
        metavar="NAME:KEY=W,...",
        help="a measure of one's own: W for each copy of a layer, for each crossbar (key "
        "crossbars) and each tile (key tiles), as power:crossbars=3,tiles=40,conv1=5",
    )


def sums_of(
    arguments: Namespace, network: Network, hardware: Hardware | None, crossbars: Any
) -> tuple[Sum, ...]:
    """The measures of --sum, for every R that the budget leaves."""
    if not getattr(arguments, "sum", None):
        return ()
    frame = Problem(network, crossbars, arguments.size, CROSSBARS, hardware=hardware)
    tile = None if hardware is None else hardware.crossbars_per_tile
    return tuple(_sum(name, weights, frame, tile) for name, weights in arguments.sum)


def _sum(name: str, weights: dict[str, int], frame: Problem, tile: int | None) -> Sum:
    names = dict.fromkeys(key for key in weights if key not in (CROSSBARS, TILES))
    layers = {frame.network.layer_name(key): weights[key] for key in names}
    if TILES in weights and tile is None:
        raise InputError(f"--sum {name}: tiles needs --hardware that has crossbars_per_tile")
    each, whole = weights.get(CROSSBARS, 0), weights.get(TILES, 0)
    tables = {}
    for layer, crossbar_set, most in zip(
        frame.network.index, frame.sets, frame.largest, strict=True
    ):
        copy = layers.get(layer, 0) + each * crossbar_set
        if copy or whole or layer in layers:
            tables[layer] = [
                copy * r + (whole * tiles_taken(crossbar_set, r, tile) if tile else 0)
                for r in range(1, most + 1)
            ]
    return Sum(name, tables)


def _bound(text: str) -> Bound:
    name, equals, value = text.rpartition("=")
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("nan")
    if not name or not equals or not number.is_finite():
        raise ArgumentTypeError(f"must be MEASURE=N, got {short(text)}")
    return name, int(number) if Fraction(number).denominator == 1 else number


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not all(names):
        raise ArgumentTypeError(f"must be measures separated by commas, got {short(text)}")
    return names


def _weights(text: str) -> Weights:
    name, colon, rest = text.partition(":")
    found: dict[str, int] = {}
    for part in rest.split(","):
        key, equals, value = part.rpartition("=")
        if not name or not colon or not key or not equals or key in found:
            raise ArgumentTypeError(f"must be NAME:KEY=W,..., each key once, got {short(text)}")
        found[key] = integer(value)
    return name, found
