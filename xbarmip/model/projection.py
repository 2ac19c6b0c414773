"""Variables of the user that linear conditions alone hold, taken out of them exactly (SPEC §8).

A variable z in conditions that are linear in it is bounded by sums over the choices and the other
variables: L_1, L_2, ... <= z <= U_1, U_2, ..., its own bounds among them. It goes, and every pair
says L_i <= U_j instead:

- If z is continuous, any value between the largest L and the smallest U will do, and there is one
  exactly if no L_i exceeds any U_j.
- If z is whole, that is still so where all L_i are whole for whatever is chosen: z is the largest
  of them. Likewise where all U_j are whole: z is the smallest. A sum that is whole but for one
  function of a single R, or for its constant, is made whole by rounding that: up in an L, down in a
  U. The rest is whole, and so is z, so that the same z are within the bound.

Where neither the L nor the U are whole, a whole z stays. So a maximum, R[l] <= z for every l, goes
without a trace, and what bounds z bounds each R[l] in a condition of its own. So does the switch y
of a fixed charge, R[l] - 1 <= 99 y, which becomes ceil((R[l] - 1) / 99), and z in R[l] == 2 z.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any

from xbarmip.model.linear import Interval
from xbarmip.model.quantity import Auxiliary, Exact, Key, Point, Quantity, Separable, added

MOST_PAIRS = 5_000  # of a lower and an upper bound of one variable


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of numbers.

    Attributes
    ----------
    lower, upper : int or Fraction, or None for no bound
    whole : bool
        Whether only its integers count.
    """

    lower: Exact | None
    upper: Exact | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """A condition: a quantity or a number within an interval, or a quantity that must be true.

    Attributes
    ----------
    names : tuple of str
        Of the components that it comes from.
    what : Interval or Quantity
    """

    names: tuple[str, ...]
    what: Any

    @property
    def body(self) -> Any:
        """The quantity, or a number."""
        return self.what.body if isinstance(self.what, Interval) else self.what

    @property
    def keys(self) -> tuple[Key, ...]:
        """What it depends on."""
        return self.body.keys if isinstance(self.body, Quantity) else ()


