"""Certificates of one small problem, in integers: four layers of 2 x 2 outputs, 0 -> 1, 2 -> 3."""

import pytest

from benchmarks import by_definition
from tests.export.test_export import Dull
from xbarmip.certificate import narrowing, sweep
from xbarmip.certificate.relaxation import Relaxation

SAME = {"width": 2, "rows": [1, 2], "columns": [1, 2], "growth": 0}  # need(x) = x
PROBLEM = {
    "name": "small",
    "measure": "cycles",
    "crossbars": 9,
    "layers": [
        {"name": "a", "outputs": 4, "set": 1, "end": 0},
        {"name": "b", "outputs": 4, "set": 2, "end": 0},
        {"name": "c", "outputs": 4, "set": 1, "end": 0},
        {"name": "d", "outputs": 4, "set": 1, "end": 1},
    ],
    "view": {
        "stalls": 1, "capped": 1, "counted": [4, 4, 4, 4], "tails": [None] * 4, "offset": 0,
    },
    "edges": [
        {"producer": 0, "consumer": 1, **SAME},
        {"producer": 0, "consumer": 2, **SAME},
        {"producer": 1, "consumer": 3, **SAME},
        {"producer": 2, "consumer": 3, **SAME},
    ],
    "constraints": [
        {"name": "few", "limit": 6, "weights": [[0, [1, 2, 3, 4]], [2, [1, 2, 3, 4]]]},
        {"name": "many", "limit": -2, "weights": [[3, [-1, -2, -3, -4]]]},
    ],
    "time": None,
}  # fmt: skip
CLOSED_FORM = {"stalls": 0, "capped": 1, "counted": [4, 4, 4, 4], "tails": [[4, 4]] * 4}
TIME = {
    "tick": [1, 7],
    "compute": 2,
    "layers": [
        {"own": [1, 1, 2, 2], "times": [0, 0, 0, 0], "producers": []},
        {"own": [1, 1, 1], "times": [1, 1, 1], "producers": [[0, 1]]},
        {"own": [1, 1, 1, 1], "times": [1, 1, 1, 1], "producers": [[0, 1]]},
        {"own": [0, 0, 0, 0], "times": [1, 1, 1, 1], "producers": [[1, 1], [2, 2]]},
    ],
}
JOINED = {
    **TIME,
    "layers": [*TIME["layers"][:3], {**TIME["layers"][3], "reads": {"join": [1, 2]}}],
}
PROBLEMS = {
    "cycles": PROBLEM,
    "steps": {**PROBLEM, "view": {**CLOSED_FORM, "offset": 3}},
    "latency": {**PROBLEM, "time": TIME},
    "joined": {**PROBLEM, "time": JOINED},
}


class DullRounds(Dull):
    """Rounds, which ask for a bound first, get a dull one, and so do halves, which ask last; a
    search of labels gets a sharp one.
    """

    bounds = 0

    def bound(self, scale=10**6):
        self.bounds += 1
        return Relaxation.bound(self, scale) if self.bounds == 2 else super().bound(scale)


def certificate(record, searched=True):
    """The records of a certificate of the optimum: stages, or where not searched, splits."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(narrowing, "Relaxation", DullRounds)
        patched.setattr(sweep, "MOST_LABELS", 100 if searched else 0)
        return by_definition.certificate(record)
