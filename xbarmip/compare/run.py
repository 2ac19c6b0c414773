"""Running solvers over a suite."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from xbarmip.compare.claims import Claims
from xbarmip.compare.comparison import Comparison, latest
from xbarmip.compare.instance import Suite
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.isolation.processes import require_processes
from xbarmip.compare.journal import Journal
from xbarmip.compare.plan import Plan
from xbarmip.compare.pool import LocalPool, run_tasks
from xbarmip.compare.report.summary import markdown
from xbarmip.compare.resume import Rest
from xbarmip.compare.row import Row
from xbarmip.compare.suite import read_suite
from xbarmip.compare.task import Task
from xbarmip.compare.verdict import Verdict, judge
from xbarmip.errors import InputError
from xbarmip.solvers.protocol import Progress, Solver

Observer = Callable[[Row | Verdict], None]


def compare(
    suite: Suite | str | PathLike[str],
    solvers: Sequence[str | Solver] | None = None,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    output: str | PathLike[str] | None = None,
    *,
    resume: bool = False,
    certify: bool = False,
    seeds: Sequence[int] = (),
    jobs: int = 1,
    executor: Executor | None = None,
    allowance: Allowance | None = None,
    observe: Observer | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run every solver on every instance of a suite, check every answer, and judge.

    Each run has a process of its own. A solver that raises, crashes, hangs or outgrows its memory
    is recorded as what it did and the rest goes on; one that refuses is recorded with its reasons.
    On Ctrl-C what is running is ended and what is done is returned.

    Parameters
    ----------
    suite : Suite, str or path
        A suite, the name of a shipped one (see `list_suites`), or a path that ends in .toml.
    solvers : sequence of str or Solver, optional
        Names or solver objects, each name once; by default those that prove what they claim. Each
        is run on the instances of its kind: allocations, schedules or placements.
    time_limit : float, optional
        Wall-clock seconds for each solver on each instance.
    memory_limit : int, optional
        Bytes of working memory of each search.
    output : str or path, optional
        Folder for the results: `<suite>.jsonl`, appended to as rows finish (see
        `xbarmip.compare.journal`), and `<suite>.md`, a summary, written at the end.
    resume : bool
        Run only what the results file does not hold yet: no row with the same task key, which
        covers problem, solver, options, seed, limits and the package's sources.
    certify : bool
        Have every OPTIMAL and INFEASIBLE certified: a certificate is written and the checker runs
        on it, in processes of their own and within the limits of a solver. `Row.certificate` says
        what came of it.
    seeds : sequence of int
        Each solver that has an option `seed` is run once with each.
    jobs : int
        Runs at a time, on this machine.
    executor : concurrent.futures.Executor, optional
        Where to run instead; its workers need this package. It is not shut down.
    allowance : Allowance, optional
        All limits at once, the grace beyond them and the threads included, instead of `time_limit`
        and `memory_limit`.
    observe : callable, optional
        Called with every `Row` as it is made, and with the `Verdict` of an instance after its last.
    progress : callable, optional
        Called with a dict of facts (done, rows, instance, solver, seconds, best, bound, ...) while
        searches run on this machine, and after each row. Not always from the same thread.

    Returns
    -------
    Comparison
        `.rows`, `.verdicts`, `.agreed`, `.errors`, `.as_dict()`.

    Raises
    ------
    InputError
        On a bad suite, an unknown solver, a bad limit, or a folder that cannot be written: before
        anything is run.
    UnsupportedError
        If the system cannot run a solver in a process of its own, or lock the results file.
    """
    if executor is None:
        require_processes()
    chosen = suite if isinstance(suite, Suite) else read_suite(suite)
    limits = allowance or Allowance(time_limit, memory_limit)
    plan = Plan(chosen, solvers, seeds, limits, certify)
    if allowance is not None and (time_limit, memory_limit) != (None, None):
        raise InputError("takes either an allowance or single limits, got both")
    if resume and output is None:
        raise InputError("resume needs an output: the results file to continue")
    journal = None if output is None else Journal.open(Path(output), chosen.name, plan.run)
    ledger = _Ledger(plan, journal, observe)
    try:
        with _rest(plan, journal if resume else None) as rest:
            _run(plan, ledger, rest, executor, jobs, progress)
    except KeyboardInterrupt:
        pass
    comparison = ledger.comparison()
    if journal is not None:
        journal.summarise(markdown(comparison))
    return comparison


