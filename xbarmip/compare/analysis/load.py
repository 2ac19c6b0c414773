"""Reading results files, and merging those of several runs."""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.compare.comparison import Comparison, latest
from xbarmip.compare.execute.ending import Outcome
from xbarmip.compare.instance import InstanceFacts
from xbarmip.compare.journal import read_records
from xbarmip.compare.row import Row
from xbarmip.errors import InputError
from xbarmip.strict import known_keys, located

_RUN_KEYS = (
    "run", "suite", "description", "started", "solvers", "seeds", "limits", "code", "machine",
    "instances",
)  # fmt: skip


def load(paths: Sequence[str | PathLike[str]]) -> tuple[Comparison, ...]:
    """The results of all runs in some files, suite by suite.

    Of rows for the same instance, solver and seed the one that finished last counts; a row that was
    lost counts where there is no other.

    Raises
    ------
    InputError
        If a file cannot be read, holds no run, or holds what no results file holds.
    """
    runs: list[dict[str, Any]] = []
    rows: dict[str, list[Row]] = {}
    for path in paths:
        found = False
        for record in read_records(path):
            kind = record.pop("record", None)
            with located(str(path)):
                if kind == "run":
                    runs.append(dict(known_keys(record, _RUN_KEYS)))
                    found = True
                elif kind == "row":
                    row = Row.from_dict(record)
                    rows.setdefault(row.suite, []).append(row)
        if not found:
            raise InputError(f"{path}: is no results file: it holds no run")
    runs.sort(key=lambda run: run["started"])
    suites = dict.fromkeys(run["suite"] for run in runs)
    return tuple(
        _suite([run for run in runs if run["suite"] == suite], rows.get(suite, ()))
        for suite in suites
    )


def _suite(runs: Sequence[dict[str, Any]], rows: Iterable[Row]) -> Comparison:
    instances = {
        facts.name: facts
        for run in runs
        for facts in map(InstanceFacts.from_dict, run["instances"])
    }
    places = {name: place for place, name in enumerate(instances)}
    solvers = {name: place for place, name in enumerate(_solvers(runs))}
    kept = sorted(
        latest(sorted(rows, key=lambda row: row.finished)),
        key=lambda row: (places[row.instance], solvers[row.solver], row.seed or 0),
    )
    facts = {key: value for key, value in runs[-1].items() if key != "instances"}
    return Comparison(
        runs[-1]["suite"],
        runs[-1]["description"],
        tuple(instances.values()),
        {**facts, "runs": [run["run"] for run in runs]},
        tuple(kept),
        _complete(runs, kept),
    )


def _solvers(runs: Sequence[dict[str, Any]]) -> dict[str, None]:
    return dict.fromkeys(name for run in runs for name in run["solvers"])


def _complete(runs: Sequence[dict[str, Any]], rows: Sequence[Row]) -> bool:
    """Whether every solver of every run has a row, not a lost one, for each instance of its run."""
    done = {(row.instance, row.solver) for row in rows if row.outcome != Outcome.LOST}
    return all(
        (instance["name"], solver) in done
        for run in runs
        for instance in run["instances"]
        for solver in run["solvers"]
    )


def merge(paths: Sequence[str | PathLike[str]]) -> bytes:
    """The records of several results files as those of one, each once, runs before their rows.

    Raises
    ------
    InputError
        As `load`.
    """
    load(paths)
    lines: dict[bytes, None] = {}
    for path in paths:
        lines |= dict.fromkeys(line for line in Path(path).read_bytes().split(b"\n") if whole(line))
    return b"".join(line + b"\n" for line in lines)


def whole(line: bytes) -> bool:
    """Whether a line is a record: not empty, and not cut off by a kill."""
    return line.startswith(b"{") and line.endswith(b"}")
