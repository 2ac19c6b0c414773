"""Bounds of variables of the user that follow from linear conditions (SPEC §8)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xbarmip.model.linear import Interval
from xbarmip.model.projection import Span, Stated, bounds_on
from xbarmip.model.quantity import Auxiliary, Exact, Key, Separable


def implied_spans(
    stated: Iterable[Stated], spans: Mapping[Auxiliary, Span], domains: Mapping[Key, Sequence[Any]]
) -> dict[Auxiliary, Span]:
    """Spans with the bounds that follow from each linear condition on its own, in turn.

    What a condition leaves to a variable is what is left of its interval by the least and the most
    that all else in it can be. There are as many rounds as variables.
    """
    found = dict(spans)
    rows = [
        one for one in stated if isinstance(one.what, Interval) and isinstance(one.body, Separable)
    ]
    for _ in found:
        for one in rows:
            for key in one.body.slopes:
                if key in found and key not in one.body.tables:
                    found[key] = _narrowed(key, one, found, domains)
    return found


def _narrowed(
    key: Auxiliary,
    one: Stated,
    spans: Mapping[Auxiliary, Span],
    domains: Mapping[Key, Sequence[Any]],
) -> Span:
    step = bounds_on(key, [one], spans, domains)
    assert step is not None  # it is linear in the key
    lowest = [_extreme(low.sum, -1, spans, domains) for low in step.lower]
    highest = [_extreme(high.sum, 1, spans, domains) for high in step.upper]
    return Span(
        max((bound for bound in lowest if bound is not None), default=None),
        min((bound for bound in highest if bound is not None), default=None),
        step.whole,
    )


def _extreme(
    body: Separable,
    sign: int,
    spans: Mapping[Auxiliary, Span],
    domains: Mapping[Key, Sequence[Any]],
) -> Exact | None:
    """The most (sign 1) or the least (-1) that a sum can be; None where nothing bounds it."""
    pick = max if sign > 0 else min
    ends = [pick(table.get(r, 0) for r in domains[key]) for key, table in body.tables.items()]
    for key, slope in body.slopes.items():
        span = spans.get(key, Span(None, None, False))
        end = span.upper if slope * sign > 0 else span.lower
        if end is None:
            return None
        ends.append(slope * end)
    return body.constant + sum(ends)
