"""What labels carry for added constraints: running sums, and R that are remembered (SPEC §8).

A label of the sweep needs of a linear constraint only what is *left*: its limit less what the
decided layers weigh. More is never worse, whatever the signs of the weights. The sum is kept from
the first of its layers in the sweep to the last; what is beyond all that the layers to come can
weigh is cut off, so that labels which differ in nothing else become alike.

*Rows that end alike are one.* Of two constraints whose undecided layers weigh the same, only the
one of which less is left can still forbid anything: all layers behind a concatenation limit one
stream. Where a whole g divides every weight of the undecided layers, it divides their sum, so that
what is left may be divided by it and rounded down; constraints that then weigh the same are one,
too. A limit with one undecided layer, each copy of which weighs the same, has become the largest R
of that layer: one number, however many consumers limit it.

Of a predicate the R of its layers are remembered until the last one is decided; only labels that
remember the same can be compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import FINE
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.state.listed import fill_ends, listed, trim
from xbarmip.solvers.dp.state.rows import Passage, Rows, Sums
from xbarmip.solvers.dp.state.step import LEAST, MOST

LARGEST = 2**60  # of a sum of weights that 64 bits hold with ease


@dataclass(frozen=True, eq=False, slots=True)
class Charge:
    """A linear constraint within windows of R, in small whole numbers.

    With w the weights, the sum of floor(w/divisor) is at most floor(limit/divisor), and so it is
    for the undecided layers and what is left. A weight that no allocation can pay counts as one
    more than what can be paid. Both only loosen the constraint.

    Attributes
    ----------
    number : int
        Its number among the linear constraints.
    divisor, limit : int
        `limit` is divided already.
    weights : dict of int to int64 array
        By layer, for each R of its window, divided.
    reach : int
        No sum of its weights and its limit is larger, whatever their signs.
    """

    number: int
    divisor: int
    limit: int
    weights: dict[int, Array]
    reach: int


@dataclass(frozen=True, eq=False, slots=True)
class Carry:
    """One decision of the sweep under added constraints.

    Attributes
    ----------
    begins : tuple of (int, dict)
        Rows that begin here, each with its weights by layer.
    rows : tuple of Passage
        All that the decision meets.
    limits : tuple of tuple of (int, int)
        For each row of which labels carry what is left afterwards, by column, the linear
        constraints in it: their numbers, and by what their weights were divided since.
    coming : tuple of int
        Numbers of the linear constraints that begin later.
    sums : Sums
        Without LEAST and MOST, which depend on the windows.
    recalled : int64 array
        For each R that labels remember afterwards, its column before; -1 for the one decided now.
    tested : tuple of (Predicate, tuple of int)
        Predicates that can be tested now, with the columns of their R before (-1 as above).
    """

    begins: tuple[tuple[int, dict[int, Array]], ...]
    rows: tuple[Passage, ...]
    limits: tuple[tuple[tuple[int, int], ...], ...]
    coming: tuple[int, ...]
    sums: Sums
    recalled: Array
    tested: tuple[tuple[Predicate, tuple[int, ...]], ...]

    def passed(self, memory: Array, choice: Array) -> Array:
        """Numbers of the labels that pass the predicates tested now.

        `memory` is what each remembered before the decision, shape (labels, layers), `choice` the R
        just decided.
        """
        passed = np.arange(len(choice))
        for predicate, columns in self.tested:
            asked = [choice[passed] if c < 0 else memory[passed, c] for c in columns]
            passed = passed[predicate.holds_many(np.stack(asked, axis=1))]
        return passed


class Carried:
    """The constraints of a problem, seen along a sweep.

    Parameters
    ----------
    constraints : sequence of LinearConstraint or Predicate
    names : sequence of str
        Layers of the network.
    largest : int64 array
        Largest R of each layer.
    order : sequence of int
        Layers in the order of decision.
    """

    def __init__(
        self,
        constraints: Sequence[Constraint],
        names: Sequence[str],
        largest: Array,
        order: Sequence[int],
    ) -> None:
        place = {names[k]: at for at, k in enumerate(order)}
        self._order = order
        self._linear = [
            {names.index(layer): np.array(w[: largest[names.index(layer)]], dtype=np.int64)
             for layer, w in c.weights}
            for c in constraints if isinstance(c, LinearConstraint)
        ]  # fmt: skip
        self._limits = [c.limit for c in constraints if isinstance(c, LinearConstraint)]
        self._listed = listed(self._linear, self._limits)
        self._ends = np.empty((2, len(self._listed.layer)), dtype=np.int64)
        predicates = [c for c in constraints if isinstance(c, Predicate)]
        last = {id(p): max(place[layer] for layer in p.layers) for p in predicates}
        rows = Rows(self._linear, self._limits, order, largest)
        self.stages: list[Carry] = []
        remembered: list[int] = []
        for at, k in enumerate(order):
            before, remembered = remembered, [
                m for m in order[: at + 1]
                if any(names[m] in p.layers and last[id(p)] > at for p in predicates)
            ]  # fmt: skip
            begins, passages, limits, sums = rows.decide(at)
            self.stages.append(
                Carry(
                    begins=begins,
                    rows=passages,
                    limits=limits,
                    coming=rows.coming(at),
                    sums=sums,
                    recalled=np.array([_column(before, m, k) for m in remembered], dtype=np.int64),
                    tested=tuple(
                        (p, tuple(_column(before, names.index(layer), k) for layer in p.layers))
                        for p in predicates
                        if last[id(p)] == at
                    ),
                )
            )

    def sums(self, windows: Windows) -> Iterator[Sums]:
        """The sums of each decision, with what later layers weigh within the windows of R."""
        low, high = windows.low, windows.high
        ends: dict[int, tuple[int, int]] = {}  # what the undecided layers of a row weigh
        for k, stage in zip(self._order, self.stages, strict=True):
            for row, terms in stage.begins:
                within = [w[low[m] - 1 : high[m]] for m, w in terms.items()]
                ends[row] = sum(int(w.min()) for w in within), sum(int(w.max()) for w in within)
            sums = stage.sums.sums.copy()
            for at, passage in enumerate(stage.rows):
                least, most = ends[passage.row]
                if passage.own is not None:
                    own = passage.own[low[k] - 1 : high[k]]
                    least, most = least - int(own.min()), most - int(own.max())
                ends[passage.to] = least // passage.divisor, most // passage.divisor
                sums[at, LEAST], sums[at, MOST] = least, most // passage.divisor
            yield Sums(sums, stage.sums.weights)

    def trim(self, windows: Windows) -> bool | None:
        """Narrow windows by each linear constraint on its own, in place.

        An R goes whose weight, with the least of all other layers, is over the limit. Returns
        whether a window moved; None where one is empty.
        """
        moved = trim(self._listed, windows.low, windows.high, self._ends[0])
        return None if moved < 0 else bool(moved)

    def charges(self, windows: Windows) -> list[Charge]:
        """The linear constraints that can bind within windows of R."""
        fill_ends(self._listed, windows.low, windows.high, *self._ends)
        first, (least, most) = self._listed.first.tolist(), self._ends.tolist()
        found = []
        for c, (limit, begin, end) in enumerate(zip(self._limits, first, first[1:], strict=False)):
            if sum(most[begin:end]) > limit:
                ends = list(zip(least[begin:end], most[begin:end], strict=True))
                found.append(self._charge(c, windows, ends))
        return found

    def _charge(self, c: int, windows: Windows, ends: list[tuple[int, int]]) -> Charge:
        """A constraint of whose layers the least and the most that they weigh is given."""
        spare = self._limits[c] - sum(least for least, _ in ends)
        payable = [min(most, spare + least + 1) for least, most in ends]
        reach = abs(self._limits[c])
        reach += sum(max(abs(a), abs(b)) for (a, _), b in zip(ends, payable, strict=True))
        divisor = -(-reach // FINE)
        weights = {}
        for (k, w), (_, most), pays in zip(self._linear[c].items(), ends, payable, strict=True):
            within = w[windows.low[k] - 1 : windows.high[k]]
            within = within if pays == most else np.minimum(within, pays)
            weights[k] = within if divisor == 1 else within // divisor
        reach = -(-reach // divisor) + len(ends) + 1  # each is rounded down
        return Charge(c, divisor, self._limits[c] // divisor, weights, reach)


def _column(before: list[int], layer: int, decided: int) -> int:
    return -1 if layer == decided else before.index(layer)


def fits_int64(constraints: Sequence[Constraint]) -> bool:
    """Whether no sum of weights and limit can leave 64 bits."""
    return all(
        sum(max(map(abs, w)) for _, w in c.weights) + abs(c.limit) < LARGEST
        for c in constraints
        if isinstance(c, LinearConstraint)
    )


def as_linear(constraints: Sequence[Constraint], largest: dict[str, int]) -> list[Constraint]:
    """A predicate on a single layer as a linear constraint: forbidden R weigh 1, the limit is 0."""
    return [
        _single(c, c.layers[0], largest[c.layers[0]])
        if isinstance(c, Predicate) and len(c.layers) == 1
        else c
        for c in constraints
    ]


def _single(predicate: Predicate, layer: str, largest: int) -> LinearConstraint:
    weights = tuple(int(not predicate.holds((r,))) for r in range(1, largest + 1))
    return LinearConstraint(predicate.name, ((layer, weights),), 0)
