"""Runs in processes of their own: limits that hold, and all that a solver can do wrong."""

import ctypes
import os
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

import numpy as np
import psutil
import pytest

from tests import fork_servers
from tests.compare.test_run import make_suite
from xbarmip.compare import worker
from xbarmip.compare.isolation import link, messages, serve, server, supervisor
from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.isolation.limits import MIB, Allowance
from xbarmip.compare.isolation.state import RunState, thinned
from xbarmip.compare.pool import LocalPool
from xbarmip.compare.run import compare
from xbarmip.errors import InputError
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.result import Result, Status, Stop

pytestmark = pytest.mark.long

ALLOWANCE = Allowance(0.2, 100 * MIB, grace_seconds=0.3, grace_bytes=20 * MIB)


@dataclass(frozen=True)
class Does:
    """A solver that does something else than solving."""

    deed: object
    name: str = "culprit"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        return self.deed(problem, watch)


def sleeps_natively(problem, watch):
    """As a native solver that never comes back: it holds Python's lock, and no signal wakes it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
    ctypes.PyDLL(None).sleep(1000)


def spins(problem, watch):
    while True:
        with suppress(BaseException):
            while True:
                pass


def sleeps_in_a_child(problem, watch):
    if os.fork():
        os.wait()
    time.sleep(1000)


def sleeps_in_an_orphan(problem, watch):
    """As a daemon: its own session, and nobody of the solver's processes is its parent."""
    if not os.fork():
        os.setsid()
        if not os.fork():
            time.sleep(1000)
        os._exit(0)
    time.sleep(1000)


def stops_its_parent(problem, watch):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(1000)


def hangs_when_asked():
    class Hangs(Does):
        def unsupported(self, problem):
            time.sleep(1000)

    return Hangs(None)


HANGING = {
    "native": Does(sleeps_natively),
    "in Python": Does(spins),
    "in a child": Does(sleeps_in_a_child),
    "in an orphan": Does(sleeps_in_an_orphan),
    "when asked": hangs_when_asked(),
}


def grabs(problem, watch):
    watch.tell(best=12, bound=3)
    kept = []
    while True:
        kept.append(np.ones(MIB))
        time.sleep(0.005)


def grabs_in_a_child(problem, watch):
    if os.fork():
        os.wait()
    grabs(problem, watch)


CRASHING = {
    "a signal": (lambda p, w: os.kill(os.getpid(), signal.SIGSEGV), "ended by signal 11"),
    "a null pointer": (lambda p, w: ctypes.string_at(0), "ended by signal 11"),
    "an abort": (lambda p, w: os.abort(), "ended by signal 6"),
    "leaving": (lambda p, w: os._exit(3), "left with status 3"),
    "the kernel's killer": (lambda p, w: os.kill(os.getpid(), signal.SIGKILL), "by signal 9"),
    "last words": (
        lambda p, w: (os.write(2, b"terminate called\nafter throwing"), os.abort()),
        "ended by signal 6, after printing: terminate called after throwing",
    ),
}


def run(solver, allowance=ALLOWANCE):
    """The row of a culprit, and whether an honest solver that runs after it is undisturbed."""
    comparison = compare(make_suite(1), [solver, Exhaustive()], allowance=allowance)
    culprit, honest = comparison.rows
    assert (honest.outcome, honest.value, honest.confirmed) == ("ANSWERED", 12, 12)
    return culprit


def processes():
    """All below this one, but for fork servers that wait for the next comparison."""
    below = {child.pid for child in psutil.Process().children(recursive=True)}
    return below - fork_servers.kept()


@pytest.mark.parametrize("solver", HANGING.values(), ids=HANGING.keys())
def test_a_solver_that_never_returns_is_ended_and_named(solver):
    before = processes()
    row = run(solver)
    assert (row.outcome, row.status, row.stop) == ("TIMEOUT", "UNKNOWN", "TIME")
    assert row.message == "still running 0.3 s after its time limit of 0.2 s"
    assert row.seconds >= 0.5
    assert row.failed
    assert processes() <= before


@pytest.mark.parametrize("deed", [grabs, grabs_in_a_child], ids=["itself", "in a child"])
def test_a_solver_that_outgrows_its_memory_is_ended_and_named(deed):
    row = run(Does(deed), replace(ALLOWANCE, seconds=100))
    assert (row.outcome, row.status, row.stop) == ("OUT_OF_MEMORY", "UNKNOWN", "MEMORY")
    assert "104857600 are its memory limit" in row.message
    assert 120 * MIB < row.memory_bytes < 400 * MIB
    assert [point[1:] for point in row.trace] == [[12, 3]]


