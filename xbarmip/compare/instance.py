"""An instance: a problem, and what is known about its optimum from elsewhere."""

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.problem import Problem

OBJECTIVE_LABELS = ("cycles", "steps/pipeline", "steps/published")
INFEASIBLE = "infeasible"


def objective_label(problem: Problem) -> str:
    """Objective and rule in one word: one of `OBJECTIVE_LABELS`."""
    return problem.objective if problem.rule is None else f"{problem.objective}/{problem.rule}"


def problem_for(
    network: Network, crossbars: int, size: int | tuple[int, int], label: str
) -> Problem:
    """The problem whose objective is called `label`."""
    objective, _, rule = label.partition("/")
    return Problem(network, crossbars, size, objective, rule or None)


def smallest_budget(network: Network, size: int | tuple[int, int]) -> int:
    """Crossbars of `size` that one copy of every layer takes."""
    return Problem(network, 1, size).smallest_budget


@dataclass(frozen=True, slots=True)
class Instance:
    """One problem of a suite.

    Attributes
    ----------
    name : str
        Unique in its suite and stable: case/budget/objective.
    problem : Problem
    optimum : int or "infeasible", optional
        What the suite states about it, worked out by hand or proven elsewhere; every answer is held
        against it.
    published : int or Decimal, optional
        A value from the literature, in steps: shown beside the answers, never held against them.
    note : str
        Where the figures come from.
    """

    name: str
    problem: Problem
    optimum: int | str | None = None
    published: int | Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """Instances that are run together.

    Raises
    ------
    InputError
        If there are none, two have the same name, or the suite's name could be no file name.
    """

    name: str
    description: str
    instances: tuple[Instance, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            raise InputError(
                f"suite name must be letters, digits, '_', '-' and '.', got {self.name!r}"
            )
        if not self.instances:
            raise InputError(f"suite {self.name!r} has no instances")
        counts = Counter(instance.name for instance in self.instances)
        for name, count in counts.items():
            if count > 1:
                raise InputError(
                    f"suite {self.name!r}: {count} instances are called {name!r}; "
                    "give the cases different names"
                )