@contextmanager
def _rest(plan: Plan, journal: Journal | None) -> Iterator[Rest | None]:
    """What is left of a plan that goes on with a results file."""
    if journal is None:
        yield None
        return
    with Claims(journal.path) as claims:
        yield Rest(plan.tasks, journal, claims)


def _run(
    plan: Plan,
    ledger: "_Ledger",
    rest: Rest | None,
    executor: Executor | None,
    jobs: int,
    progress: Progress | None,
) -> None:
    """Run what no row of the results file answers."""
    if rest is not None:
        ledger.resume(rest)
    ledger.begin()
    counter = _Counter(progress, ledger.rows, len(plan.tasks))

    def adopt(row: Row) -> None:
        ledger.take(row)
        counter.count(row)

    tasks = iter(plan.tasks) if rest is None else rest.tasks(adopt)
    at_once = None if executor is not None else jobs
    with _engine(executor, jobs, counter if progress else None) as engine:
        for row in run_tasks(tasks, engine, at_once):
            ledger.enter(row)
            counter.count(row)
            if rest is not None:
                rest.entered(row)


@contextmanager
def _engine(executor: Executor | None, jobs: int, tell: Progress | None) -> Iterator[Executor]:
    """The executor that was given, or one of this machine, ended with the block."""
    if executor is not None:
        yield executor
        return
    pool = LocalPool(jobs, tell)
    try:
        yield pool
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Ledger:
    """Enters rows as they come, and judges an instance when all of its rows are there."""

    def __init__(self, plan: Plan, journal: Journal | None, observe: Observer | None) -> None:
        self._plan, self._journal, self._observe = plan, journal, observe
        self._rows: dict[str, Row] = {}
        self._notes: list[str] = []
        self._facts = {instance.name: instance.facts for instance in plan.suite.instances}
        self._of: dict[str, list[Task]] = {}
        for task in plan.tasks:
            self._of.setdefault(task.instance.name, []).append(task)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self._rows)

    def begin(self) -> None:
        """Write down what is going to be run."""
        if self._journal is not None:
            self._journal.write("run", self._plan.facts)

    def resume(self, rest: Rest) -> None:
        """Take what the results file holds, without a word, and what is to be said of the rest."""
        self._rows = {row.task: row for row in rest.found()}
        self._notes = rest.notes

    def enter(self, row: Row) -> None:
        """Write a row down and show it."""
        if self._journal is not None:
            self._journal.write("row", row.as_dict())
        self.take(row)

    def take(self, row: Row) -> None:
        """Show a row that is written down."""
        self._rows[row.task] = row
        if self._observe is None:
            return
        self._observe(row)
        rows = [self._rows.get(task.key) for task in self._of[row.instance]]
        made = [each for each in rows if each is not None]
        if len(made) == len(rows):
            self._observe(judge(self._facts[row.instance], made))

    def comparison(self) -> Comparison:
        """Everything that was entered, in the order of the plan."""
        plan = self._plan
        rows = [self._rows[task.key] for task in plan.tasks if task.key in self._rows]
        return Comparison(
            plan.suite.name,
            plan.suite.description,
            tuple(self._facts.values()),
            plan.facts,
            latest(rows),
            len(rows) == len(plan.tasks),
            None if self._journal is None else self._journal.path,
            tuple(self._notes),
        )


class _Counter:
    """Adds to the facts of a search how many rows there are of how many."""

    def __init__(self, progress: Progress | None, done: int, of: int) -> None:
        self._progress, self._done, self._of = progress, done, of

    def __call__(self, facts: dict[str, object]) -> None:
        if self._progress is not None:
            self._progress({"done": self._done, "rows": self._of, **facts})

    def count(self, row: Row) -> None:
        """One row more."""
        self._done += 1
        self({"instance": row.instance, "solver": row.solver, "seconds": row.seconds})
