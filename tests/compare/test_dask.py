"""Dask as the engine: a real scheduler and real workers on this machine, one of them killed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import ROOT
from tests.compare.test_run import make_suite, same
from xbarmip.cli.main import main
from xbarmip.compare.dask import dask_executor
from xbarmip.compare.journal import read_rows
from xbarmip.compare.run import compare
from xbarmip.errors import InputError
from xbarmip.solvers.exhaustive import Exhaustive

pytestmark = pytest.mark.long

PATIENCE = 120


@dataclass(frozen=True)
class Slow:
    """Exhaustive search that kills its worker the first time, once `fuse` is there."""

    fuse: str = ""
    name: str = "slow"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        fuse = Path(self.fuse)
        if self.fuse and not fuse.exists():
            fuse.touch()
            worker = int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(os.getppid())]))
            os.kill(worker, signal.SIGKILL)
            time.sleep(1000)
        time.sleep(0.05)
        return replace(Exhaustive().solve(problem, watch), options={})


def dask(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def worker(address):
    options = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--death-timeout", "60")
    return dask("dask_worker", address, *options)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler with two workers, of which one test kills one, and their processes."""
    told = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    scheduler = dask("dask_scheduler", *options, "--scheduler-file", str(told))
    deadline = time.monotonic() + PATIENCE
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.1)

    address = json.loads(told.read_text())["address"]
    workers = [worker(address) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.around
def test_a_run_on_a_cluster_is_the_run_on_one_machine_though_a_worker_is_killed(cluster, tmp_path):
    address, workers = cluster
    suite = make_suite(12)
    here = compare(suite, [Slow(), "exhaustive"], jobs=2)
    fuse = str(tmp_path / "fuse")
    with dask_executor(address) as executor:
        there = compare(
            suite, [Slow(fuse), "exhaustive"], output=tmp_path / "there", executor=executor
        )
    assert [process.poll() for process in workers].count(-signal.SIGKILL) == 1
    assert there.complete
    assert len(there.rows) == len(read_rows(there.output)) == 24

    def alike(row):
        return replace(same(row), task="", options={})

    assert [alike(row) for row in there.rows] == [alike(row) for row in here.rows]
    assert there.verdicts == here.verdicts


@pytest.mark.around
def test_the_command_line_reaches_a_scheduler(cluster, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address, _ = cluster
    arguments = ("compare", "first", "--solvers", "exhaustive", "--output", "there")
    assert main([*arguments, "--scheduler", address]) == 0
    assert "8 AGREE" in capsys.readouterr().out
    assert len(read_rows("there/first.jsonl")) == 8


def test_a_scheduler_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(sys.modules[dask_executor.__wrapped__.__module__], "_CONNECT_SECONDS", 1)
    with (
        pytest.raises(InputError, match=r"scheduler 'tcp://127.0.0.1:9': cannot be reached"),
        dask_executor("tcp://127.0.0.1:9"),
    ):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="extra `dask`"), dask_executor("tcp://127.0.0.1:9"):
        pass
