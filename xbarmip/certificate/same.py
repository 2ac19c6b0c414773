"""Whether a certificate is about a problem that somebody has, number by number."""

from collections.abc import Iterable
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.statement import statement
from xbarmip.problem import Problem

_ORDER = (  # what else follows from it is compared after it, so that the cause is named
    ("crossbars",),
    ("layers",),
    ("view", "stalls"),
    ("view", "capped"),
    ("view", "offset"),
    ("edges",),
    ("view", "counted"),
    ("view", "tails"),
    ("constraints",),
    ("time",),
)


def require_same(stated: check.Problem, problem: Problem) -> None:
    """Refuse the problem of a certificate that is not this one.

    The integers of `problem` are made anew; names play no part.

    Raises
    ------
    Refused
        Naming the first number that differs.
    UnsupportedError
        When no certificate can state the problem.
    """
    file, own = stated.numbers(), check.Problem(statement(problem)).numbers()
    for keys in _ORDER:
        found = _difference(".".join(keys), _at(file, keys), _at(own, keys))
        if found is not None:
            raise check.Refused(f"the file states another problem: {found}")


def _at(value: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        value = value[key]
    return value


def _difference(where: str, file: Any, own: Any) -> str | None:
    """The first difference of two JSON values, in words."""
    if isinstance(file, dict) and isinstance(own, dict):
        pairs = [(f"{where}.{key}", file[key], own[key]) for key in own]
    elif isinstance(file, list) and isinstance(own, list):
        if len(file) != len(own):
            return f"{where}: {len(file)} entries in the file, {len(own)} wanted"
        pairs = [(f"{where}[{at}]", *pair) for at, pair in enumerate(zip(file, own, strict=True))]
    elif file == own:
        return None
    else:
        return f"{where}: {check.cut(file)} in the file, {check.cut(own)} wanted"
    return next((found for pair in pairs if (found := _difference(*pair))), None)
