"""Ctrl-C during a search: an answer at every moment, never a broken process."""

import os
import signal
from random import Random
from subprocess import Popen
from threading import Thread

import pytest

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Result, Status, Stop

PROBLEM = Problem(load_network("squeezenet-1.1"), 300)
SECONDS = 0.06  # about what a search of it takes


def solve(progress=None):
    return DynamicProgram().solve(PROBLEM, Watch(Limits(), progress))


def press(facts=None):
    signal.raise_signal(signal.SIGINT)


def test_a_held_interrupt_comes_when_it_is_asked_for():
    before = signal.getsignal(signal.SIGINT)
    with interrupts_held() as let_through:
        let_through()
        press()
        with pytest.raises(KeyboardInterrupt):
            let_through()
        let_through()
        press()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_of_the_application_is_called():
    called = []
    before = signal.signal(signal.SIGINT, lambda number, frame: called.append(number))
    try:
        with interrupts_held() as let_through:
            press()
            assert called == []
            let_through()
            let_through()
    finally:
        signal.signal(signal.SIGINT, before)
    assert called == [signal.SIGINT]


def test_the_first_report_can_be_answered_with_ctrl_c():
    before = signal.getsignal(signal.SIGINT)
    result = solve(press)
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.INTERRUPTED)
    assert 1 <= result.bound < result.value
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_at_any_moment():
    """Also while a kernel hands back its results, where an exception would end the process.

    The signal comes from another process: a thread of this one would have to wait for the kernel.
    """
    whole = solve()
    random = Random("ctrl-c")
    interrupted = 0
    for _ in range(40):
        delay = random.uniform(0, SECONDS)
        try:
            presser = Popen(["sh", "-c", f"sleep {delay}; kill -INT {os.getpid()}"])
            result = solve()
            presser.wait()
        except KeyboardInterrupt:  # it came before or after the search
            presser.wait()
            continue
        interrupted += result.stop is Stop.INTERRUPTED
        assert isinstance(result, Result)
        assert result.bound <= whole.value <= result.value
    assert interrupted > 0


def test_a_thread_may_solve():
    found = []
    thread = Thread(target=lambda: found.append(solve()))
    thread.start()
    thread.join()
    assert [result.status for result in found] == [Status.OPTIMAL]
