"""The solvers of schedules by name, and the one door to them."""

from typing import Any, Protocol

from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, plan_facts
from xbarmip.solvers.asking import require_taken, timed
from xbarmip.solvers.check import confirm
from xbarmip.solvers.protocol import Progress, Watch
from xbarmip.solvers.registry import solver_of


class ScheduleSolver(Protocol):
    """A named way to cut a network: a frozen dataclass whose fields are its options."""

    @property
    def name(self) -> str:
        """Name on the command line and in results."""

    def unsupported(self, schedule: Schedule) -> tuple[str, ...]:
        """Reasons why it cannot take the schedule, naming what it cannot honour."""

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Solve; ends early when the watch expires or on KeyboardInterrupt."""


SCHEDULE_SOLVERS: dict[str, str] = {  # where each is found when it is first wanted
    "dp": "xbarmip.schedules.exact:ScheduleSearch",
    "milp": "xbarmip.schedules.milp:ScheduleMilp",
    "exhaustive": "xbarmip.schedules.exhaustive:ScheduleExhaustive",
    "filling": "xbarmip.schedules.heuristics:Filling",
    "even": "xbarmip.schedules.heuristics:EvenCuts",
    "genetic": "xbarmip.schedules.genetic:GeneticCuts",
}
SCHEDULE_EXACT = ("dp", "milp", "exhaustive")


def make_schedule_solver(name: str, /, **options: Any) -> ScheduleSolver:
    """The solver called `name` with its options set.

    Raises
    ------
    InputError
        On an unknown solver or option.
    """
    solver: ScheduleSolver = solver_of(SCHEDULE_SOLVERS, "solver of a schedule", name, options)
    return solver


def schedule(
    what: Schedule,
    solver: str = "dp",
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> ScheduleResult:
    """Cut a network into segments that are written and run one after another (SPEC §13).

    Parameters
    ----------
    what : Schedule
    solver : str
        A name of `SCHEDULE_SOLVERS`.
    time_limit : float, optional
        Wall-clock seconds.
    memory_limit : int, optional
        Bytes of working memory of one search.
    progress : callable, optional
        Called with a dict of facts (best, bound, segments proven) while the search runs.
    **options
        The solver's own options.

    Returns
    -------
    ScheduleResult

    Raises
    ------
    InputError
        On an unknown solver or option, or a bad limit.
    UnsupportedError
        When the solver cannot honour the schedule; the message says what.
    VerificationError
        When the plan does not survive being evaluated anew.
    """
    chosen = make_schedule_solver(solver, **options)
    require_taken(chosen.name, chosen.unsupported(what))

    def answer(watch: Watch) -> ScheduleResult:
        result = chosen.solve(what, watch)
        confirm(what, chosen.name, result, plan_facts)
        return result

    result: ScheduleResult = timed(answer, time_limit, memory_limit, progress)
    return result
