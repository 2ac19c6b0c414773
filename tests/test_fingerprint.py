"""Fingerprints: the same for the same code and values, another for any other."""

import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import ModuleType

import numpy as np
import pytest

from xbarmip.fingerprint import UnknowableError, fingerprint

SCRIPT = """
from dataclasses import dataclass
from functools import lru_cache, partial
import re, helper
from xbarmip.fingerprint import fingerprint

SHARED = {"most": 3, "names": {"a", "b", "c"}}

def inner(x):
    return x <= SHARED["most"] and helper.limit(x)

@dataclass(frozen=True)
class Mine:
    width: int = 3
    @property
    def name(self):
        return "mine"
    def solve(self, problem, watch):
        return inner(problem) and self.again(1)
    def again(self, x):
        return self.solve(x, None) if x else re.compile("a+")

def outer(n, m=2):
    @lru_cache
    def condition(a, b):
        return a * b <= n + m
    return condition

FOUND = [fingerprint(x) for x in (Mine(), Mine, outer(5), partial(inner, 3), re.compile("x"))]
"""
HELPER = "import math\nMOST = 4\ndef limit(x):\n    return math.isqrt(x) <= MOST\n"


def found(monkeypatch, script=SCRIPT, helper=HELPER):
    """The fingerprints that the script finds, when it is run as a module of the user's own."""
    for name, text in (("helper", helper), ("script", script)):
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module.FOUND


def test_another_process_finds_the_same(tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text(SCRIPT + "print(*FOUND)\n")
    (tmp_path / "helper.py").write_text(HELPER)
    command = [sys.executable, "-B", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == found(monkeypatch)
    assert len(set(done.stdout.split())) == 5


CHANGES = {  # what is changed, and which of the five it changes
    "a default": ("m=2", "m=3", "001 0 0"),
    "a captured value": ("outer(5)", "outer(6)", "001 0 0"),
    "a global of a function that a method calls": ('"most": 3', '"most": 2', "11010"),
    "an option": ("width: int = 3", "width: int = 4", "11000"),
    "a method": ("if x else", "if not x else", "11000"),
    "a constant": ('"a+"', '"b+"', "11000"),
    "a comment": ("SHARED =", "# words\nSHARED =", "00000"),
}


@pytest.mark.parametrize(("old", "new", "changed"), CHANGES.values(), ids=CHANGES.keys())
def test_what_a_change_changes(monkeypatch, old, new, changed):
    before, after = found(monkeypatch), found(monkeypatch, SCRIPT.replace(old, new, 1))
    flags = "".join(str(int(a != b)) for a, b in zip(before, after, strict=True))
    assert flags == changed.replace(" ", "")


def test_a_module_of_the_users_own_counts(monkeypatch):
    before = found(monkeypatch)
    after = found(monkeypatch, helper=HELPER.replace("MOST = 4", "MOST = 5"))
    flags = [a != b for a, b in zip(before, after, strict=True)]
    assert flags == [True, True, False, True, False]


@dataclass(frozen=True)
class Options:
    limit: int
    table: tuple[int, ...] = ()


def test_values():
    pairs = [
        (1, 2), (1, True), (1, 1.0), (1, "1"), ([1], (1,)), ((1, 2), (2, 1)), ({1: 2}, {2: 1}),
        (Options(1), Options(2)), (Options(1), Options(1, (1,))), (10**5000, 10**5000 + 1),
        (np.arange(3), np.arange(4)), (partial(max, 1), partial(max, 2)), (max, min),
        (np.int64(1), np.int64(2)), (threading.Lock, threading.RLock), ("\ud800", "\ud801"),
    ]  # fmt: skip
    for one, other in pairs:
        assert fingerprint(one) == fingerprint(one) != fingerprint(other), (one, other)
    assert fingerprint({1: 2, 3: 4}) == fingerprint({3: 4, 1: 2})
    assert fingerprint(Options(1)) == fingerprint(replace(Options(2), limit=1))


def test_a_value_may_hold_itself():
    one, other = [1], [1]
    one.append(one)
    other.append(other)
    assert fingerprint(one) == fingerprint(other) != fingerprint([1])


def test_what_cannot_be_known_is_said():
    lock = threading.Lock()
    with pytest.raises(UnknowableError, match="lock"):
        fingerprint(lru_cache(lambda x: lock))
    deep = []
    for _ in range(10**5):
        deep = [deep]
    with pytest.raises(UnknowableError, match="too deeply nested"):
        fingerprint(deep)
