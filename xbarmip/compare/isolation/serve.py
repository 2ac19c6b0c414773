"""What runs in the process of the fork server."""

import gc
import os
import signal
import sys
from dataclasses import replace
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle

from xbarmip.compare.isolation import child
from xbarmip.compare.isolation.link import adopt_orphans, die_with_parent
from xbarmip.compare.isolation.messages import Ended
from xbarmip.compare.isolation.processes import end_all_below, reap
from xbarmip.measures.registry import measures
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.registry import EXACT, make_solver, solver_class

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main(fd: int, parent: int) -> None:
    """Fork for every request, report the child's end, until the supervisor hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    signal.signal(signal.SIGTERM, _leave)
    die_with_parent(parent, signal.SIGTERM)
    control = Connection(fd)
    while True:
        try:
            solver = control.recv()
            talk, output = recv_handle(control), recv_handle(control)
        except EOFError:
            return
        _warm_up(solver)
        reap()
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            control.close()
            _become_child(talk, output, own)
        os.close(talk)
        os.close(output)
        control.send(pid)
        _, status, usage = os.wait4(pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        peak = usage.ru_maxrss * _MAXRSS_UNIT
        control.send(Ended(os.waitstatus_to_exitcode(status), cpu, peak))


@cache
def _warm_up(solver: str) -> None:
    """Before the first fork for an exact solver: load it, with its kernels, or compile them.

    Those of evaluation and of `dp` by a small solve of each measure, none of which is over before
    it searches. It uses no threads, which would not survive a fork.
    """
    if solver in EXACT:
        solver_class(solver)
    name, factor = ("alexnet", 2) if solver == "dp" else ("lenet-5", 1)
    network = load_network(name)
    for measure in measures():
        problem = Problem(network, 1, 128, measure.name, measure.rule)
        enough = replace(problem, crossbars=factor * problem.smallest_budget)
        make_solver("dp" if solver == "dp" else "exhaustive").solve(enough, Watch(Limits()))
    gc.freeze()


def _leave(*_: object) -> None:
    """The supervisor has gone: end the child with all that it started, and go."""
    end_all_below()
    os._exit(1)


def _become_child(talk: int, output: int, parent: int) -> None:
    """Run the child and leave, whatever happens, without the server's way out."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        child.main(Connection(talk), parent)
        status = 0
    finally:
        os._exit(status)