def test_memory_within_the_limit_is_measured():
    def takes(problem, watch):
        assert np.ones(8 * MIB).sum() > 0
        return Exhaustive().solve(problem, watch)

    row = run(Does(takes), replace(ALLOWANCE, seconds=100))
    assert row.outcome == "ANSWERED"
    assert 64 * MIB <= row.memory_bytes < 100 * MIB


@pytest.mark.parametrize(("deed", "message"), CRASHING.values(), ids=CRASHING.keys())
def test_a_crash_is_recorded_as_what_it_was(deed, message):
    row = run(Does(deed))
    assert (row.outcome, row.status, row.stop) == ("CRASHED", "UNKNOWN", "ERROR")
    assert message in row.message


def answers_late(problem, watch):
    time.sleep(0.35)
    return Exhaustive().solve(problem, watch)


def test_an_answer_within_the_grace_counts():
    row = run(Does(answers_late))
    assert (row.outcome, row.value) == ("ANSWERED", 12)
    assert row.seconds >= 0.35


def test_there_may_be_no_limits():
    row = run(Does(answers_late), Allowance(grace_seconds=0))
    assert row.outcome == "ANSWERED"


class Unsendable(dict):
    def __reduce__(self):
        raise TypeError("stays at home")


class Spoilt(dict):
    def __reduce__(self):
        return int, ("no number",)


@pytest.mark.parametrize(
    ("kind", "message"),
    [(Unsendable, "TypeError: stays at home"), (Spoilt, "ValueError: invalid literal")],
    ids=["cannot be sent", "cannot be read"],
)
def test_an_answer_that_does_not_survive_the_way_is_garbage(kind, message):
    def answer(problem, watch):
        return Result("x", Status.UNKNOWN, Stop.TIME, statistics=kind())

    row = run(Does(answer))
    assert row.outcome == "GARBAGE"
    assert message in row.message


def test_a_solver_that_cannot_be_sent_is_refused_before_anything_runs():
    with pytest.raises(InputError, match=r"'culprit' cannot be sent .* stays at home"):
        compare(make_suite(1), [Exhaustive(), Does(Unsendable())])


def test_a_solver_that_cannot_be_read_is_recorded():
    row = run(Does(Spoilt()))
    assert row.outcome == "RAISED"
    assert "ValueError: invalid literal" in row.message


def test_noise_on_standard_output_harms_nothing(capfd):
    def noisy(problem, watch):
        os.write(1, b"x" * 10**6)
        print("y" * 10**6)
        return Exhaustive().solve(problem, watch)

    assert run(Does(noisy)).value == 12
    assert capfd.readouterr() == ("", "")


def test_what_a_solver_leaves_behind_is_ended(tmp_path):
    def forks(problem, watch):
        if not os.fork():
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(1000)
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        return Exhaustive().solve(problem, watch)

    assert run(Does(forks), replace(ALLOWANCE, seconds=100)).value == 12
    left = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 60
    while psutil.pid_exists(left) and time.monotonic() < deadline:
        with suppress(psutil.Error):
            if psutil.Process(left).status() == psutil.STATUS_ZOMBIE:
                break
        time.sleep(0.01)
    else:
        assert not psutil.pid_exists(left)


def test_solvers_have_one_thread_and_a_session_of_their_own():
    def tells(problem, watch):
        found = Exhaustive().solve(problem, watch)
        facts = {"threads": os.environ["OMP_NUM_THREADS"], "leads": os.getsid(0) == os.getpid()}
        return replace(found, statistics=facts)

    assert run(Does(tells)).statistics == {"threads": "1", "leads": True}
    two = run(Does(tells), replace(ALLOWANCE, threads=2))
    assert two.statistics == {"threads": "2", "leads": True}


def compiles(problem, watch):
    from numba import njit

    before = watch.seconds
    assert njit(lambda n: n * n + 1)(7) == 50
    result = Exhaustive().solve(problem, watch)
    return replace(result, statistics={"before": before, "after": watch.seconds})


@pytest.mark.own_server
def test_compiling_is_start_up_and_not_solving():
    """The limit is far below what compiling takes; the watch stands still meanwhile."""
    row = run(Does(compiles), Allowance(0.05, grace_seconds=0.05))
    assert (row.outcome, row.value) == ("ANSWERED", 12)
    assert row.startup_seconds > row.seconds
    assert 0 < row.seconds < 0.1
    assert 0 < row.statistics["before"] < row.statistics["after"]


def test_what_was_told_is_kept_as_a_trace():
    def tells(problem, watch):
        for best, bound in ((None, 1), (20, 1), (20, 1), (15, 2), (12, 12)):
            watch.tell(best=best, bound=bound, labels=7)
        time.sleep(1000)

    row = run(Does(tells))
    assert [point[1:] for point in row.trace] == [[None, 1], [20, 1], [15, 2], [12, 12]]
    assert all(0 <= point[0] < 0.5 for point in row.trace)
    assert (row.value, row.bound) == (None, None), "what cannot be checked does not count"


