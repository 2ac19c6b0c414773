"""A task: one solver, one instance, one seed; and its key, by which it is found again."""

import json
from copy import copy
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import xbarmip.certificate.write
from xbarmip.compare.facts import code_facts, sources_digest
from xbarmip.compare.instance import Instance
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.isolation.messages import Work
from xbarmip.digest import comparable
from xbarmip.fingerprint import UnknowableError, fingerprint
from xbarmip.plain import plain
from xbarmip.solvers.protocol import Solver


@dataclass(frozen=True)
class Task:
    """One entry of a run's plan.

    Attributes
    ----------
    run, suite : str
    instance : Instance
    solver : Solver
        With its seed and threads set.
    seed : int or None
        None for a solver that has no option `seed`.
    allowance : Allowance
    certify : bool
        Whether its optimum or infeasibility is to be certified.
    """

    run: str
    suite: str
    instance: Instance
    solver: Solver
    seed: int | None
    allowance: Allowance
    certify: bool = False

    @property
    def work(self) -> Work:
        """What goes to the process; tables that the network has worked out stay behind."""
        bare: Any = copy(self.instance.problem)
        for name in vars(bare).keys() - {field.name for field in fields(bare)}:
            del bare.__dict__[name]
        object.__setattr__(bare, "network", replace(bare.network))
        return Work(self.instance.name, bare, self.solver, self.allowance)

    @property
    def options(self) -> dict[str, Any]:
        """The solver's options."""
        return plain(asdict(self.solver)) if is_dataclass(self.solver) else {}

    @cached_property
    def key(self) -> str:
        """A digest of all that decides about the answer: same key, same task.

        That is the problem (see `xbarmip.digest`), the solver with its options, seed and code, the
        limits, and the sources of this package that the solvers come from; where claims are to be
        certified, also those of writer and checker. Where something of that cannot be known, no
        task of another run has the same key.
        """
        code, unknowable = self._code
        facts = {
            "suite": self.suite,
            "instance": self.instance.name,
            "problem": self.instance.digest,
            "solver": self.solver.name,
            "code": code,
            "options": self.options,
            "allowance": asdict(self.allowance),
            "sources": code_facts()["sources"],
            "unknowable": self.run if unknowable else None,
        }
        if self.certify:
            facts["certificates"] = sources_digest(Path(xbarmip.certificate.write.__file__))
        return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def unknowable(self) -> str:
        """Why it cannot be known whether a row of another run answers this; empty where it can."""
        return self._code[1]

    @cached_property
    def _code(self) -> tuple[str, str]:
        """The fingerprint of the solver, and what cannot be known about it or the problem."""
        try:
            code, why = fingerprint(self.solver), ""
        except UnknowableError as error:
            code, why = "", f"the code of solver {self.solver.name!r} cannot be read ({error})"
        if not comparable(self.instance.digest):
            why = f"what the constraints of {self.instance.name} allow is too much to be listed"
        return code, why


def seeded(solver: Solver, seeds: tuple[int, ...], threads: int) -> list[tuple[Solver, int | None]]:
    """A solver once for every seed, or once if it has no option `seed`; its threads are set."""
    given: Any = solver
    options = {field.name for field in fields(given)} if is_dataclass(given) else set()
    if "threads" in options and threads > 1:
        given = replace(given, threads=threads)
    if "seed" not in options:
        return [(given, None)]
    return [(replace(given, seed=seed), seed) for seed in seeds or (given.seed,)]
