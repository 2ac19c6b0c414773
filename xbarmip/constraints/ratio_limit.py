"""Ratio limits between neighbours."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import as_amount, tables
from xbarmip.errors import InputError
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class RatioLimit:
    """A producer's copies are within given multiples of each consumer's.

        least R_consumer <= R_producer <= most R_consumer    for every edge

    Source: the balance of ISAAC, R_producer = stride^2 R_consumer (A. Shafiee et al., ISCA 2016),
    relaxed to a range: it bounds how far production and consumption per step differ.

    Attributes
    ----------
    most : number
        No unit.
    least : number
        No unit; 0 for no lower limit.
    """

    most: Any
    least: Any = 0
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        most, least = (
            as_amount(getattr(self, field), f"ratio-limit: {field}") for field in ("most", "least")
        )
        if least > most:
            raise InputError(f"ratio-limit: least must be at most most, got {least} and {most}")

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One for each pair of layers with an edge between them, two with a lower limit."""
        most, least = as_amount(self.most, "ratio-limit"), as_amount(self.least, "ratio-limit")
        pairs = dict.fromkeys((edge.producer, edge.consumer) for edge in problem.network.edges)
        made = []
        for producer, consumer in pairs:
            made.append(_at_most(problem, (1, producer), (most, consumer)))
            if least:
                made.append(_at_most(problem, (least, consumer), (1, producer)))
        return tuple(made)


def _at_most(
    problem: Problem, small: tuple[int | Fraction, str], large: tuple[int | Fraction, str]
) -> LinearConstraint:
    """Factor times R of one layer is at most factor times R of the other."""
    made = {}
    for sign, (factor, name) in ((1, small), (-1, large)):
        made.update(tables(problem, _times(sign * factor), [problem.network[name]]))
    return LinearConstraint.scaled("ratio-limit", made, 0)


def _times(factor: int | Fraction) -> Callable[[Layer, int, int], int | Fraction]:
    return lambda _, __, r: factor * r
