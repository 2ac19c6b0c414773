"""Certificates of placements: the layout, and prices (docs/certificate-format.md)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.check_placement import FORMAT, VERSION, Chip
from xbarmip.certificate.write import Certificate, written_lines
from xbarmip.cores.bounds.prices import Refutation, core_price, holds
from xbarmip.cores.menu import menus, target
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.solvers.protocol import Limits, Watch

_GRAINS = (64, 32, 16, 8, 4, 2)


def write_placement_certificate(
    placement: Placement, result: PlacementResult, path: Path | str
) -> Certificate:
    """Write the certificate of a result, compressed by gzip.

    Its bound is what prices prove: a bound that the search proved by deciding targets alone is not
    in it.

    Raises
    ------
    InputError
        When the result has no layout, or the file cannot be written.
    UnsupportedError
        When a certificate cannot state the placement.
    """
    lines = certificate_lines(placement, result)
    return written_lines(Path(path), iter(lines), Watch(Limits()), result.solver)


def certificate_lines(placement: Placement, result: PlacementResult) -> list[Any]:
    """The lines of the certificate of a result, each a JSON value (see the function above)."""
    stated = statement(placement)
    if result.layout is None:
        raise InputError(f"nothing to certify: {result.solver} found no placement, {result.status}")
    refutation = result.refutation
    bound = 1 if refutation is None else refutation.value + 1
    shares = [[list(share) for share in core] for core in result.layout.cores]
    layout = {"duplication": list(result.layout.allocation), "cores": shares}
    return [
        {"format": FORMAT, "version": VERSION, "digest": check.digest(stated)},
        {"placement": stated},
        {"claim": {"value": result.value, "bound": bound, "layout": layout}},
        {"refutation": None if refutation is None else _refutation(placement, refutation)},
    ]


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
        "name": placement.network.name,
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


def stated_chip(placement: Placement) -> Chip:
    """The placement as the checker has it.

    Raises
    ------
    UnsupportedError
        On what no certificate can state, or a placement beyond the checker's limits.
    """
    try:
        return Chip(statement(placement))
    except check.Refused as reason:
        raise UnsupportedError(f"no certificate can state this placement: {reason}") from None


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
