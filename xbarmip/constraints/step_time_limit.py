"""A limit of the step time."""

from dataclasses import dataclass, replace
from math import floor
from typing import Any, ClassVar

from xbarmip.constraint import Constraint
from xbarmip.constraints.parameters import as_amount
from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.timing.step_limit import step_limit
from xbarmip.timing.step_time import ticks_of


@dataclass(frozen=True, slots=True)
class StepTimeLimit:
    """No layer takes longer than a given time to move the data of one step.

        T_A_l <= most_us    for every layer

    Linear where the hardware's rules are (`xbarmip.timing.step_limit` has the argument), otherwise
    a predicate over a layer and its producers. Needs hardware that says how long a step lasts.

    Source: the data access time of W. Li, Y. Han, X. Chen, ACM TODAES 29(1) 21, 2023; SPEC §6.

    Attributes
    ----------
    most_us : number
        In microseconds.
    """

    most_us: Any
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        as_amount(self.most_us, "step-time-limit: most_us")

    def on(self, problem: Problem) -> tuple[Constraint, ...]:
        """One for each layer that some allocation within the budget makes take longer."""
        if problem.hardware is None:
            raise InputError("step-time-limit needs hardware, got none")
        problem.hardware.require_step_time()
        free = replace(problem, constraints=())
        most = floor(as_amount(self.most_us, "step-time-limit") / (10**6 * ticks_of(free).tick))
        return tuple(replace(one, name="step-time-limit") for one in step_limit(free, most))
