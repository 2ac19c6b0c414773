"""Kernels that other kernels alone call have no machine code of their own, and do what they say."""

import os
import subprocess
import sys

import pytest

PART = """
from xbarmip.compiled import compiled, inlined, inner

@inlined
def doubled(number):
    return 2 * number

@inner
def at(numbers, place):
    return doubled(numbers[place])

@compiled
def first(numbers):
    return at(numbers, 0)

@compiled
def both(numbers):
    return at(numbers, 0) + at(numbers, 1)

@compiled
def beyond(numbers):
    return at(numbers, 2)
"""
USE = """
import sys
import numpy as np
from numba.core import event
import part

with event.install_recorder("numba:compile") as said:
    try:
        print(getattr(part, sys.argv[1])(np.array([21, 4])))
    except IndexError as error:
        print(error)
print(*(each.data["dispatcher"].py_func.__name__ for _, each in said.buffer if each.is_start))
for linked in part.at.overloads.values():
    print(linked.library.codegen._engine.is_symbol_defined(linked.fndesc.mangled_name))
"""


@pytest.fixture
def use(tmp_path):
    """Call a kernel in a process of its own; what it said, line by line."""
    (tmp_path / "part.py").write_text(PART)
    (tmp_path / "use.py").write_text(USE)

    def run(name, **environment):
        done = subprocess.run(
            [sys.executable, "use.py", name],
            cwd=tmp_path,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "kept"), **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    return run


def test_a_kernel_is_linked_into_its_callers_in_this_process_and_in_later_ones(use):
    assert use("first") == ["42", "first at doubled", "False"]
    assert use("both") == ["50", "both", "True"]
    assert use("both") == ["50", ""]


def test_where_indices_are_checked_a_linked_kernel_checks_its_own(use):
    assert use("beyond", NUMBA_BOUNDSCHECK="1")[0].startswith("index")
