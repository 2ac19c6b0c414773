"""Spare crossbars for faulty ones."""

from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import as_amount, tables
from xbarmip.errors import InputError
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class SpareCrossbars:
    """Every layer keeps spare crossbars beside those that it uses, for those that fail.

        sum_l ( X_l + ceil(rate X_l) ) <= Total,    X_l = R_l set_l

    Source: redundancy against stuck-at faults, by the share of crossbars that fail: a spare one
    stands by its layer, as its inputs are wired there.

    Attributes
    ----------
    rate : number
        Spare crossbars for each one in use, 0 to 1.
    """

    rate: Any
    follows_budget: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if as_amount(self.rate, "spare-crossbars: rate") > 1:
            raise InputError(f"spare-crossbars: rate must be at most 1, got {self.rate}")

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One sum over all layers."""
        rate = as_amount(self.rate, "spare-crossbars: rate")

        def crossbars(_: Layer, crossbar_set: int, copies: int) -> int:
            used = crossbar_set * copies
            return used + ceil(rate * used)

        made = tables(problem, crossbars)
        return (LinearConstraint.scaled("spare-crossbars", made, problem.crossbars),)
