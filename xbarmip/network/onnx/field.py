"""How far each entry of a tensor sees into the outputs of one layer.

Every operator between layers moves, joins or spreads what entries depend on. An entry is described
by one number, the last output of the layer, in raster order, that it depends on: need maps ask for
no more (SPEC §3, §15). Numbers move as entries do, and where an entry is made of several it takes
the largest of theirs, so every rule below is exact, channels included, but for values that cancel.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.need import raster_reach, separate_reach
from xbarmip.network.window import Array, Broadcast, Operator, Raster, Window

Shape = tuple[int, ...]
Entries = NDArray[Any]
Index = Sequence[int] | NDArray[Any]
AlongAxis = Callable[[Entries], Entries]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The last output that each entry depends on, 0 for none: `last` where `mask` holds, else 0.

    Both arrays have the tensor's axes, of the tensor's size or of size 1 where entries do not
    differ. That keeps a map of many channels as small as one, and a choice of channels as small as
    their number.

    Attributes
    ----------
    last : int64 array
    mask : bool array
    """

    last: Array
    mask: NDArray[np.bool_]

    @classmethod
    def of(cls, last: Array) -> "Field":
        """The field of these numbers."""
        return cls(last, np.ones((1,) * last.ndim, dtype=bool))

    @property
    def most(self) -> int:
        """The last output that any entry depends on; 0 if none depends on the layer."""
        if all(min(sizes) == 1 for sizes in zip(self.last.shape, self.mask.shape, strict=True)):
            return int(self.last.max()) if self.mask.any() else 0
        return int(self.values().max())

    def values(self) -> Array:
        """The numbers, in one array."""
        return self.last if self.mask.all() else np.where(self.mask, self.last, 0)

    def along(self, axis: int, n: int, rule: AlongAxis) -> "Field":
        """Every line of `n` entries along `axis` goes through `rule`, which takes maxima.

        `rule` gets an array whose first axis is `axis`; it must map no dependence to none.
        """
        last, mask = self.last, self.mask
        if last.shape[axis] > 1 and mask.shape[axis] > 1:
            last, mask = self.values(), np.ones((1,) * last.ndim, dtype=bool)
        if last.shape[axis] > 1:
            return Field(_ruled(last, axis, rule), mask)
        if mask.shape[axis] == 1:
            mask = np.repeat(mask, n, axis)
        ruled = _ruled(mask, axis, rule)
        first = ruled.take([0], axis)
        return Field(last, first if (ruled == first).all() else ruled)

    def pick(self, axis: int, n: int, index: Index) -> "Field":
        """Entries along `axis` chosen by `index`; -1 for one that depends on nothing."""
        chosen = np.asarray(index, dtype=np.int64)
        if self.last.shape[axis] == self.mask.shape[axis] == 1 and chosen.min(initial=0) >= 0:
            return self

        def rule(entries: Entries) -> Entries:
            return np.concatenate((entries, np.zeros_like(entries[:1])))[chosen]

        return self.along(axis, n, rule)

    def spans(self, axis: int, n: int, first: Index, behind: Index) -> "Field":
        """Along `axis`, each entry is made of a run of entries, `first` to before `behind`."""
        low, high = np.asarray(first), np.asarray(behind)
        bounds = np.stack((low, high), axis=1).ravel()

        def rule(entries: Entries) -> Entries:
            padded = np.concatenate((entries, np.zeros_like(entries[:1])))
            made: Entries = np.maximum.reduceat(padded, bounds, axis=0)[::2]
            made[low >= high] = 0
            return made

        return self.along(axis, n, rule)

    def window(self, axis: int, n: int, window: Window, of: int) -> "Field":
        """A window over `axis`; `of` is 0 for its rows, 1 for its columns."""
        return self.along(axis, n, lambda entries: window.last(entries, 0, of))

    def collapse(self, axes: Iterable[int]) -> "Field":
        """All entries along `axes` joined to one; the same object if they do not differ."""
        over = tuple(axes)
        if all(self.last.shape[axis] == self.mask.shape[axis] == 1 for axis in over):
            return self
        if any(self.last.shape[axis] > 1 < self.mask.shape[axis] for axis in over):
            return Field.of(self.values().max(axis=over, keepdims=True))
        mask = np.asarray(self.mask.any(axis=over, keepdims=True))
        return Field(self.last.max(axis=over, keepdims=True), mask)

    def reshape(self, old: Shape, new: Shape) -> "Field":
        """The same entries in row-major order under other axes."""
        return Field(_reshaped(self.last, old, new), _reshaped(self.mask, old, new))

    def transpose(self, order: Sequence[int]) -> "Field":
        """Axes in another order."""
        return Field(self.last.transpose(order), self.mask.transpose(order))

    def of_rank(self, rank: int) -> "Field":
        """Axes of size 1 put in front, as element-wise operators do."""
        ones = (1,) * (rank - self.last.ndim)
        if not ones:
            return self
        return Field(
            self.last.reshape(ones + self.last.shape), self.mask.reshape(ones + self.mask.shape)
        )

    def joined(self, other: "Field") -> "Field":
        """Entry by entry, what either depends on."""
        if self is other:
            return self
        same = self.last is other.last or np.array_equal(self.last, other.last)
        if same and self.last.min() > 0:
            return Field(self.last, self.mask | other.mask)
        return Field.of(np.maximum(self.values(), other.values()))


