"""The certificate of several networks on one chip (SPEC §14)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.statement import statement
from xbarmip.certificate.sweep import proof
from xbarmip.certificate.write import Certificate, written_lines
from xbarmip.errors import UnsupportedError
from xbarmip.questions.chip import SharedChip
from xbarmip.questions.shared import SharedResult
from xbarmip.solvers.protocol import Limits, Progress, Watch
from xbarmip.solvers.result import Status

Refuted = list[list[tuple[int, int | None]]]


def write_shared_certificate(
    chip: SharedChip,
    result: SharedResult,
    path: Path | str,
    progress: Progress | None = None,
    time_limit: float | None = None,
) -> Certificate:
    """Write a certificate of a split; parameters and errors are those of `write_certificate`."""
    watch = Watch(Limits(time_limit), progress)
    if result.bound is None and result.status is not Status.INFEASIBLE:
        raise UnsupportedError(f"no certificate: {result.solver} proves no bound")
    claims = f"{result.solver} claims {result.bound or 'INFEASIBLE'}"
    return written_lines(Path(path), shared_lines(chip, result, watch), watch, claims)


def stated_shared(chip: SharedChip) -> check.Shared:
    """The networks as the checker has them.

    Raises
    ------
    UnsupportedError
        On what no certificate can state, by name.
    """
    if chip.timed:
        raise UnsupportedError("no certificate can state this chip: the objectives are times")
    try:
        return check.Shared(_record(chip))
    except check.Refused as reason:
        raise UnsupportedError(f"no certificate can state this chip: {reason}") from None


def shared_lines(chip: SharedChip, result: SharedResult, watch: Watch) -> Iterator[Any]:
    """The lines of a certificate, each a JSON value."""
    stated, record = stated_shared(chip), _record(chip)
    yield {"format": check.FORMAT, "version": check.VERSION, "digest": check.digest(record)}
    yield {"shared": record}
    split = [[*part.allocation.values()] for part in result.parts] or None
    yield {"claim": {"value": result.value, "bound": result.bound, "allocation": split}}
    needed = fewer(stated, [[*some] for some in result.refuted], result.bound)
    for k, some in enumerate(needed):
        for crossbars, count in some:
            yield {"refuted": [k, crossbars, count]}
            yield from proof(stated.problems[k].part(crossbars, [], timed=False), count, watch)


def fewer(stated: check.Shared, refuted: Refuted, bound: int | None) -> Refuted:
    """What is needed of what is refuted for the bound: each that can be left out goes."""
    for some in refuted:
        for pair in tuple(some):
            at = some.index(pair)
            del some[at]
            found = stated.bound(refuted)
            if found is not None and (bound is None or found < bound):
                some.insert(at, pair)
    return refuted


def _record(chip: SharedChip) -> dict[str, Any]:
    return {
        "share": chip.share,
        "crossbars": chip.crossbars,
        "numbers": list(chip.numbers),
        "problems": [statement(problem) for problem in chip.problems],
    }
