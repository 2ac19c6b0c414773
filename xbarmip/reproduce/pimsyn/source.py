"""PIMSYN as a source."""

from functools import partial
from pathlib import Path

from xbarmip.reproduce.optima import OptimaRow, optima_claims
from xbarmip.reproduce.pimsyn import allocations, grid
from xbarmip.reproduce.published import published
from xbarmip.reproduce.source import Part, Source

PIMSYN = Source(
    name=allocations.NAME,
    folder="pimsyn",
    title="PIMSYN's allocations beside certified optima",
    parts=(
        Part(
            "allocations", "the allocations that it ships", allocations.AllocationRow,
            allocations.cases, allocations.Allocations, claims=allocations.claims,
        ),
        Part(
            "grid", "the budgets that it searches", OptimaRow, grid.cases, grid.Grid,
            claims=optima_claims,
        ),
    ),
    figures=partial(published, allocations.NAME),
    templates=Path(__file__).parent / "templates",
)  # fmt: skip
