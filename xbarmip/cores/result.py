"""What is answered about a placement."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xbarmip.cores.bounds.prices import Refutation
from xbarmip.cores.layout import Layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.display import in_us
from xbarmip.solvers.result import Proof, Result, Stop


@dataclass(frozen=True, slots=True)
class PlacementResult(Result):
    """A Result whose value and bound are of the placement's objective, in `unit`.

    Attributes
    ----------
    unit : Fraction or None
        Seconds, where the objective is a period; None where it is products.
    layout : Layout or None
        Which core holds what; `allocation` is its duplication by layer name.
    refutation : Refutation or None
        Prices that prove a bound, of value + 1; it may be below `bound`, which a search can prove
        alone.
    """

    unit: Fraction | None = None
    layout: Layout | None = None
    refutation: Refutation | None = None

    def shown(self, number: int) -> str:
        """A value or bound in words: products, or a time."""
        return str(number) if self.unit is None else f"{in_us(number * self.unit)} us"


def answer(
    placement: Placement,
    solver: str,
    layout: Layout | None,
    bound: int | None,
    stop: Stop = Stop.FINISHED,
    proof: Proof = Proof.EXACT,
    infeasible: bool = False,
    refutation: Refutation | None = None,
    **more: Any,
) -> PlacementResult:
    """A result whose status follows from what is known; `more` is of `Result`."""
    value = None if layout is None else score(placement, layout).value
    names = (part.name for part in placement.parts)
    return PlacementResult.of_known(
        solver,
        stop,
        value,
        bound,
        None if layout is None else dict(zip(names, layout.allocation, strict=True)),
        proof,
        infeasible,
        unit=placement.unit if placement.is_period else None,
        layout=layout,
        refutation=None if infeasible else refutation,
        **more,
    )


def nothing(placement: Placement, solver: str, why: str) -> PlacementResult:
    """The result where nothing can be placed, which is seen without a search."""
    return answer(placement, solver, None, None, infeasible=True, message=why)
