"""Compiling: what warming up reaches, what the clock counts, and Ctrl-C."""

import os
import signal
from inspect import getclosurevars
from types import ModuleType

import pytest
from numba.core.event import trigger_event

from xbarmip import clock
from xbarmip.compiled import KERNELS
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.warm import warm


def called(kernel):
    """The kernels that a kernel names, itself or out of a module."""
    names = kernel.py_func.__code__.co_names
    known = getclosurevars(kernel.py_func)
    named = [*known.globals.values(), *known.nonlocals.values()]
    modules = [each for each in named if isinstance(each, ModuleType)]
    named += [getattr(module, name, None) for module in modules for name in names]
    return [each for each in KERNELS if any(each is one for one in named)]


def test_no_kernel_is_left_to_compile():
    """Each is compiled or loaded by then, or is part of one that is."""
    warm()
    before = clock.compile_seconds()
    warm()
    assert clock.compile_seconds() == before
    reached = [kernel for kernel in KERNELS if kernel.signatures]
    for kernel in reached:
        reached += [each for each in called(kernel) if each not in reached]
    assert [k.py_func.__name__ for k in KERNELS if k not in reached] == []


def test_no_limit_counts_compiling(monkeypatch):
    """Whatever the clock on the wall says, for kernels that need others."""
    now = 100.0
    monkeypatch.setattr(clock.time, "monotonic", lambda: now)
    watch, before = Watch(Limits(seconds=5)), clock.compile_seconds()
    now += 3
    clock.compiling_begins()
    now += 50
    clock.compiling_begins()
    now += 50
    clock.compiling_ends()
    assert watch.seconds == pytest.approx(3)
    assert clock.compile_seconds() - before == pytest.approx(100)
    clock.compiling_ends()
    now += 1
    assert watch.seconds == pytest.approx(4)
    assert not watch.expired
    now += 1
    assert watch.expired


def test_an_interrupt_ends_compiling_before_the_next_kernel():
    """The clock goes on: numba tells the end also of a kernel that is not compiled any more."""
    with pytest.raises(KeyboardInterrupt), interrupts_held(), trigger_event("numba:compile"):
        os.kill(os.getpid(), signal.SIGINT)
        with trigger_event("numba:compile"):
            pytest.fail("it is compiled")
    began = clock.compile_seconds()
    assert clock.compile_seconds() == began
    with trigger_event("numba:compile"):
        pass
    assert clock.compile_seconds() - began < 1
