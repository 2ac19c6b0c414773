"""Certificates of placements: the layout, and the prices that prove a bound (docs/cores.md)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from xbarmip.certificate.same import difference
from xbarmip.cores import check
from xbarmip.cores.bounds.prices import Refutation, core_price, holds
from xbarmip.cores.menu import menus, target
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.files import written

_GRAINS = (64, 32, 16, 8, 4, 2)


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
    stated = statement(placement)
    if result.layout is None:
        raise InputError(f"nothing to certify: {result.solver} found no placement, {result.status}")
    refutation = result.refutation
    shares = [[list(share) for share in core] for core in result.layout.cores]
    return {
        "format": check.FORMAT,
        "version": check.VERSION,
        "digest": check.digest(stated),
        "statement": stated,
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
    written(path, json.dumps(record, separators=(",", ":")).encode() + b"\n")
    return record


def statement(placement: Placement) -> dict[str, Any]:
    """The whole problem in integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        Naming the first constraint: a certificate states none.
    """
    for constraint in placement.problem.constraints:
        raise UnsupportedError(f"constraint {constraint.name!r} cannot stand in a certificate")
    return {
        "network": placement.network.name,
        "cores": placement.chip,
        "crossbars_per_core": placement.capacity,
        "split": int(placement.split),
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
        "objective": {
            "tick": [*placement.unit.as_integer_ratio()] if placement.is_period else None,
            "product": placement.product_units,
            "value": placement.value_units,
        },
    }


def stated_chip(placement: Placement) -> check.Chip:
    """The placement as the checker has it.

    Raises
    ------
    UnsupportedError
        On what no certificate can state, or a placement beyond the checker's limits.
    """
    try:
        return check.Chip(statement(placement))
    except check.Refused as reason:
        raise UnsupportedError(f"no certificate can state this placement: {reason}") from None


def require_same(stated: check.Chip, own: check.Chip) -> None:
    """Refuse the chip that a certificate states if it is not one's own; names play no part.

    Raises
    ------
    Refused
        Naming the first number that differs.
    """
    file, wanted = check.nameless(stated.numbers()), check.nameless(own.numbers())
    for key in wanted:
        found = difference(key, file[key], wanted[key])
        if found is not None:
            raise check.Refused(f"the file states another problem: {found}")


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
