"""The plan of a run: which solver, with which seed, on which instance."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import cloudpickle

from xbarmip.compare.facts import code_facts, machine_facts
from xbarmip.compare.instance import Suite
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.kinds import kind_of, made, require_used
from xbarmip.compare.task import Task, seeded
from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.solvers.protocol import Solver


@dataclass(frozen=True)
class Plan:
    """Everything that a run is going to do, checked before anything is run.

    Attributes
    ----------
    suite : Suite
    solvers : sequence of str or Solver, optional
        Names or solver objects, each name once; by default those that prove what they claim.
    seeds : sequence of int
        Each solver that has an option `seed` is run once with each; without, with its own.
    allowance : Allowance
    certify : bool
        Whether claims are to be certified.

    Raises
    ------
    InputError
        On an unknown solver, one that is listed twice or cannot be sent to a process of its own, or
        a bad seed.
    """

    suite: Suite
    solvers: Sequence[str | Solver] | None
    seeds: Sequence[int]
    allowance: Allowance
    certify: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.solvers, str) or (self.solvers is not None and not self.solvers):
            raise InputError(
                f"solvers must be a sequence of at least one solver, got {self.solvers!r}"
            )
        for seed, times in Counter(self.seeds).items():
            if times > 1:
                raise InputError(f"seed {seed} is listed {times} times")
        for solver in {id(task.solver): task.solver for task in self.tasks}.values():
            _check_sendable(solver)
        for seed in self.seeds:
            as_int(seed, "seed", 0, 2**31 - 1)

    @cached_property
    def run(self) -> str:
        """A name that no other run has, which begins with the time."""
        return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """Instance by instance, solver by solver that is of its kind, seed by seed."""
        kinds = {each.name: kind_of(each.problem) for each in self.suite.instances}
        require_used(self.solvers or (), list(dict.fromkeys(kinds.values())))
        variants = {
            kind: [
                variant
                for solver in made(self.solvers, kind)
                for variant in seeded(solver, tuple(self.seeds), self.allowance.threads)
            ]
            for kind in dict.fromkeys(kinds.values())
        }
        return tuple(
            Task(self.run, self.suite.name, instance, solver, seed, self.allowance, self.certify)
            for instance in self.suite.instances
            for solver, seed in variants[kinds[instance.name]]
        )

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What a reader of the results must know about the run."""
        options = {task.solver.name: task.options for task in self.tasks}
        return {
            "run": self.run,
            "suite": self.suite.name,
            "description": self.suite.description,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "solvers": options,
            "seeds": list(self.seeds),
            "limits": asdict(self.allowance),
            "code": code_facts(),
            "machine": machine_facts(),
            "instances": [instance.facts.as_dict() for instance in self.suite.instances],
        }


def _check_sendable(solver: Solver) -> None:
    try:
        cloudpickle.dumps(solver)
    except Exception as error:  # whatever the solver's own objects do
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InputError(
            f"solver {solver.name!r} cannot be sent to a process of its own ({reason})"
        ) from None
