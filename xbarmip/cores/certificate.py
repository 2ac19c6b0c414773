"""Certificates of placements: the layout, and the prices that prove a bound (docs/cores.md)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from xbarmip.cores.bounds.prices import Refutation, core_price, holds
from xbarmip.cores.check import FORMAT, VERSION
from xbarmip.cores.menu import menus, target
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.errors import InputError, UnsupportedError

_GRAINS = (64, 32, 16, 8, 4, 2)


def require_certifiable(placement: Placement) -> None:
    """Check that a certificate can state the placement.

    Raises
    ------
    UnsupportedError
        Naming the first constraint: a certificate states none.
    """
    for constraint in placement.problem.constraints:
        raise UnsupportedError(f"constraint {constraint.name!r} cannot stand in a certificate")


def placement_certificate(placement: Placement, result: PlacementResult) -> dict[str, Any]:
    """The certificate of a result as JSON holds it.

    Its bound is what prices prove: a bound that the search proved by deciding targets alone is not
    in it.

    Raises
    ------
    InputError
        When the result has no layout.
    UnsupportedError
        When a certificate cannot state the placement.
    """
    require_certifiable(placement)
    if result.layout is None:
        raise InputError(f"nothing to certify: {result.solver} found no placement, {result.status}")
    refutation = result.refutation
    shares = [[list(share) for share in core] for core in result.layout.cores]
    return {
        "format": FORMAT,
        "version": VERSION,
        "statement": _statement(placement),
        "layout": {"duplication": list(result.layout.allocation), "cores": shares},
        "value": result.value,
        "bound": 1 if refutation is None else refutation.value + 1,
        "refutation": None if refutation is None else _refutation(placement, refutation),
    }


def write_placement_certificate(
    placement: Placement, result: PlacementResult, path: Path
) -> dict[str, Any]:
    """Write the certificate to a file; return what was written (see `placement_certificate`)."""
    record = placement_certificate(placement, result)
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")
    return record


def _statement(placement: Placement) -> dict[str, Any]:
    times: list[str | None] = [None, None, None]
    if placement.is_period:
        unit = placement.unit
        moved = placement.value_units * unit
        times = [str(unit), str(placement.product_units * unit), str(moved) if moved else None]
    return {
        "network": placement.network.name,
        "cores": placement.chip,
        "crossbars_per_core": placement.room,
        "split": placement.split,
        "layers": [
            {
                "name": part.name,
                "outputs": part.outputs,
                "blocks": part.blocks,
                "width": part.width,
                "window": part.window,
                "channels": part.channels,
            }
            for part in placement.parts
        ],
        "objective": dict(
            zip(
                ("kind", "unit_s", "product_s", "value_s"),
                (placement.objective, *times),
                strict=True,
            )
        ),
    }


def _refutation(placement: Placement, refutation: Refutation) -> dict[str, Any]:
    coarse = _coarsest(placement, refutation)
    return {
        "bound": coarse.bound,
        "value": coarse.value,
        "prices": [
            [[windows, price] for windows, price in sorted(table.items()) if price]
            for table in coarse.prices
        ],
        "slope": None if coarse.slope is None else list(coarse.slope),
        "grain": coarse.grain,
    }


def _coarsest(placement: Placement, refutation: Refutation) -> Refutation:
    """The same prices with the coarsest knapsack that still refutes: the quickest to check."""
    wanted = target(placement, refutation.value)
    menu = menus(placement, wanted)
    if menu is None or refutation.slope is not None:
        return refutation
    for grain in _GRAINS:
        coarse = replace(refutation, grain=grain)
        coarse = replace(coarse, most=core_price(placement, wanted, menu, coarse))
        if holds(placement, coarse):
            return coarse
    return refutation