def test_traces_are_thinned_and_keep_both_ends():
    trace = [(float(n), 10**6 - n, n) for n in range(10_000)]
    kept = thinned(trace)
    assert (kept[0], kept[-1]) == (trace[0], trace[-1])
    assert 400 < len(kept) < 600
    assert set(kept) <= set(trace)
    assert thinned(trace[:500]) == tuple(trace[:500])


def test_two_clocks_of_which_one_runs():
    now = 0.0
    state = RunState(Allowance(10, grace_seconds=2, startup_seconds=100), now=lambda: now)
    now = 99.0
    assert (state.seconds, state.startup_seconds, state.overdue) == (0, 99, "")
    now = 101.0
    assert state.overdue == "still starting after 100 s"
    state.hear(messages.Solving(1000))
    now = 105.0
    state.hear(messages.Compiling())
    now = 165.0
    assert (state.seconds, state.startup_seconds, state.overdue) == (4, 161, "")
    now = 206.0
    assert state.overdue == "still compiling after 100 s"
    state.hear(messages.Compiled())
    now = 213.5
    assert (state.seconds, state.overdue) == (11.5, "")
    now = 214.5
    assert state.overdue == "still running 2 s after its time limit of 10 s"
    state.hear(Ending(Outcome.REFUSED, message="no"))
    assert state.overdue == ""


def half_a_message(watch):
    """Its length, and some of it."""
    talk = watch._progress._talk.fileno()
    assert os.write(talk, struct.pack("!i", 1000) + b"no more") == 11


def stops_in_a_message(problem, watch):
    half_a_message(watch)
    time.sleep(1000)


def dies_in_a_message(problem, watch):
    """Its end does not come with its process: another one holds the connection open."""
    if os.fork():
        half_a_message(watch)
        os._exit(3)
    time.sleep(1000)


def test_a_message_that_never_ends_holds_up_nothing():
    before = processes()
    assert run(Does(stops_in_a_message)).outcome == "TIMEOUT"
    row = run(Does(dies_in_a_message), replace(ALLOWANCE, seconds=100))
    assert (row.outcome, row.message) == ("CRASHED", "its process left with status 3")
    assert processes() <= before


def test_messages_that_are_none_are_garbage():
    def babbles(problem, watch):
        os.write(watch._progress._talk.fileno(), struct.pack("!i", 4) + b"what")
        time.sleep(1000)

    row = run(Does(babbles), replace(ALLOWANCE, seconds=100))
    assert row.outcome == "GARBAGE"


def test_a_copy_that_a_solver_makes_of_itself_has_no_say():
    """Though it raises before the solver itself comes to an end."""

    def forks(problem, watch):
        pid = os.fork()
        if not pid:
            raise ValueError
        os.waitpid(pid, 0)
        os._exit(3)

    assert run(Does(forks)).message == "its process left with status 3"


BAD = {
    "negative time": ({"seconds": -1}, "time limit"),
    "negative memory": ({"memory_bytes": 0}, "memory limit"),
    "endless grace": ({"grace_seconds": float("inf")}, "grace_seconds must be a number"),
    "negative grace": ({"grace_bytes": -1}, "grace_bytes must be at least 0"),
    "NaN start-up": ({"startup_seconds": float("nan")}, "startup_seconds must be a number"),
    "no threads": ({"threads": 0}, "threads must be at least 1"),
}


@pytest.mark.parametrize(("values", "message"), BAD.values(), ids=BAD.keys())
def test_bad_allowances(values, message):
    with pytest.raises(InputError, match=message):
        Allowance(**values)
    with pytest.raises(InputError, match="got both"):
        compare(make_suite(1), time_limit=1, allowance=Allowance(2))


class Losing(LocalPool):
    """A pool whose first workers are lost: their processes are killed under them."""

    def __init__(self, losses):
        super().__init__(1)
        self.losses = losses

    def submit(self, function, *arguments):
        return super().submit(self.maybe_lost, function, *arguments)

    def maybe_lost(self, function, *arguments):
        if self.losses:
            self.losses -= 1
            raise ConnectionError("worker gone")
        return function(*arguments)


def test_a_lost_worker_is_tried_again():
    with Losing(2) as pool:
        found = compare(make_suite(1), [Exhaustive()], executor=pool)
    assert [row.outcome for row in found.rows] == ["ANSWERED"]


def test_a_task_that_is_always_lost_does_not_hold_up_the_others(tmp_path):
    with Losing(10**6) as pool:
        lost = compare(make_suite(2), [Exhaustive()], output=tmp_path, executor=pool)
    assert [row.outcome for row in lost.rows] == ["LOST", "LOST"]
    assert "worker gone" in lost.rows[0].message
    again = compare(make_suite(2), [Exhaustive()], output=tmp_path, resume=True)
    assert [row.outcome for row in again.rows] == ["ANSWERED", "ANSWERED"]


