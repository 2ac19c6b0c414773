"""Going on with a results file: which of its rows answer tasks of a plan, and who does the rest."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from xbarmip.compare.claims import Claims
from xbarmip.compare.instance import Instance
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.journal import ROW, Journal, read_records
from xbarmip.compare.kinds import kept_layout
from xbarmip.compare.row import Row
from xbarmip.compare.task import Task
from xbarmip.cores.layout import check_layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.digest import stranger
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.problem import Problem
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import plan_cost, plan_of
from xbarmip.strict import located
from xbarmip.timing.evaluate import evaluate


def refusal(instance: Instance, row: Row) -> str:
    """Why a row of a results file is not taken for one of an instance; empty where it is.

    Its allocation is evaluated anew: no figure of a file that can be is taken at its word.
    """
    why, problem = stranger(row.digest, instance.digest), instance.problem
    if why or row.allocation is None:
        return why
    if not isinstance(problem, Problem):
        return _refused(problem, row)
    try:
        chosen = problem.allocation(row.allocation)
    except InputError as error:
        return f"does not fit: {error}"
    if row.defect:
        return ""
    if not problem.meets(chosen):
        return "has an allocation that is not allowed"
    value = evaluate(problem, chosen)
    said = f"says that its allocation takes {row.confirmed}, it takes {value}"
    return said if row.confirmed != value else ""


def _refused(problem: Schedule | Placement, row: Row) -> str:
    """The same of a schedule, or of a placement whose layout the row has."""
    if row.defect:
        return ""
    chosen = [*(row.allocation or {}).values()]
    try:
        if isinstance(problem, Schedule):
            value = plan_cost(problem, plan_of(problem, row.statistics.get("cuts", ()), chosen))
        else:
            layout = kept_layout(row.allocation or {}, row.statistics)
            check_layout(problem, layout)
            value = score(problem, layout).value
    except (UnsupportedError, InputError, LookupError, TypeError, ValueError) as error:
        return f"has no plan that is allowed: {error}"
    said = f"says that its plan takes {row.confirmed}, it takes {value}"
    return said if row.confirmed != value else ""


class Rest:
    """What is left of a plan, while others may be at it, too.

    Attributes
    ----------
    notes : list of str
        What was not taken from the file, and why, a line each.
    """

    def __init__(self, tasks: Sequence[Task], journal: Journal, claims: Claims) -> None:
        self._journal, self._claims = journal, claims
        self._left = {task.key: task for task in tasks}
        self._lines_seen = 0
        unknown = ((task.unknowable, task) for task in tasks)
        self.notes = list(dict.fromkeys(f"run anew: {why}" for why, _ in unknown if why))

    def found(self) -> list[Row]:
        """Rows of tasks that are left and that the file has now; these are left no longer."""
        rows: dict[str, Row] = {}
        for record in read_records(self._journal.path, self._lines_seen):
            self._lines_seen = record.number
            if record.kind != ROW or record.facts.get("task") not in self._left:
                continue
            with located(record.where):
                row = Row.from_dict(record.facts)
            why = refusal(self._left[row.task].instance, row)
            if why:
                self.notes.append(f"{row.instance}: row of {row.solver} {why}: run anew")
            if not why and row.outcome != Outcome.LOST:
                rows[row.task] = row
        for key in rows:
            del self._left[key]
        return list(rows.values())

    def tasks(self, adopt: Callable[[Row], None]) -> Iterator[Task | None]:
        """What is to be run, one by one, each claimed; None where all that is left is with others.

        Rows that others have made meanwhile go to `adopt`.
        """
        waiting = deque(self._left)
        while waiting:
            turns = len(waiting)
            for _ in range(turns):
                key = waiting.popleft()
                if key not in self._left:
                    continue
                if not self._claims.take(key):
                    waiting.append(key)
                    continue
                for row in self.found():
                    adopt(row)
                if key in self._left:
                    yield self._left.pop(key)
                else:
                    self._claims.give_back(key)
            if len(waiting) == turns:
                yield None

    def entered(self, row: Row) -> None:
        """A row is on the disk."""
        self._claims.give_back(row.task)