def _ruled(entries: Entries, axis: int, rule: AlongAxis) -> Entries:
    return np.moveaxis(rule(np.moveaxis(entries, axis, 0)), 0, axis)


def _reshaped(entries: Entries, old: Shape, new: Shape) -> Entries:
    """Reshape an array whose axes may be 1 where the tensor's are larger.

    Axes are taken in the smallest groups with equal numbers of entries before and after; a group in
    which nothing differs stays small.
    """
    full, small = list(entries.shape), []
    for before, after in _groups(old, new):
        sizes = [old[axis] for axis in before]
        if any(entries.shape[axis] > 1 for axis in before):
            for axis in before:
                full[axis] = old[axis]
            small += [new[axis] for axis in after]
        else:
            assert prod(sizes) == prod(new[axis] for axis in after)
            small += [1] * len(after)
    return np.broadcast_to(entries, full).reshape(small)


@lru_cache(maxsize=256)
def _groups(old: Shape, new: Shape) -> tuple[tuple[range, range], ...]:
    """Smallest runs of axes, before and after a reshape, that hold the same numbers of entries."""
    groups = []
    i = j = 0
    while i < len(old) or j < len(new):
        start = i, j
        left = right = 1
        while (i, j) == start or left != right:
            if i < len(old) and (left <= right or j == len(new)):
                left, i = left * old[i], i + 1
            else:
                right, j = right * new[j], j + 1
        groups.append((range(start[0], i), range(start[1], j)))
    return tuple(groups)


@lru_cache(maxsize=256)
def reach_of(height: int, width: int, way: tuple[Operator, ...]) -> Array:
    """Last position of a map, in raster order, behind each position that `way` makes of it."""
    if any(isinstance(operator, Raster) for operator in way):
        return raster_reach(height, width, way)
    rows, columns = (last[:, None] for last in separate_reach(height, width, way))
    reach = np.where((rows > 0) & (columns.T > 0), (rows - 1) * width + columns.T, 0)
    reach.flags.writeable = False  # shared by all layers of this size
    return reach


def described(
    height: int, width: int, way: tuple[Operator, ...], reach: Array
) -> tuple[Operator, ...] | None:
    """`way`, or `way` and a broadcast, if that is exactly how positions reach; else None."""
    known = reach_of(height, width, way)
    if known.shape == reach.shape:
        return way if np.array_equal(known, reach) else None
    if known.shape == (1, 1) and (reach == known[0, 0]).all():
        return (*way, Broadcast((reach.shape[0], reach.shape[1])))
    return None
