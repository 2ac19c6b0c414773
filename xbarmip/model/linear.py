"""Intervals as linear constraints (SPEC §8).

Linear in the choices is, first, a sum of one function for each layer. So is, second, a bound on

    base(R_i) + factor(R_i) * W,    W = sum over other layers k of w_k(R_k)

where factor has one sign: R_a * R_b, R_a / R_b, the bytes that a layer reads of what its producers
make. Let factor >= 0, else turn its sign and that of all w_k; and let the w_k be whole, with
greatest common divisor 1, by moving their unit to the factor. Then W is whole, and

    base(R_i) + factor(R_i) * W <= upper    if and only if    W <= cap(R_i)

    cap(r) = floor((upper - base(r)) / factor(r));  where factor(r) = 0, any W is allowed or none

and W - cap(R_i) <= 0 is a sum of one function for each layer. A cap counts within [least - 1, most]
of the W that there are: beyond that it allows and forbids the same. A lower bound is an upper one
of the same expression with its sign turned.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import gcd, lcm
from typing import Any

from xbarmip.constraint import LinearConstraint
from xbarmip.exact import capped
from xbarmip.model.quantity import Exact, General, Key, Quantity, Separable, product, total

_Table = list[Exact]
_Domains = Mapping[Key, Sequence[Exact]]


@dataclass(frozen=True, slots=True)
class Interval:
    """lower <= body <= upper, with None for no bound."""

    body: Any
    lower: Exact | None
    upper: Exact | None

    def contains(self, value: Exact) -> bool:
        """Whether `value` lies within the bounds."""
        return not (
            (self.lower is not None and value < self.lower)
            or (self.upper is not None and value > self.upper)
        )


def linear_constraints(
    name: str, stated: Interval, domains: _Domains
) -> tuple[LinearConstraint, ...] | None:
    """The upper bound and the lower bound in integers; None where the body has neither form."""
    if isinstance(stated.body, Separable):
        return tuple(_sum(name, stated, domains))
    form = _factored(stated.body, domains)
    return None if form is None else tuple(_capped(name, stated, form))


def _sum(name: str, stated: Interval, domains: _Domains) -> Iterator[LinearConstraint]:
    body = stated.body
    tables = {
        str(layer): _over(table, domains[layer])
        for layer, table in body.tables.items()
        if any(table.values())
    }
    for sign, bound in _upper_bounds(stated):
        turned = {layer: [sign * number for number in table] for layer, table in tables.items()}
        yield LinearConstraint.scaled(name, turned, bound - sign * body.constant)


def _upper_bounds(stated: Interval) -> Iterator[tuple[int, Exact]]:
    """Signs, and what the body with that sign is at most."""
    if stated.upper is not None:
        yield 1, stated.upper
    if stated.lower is not None:
        yield -1, -stated.lower


def _over(table: Mapping[Exact, Exact], domain: Sequence[Exact]) -> _Table:
    return [table.get(value, 0) for value in domain]


@dataclass(frozen=True, slots=True)
class _Factored:
    """base(R_i) + factor(R_i) * W of layer i; factor is nowhere negative, W is whole."""

    layer: str
    base: _Table
    factor: _Table
    weights: dict[str, list[int]]


def _capped(name: str, stated: Interval, form: _Factored) -> Iterator[LinearConstraint]:
    for sign, bound in _upper_bounds(stated):
        weights = {k: tuple(sign * w for w in table) for k, table in form.weights.items()}
        least, most = (sum(pick(table) for table in weights.values()) for pick in (min, max))
        caps = []
        for base, factor in zip(form.base, form.factor, strict=True):
            caps.append(capped(bound - sign * base, factor, least - 1, most))
        weights[form.layer] = tuple(-cap for cap in caps)
        yield LinearConstraint(name, tuple(weights.items()), 0)


def _factored(body: Quantity, domains: _Domains) -> _Factored | None:
    """The second form, with the first layer that can be its i; None where there is none."""
    terms = _terms(body)
    if terms is None or not all(isinstance(key, str) for key in body.keys):
        return None
    for key in body.keys:
        others = {k: domains[k] for k in body.keys if k != key}
        parts = _by_layer(terms, key, domains[key], others)
        if parts is not None and len(parts[1]) == 1:
            base, ((factor, weights),) = parts
            if form := _whole(str(key), base, factor, weights, others):
                return form
    return None


def _terms(quantity: Any, times: Exact = 1) -> list[tuple[Separable, Separable]] | None:
    """Pairs whose products add up to `times` the quantity; None where it is not such a sum."""
    if not isinstance(quantity, General):
        plain = quantity if isinstance(quantity, Separable) else Separable(quantity, {})
        return [(Separable(times, {}), plain)]
    if quantity.function is total:
        parts = [_terms(operand, times) for operand in quantity.operands]
        found = [part for part in parts if part is not None]
        return list(chain.from_iterable(found)) if len(found) == len(parts) else None
    if quantity.function is product:
        a, b = quantity.operands
        if isinstance(a, Separable) and isinstance(b, Separable):
            return [(a.times(times), b)]
        for number, other in ((a, b), (b, a)):
            if not isinstance(number, Quantity):
                return _terms(other, times * number)
    return None


def _by_layer(
    terms: Sequence[tuple[Separable, Separable]],
    key: Key,
    menu: Sequence[Exact],
    others: _Domains,
) -> tuple[_Table, list[tuple[_Table, _Table]]] | None:
    """What hangs on one layer alone, and products of that with what hangs on the others.

    Of products with factors in proportion, one is made. None where a product has no factor that
    hangs on this layer alone.
    """
    base: _Table = [0] * len(menu)
    products: list[tuple[_Table, _Table]] = []
    for pair in terms:
        alone = [k for k in (0, 1) if set(pair[k].keys) <= {key}]
        if not alone:
            return None
        own, rest = pair[alone[0]], pair[1 - alone[0]]
        factor = [own.at({key: r}) for r in menu]
        within = rest.tables.get(key, {})
        for place, r in enumerate(menu):
            base[place] += factor[place] * (rest.constant + within.get(r, 0))
        weights = [w for k, menu_k in others.items() for w in _over(rest.tables.get(k, {}), menu_k)]
        if any(weights) and any(factor):
            _merge(products, factor, weights)
    return base, products


def _merge(products: list[tuple[_Table, _Table]], factor: _Table, weights: _Table) -> None:
    """Add a product, to one with which it is in proportion if there is one."""
    for place, (known_factor, known_weights) in enumerate(products):
        if (ratio := _ratio(factor, known_factor)) is not None:
            products[place] = known_factor, _add(known_weights, weights, ratio)
            return
        if (ratio := _ratio(weights, known_weights)) is not None:
            products[place] = _add(known_factor, factor, ratio), known_weights
            return
    products.append((factor, weights))


def _ratio(one: _Table, other: _Table) -> Fraction | None:
    """one / other, neither of which is 0; None where they are not in proportion."""
    ratio = next(Fraction(a) / b for a, b in zip(one, other, strict=True) if b)
    same = all(a == ratio * b for a, b in zip(one, other, strict=True))
    return ratio if same else None


def _add(known: _Table, table: _Table, ratio: Fraction) -> _Table:
    return [a + ratio * b for a, b in zip(known, table, strict=True)]


def _whole(
    layer: str, base: _Table, factor: _Table, weights: _Table, others: _Domains
) -> _Factored | None:
    """With whole weights and a factor that is not negative; None where it has both signs."""
    if min(factor) < 0 < max(factor):
        return None
    common = lcm(*(number.denominator for number in weights))
    numbers = [int(common * number) for number in weights]
    unit = Fraction(gcd(*numbers), common) * (-1 if min(factor) < 0 else 1)
    whole = iter([int(number / unit) for number in weights])
    tables = {str(k): [next(whole) for _ in menu] for k, menu in others.items()}
    return _Factored(layer, base, [unit * number for number in factor], tables)
