"""Whether a certificate is about a problem that somebody has, number by number."""

from collections.abc import Iterable, Iterator
from typing import Any

from xbarmip.certificate import check, check_placement, check_schedule

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


_KINDS = {
    check.Problem: "an allocation of one network",
    check.Shared: "several networks on one chip",
    check_placement.Chip: "copies in cores",
    check_schedule.Schedule: "a schedule of segments",
}


def require_same(stated: Any, own: Any) -> None:
    """Refuse the problem that a certificate states if it is not one's own; names play no part.

    Raises
    ------
    Refused
        Naming its kind, or the first number that differs.
    """
    if type(stated) is not type(own):
        raise check.Refused(f"the file states another problem: {_KINDS[type(stated)]}")
    if isinstance(own, check.Problem):
        _refuse_first(_differences(stated, own))
        return
    file, wanted = check.nameless(stated.numbers()), check.nameless(own.numbers())
    _refuse_first(difference(key, file[key], wanted[key]) for key in wanted if key != "problems")
    for place, pair in enumerate(zip(*(getattr(each, "problems", ()) for each in (stated, own)),
                                     strict=True)):  # fmt: skip
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
