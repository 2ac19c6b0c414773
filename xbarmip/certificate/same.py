"""Whether a certificate is about a problem that somebody has, number by number."""

from collections.abc import Iterable, Iterator
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
    _refuse_first(_differences(stated, own))


def require_same_chip(stated: check.Problem | check.Shared, own: check.Shared) -> None:
    """Refuse what a certificate states if it is not one's own networks, in one's own order.

    Raises
    ------
    Refused
        Naming the first number that differs.
    """
    if not isinstance(stated, check.Shared):
        raise check.Refused("the file states another problem: one network")
    file, wanted = stated.numbers(), own.numbers()
    keys = ("share", "crossbars", "numbers")
    _refuse_first(difference(key, file[key], wanted[key]) for key in keys)
    for place, pair in enumerate(zip(stated.problems, own.problems, strict=True)):
        _refuse_first(_differences(*pair), f"network {place + 1}: ")


def _refuse_first(differences: Iterable[str | None], where: str = "") -> None:
    found = next((each for each in differences if each is not None), None)
    if found is not None:
        raise check.Refused(f"the file states another problem: {where}{found}")


def _differences(stated: check.Problem, own: check.Problem) -> Iterator[str | None]:
    file, wanted = stated.numbers(), own.numbers()
    yield difference("goal", file.get("goal"), wanted.get("goal"))
    for keys in _ORDER:
        yield difference(".".join(keys), _at(file, keys), _at(wanted, keys))


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
