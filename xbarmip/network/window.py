"""What one output of a convolution, a pooling or another spatial operator reads (SPEC §2, §3).

`Window`, `Whole`, `Broadcast` and `Reach` share one small interface, per axis (0 rows, 1 columns):

`size(n, axis)`
    number of outputs along the axis when the input has `n` positions;
`last(inner, full, axis)`
    exact reach: `inner[p - 1]` is the last producer position (1-based, 0 for none) behind input
    position p, and `full` the producer's extent; the same for every output comes back. Whatever
    further axes `inner` has stay as they are;
`printed(axis)`
    the map of the published formula from an output position to the last input position, or None
    where that is "all of the producer".

`Raster` lists positions where rows and columns do not separate; need maps know what it says.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.limits import LARGEST_EXTENT, MOST_OUTPUTS

Array = NDArray[np.int64]


class Affine(NamedTuple):
    """The map q -> scale * q + offset."""

    scale: int
    offset: int

    def __call__(self, q: int) -> int:
        return self.scale * q + self.offset


def _integers(
    values: object, what: str, count: int, minimum: int, maximum: int = LARGEST_EXTENT
) -> None:
    if not isinstance(values, tuple) or len(values) != count:
        raise InputError(f"{what} must be {count} integers, got {values!r}")
    plain = set(map(type, values)) == {int}
    if plain and minimum <= min(values) <= max(values) <= maximum:
        return  # long lists of positions, at once
    for value in values:
        as_int(value, what, minimum, maximum)


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window: a convolution or a pooling.

    Attributes
    ----------
    kernel, stride, dilation : (int, int)
        Height and width, each at least 1.
    pads : (int, int, int, int)
        Top, left, bottom, right, each at least 0.
    ceil_mode : bool
        Round the output size up; a last window that would start beyond the input and its leading
        pad is dropped.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        _integers(self.kernel, "kernel", 2, 1)
        _integers(self.stride, "stride", 2, 1)
        _integers(self.dilation, "dilation", 2, 1)
        _integers(self.pads, "pads", 4, 0)

    @classmethod
    def square(cls, kernel: int, stride: int = 1, pad: int = 0) -> "Window":
        """Window of equal height and width, padded alike on all four sides."""
        return cls((kernel, kernel), (stride, stride), (pad, pad, pad, pad))

    def _reach(self, axis: int) -> int:
        return (self.kernel[axis] - 1) * self.dilation[axis] + 1

    def size(self, n: int, axis: int) -> int:
        """Outputs along `axis` for `n` inputs; zero or less when the window does not fit."""
        before, stride = self.pads[axis], self.stride[axis]
        free = n + before + self.pads[axis + 2] - self._reach(axis)
        if not self.ceil_mode:
            return free // stride + 1
        outputs = -(-free // stride) + 1
        return outputs - 1 if (outputs - 1) * stride >= n + before else outputs

    def last(self, inner: Array, full: int, axis: int) -> Array:
        """Last producer position behind each output: the largest over the taps inside the input.

        By doubling, so that a kernel as large as the map takes no longer than a small one: the
        maximum over 2t taps is that of two maxima over t, and over K taps that of two maxima over
        the largest power of two in K, which may overlap.
        """
        kernel, dilation, before = self.kernel[axis], self.dilation[axis], self.pads[axis]
        first = np.arange(self.size(len(inner), axis), dtype=np.int64) * self.stride[axis]
        end = max(before + len(inner), int(first[-1]) + self._reach(axis))
        largest = np.zeros((end, *inner.shape[1:]), dtype=inner.dtype)  # 0: a tap meets a pad
        largest[before : before + len(inner)] = inner
        taps = 1
        while 2 * taps <= kernel:
            largest = np.maximum(largest[: -taps * dilation], largest[taps * dilation :])
            taps *= 2
        return np.maximum(largest[first], largest[first + (kernel - taps) * dilation])

    def printed(self, axis: int) -> Affine:
        """Output q reads up to input S*(q - 1) + K - P (the paper's Algorithm 1, lines 5-12)."""
        return Affine(self.stride[axis], self._reach(axis) - self.pads[axis] - self.stride[axis])


@dataclass(frozen=True, slots=True)
class Whole:
    """A fully connected layer or a global pooling: one output that needs all of the producer."""

    def size(self, n: int, axis: int) -> int:
        return 1

    def last(self, inner: Array, full: int, axis: int) -> Array:
        return np.full((1, *inner.shape[1:]), full, dtype=np.int64)

    def printed(self, axis: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A single value repeated over a map, as a channel gate is before a product.

    Attributes
    ----------
    shape : (int, int)
        Height and width of the map.
    """

    shape: tuple[int, int]

    def __post_init__(self) -> None:
        _integers(self.shape, "broadcast shape", 2, 1)

    def size(self, n: int, axis: int) -> int:
        return self.shape[axis]

    def last(self, inner: Array, full: int, axis: int) -> Array:
        return np.repeat(inner[:1], self.shape[axis], axis=0)

    def printed(self, axis: int) -> Affine:
        return Affine(0, 1)


@dataclass(frozen=True, slots=True)
class Reach:
    """What each output reads up to, listed: resized, padded, cropped and turned maps.

    Attributes
    ----------
    rows, columns : tuple of int
        Last row, and last column, of the input that an output in each row, and each column, reads;
        0 for none.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]

    def __post_init__(self) -> None:
        for what, listed in (("reach rows", self.rows), ("reach columns", self.columns)):
            if not listed:
                raise InputError(f"{what} must not be empty")
            _integers(listed, what, len(listed), 0)

    def _listed(self, axis: int) -> tuple[int, ...]:
        return self.columns if axis else self.rows

    def size(self, n: int, axis: int) -> int:
        """Outputs along `axis`; 0, which no map has, where they reach beyond the `n` inputs."""
        listed = self._listed(axis)
        return len(listed) if max(listed) <= n else 0

    def last(self, inner: Array, full: int, axis: int) -> Array:
        return np.concatenate((np.zeros_like(inner[:1]), inner))[np.array(self._listed(axis))]

    def printed(self, axis: int) -> Affine:
        raise InputError("the rule 'published' is about windows; it does not cover a listed reach")


@dataclass(frozen=True, slots=True)
class Raster:
    """What each output reads up to, listed in raster order: where rows and columns do not separate,
    as where a token stands before the positions of a map.

    Attributes
    ----------
    height, width : int
        Size of the map of outputs.
    positions : tuple of int
        For every output in raster order the last input position, in raster order too; 0 for none.
    """

    height: int
    width: int
    positions: tuple[int, ...]

    def __post_init__(self) -> None:
        as_int(self.height, "raster height", 1, LARGEST_EXTENT)
        as_int(self.width, "raster width", 1, LARGEST_EXTENT)
        _integers(self.positions, "raster positions", self.height * self.width, 0, MOST_OUTPUTS)

    def size(self, n: int, axis: int) -> int:
        return self.width if axis else self.height

    def printed(self, axis: int) -> Affine:
        raise InputError(
            "the rule 'published' is about windows; it does not cover listed positions"
        )


Operator = Window | Whole | Broadcast | Reach | Raster
