"""Reading results files, and merging those of several runs.

A row is held against the instance of its own run, or against that of another run whose problem has
the same digest. Rows of other problems are left out of the comparison, each by name: rows made
before a suite was edited say nothing of the problem that it states now. So are rows without a
digest that are not of the run that states the instance: of which problem they are cannot be known.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from xbarmip.compare.comparison import Comparison, latest
from xbarmip.compare.instance import InstanceFacts
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.journal import RUN, read_records
from xbarmip.compare.row import Row
from xbarmip.compare.typed import (
    CODE,
    LIMITS,
    NAME,
    anything,
    extended,
    integer,
    listed,
    mapped,
    optional,
    table,
    text,
)
from xbarmip.digest import stranger
from xbarmip.errors import InputError
from xbarmip.strict import located

_VERSIONS = ("xbarmip", "commit", "python", "numpy", "numba", "highspy")
_MACHINE = {
    **dict.fromkeys(("system", "processor"), text),
    "processors": optional(integer(1)),
    "memory_bytes": integer(0),
}


def _code(value: Any, what: str) -> Any:
    return CODE(extended(dict.fromkeys(_VERSIONS, anything))(value, what), what)


def _instances(value: Any, what: str) -> tuple[InstanceFacts, ...]:
    made = tuple(map(InstanceFacts.from_dict, listed(anything)(value, what)))
    names = [each.name for each in made]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{what}: {names.count(name)} are called {name!r}")
    return made


_RUN = table(
    {
        **dict.fromkeys(("run", "suite"), NAME),
        **dict.fromkeys(("description", "started"), text),
        "solvers": mapped(mapped(anything)),
        "seeds": listed(integer(0)),
        "limits": LIMITS,
        "code": _code,
        "machine": extended(_MACHINE),
        "instances": _instances,
    }
)


class _Placed(NamedTuple):
    """A row, and where it stands."""

    row: Row
    where: str


def load(paths: Sequence[str | PathLike[str]]) -> tuple[Comparison, ...]:
    """The results of all runs in some files, suite by suite.

    Of rows for the same instance, solver and seed the one that finished last counts; a row that was
    lost counts where there is no other.

    Raises
    ------
    InputError
        If a file cannot be read, holds no run, or holds what no results file holds: the message
        names the line, the field and its value.
    """
    runs: list[dict[str, Any]] = []
    rows: dict[str, list[_Placed]] = {}
    for path in paths:
        found = False
        for record in read_records(path):
            with located(record.where):
                if record.kind == RUN:
                    runs.append(_RUN(record.facts, ""))
                    found = True
                else:
                    row = Row.from_dict(record.facts)
                    rows.setdefault(row.suite, []).append(_Placed(row, record.where))
        if not found:
            raise InputError(f"{path}: is not a results file: it holds no run")
    runs.sort(key=lambda run: run["started"])
    suites = dict.fromkeys(run["suite"] for run in runs)
    _require_runs(suites, rows)
    return tuple(
        _suite([run for run in runs if run["suite"] == suite], rows.get(suite, ()))
        for suite in suites
    )


def _require_runs(suites: dict[str, None], rows: dict[str, list[_Placed]]) -> None:
    for suite, placed in rows.items():
        if suite not in suites:
            raise InputError(f"{placed[0].where}: no run is of its suite, {suite!r}")


def _suite(runs: Sequence[dict[str, Any]], placed: Sequence[_Placed]) -> Comparison:
    stated = {facts.name: (facts, run["run"]) for run in runs for facts in run["instances"]}
    places = {name: place for place, name in enumerate(stated)}
    solvers = {name: place for place, name in enumerate(_solvers(runs))}
    mine: list[Row] = []
    others: list[tuple[Row, str]] = []
    for row, where in placed:
        for known, name in ((places, row.instance), (solvers, row.solver)):
            if name not in known:
                raise InputError(f"{where}: no run of suite {row.suite!r} names {name!r}")
        why = _stranger(row, *stated[row.instance])
        if why:
            others.append((row, why))
        else:
            mine.append(row)
    kept = sorted(
        latest(sorted(mine, key=lambda row: row.finished)),
        key=lambda row: (places[row.instance], solvers[row.solver], row.seed or 0),
    )
    return Comparison(
        runs[-1]["suite"],
        runs[-1]["description"],
        tuple(facts for facts, _ in stated.values()),
        {
            **{key: value for key, value in runs[-1].items() if key != "instances"},
            "runs": [run["run"] for run in runs],
        },
        tuple(kept),
        _complete(runs, kept),
        strangers=_named(others, kept),
    )


def _stranger(row: Row, facts: InstanceFacts, run: str) -> str:
    """Why a row is not about the instance that a run states; empty where it is."""
    same = row.run == run and row.digest == facts.digest
    return "" if same else stranger(row.digest, facts.digest)


def _named(others: Sequence[tuple[Row, str]], kept: Sequence[Row]) -> tuple[str, ...]:
    """Rows that were left out, each once; none where a row of the right problem has replaced it."""
    replaced = {(row.instance, row.solver, row.seed) for row in kept}
    return tuple(
        dict.fromkeys(
            f"{row.instance}: row of {row.solver} {why}"
            for row, why in others
            if (row.instance, row.solver, row.seed) not in replaced
        )
    )


def _solvers(runs: Sequence[dict[str, Any]]) -> dict[str, None]:
    return dict.fromkeys(name for run in runs for name in run["solvers"])


def _complete(runs: Sequence[dict[str, Any]], rows: Sequence[Row]) -> bool:
    """Whether every solver of every run has a row, not a lost one, for each instance of its run."""
    done = {(row.instance, row.solver) for row in rows if row.outcome != Outcome.LOST}
    return all(
        (instance.name, solver) in done
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
    lines = dict.fromkeys(record.line for path in paths for record in read_records(path))
    return "".join(f"{line}\n" for line in lines).encode()
