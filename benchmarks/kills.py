"""Kill a comparison at random moments, resume it, and see that nothing is lost or doubled.

    python benchmarks/kills.py [--kills 50] [--seed 1] [--suite ladder] [--output DIR]

The harness is ended by SIGKILL, its whole life through: while it starts, plans, runs and writes.
When a round of kills has come to its end the run is resumed to the end, and its rows are held
against those of a run that nobody disturbed. Also counted: lines that a kill cut off, and kills
that some process outlived. Every process of a run is known by a mark in its environment, whoever is
its parent by then. Those that are left die by the kernel's word, at once; a loaded machine may take
a while to get round to it, so they count after a minute.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from xbarmip.compare.journal import read_rows
from xbarmip.compare.row import Row

ROUND = 10  # kills between two looks at the whole file
PATIENCE = 60  # seconds
MARK = "XBARMIP_KILLS"


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Kill, resume, compare; the counts."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--suite", default="ladder")
    parser.add_argument("--solvers", default="dp,milp,exhaustive")
    parser.add_argument("--output", type=Path, help="folder for kills.json")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        counts = _kill_and_resume(chosen, Path(folder))
    print(json.dumps(counts))
    if chosen.output is not None:
        chosen.output.mkdir(parents=True, exist_ok=True)
        (chosen.output / "kills.json").write_text(json.dumps(counts, indent=2) + "\n")
    return counts


def _kill_and_resume(chosen: Namespace, folder: Path) -> dict[str, Any]:
    random = Random(chosen.seed)
    _command(chosen, folder / "calm").wait()  # machine code is compiled by now
    began = time.monotonic()
    _command(chosen, folder / "again").wait()
    whole = time.monotonic() - began
    expected = {_place(row): _answer(row) for row in read_rows(_file(chosen, folder / "calm"))}
    counts = Counter(kills=0, finished_before_the_kill=0)
    disturbed = folder / "disturbed"
    while counts["kills"] < chosen.kills:
        process = _command(chosen, disturbed)
        time.sleep(random.uniform(0, min(whole, 3 + 3 * whole / ROUND)))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        counts["kills"] += process.returncode == -signal.SIGKILL
        counts["finished_before_the_kill"] += process.returncode == 0
        counts["outlived"] += _outlived(str(disturbed))
        if process.returncode == 0 or counts["kills"] % ROUND == 0:
            _hold_against(expected, chosen, disturbed, counts)
            print(f"{counts['kills']} kills", file=sys.stderr, flush=True)
    _hold_against(expected, chosen, disturbed, counts)
    return {"suite": chosen.suite, "rows": len(expected), "seed": chosen.seed, **counts}


def _outlived(mark: str) -> bool:
    """Whether any process of a run is left, after all patience."""
    deadline = time.monotonic() + PATIENCE
    while left := _marked(mark):
        if time.monotonic() > deadline:
            print(*left, file=sys.stderr)
            return True
        time.sleep(0.05)
    return False


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _hold_against(
    expected: dict[Any, Any], chosen: Namespace, folder: Path, counts: Counter[str]
) -> None:
    """Resume to the end, count what is lost, doubled or different, and begin anew."""
    _command(chosen, folder).wait()
    path = _file(chosen, folder)
    rows = read_rows(path)
    found = {_place(row): _answer(row) for row in rows}
    counts["rounds"] += 1
    counts["lost"] += len(expected.keys() - found.keys())
    counts["doubled"] += len(rows) - len(found)
    counts["different"] += sum(found[place] != expected[place] for place in found)
    for line in path.read_bytes().split(b"\n"):
        counts["cut_off_lines"] += bool(line) and not line.endswith(b"}")
    shutil.rmtree(folder)


def _command(chosen: Namespace, folder: Path) -> subprocess.Popen[bytes]:
    what = ("compare", chosen.suite, "--solvers", chosen.solvers)
    how = ("--jobs", "2", "--resume", "--output", str(folder))
    return subprocess.Popen(
        [sys.executable, "-m", "xbarmip", *what, *how],
        stdout=subprocess.DEVNULL,
        env={**os.environ, MARK: str(folder)},
    )


def _file(chosen: Namespace, folder: Path) -> Path:
    return folder / f"{chosen.suite}.jsonl"


def _place(row: Row) -> tuple[str, str]:
    return row.instance, row.solver


def _answer(row: Row) -> tuple[Any, ...]:
    return row.outcome, row.status, row.value, row.bound, row.confirmed, row.allocation


if __name__ == "__main__":
    counts = main()
    sys.exit(any(counts.get(bad) for bad in ("lost", "doubled", "different", "outlived")))
