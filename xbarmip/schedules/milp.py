"""The solver `milp` of schedules: the Pyomo statement, solved by HiGHS (SPEC §13)."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from xbarmip.errors import InputError
from xbarmip.model.rows import LARGEST_NUMBER
from xbarmip.schedules.heuristics import Filling
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, answer, plan_cost
from xbarmip.schedules.statement import (
    MOST_CELLS,
    build_schedule_model,
    largest_number,
    read_plan,
    statement_size,
    too_large,
)
from xbarmip.solvers.answer import STOPS, whole_bound
from xbarmip.solvers.highs import End, HighsError, check_options, run_highs
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch
from xbarmip.solvers.result import Proof, Stop


@dataclass(frozen=True, slots=True)
class ScheduleMilp:
    """The statement handed to HiGHS; its choices rounded, what they cost computed anew.

    Attributes
    ----------
    threads, seed : int
        Of HiGHS.
    """

    name: ClassVar[str] = "milp"
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        check_options(self.threads, self.seed, start=False)

    def unsupported(self, schedule: Schedule) -> tuple[str, ...]:
        """What is too large to state."""
        if schedule.obstacle:
            return ()
        if statement_size(schedule) > MOST_CELLS:
            return (too_large(),)
        number = largest_number(schedule)
        told = f"a number of {number}, HiGHS tells units apart up to {LARGEST_NUMBER}"
        return (told,) * (number > LARGEST_NUMBER)

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Solve; a bound of HiGHS rests on floating-point numbers."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        known = Filling().solve(schedule, watch).plan or ()
        try:
            model = build_schedule_model(schedule, watch.check)
            run = run_highs(
                model, watch, Memory(watch.limits.memory_bytes), self.threads, self.seed
            )
        except HighsError as error:
            return answer(schedule, self.name, known, None, Stop.ERROR, message=str(error))
        except StoppedError as error:
            return answer(schedule, self.name, known, None, error.stop)
        except KeyboardInterrupt:
            return answer(schedule, self.name, known, None, Stop.INTERRUPTED)
        stop, message, bound, plan = STOPS[run.end], "", None, known
        if run.bound is not None and run.bound > 0:
            bound = whole_bound(run.bound)
        if run.values is not None:
            for variable, number in run.values.items():
                variable.set_value(number, skip_validation=True)
            try:
                plan = min(known, read_plan(model), key=lambda each: plan_cost(schedule, each))
            except InputError as error:
                stop, message = Stop.ERROR, f"HiGHS's choices, rounded: {error}"
        if run.end is End.INFEASIBLE:  # a unit alone always fits
            stop, message = Stop.ERROR, "HiGHS calls a schedule infeasible that is not"
        elif bound is not None and bound > plan_cost(schedule, plan):
            stop, message, bound = Stop.ERROR, f"HiGHS claims a bound of {bound}", None
        return answer(
            schedule, self.name, plan, bound, stop, Proof.NUMERICAL,
            statistics=run.statistics, options=asdict(self), message=message,
        )  # fmt: skip