@pytest.mark.own_server
def test_the_process_that_forks_may_be_killed(tmp_path):
    """Whoever kills it, the task is run again."""

    def kills_its_parent_once(problem, watch):
        if not (tmp_path / "done").exists():
            (tmp_path / "done").touch()
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(1000)
        return Exhaustive().solve(problem, watch)

    row = run(Does(kills_its_parent_once), replace(ALLOWANCE, seconds=100))
    assert (row.outcome, row.value) == ("ANSWERED", 12)


def always_kills_its_parent(problem, watch):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


@pytest.mark.own_server
def test_a_solver_that_always_kills_the_process_that_forks_is_given_up():
    row = run(Does(always_kills_its_parent), replace(ALLOWANCE, seconds=100))
    assert row.outcome == "LOST"
    assert "3 times" in row.message


@pytest.mark.own_server
def test_a_solver_that_stops_the_process_that_forks_is_given_up(monkeypatch):
    monkeypatch.setattr(supervisor, "_PATIENCE", 0.5)
    monkeypatch.setattr(server, "_LEAVING_SECONDS", 0.5)
    monkeypatch.setattr(worker, "TRIES", 1)
    before = processes()
    row = run(Does(stops_its_parent))
    assert row.outcome == "LOST"
    assert "does not answer" in row.message
    assert processes() <= before


HARNESS = """
import os, sys
from tests.compare.test_run import make_suite
from tests.compare.isolation.test_isolation import Does, sleeps_in_an_orphan
from xbarmip.compare.run import compare
mark = sys.argv[1]
def deed(problem, watch):
    os.register_at_fork(after_in_child=lambda: open(mark, "a").write("."))
    sleeps_in_an_orphan(problem, watch)
compare(make_suite(1), [Does(deed)])
"""
STARTER = """
import os, subprocess, sys, time
start = [sys.executable, "-P", sys.argv[1], str(os.getpid()), "0", *sys.argv[2:], *sys.path]
subprocess.Popen(start)
time.sleep(1000)
"""


class Marked:
    """A process, and all that descend from it, whoever is their parent by now."""

    def __init__(self, *arguments):
        self.token = uuid4().hex
        environment = {**os.environ, "XBARMIP_MARK": self.token}
        self.first = subprocess.Popen([sys.executable, "-c", *arguments], env=environment)

    @property
    def pids(self):
        found = set()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("XBARMIP_MARK") == self.token:
                    found.add(process.pid)
        return found

    def wait_for(self, condition):
        deadline = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill_the_first(self):
        assert self.first.poll() is None
        self.first.kill()
        self.first.wait()
        self.wait_for(lambda: not self.pids)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.first.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="promised on Linux")
def test_no_process_outlives_a_harness_that_is_killed(tmp_path):
    """Neither the one that forks, nor the solver, nor a daemon that the solver left behind."""
    forks = tmp_path / "forks"
    with Marked(HARNESS, str(forks)) as harness:
        harness.wait_for(lambda: forks.exists() and forks.read_text() == "..")
        harness.wait_for(lambda: len(harness.pids) == 4)
        harness.kill_the_first()


@pytest.mark.skipif(sys.platform != "linux", reason="promised on Linux")
def test_nor_one_that_is_still_importing(tmp_path):
    """Its imports never end here."""
    package = tmp_path / "xbarmip"
    package.mkdir()
    (package / "__init__.py").write_text(
        f"import pathlib, time; pathlib.Path({str(tmp_path / 'there')!r}).touch(); time.sleep(1000)"
    )
    with Marked(STARTER, link.__file__, serve.__name__, str(tmp_path)) as starter:
        starter.wait_for((tmp_path / "there").exists)
        assert len(starter.pids) == 2
        starter.kill_the_first()


def test_a_solver_from_a_script_goes_along_by_value(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "import xbarmip as xb\n"
        "from dataclasses import dataclass\n"
        "from xbarmip.solvers.exhaustive import Exhaustive\n"
        "@dataclass(frozen=True)\n"
        "class Mine:\n"
        "    name: str = 'mine'\n"
        "    def unsupported(self, problem): return ()\n"
        "    def solve(self, problem, watch): return Exhaustive().solve(problem, watch)\n"
        "print(xb.compare('mine.toml', [Mine()]).counts['AGREE'])\n"
    )
    (tmp_path / "mine.toml").write_text(
        'format = "xbarmip-suite"\nversion = 1\nname = "mine"\ndescription = "x"\n'
        '[[family]]\nname = "f"\nseed = 1\ncount = 2\nlayers = 2\nspare = 3\nsize = 8\n'
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"
