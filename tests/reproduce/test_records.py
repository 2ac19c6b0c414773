"""Dataclasses as files hold them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pytest

from xbarmip.errors import InputError
from xbarmip.reproduce.records import as_json, check_names, reader
from xbarmip.solvers.result import Status


@dataclass(frozen=True, slots=True)
class Part:
    status: Status
    value: int | None


@dataclass(frozen=True, slots=True)
class Other:
    us: float


@dataclass(frozen=True, slots=True)
class Whole:
    name: str
    sizes: tuple[int, ...]
    parts: Annotated[Mapping[str, Part], "its parts"]
    either: Part | Other | None

    def __post_init__(self):
        check_names(self.parts, ("p",), "parts")


FILE = {
    "name": "w",
    "sizes": [3, 4],
    "its parts": {"p": {"status": "OPTIMAL", "value": None}},
    "either": {"us": 2},
}
MADE = Whole("w", (3, 4), {"p": Part(Status.OPTIMAL, None)}, Other(2))


def test_read_and_written():
    assert reader(Whole)(FILE, "w") == MADE
    assert as_json(MADE) == FILE
    nothing = reader(Whole)({**FILE, "either": None}, "w")
    assert nothing.either is None
    other = reader(Whole)({**FILE, "either": {"status": "UNKNOWN", "value": 3}}, "w")
    assert other.either == Part(Status.UNKNOWN, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "w: name must be a string, got None"),
        ({"sizes": [1.0]}, "w: sizes must be an integer, got 1.0"),
        ({"sizes": 3}, "w: sizes must be a list"),
        ({"its parts": {}}, "w: parts must be p, got none"),
        ({"its parts": {"p": {"status": "BEST", "value": 1}}}, "w: its parts: p: status must be "),
        ({"its parts": {"p": {"status": "OPTIMAL"}}}, "w: its parts: p: missing key 'value'"),
        ({"either": {"us": True}}, "w: either: us must be a number, got True"),
        ({"either": {"ms": 1}}, "w: either: unknown key 'ms'"),
        ({"either": 3}, "w: either: must be a table"),
        ({"parts": {}}, "w: unknown key 'parts'"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        reader(Whole)({**FILE, **change}, "w")
