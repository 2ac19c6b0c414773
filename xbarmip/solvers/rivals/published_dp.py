"""The solver `published-dp`: the paper's own dynamic program, a heuristic (SPEC §7).

W. Li, Y. Han, X. Chen, ACM TODAES 29(1), article 21, 2023, doi 10.1145/3631523, Algorithm 2.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.protocol import Watch, refused_constraints
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.solvers.rivals.answer import feasible, infeasible
from xbarmip.timing.closed_form import NO_TAIL, closed_form_table
from xbarmip.timing.tables import need

MOST_STATES = 50_000_000  # pairs of layer and crossbars: 1.6 GB
_BLOCK_WORK = 5_000_000  # need maps evaluated between two looks at the clock: about 0.1 s
_UNREACHABLE = -1


@dataclass(frozen=True, slots=True)
class PublishedDynamicProgram:
    """One best prefix allocation for every (layer, crossbars), valued as if it were the network.

    The best prefix need not extend to the best whole, since PreOp couples layers that are not
    neighbours: there is an allocation at the end, and no bound. Of prefixes with equal value the
    one whose last layer has the smaller R is kept.

    Where the paper evaluates its closed form anew for every extension of a prefix, the PreOp and Op
    of the prefix are kept here: the values are the same, for one walk back along the chain.

    Attributes
    ----------
    spend_all : bool
        Take the allocation that spends the most crossbars, as the paper does, although another may
        be faster. False: take the fastest, of those the one with the fewest crossbars.
    """

    spend_all: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.spend_all, bool):
            raise InputError(
                f"published-dp option spend_all must be a bool, got {self.spend_all!r}"
            )

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "published-dp"

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse what is no chain, the objective `cycles`, and what would overflow or not fit."""
        reasons = list(refused_constraints(problem))
        if problem.rule is None:
            reasons.append(f"it minimises the objective 'steps', not {problem.objective!r}")
        if not _is_chain(problem.network):
            reasons.append(
                "it takes chains whose last layer is the only output, "
                f"and network {problem.network.name!r} is none"
            )
        if problem.rule and closed_form_table(problem.network, problem.rule) is None:
            reasons.append("the closed form might leave 64 bits")
        states = (_budget(problem) + 1) * len(problem.network.layers)
        if states > MOST_STATES:
            reasons.append(
                f"{len(problem.network.layers)} layers and {_budget(problem)} crossbars make "
                f"{states} states, the most is {MOST_STATES}"
            )
        return tuple(reasons)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Return the heuristic's allocation; none (UNKNOWN) when a limit ends it early."""
        if not problem.feasible:
            return infeasible(self, problem)
        most = watch.limits.memory_bytes
        needed = _bytes(problem)
        if most is not None and needed > most:
            return self._no_allocation(
                Stop.MEMORY, f"the prefixes take {needed} bytes, the limit is {most}"
            )
        stop = Stop.TIME
        prefixes = None
        with interrupts_held() as let_through:
            try:
                prefixes = _sweep(problem, watch, let_through)
            except KeyboardInterrupt:
                stop = Stop.INTERRUPTED
        if prefixes is None:
            return self._no_allocation(stop, "stopped before the last layer")
        return self._answer(problem, prefixes)

    def _answer(self, problem: Problem, prefixes: "_Prefixes") -> Result:
        used = np.flatnonzero(prefixes.op != _UNREACHABLE)
        best = used[-1] if self.spend_all else used[np.argmin(prefixes.op[used])]
        allocation = tuple(int(r) for r in prefixes.r[best])
        return feasible(self, problem, allocation, statistics={"states": len(used)})

    def _no_allocation(self, stop: Stop, message: str) -> Result:
        return Result(self.name, Status.UNKNOWN, stop, message=message, options=asdict(self))


class _Prefixes(NamedTuple):
    """The best prefix that takes exactly b crossbars, by b.

    `op` is its Op in steps, _UNREACHABLE where no prefix takes b; `r` and `pre` are R and PreOp of
    its layers, shape (crossbars + 1, layers). All arrays are int64.
    """

    op: Array
    r: Array
    pre: Array


def _is_chain(network: Network) -> bool:
    names = [layer.name for layer in network.layers]
    edges = [(edge.producer, edge.consumer) for edge in network.edges]
    return sorted(edges) == sorted(pairwise(names)) and network.sinks == (names[-1],)


def _budget(problem: Problem) -> int:
    """Crossbars that can be spent."""
    all_layers = zip(problem.network.layers, problem.sets, strict=True)
    return min(problem.crossbars, sum(layer.outputs * each for layer, each in all_layers))


def _bytes(problem: Problem) -> int:
    return 2 * 8 * (_budget(problem) + 1) * (2 * len(problem.network.layers) + 1)


def _empty(budget: int, layers: int) -> _Prefixes:
    shape = (budget + 1, layers)
    return _Prefixes(
        np.full(budget + 1, _UNREACHABLE, np.int64),
        np.ones(shape, np.int64),
        np.zeros(shape, np.int64),
    )


def _sweep(problem: Problem, watch: Watch, let_through: Any) -> _Prefixes | None:
    """Best prefixes of the whole network; None when the time is over.

    Raises
    ------
    KeyboardInterrupt
        Between two blocks of work.
    """
    table = closed_form_table(problem.network, str(problem.rule))
    layers, budget = len(problem.sets), _budget(problem)
    before, behind = _empty(budget, layers), problem.smallest_budget
    before.op[0] = 0
    for layer, each in enumerate(problem.sets):
        behind -= each
        after = _empty(budget, layers)
        block = max(1, _BLOCK_WORK // ((layer + 1) * problem.largest[layer]))
        for first in range(0, budget - behind + 1, block):
            let_through()
            if watch.expired:
                return None
            watch.tell(layer=layer + 1, layers=layers)
            last = min(first + block, budget - behind + 1)
            _extend(table, before, after, layer, each, problem.largest[layer], first, last)
        before = after
    return before


@compiled
def _extend(table, before, after, layer, each, largest, first, last):  # type: ignore[no-untyped-def]
    """Fill `after` for first <= b < last from `before`, the prefixes that end before `layer`."""
    for b in range(first, last):
        for r in range(1, min(largest, b // each) + 1):
            rest = b - r * each
            if before.op[rest] < 0:
                continue
            pre = _pre(table, before.r[rest], before.pre[rest], layer, r)
            op = pre + (table.outputs[layer] - 1) // r + 1
            if layer > 0:
                e = table.needs.into[layer]
                if table.tail_end[e] != NO_TAIL:
                    tail = (table.tail_end[e] - 1) // r - (table.tail_begin[e] - 1) // r
                    op = max(op, before.op[rest] + tail)
            if after.op[b] < 0 or op < after.op[b]:
                after.op[b] = op
                after.r[b, :layer] = before.r[rest, :layer]
                after.pre[b, :layer] = before.pre[rest, :layer]
                after.r[b, layer] = r
                after.pre[b, layer] = pre


@compiled
def _pre(table, r_before, pre_before, layer, r):  # type: ignore[no-untyped-def]
    """PreOp of `layer` with R = r behind a prefix: what its first step demands, back to layer 0."""
    demand, pre = r, 0
    for c in range(layer, 0, -1):
        made = min(((demand - 1) // r + 1) * r, table.cap[c])
        demand = need(table.needs, table.needs.into[c], made) if made > 0 else 0
        if demand <= 0:
            break
        r = r_before[c - 1]
        pre = max(pre, (demand - 1) // r + pre_before[c - 1])
    return pre
