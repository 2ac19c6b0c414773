"""Running solvers over a suite."""

import os
import platform
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.instance import Instance, Suite
from xbarmip.compare.journal import Journal
from xbarmip.compare.report import markdown
from xbarmip.compare.row import Recorder, Row, plain
from xbarmip.compare.suite import read_suite
from xbarmip.compare.verdict import Verdict, judge
from xbarmip.errors import InputError
from xbarmip.solvers.protocol import Limits, Progress, Solver, Watch
from xbarmip.solvers.registry import EXACT, make_solver
from xbarmip.solvers.result import Stop

Observer = Callable[[Row | Verdict], None]


def compare(
    suite: Suite | str | PathLike[str],
    solvers: Sequence[str | Solver] = EXACT,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    output: str | PathLike[str] | None = None,
    observe: Observer | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run every solver on every instance of a suite, check every answer, and judge.

    A solver that raises is recorded as an error and the run goes on; one that refuses is recorded
    with its reasons. On Ctrl-C the run ends and what is done is returned.

    Parameters
    ----------
    suite : Suite, str or path
        A suite, the name of a shipped one ("ladder", "published", "onnx", "random"), or a path that
        ends in .toml.
    solvers : sequence of str or Solver
        Names or solver objects, each name once.
    time_limit : float, optional
        Wall-clock seconds for each solver on each instance.
    memory_limit : int, optional
        Bytes of working memory of each search.
    output : str or path, optional
        Folder for the results: `<suite>.jsonl`, appended to as rows finish (see
        `xbarmip.compare.journal`), and `<suite>.md`, a summary, written at the end.
    observe : callable, optional
        Called with every `Row` and every `Verdict` as it is made.
    progress : callable, optional
        Called with a dict of facts (instance, solver, seconds, best, bound, ...) during a search.

    Returns
    -------
    Comparison
        `.rows`, `.verdicts`, `.agreed`, `.errors`, `.as_dict()`.

    Raises
    ------
    InputError
        On a bad suite, an unknown solver, a bad limit, or a folder that cannot be written: before
        anything is run.
    """
    chosen = suite if isinstance(suite, Suite) else read_suite(suite)
    runners, limits = _runners(solvers), Limits(time_limit, memory_limit)
    facts = _facts(chosen, runners, limits)
    journal = None
    if output is not None:
        journal = Journal.open(Path(output), chosen.name, facts["run"])
        journal.write("run", facts)
    rows: list[Row] = []
    verdicts: list[Verdict] = []
    bench, complete = _Bench(Recorder(facts["run"], chosen.name), limits, progress), True
    try:
        for made in bench.run(chosen, runners):
            if isinstance(made, Row):
                rows.append(made)
            else:
                verdicts.append(made)
            if journal is not None:
                journal.write("row" if isinstance(made, Row) else "verdict", made.as_dict())
            if observe is not None:
                observe(made)
    except KeyboardInterrupt:
        complete = False
    path = None if journal is None else journal.path
    comparison = Comparison(chosen, facts, tuple(rows), tuple(verdicts), complete, path)
    if journal is not None:
        journal.summarise(markdown(comparison))
    return comparison


@dataclass(frozen=True, slots=True)
class _Bench:
    """Runs solvers one after another and records what they do."""

    recorder: Recorder
    limits: Limits
    progress: Progress | None

    def run(self, suite: Suite, solvers: Sequence[Solver]) -> Iterator[Row | Verdict]:
        """Every row as it is made, and after the rows of an instance its verdict.

        Raises
        ------
        KeyboardInterrupt
            When a solver was interrupted, after its row.
        """
        for instance in suite.instances:
            rows = []
            for solver in solvers:
                row = self._run(instance, solver)
                rows.append(row)
                yield row
                if row.stop == Stop.INTERRUPTED:
                    raise KeyboardInterrupt
            yield judge(instance, rows)

    def _run(self, instance: Instance, solver: Solver) -> Row:
        watch = Watch(self.limits)
        try:
            reasons = solver.unsupported(instance.problem)
            if reasons:
                return self.recorder.refused(instance, solver.name, reasons)
            watch = Watch(self.limits, self._teller(instance, solver))
            answer = solver.solve(instance.problem, watch)
        except Exception as error:  # whatever a solver does, the others are to run
            return self.recorder.failed(instance, solver.name, error, watch.seconds)
        return self.recorder.answered(instance, solver.name, answer, watch.seconds)

    def _teller(self, instance: Instance, solver: Solver) -> Progress | None:
        progress = self.progress
        if progress is None:
            return None
        return lambda facts: progress({"instance": instance.name, "solver": solver.name, **facts})


def _runners(solvers: Sequence[str | Solver]) -> tuple[Solver, ...]:
    if isinstance(solvers, str) or not solvers:
        raise InputError(f"solvers must be a sequence of at least one solver, got {solvers!r}")
    runners = tuple(make_solver(one) if isinstance(one, str) else one for one in solvers)
    names = [runner.name for runner in runners]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"solver {name!r} is listed {names.count(name)} times")
    return runners


def _facts(suite: Suite, solvers: Sequence[Solver], limits: Limits) -> dict[str, Any]:
    """What a reader of the results must know about the run."""
    started = datetime.now(UTC)
    return {
        "run": f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
        "suite": suite.name,
        "started": started.isoformat(timespec="seconds"),
        "instances": len(suite.instances),
        "solvers": {solver.name: _options(solver) for solver in solvers},
        "time_limit": limits.seconds,
        "memory_limit": limits.memory_bytes,
        "xbarmip": version("xbarmip"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
    }


def _options(solver: Solver) -> dict[str, Any]:
    return plain(asdict(solver)) if is_dataclass(solver) else {}