@dataclass(frozen=True, slots=True)
class _Bound:
    """A sum that a variable must not be below, or not above; `whole` if it is an integer always."""

    names: tuple[str, ...]
    sum: Separable
    whole: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A variable that was taken out, with its bounds.

    Attributes
    ----------
    key : Auxiliary
    whole : bool
        Whether it is an integer.
    lower, upper : tuple of _Bound
    """

    key: Auxiliary
    whole: bool
    lower: tuple[_Bound, ...]
    upper: tuple[_Bound, ...]

    @property
    def exact(self) -> bool:
        """Whether it may be taken out."""
        return not self.whole or self._at(self.lower) or self._at(self.upper)

    def value(self, point: Point) -> Exact:
        """A value within all bounds, where there is one, given all that they depend on."""
        if self.lower and (not self.upper or self._at(self.lower)):
            least = max(bound.sum.at(point) for bound in self.lower)
            return ceil(least) if self.whole else least
        if self.upper:
            most = min(bound.sum.at(point) for bound in self.upper)
            return floor(most) if self.whole else most
        return 0

    def without_loose(self, domains: Mapping[Key, Sequence[Any]]) -> "Step":
        """The same without bounds that another one implies, whatever is chosen."""
        lower, upper = (
            _tightest(bounds, sign, domains) for bounds, sign in ((self.lower, 1), (self.upper, -1))
        )
        return replace(self, lower=lower, upper=upper)

    def _at(self, bounds: Iterable[_Bound]) -> bool:
        """Whether the variable may be the last of these bounds, whatever that is."""
        return not self.whole or all(bound.whole for bound in bounds)

    def pairs(self) -> Iterator[Stated]:
        """What is left without it."""
        for low, high in product(self.lower, self.upper):
            names = tuple(dict.fromkeys((*low.names, *high.names))) or (self.key.name,)
            difference = added((low.sum, high.sum.times(-1)))
            yield Stated(names, Interval(_reduced(difference), None, 0))


def project(
    stated: Iterable[Stated], spans: Mapping[Auxiliary, Span], domains: Mapping[Key, Sequence[Any]]
) -> tuple[list[Stated], list[Step]]:
    """Take variables out, as many as can be, those first that leave the fewest conditions.

    Parameters
    ----------
    stated : iterable of Stated
    spans : mapping of Auxiliary to Span
        Of the variables whose values are an interval, or its integers.
    domains : mapping of key to sequence
        The values of every layer's R.

    Returns
    -------
    conditions : list of Stated
        They can be met exactly where the given ones can. What always holds is left out.
    steps : list of Step
        In the order in which the variables went: a bound of one may depend on those that went
        later.
    """
    left, steps = list(stated), list[Step]()
    while True:
        about: dict[Auxiliary, list[Stated]] = {}
        for one in left:
            for key in one.keys:
                if isinstance(key, Auxiliary) and key in spans:
                    about.setdefault(key, []).append(one)
        sizes = {key: _size(key, some, spans) for key, some in about.items()}
        few = {key: size for key, size in sizes.items() if size is not None and size <= MOST_PAIRS}
        ways = (
            bounds_on(key, about[key], spans, domains) for key in sorted(few, key=few.__getitem__)
        )
        best = next((way for way in ways if way is not None and way.exact), None)
        if best is None:
            return left, steps
        best = best.without_loose(domains)
        gone = {id(one) for one in about[best.key]}
        left = [one for one in left if id(one) not in gone]
        left += [pair for pair in best.pairs() if not _always(pair, domains)]
        steps.append(best)


def least_sums(key: Auxiliary, stated: Iterable[Stated]) -> tuple[Separable, ...] | None:
    """The sums over R that a variable which only such bound from below is not below.

    None where a condition on it has other variables, or is not linear in it.
    """
    step = bounds_on(key, tuple(stated), {key: Span(None, None, False)}, {})
    if step is None or any(isinstance(k, Auxiliary) for low in step.lower for k in low.sum.keys):
        return None
    return tuple(low.sum for low in step.lower)


def bounds_on(
    key: Auxiliary,
    stated: Sequence[Stated],
    spans: Mapping[Auxiliary, Span],
    domains: Mapping[Key, Sequence[Any]],
) -> Step | None:
    """The bounds of a variable, its own first; None where a condition is not linear in it."""
    bounds: dict[int, list[_Bound]] = {1: [], -1: []}

    def add(sign: int, bound: Exact | None, names: tuple[str, ...], rest: Separable) -> None:
        if bound is not None:
            moved = replace(rest, constant=rest.constant + bound)
            whole = _slopes_are_whole(moved, spans)
            if whole and spans[key].whole:
                moved = _rounded(moved, ceil if sign > 0 else floor, domains)
            whole = whole and not _fractional(moved)
            bounds[sign].append(_Bound(names, moved, whole))

    for sign, own in ((1, spans[key].lower), (-1, spans[key].upper)):
        add(sign, own, (), Separable(0, {}))
    for one in stated:
        body = one.body
        if not (isinstance(one.what, Interval) and isinstance(body, Separable)):
            return None
        if key in body.tables:
            return None
        per = Fraction(1) / body.slopes[key]
        slopes = {other: value for other, value in body.slopes.items() if other != key}
        rest = replace(body, slopes=slopes).times(-per)
        turn = 1 if per > 0 else -1
        for sign, own in ((turn, one.what.lower), (-turn, one.what.upper)):
            add(sign, None if own is None else own * per, one.names, rest)
    return Step(key, spans[key].whole, tuple(bounds[1]), tuple(bounds[-1]))


def _slopes_are_whole(body: Separable, spans: Mapping[Auxiliary, Span]) -> bool:
    return all(
        slope.denominator == 1 and key in spans and spans[key].whole
        for key, slope in body.slopes.items()
    )


def _fractional(body: Separable) -> list[Key]:
    """What a sum over R and whole variables has fractions of."""
    return [
        key
        for key, table in body.tables.items()
        if any(value.denominator > 1 for value in table.values())
    ]


def _rounded(
    body: Separable, whole: Callable[[Exact], int], domains: Mapping[Key, Sequence[Any]]
) -> Separable:
    """A bound of a whole variable, rounded where that makes it whole."""
    fractional = _fractional(body)
    if not fractional:
        return replace(body, constant=whole(body.constant))
    if len(fractional) > 1:
        return body
    (key,) = fractional
    own = body.tables[key]
    table = {value: whole(body.constant + own.get(value, 0)) for value in domains[key]}
    return replace(body, constant=0, tables={**body.tables, key: table})


def _size(key: Auxiliary, stated: Iterable[Stated], spans: Mapping[Auxiliary, Span]) -> int | None:
    """How many conditions are left without a variable; None where one is not linear in it."""
    lower, upper = (int(end is not None) for end in (spans[key].lower, spans[key].upper))
    for one in stated:
        what, body = one.what, one.body
        if not (isinstance(what, Interval) and isinstance(body, Separable)) or key in body.tables:
            return None
        ends = what.lower is not None, what.upper is not None
        low, high = ends if body.slopes[key] > 0 else ends[::-1]
        lower, upper = lower + low, upper + high
    return lower * upper


def _tightest(
    bounds: Iterable[_Bound], sign: int, domains: Mapping[Key, Sequence[Any]]
) -> tuple[_Bound, ...]:
    """Lower (sign 1) or upper bounds (-1) but for those that another one implies."""
    kept: list[tuple[_Bound, dict[Key, list[Exact]]]] = []
    for bound in bounds:
        tables = {
            key: [sign * table.get(r, 0) for r in domains[key]]
            for key, table in bound.sum.tables.items()
        }
        new = bound, tables
        if not any(_implied(new, other, sign) for other in kept):
            kept = [other for other in kept if not _implied(other, new, sign)] + [new]
    return tuple(bound for bound, _ in kept)


def _implied(
    loose: tuple[_Bound, dict[Key, list[Exact]]],
    tight: tuple[_Bound, dict[Key, list[Exact]]],
    sign: int,
) -> bool:
    """Whether one lower bound is never above another one, whatever is chosen."""
    (one, tables), (other, others) = loose, tight
    if one.sum.slopes != other.sum.slopes:
        return False
    excess = sign * (one.sum.constant - other.sum.constant)
    for key in tables.keys() | others.keys():
        if key not in others:
            excess += max(tables[key])
        elif key not in tables:
            excess -= min(others[key])
        else:
            excess += max(a - b for a, b in zip(tables[key], others[key], strict=True))
    return excess <= 0


def _reduced(body: Separable) -> Any:
    """The number that it is, where it depends on nothing."""
    return body if body.keys else body.constant


def _always(one: Stated, domains: Mapping[Key, Sequence[Any]]) -> bool:
    """Whether a sum is within its upper bound whatever is chosen."""
    body = one.body
    if not isinstance(body, Separable):
        return one.what.contains(body)
    if body.slopes:
        return False
    most = (max(table.get(r, 0) for r in domains[key]) for key, table in body.tables.items())
    return one.what.contains(body.constant + sum(most))
