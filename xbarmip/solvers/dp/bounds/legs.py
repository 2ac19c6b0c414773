"""Paths as runs of legs, and fractional choices of R, under which they are long or short.

A path is a run of legs (layer, begin, end, ask) from a sink to a source; with R_l = r its leg in
layer l takes ceil(end/r) - ceil(begin/r) steps. `ask` is the output of the layer that the path asks
for; 0 where it asks for the layer's end. Floats only choose which paths are looked at: whatever
path comes out, what it says is true (see `prices`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import inner
from xbarmip.network.window import Array

LAYER, BEGIN, END, ASK = range(4)  # columns of a leg
VOID = -1e18  # length of no path


class Support(NamedTuple):
    """A fractional choice: layer l takes r with weight w, from start[l] on."""

    start: Array
    r: Array
    w: NDArray[np.float64]


def moments(mixture: Support) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of each layer's R in a mixture, and how far from it they are in the mean."""
    starts = mixture.start[:-1]
    mean = np.add.reduceat(mixture.r * mixture.w, starts) / np.add.reduceat(mixture.w, starts)
    away = np.abs(mixture.r - np.repeat(mean, np.diff(mixture.start))) * mixture.w
    return mean, np.add.reduceat(away, starts)


class Longest(NamedTuple):
    """For every layer a longest path: its length, or VOID, how many legs it has, and which."""

    length: NDArray[np.float64]
    many: Array
    legs: Array


def no_paths(layers: int) -> Longest:
    """Room for a path through each layer."""
    return Longest(
        np.empty(layers),
        np.empty(layers, dtype=np.int64),
        np.zeros((layers, 2 * layers + 2, 4), dtype=np.int64),
    )


@inner
def steps_until(support, layer, x):  # type: ignore[no-untyped-def]
    """Weighted mean of ceil(x/R) of a layer."""
    total = 0.0
    for i in range(support.start[layer], support.start[layer + 1]):
        total += support.w[i] * ((x - 1) // support.r[i] + 1)
    return total


@inner
def put_leg(legs, at, layer, begin, end, ask):  # type: ignore[no-untyped-def]
    """Write leg number `at`; returns the number of the next."""
    legs[at, LAYER], legs[at, BEGIN], legs[at, END], legs[at, ASK] = layer, begin, end, ask
    return at + 1


@inner
def turn(legs, first, stop):  # type: ignore[no-untyped-def]
    """Put legs first .. stop - 1 in the opposite order."""
    last = stop - 1
    while first < last:
        for column in range(4):
            leg = legs[first, column]
            legs[first, column] = legs[last, column]
            legs[last, column] = leg
        first, last = first + 1, last - 1
