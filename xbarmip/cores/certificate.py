"""Certificates of placements: the layout, and prices case by case (docs/certificate-format.md)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.check_placement import FORMAT, VERSION, Chip
from xbarmip.certificate.statement import linear_constraint
from xbarmip.certificate.write import Certificate, written_lines
from xbarmip.cores.bounds.cases import Cases, Entry, Split, by_cases, opened, whole_case
from xbarmip.cores.bounds.prices import Refutation, core_price, holds
from xbarmip.cores.menu import Ranges, menus, target
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.solvers.protocol import Limits, Progress, StoppedError, Watch
from xbarmip.solvers.result import Status

_GRAINS = (64, 32, 16, 8, 4, 2)
_CASES = 2**12
_NO_CERTIFICATE = "certificates hold linear ones only"


def write_placement_certificate(
    placement: Placement,
    result: PlacementResult,
    path: Path | str,
    progress: Progress | None = None,
    time_limit: float | None = None,
    whole: bool = False,
) -> Certificate:
    """Write the certificate of a result, compressed by gzip.

    Its bound is what prices prove, in cases where that takes several. A bound that the search
    proved otherwise may be higher.

    Parameters
    ----------
    placement : Placement
    result : PlacementResult
    path : Path or str
    progress : callable, optional
        Called with a dict of facts while cases are looked at.
    time_limit : float, optional
        Wall-clock seconds for cases.
    whole : bool
        Whether to refuse where prices do not prove the whole bound.

    Raises
    ------
    InputError
        When the result has no layout and does not say that there is none, or the file cannot be
        written.
    UnsupportedError
        When a certificate cannot state the placement, or `whole` is not to be had.
    StoppedError
        When the time is over before the `whole` is proven; no file is left.
    """
    watch = Watch(Limits(time_limit), progress)
    lines = certificate_lines(placement, result, watch, whole)
    made = written_lines(Path(path), iter(lines), watch, result.solver)
    bound = lines[2]["claim"]["bound"]
    if bound == result.bound or result.layout is None:
        return made
    return replace(made, note=f"its bound is {bound}: prices do not prove that of {result.bound}")


def certificate_lines(
    placement: Placement, result: PlacementResult, watch: Watch | None = None, whole: bool = False
) -> list[Any]:
    """The lines of the certificate of a result, each a JSON value (see the function above)."""
    stated = stated_chip(placement).numbers()
    none = result.status is Status.INFEASIBLE
    if result.layout is None and not none:
        raise InputError(f"nothing to certify: {result.solver} found no placement, {result.status}")
    cases = _proven(placement, result, watch or Watch(Limits()), whole or none)
    claim: dict[str, Any] = dict.fromkeys(("value", "bound", "layout"))
    if result.layout is not None:
        shares = [[list(share) for share in core] for core in result.layout.cores]
        layout = {"duplication": list(result.layout.allocation), "cores": shares}
        bound = 1 if cases is None else cases.value + 1
        claim = {"value": result.value, "bound": bound, "layout": layout}
    return [
        {"format": FORMAT, "version": VERSION, "digest": check.digest(stated)},
        {"placement": stated},
        {"claim": claim},
        {"refutation": None if cases is None else _refutation(placement, cases)},
    ]


def _proven(
    placement: Placement, result: PlacementResult, watch: Watch, whole: bool
) -> Cases | None:
    """The cases of the bound, or those of the prices that the search found."""
    value = placement.most if result.layout is None else (result.bound or 1) - 1
    known = result.refutation
    if known is not None and known.value >= value:
        return Cases(known.value, (known,))
    if value == 0:
        return None
    try:
        found = by_cases(placement, value, _CASES, watch.check)
    except StoppedError:
        if whole:
            raise
        found = None
    if found is None and whole:
        raise UnsupportedError("no certificate: prices of no cases prove what the search did")
    if found is not None or known is None:
        return found
    return Cases(known.value, (known,))


def statement(placement: Placement) -> dict[str, Any]:
    """The whole problem in integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        Naming a constraint that is not linear.
    """
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
        "constraints": [
            linear_constraint(placement.problem, one, _NO_CERTIFICATE)
            for one in placement.problem.constraints
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


def _refutation(placement: Placement, cases: Cases) -> dict[str, Any]:
    """The cases for JSON, each at the coarsest grain that still refutes it."""
    made, still = [], [whole_case(placement)]
    for entry in cases.entries:
        ranges = still.pop()
        if isinstance(entry, Split):
            still += opened(ranges, entry)
        made.append(_entry(placement, cases.value, ranges, entry))
    return {"value": cases.value, "cases": made}


def _entry(placement: Placement, value: int, ranges: Ranges, entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Split):
        return {"split": [entry.layer, entry.copies]}
    coarse = _coarsest(placement, replace(entry, value=value), ranges)
    return {
        "bound": coarse.bound,
        "prices": [
            [[windows, price] for windows, price in sorted(table.items()) if price]
            for table in coarse.prices
        ],
        "slope": None if coarse.slope is None else list(coarse.slope),
        "grain": coarse.grain,
    }


def _coarsest(placement: Placement, refutation: Refutation, ranges: Ranges) -> Refutation:
    """The same prices with the coarsest knapsack that still refutes: the quickest to check."""
    wanted = target(placement, refutation.value, ranges)
    menu = menus(placement, wanted)
    if menu is None or refutation.slope is not None:
        return refutation
    for grain in (wanted.load + 1, *_GRAINS):
        coarse = replace(refutation, grain=grain)
        coarse = replace(coarse, most=core_price(placement, wanted, menu, coarse))
        if holds(placement, coarse, ranges):
            return coarse
    return refutation
