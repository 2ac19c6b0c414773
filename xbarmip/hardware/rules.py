"""The data-movement rules that ship with the package (SPEC §6, docs/bandwidth.md)."""

from fractions import Fraction
from math import gcd

from xbarmip.exact import ceil_div
from xbarmip.hardware.movement import SeparableRule, Site, register_rule
from xbarmip.network.layer import Layer
from xbarmip.network.window import Whole

_PAPER = "W. Li, Y. Han, X. Chen, ACM TODAES 29(1) 21, 2023, doi 10.1145/3631523"
_PRIME = "P. Chi et al., PRIME, ISCA 2016, doi 10.1109/ISCA.2016.13"
_REUSE = (
    "X. Peng, R. Liu, S. Yu, Optimizing Weight Mapping and Data Flow for Convolutional Neural "
    "Networks on RRAM Based Processing-In-Memory Architecture, ISCAS 2019"
)


def _input_bytes(site: Site) -> Fraction:
    """Input of one copy: its window, once for every block of crossbar columns."""
    return site.window_values * site.column_blocks * site.value_bytes


def _output_bytes(site: Site, producer: Layer) -> Fraction:
    """One output position of a producer: a value for each of its channels."""
    return producer.out_channels * site.value_bytes


def _sets_in_tile(site: Site) -> int:
    """Whole crossbar sets that a tile holds; 0 if a set is larger than a tile."""
    return site.tile // site.crossbar_set


def _intra_tile(site: Site, copies: int) -> Fraction:
    together = _sets_in_tile(site)
    if together:
        return min(together, copies) * _input_bytes(site)
    tiles = ceil_div(site.crossbar_set, site.tile)
    share = Fraction(ceil_div(site.crossbar_set, tiles), site.crossbar_set)
    return share * _input_bytes(site)


def _intra_tile_grain(site: Site) -> Fraction:
    parts = 1 if _sets_in_tile(site) else site.crossbar_set
    return site.value_bytes / parts


def _tiles(site: Site, copies: int) -> int:
    """T_i: tiles that read what the producers made, ceil(R/r), or one for each larger copy."""
    return ceil_div(copies, _sets_in_tile(site) or 1)


def _inter_tile(site: Site, copies: int, producer: Layer) -> Fraction:
    return _tiles(site, copies) * _output_bytes(site, producer)


def _windows(site: Site, copies: int) -> Fraction:
    return copies * site.window_values * site.value_bytes


def _reused_windows(site: Site, copies: int) -> Fraction:
    """Windows of outputs that follow each other in a row share the columns where they overlap.

    The outputs of a step begin a row of the map; padding counts as if it were read. Taps (x, k) and
    (x', k') read the same column x * stride + k * dilation if and only if they are whole multiples
    of (dilation/g, -stride/g) apart, g the greatest common divisor: of each such line of taps one
    has no neighbour before it, so columns are the taps less those with a neighbour.
    """
    window = site.layer.window
    if isinstance(window, Whole):
        return _windows(site, copies)
    height, width = window.kernel
    common = gcd(window.stride[1], window.dilation[1])
    stride, dilation = window.stride[1] // common, window.dilation[1] // common

    def columns(outputs: int) -> int:
        return outputs * width - max(0, outputs - dilation) * max(0, width - stride)

    rows, rest = divmod(copies, site.layer.width)
    total = rows * columns(site.layer.width) + columns(rest)
    return height * total * site.layer.in_channels * site.value_bytes


def _written_once(site: Site, copies: int, producer: Layer) -> Fraction:
    return _output_bytes(site, producer)


ISAAC_INTRA_TILE = register_rule(
    SeparableRule(
        "isaac-intra-tile",
        "the inputs of all copies in one tile, or of the part of a copy that a tile holds",
        _PAPER,
        own=_intra_tile,
        tiled=True,
        grain=_intra_tile_grain,
    )
)
ISAAC_INTER_TILE = register_rule(
    SeparableRule(
        "isaac-inter-tile",
        "what one step of each producer makes, to every tile that the layer occupies",
        _PAPER,
        own=lambda site, copies: 0,
        per_copy=_inter_tile,
        tiled=True,
    )
)
SHARED_BUFFER = register_rule(
    SeparableRule(
        "shared-buffer",
        "the whole window of every copy read, and what each producer makes written, in one buffer",
        _PRIME,
        own=_windows,
        per_copy=_written_once,
    )
)
SHARED_BUFFER_REUSE = register_rule(
    SeparableRule(
        "shared-buffer-reuse",
        "the same, but copies whose windows overlap in a row read the overlap together, once",
        _REUSE,
        own=_reused_windows,
        per_copy=_written_once,
    )
)
