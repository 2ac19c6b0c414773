"""Budgets of power and area."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import as_amount, tables, tile_of
from xbarmip.exact import as_int
from xbarmip.hardware.tiles import tiles_taken
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class _Budget:
    """A sum over crossbars and tiles in use, up to a limit; all in one unit."""

    limit: Any
    per_crossbar: Any
    per_tile: Any = 0
    crossbars_per_tile: int | None = None
    follows_budget: ClassVar[bool] = False
    _name: ClassVar[str]

    def __post_init__(self) -> None:
        for field in ("limit", "per_crossbar", "per_tile"):
            as_amount(getattr(self, field), f"{self._name}: {field}")
        if self.crossbars_per_tile is not None:
            as_int(self.crossbars_per_tile, f"{self._name}: crossbars_per_tile", 1)

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One sum over all layers."""
        crossbar, tile = (as_amount(v, self._name) for v in (self.per_crossbar, self.per_tile))
        size = 1  # of no matter where a tile takes nothing
        if tile:
            size = tile_of(problem, self.crossbars_per_tile, f"{self._name}: crossbars_per_tile")

        def use(_: Layer, crossbar_set: int, copies: int) -> int | Fraction:
            return crossbar * crossbar_set * copies + tile * tiles_taken(crossbar_set, copies, size)

        limit = as_amount(self.limit, self._name)
        return (LinearConstraint.scaled(self._name, tables(problem, use), limit),)


@dataclass(frozen=True, slots=True)
class PowerBudget(_Budget):
    """The crossbars and tiles in use draw no more than a given power.

        sum_l ( per_crossbar R_l set_l + per_tile T_l(R_l) ) <= limit

    Source: the usual estimate of peak power, by count of components, as in table 6 of A. Shafiee et
    al., ISAAC, ISCA 2016. Crossbars and tiles without weights are switched off.

    Attributes
    ----------
    limit : number
        In mW, as are the others.
    per_crossbar : number
        Of a logical crossbar with its converters.
    per_tile : number
        Of a tile's shared parts.
    crossbars_per_tile : int, optional
        For `per_tile`; those of the problem's hardware if not given. T_l is that of
        `TileGranularity`.
    """

    _name: ClassVar[str] = "power-budget"


@dataclass(frozen=True, slots=True)
class AreaBudget(_Budget):
    """The crossbars and tiles in use take no more than a given area.

        sum_l ( per_crossbar R_l set_l + per_tile T_l(R_l) ) <= limit

    Source: area by count of components, as in table 6 of A. Shafiee et al., ISAAC, ISCA 2016.

    Attributes
    ----------
    limit : number
        In mm^2, as are the others.
    per_crossbar : number
        Of a logical crossbar with its converters.
    per_tile : number
        Of a tile's shared parts.
    crossbars_per_tile : int, optional
        For `per_tile`; those of the problem's hardware if not given. T_l is that of
        `TileGranularity`.
    """

    _name: ClassVar[str] = "area-budget"
