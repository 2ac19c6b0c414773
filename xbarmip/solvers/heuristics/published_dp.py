"""The solver `published-dp`: the paper's own dynamic program, a heuristic (SPEC §7).

W. Li, Y. Han, X. Chen, ACM TODAES 29(1), article 21, 2023, doi 10.1145/3631523, Algorithm 2.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from xbarmip.errors import InputError
from xbarmip.exact import INT64_MAX
from xbarmip.network.graph import Network
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import feasible, infeasible
from xbarmip.solvers.heuristics.published_sweep import (
    UNREACHABLE,
    Prefixes,
    budget_of,
    bytes_needed,
    sweep,
)
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.protocol import StoppedError, Watch, refused_constraints
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.closed_form import closed_form_table
from xbarmip.timing.step_time import ticks_of

MOST_STATES = 50_000_000  # pairs of layer and crossbars: 1.6 GB


@dataclass(frozen=True, slots=True)
class PublishedDynamicProgram:
    """One best prefix allocation for every (layer, crossbars), valued as if it were the network.

    The best prefix need not extend to the best whole, since PreOp couples layers that are not
    neighbours: there is an allocation at the end, and no bound. Of prefixes with equal value the
    one whose last layer has the smaller R is kept.

    With the objective `latency-steps` a prefix is valued by its Op times the longest step of its
    layers, as if they were the network: the paper's way of taking bandwidth into account.

    Attributes
    ----------
    spend_all : bool
        Take the allocation that spends the most crossbars, as the paper does, although another may
        be faster. False: take the fastest, of those the one with the fewest crossbars.
    anew : bool
        Evaluate the closed form anew for every extension of a prefix, as the paper does. False:
        keep the PreOp and Op of the prefix, which gives the same for one walk back along the chain.
    """

    name: ClassVar[str] = "published-dp"
    spend_all: bool = True
    anew: bool = False

    def __post_init__(self) -> None:
        for field in ("spend_all", "anew"):
            if not isinstance(getattr(self, field), bool):
                raise InputError(
                    f"published-dp option {field} must be a bool, got {getattr(self, field)!r}"
                )

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse what is not a chain, another measure, and what would overflow or not fit."""
        reasons, view = list(refused_constraints(problem)), problem.view
        if view.stalls or view.edges != problem.network.links:
            reasons.append(f"it minimises the objective 'steps', not {problem.objective!r}")
        if not _is_chain(problem.network):
            reasons.append(
                "it takes chains whose last layer is the only output, "
                f"and network {problem.network.name!r} is not one"
            )
        if not view.stalls and closed_form_table(view) is None:
            reasons.append("the closed form might leave 64 bits")
        if problem.is_latency and not _fits_ticks(problem):
            reasons.append("step times must come from separable rules and stay within 64 bits")
        states = (budget_of(problem) + 1) * len(problem.network.layers)
        if states > MOST_STATES:
            reasons.append(
                f"{len(problem.network.layers)} layers and {budget_of(problem)} crossbars make "
                f"{states} states, the most is {MOST_STATES}"
            )
        return tuple(reasons)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Return the heuristic's allocation; none (UNKNOWN) when a limit ends it early."""
        if not problem.feasible:
            return infeasible(self, problem)
        most = watch.limits.memory_bytes
        needed = bytes_needed(problem)
        if most is not None and needed > most:
            return self._no_allocation(
                Stop.MEMORY, f"the prefixes take {needed} bytes, the limit is {most}"
            )
        with interrupts_held() as let_through:
            try:
                prefixes = sweep(problem, watch, let_through, self.anew)
            except (StoppedError, KeyboardInterrupt) as cut:
                stop = cut.stop if isinstance(cut, StoppedError) else Stop.INTERRUPTED
                return self._no_allocation(stop, "stopped before the last layer")
        return self._answer(problem, prefixes)

    def _answer(self, problem: Problem, prefixes: Prefixes) -> Result:
        used = np.flatnonzero(prefixes.value != UNREACHABLE)
        best = used[-1] if self.spend_all else used[np.argmin(prefixes.value[used])]
        allocation = tuple(int(r) for r in prefixes.r[best])
        return feasible(self, problem, allocation, statistics={"states": len(used)})

    def _no_allocation(self, stop: Stop, message: str) -> Result:
        return Result(self.name, Status.UNKNOWN, stop, message=message, options=asdict(self))


def _is_chain(network: Network) -> bool:
    names = [layer.name for layer in network.layers]
    edges = [(edge.producer, edge.consumer) for edge in network.edges]
    return sorted(edges) == sorted(pairwise(names)) and network.sinks == (names[-1],)


def _fits_ticks(problem: Problem) -> bool:
    """Whether step times are known layer by layer, and every one of them fits into 64 bits."""
    ticks = ticks_of(problem)
    if not all(layer.separable for layer in ticks.layers):
        return False
    return ticks.longest(problem.largest) <= INT64_MAX
