"""An instance: a problem, and what is known about its optimum from elsewhere."""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from xbarmip.compare.kinds import Question, kind_of
from xbarmip.compare.typed import NAME, SIZE, integer, listed, optional, table, text
from xbarmip.errors import InputError
from xbarmip.exact import as_positive_rational
from xbarmip.hardware.preset import Hardware
from xbarmip.measures.registry import labelled, objective_and_rule
from xbarmip.network.graph import Network
from xbarmip.problem import Problem
from xbarmip.strict import short

INFEASIBLE = "infeasible"


def objective_label(problem: Question) -> str:
    """Objective and rule in one word, of `objective_labels`."""
    return labelled(problem.objective, problem.rule)


def problem_for(
    network: Network,
    crossbars: int,
    size: int | tuple[int, int] | None,
    label: str,
    hardware: Hardware | None = None,
    constraints: tuple[Any, ...] = (),
) -> Problem:
    """The problem whose objective is called `label`; constraints as `Problem` takes them."""
    return Problem(network, crossbars, size, *objective_and_rule(label), constraints, hardware)


def smallest_budget(
    network: Network, size: int | tuple[int, int] | None, hardware: Hardware | None = None
) -> int:
    """Crossbars of `size`, or else the hardware's, that one copy of every layer takes."""
    return Problem(network, 1, size, hardware=hardware).smallest_budget


@dataclass(frozen=True, slots=True)
class Instance:
    """One problem of a suite.

    Attributes
    ----------
    name : str
        Unique in its suite and stable: case/budget/objective.
    problem : Problem, Schedule or Placement
    optimum : int or "infeasible", optional
        What the suite states about it, worked out by hand or proven elsewhere; every answer is held
        against it.
    published : int or Decimal, optional
        A value from the literature, in steps: shown beside the answers, never held against them.
    note : str
        Where the figures come from.
    """

    name: str
    problem: Question
    optimum: int | str | None = None
    published: int | Decimal | None = None
    note: str = ""

    @property
    def digest(self) -> str:
        """Which problem it is: that of its `Kind`."""
        return kind_of(self.problem).digest(self.problem)

    @property
    def facts(self) -> "InstanceFacts":
        """What a verdict and a report need to know about it."""
        problem = self.problem
        return InstanceFacts(
            name=self.name,
            network=problem.network.name,
            layers=len(problem.network.layers),
            crossbars=problem.crossbars,
            size=problem.crossbar.sides,
            objective=objective_label(problem),
            smallest_budget=problem.smallest_budget,
            constraints=problem.constraint_names,
            optimum=self.optimum,
            published=self.published,
            note=self.note,
            digest=self.digest,
        )


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What a results file says about an instance, so that it can be judged without the suite.

    Attributes
    ----------
    name, network : str
    layers, crossbars : int
    size : (int, int)
        Rows and columns of a crossbar.
    objective : str
        Of `objective_labels`.
    smallest_budget : int
        Crossbars that one copy of every layer takes.
    constraints : tuple of str
        Names of what is asked besides the budget.
    optimum, published, note
        As in `Instance`.
    digest : str
        Of the problem (see `xbarmip.digest`); empty in results of versions that knew none.
    """

    name: str
    network: str
    layers: int
    crossbars: int
    size: tuple[int, int]
    objective: str
    smallest_budget: int
    constraints: tuple[str, ...] = ()
    optimum: int | str | None = None
    published: int | Decimal | None = None
    note: str = ""
    digest: str = ""

    @property
    def solvable(self) -> bool:
        """Whether one copy of every layer is a solution: it fits, and nothing else is asked."""
        return self.smallest_budget <= self.crossbars and not self.constraints

    def as_dict(self) -> dict[str, Any]:
        """The facts for JSON; a decimal number as text, which keeps its digits."""
        published = self.published
        return {
            **asdict(self),
            "published": str(published) if isinstance(published, Decimal) else published,
        }

    @classmethod
    def from_dict(cls, record: Any) -> "InstanceFacts":
        """The facts that JSON holds.

        Raises
        ------
        InputError
            On a key that is unknown or missing, or a value that its field cannot have.
        """
        facts = _FACTS(record, "")
        return cls(
            **{**facts, "size": tuple(facts["size"]), "constraints": tuple(facts["constraints"])}
        )


def _optimum(value: Any, what: str) -> int | str:
    return INFEASIBLE if value == INFEASIBLE else cast(int, integer(1)(value, what))


def _published(value: Any, what: str) -> int | Decimal:
    """An integer, or the digits of a decimal number."""
    if not isinstance(value, str):
        return cast(int, integer(1)(value, what))
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise InputError(f"{what} must be a number, got {short(value)}") from None
    as_positive_rational(number, what)
    return number


_FACTS = table(
    {
        **dict.fromkeys(("name", "network", "objective"), NAME),
        **dict.fromkeys(("layers", "crossbars", "smallest_budget"), integer(1)),
        "size": SIZE,
        "constraints": listed(text),
        "optimum": optional(_optimum),
        "published": optional(_published),
        "note": text,
    },
    {"digest": text},
)


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

    @property
    def allocations(self) -> tuple[Instance, ...]:
        """Its instances that are neither schedules nor placements; of these alone all is known."""
        return tuple(each for each in self.instances if isinstance(each.problem, Problem))

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
