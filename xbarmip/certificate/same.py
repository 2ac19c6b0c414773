"""Whether a certificate is about a problem that somebody has, number by number."""

from collections.abc import Iterable
from typing import Any

from xbarmip.certificate import check

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


def require_same(stated: check.Problem | check.Shared, own: check.Problem) -> None:
    """Refuse the problem that a certificate states if it is not one's own; names play no part.

    Raises
    ------
    Refused
        Naming the first number that differs.
    """
    if isinstance(stated, check.Shared):
        raise check.Refused("the file states another problem: several networks on one chip")
    file, wanted = stated.numbers(), own.numbers()
    goals = difference("goal", file.get("goal"), wanted.get("goal"))
    if goals is not None:
        raise check.Refused(f"the file states another problem: {goals}")
    for keys in _ORDER:
        found = difference(".".join(keys), _at(file, keys), _at(wanted, keys))
        if found is not None:
            raise check.Refused(f"the file states another problem: {found}")


def _at(value: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        value = value[key]
    return value


def difference(where: str, file: Any, own: Any) -> str | None:
    """The first difference of two JSON values, `where` names them, in words."""
    if isinstance(file, dict) and isinstance(own, dict) and file.keys() == own.keys():
        pairs = [(f"{where}.{key}", file[key], own[key]) for key in own]
    elif isinstance(file, list) and isinstance(own, list):
        if len(file) != len(own):
            return f"number of {where}: {len(file)} in the file, {len(own)} wanted"
        pairs = [(f"{where}[{at}]", *pair) for at, pair in enumerate(zip(file, own, strict=True))]
    elif file == own:
        return None
    else:
        return f"{where}: {check.cut(file)} in the file, {check.cut(own)} wanted"
    return next((found for pair in pairs if (found := difference(*pair))), None)
