"""The solver `dp`: targets from above and below until they meet (SPEC §7)."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Switches
from xbarmip.solvers.dp.effort import BEAM
from xbarmip.solvers.dp.fewest import Fewest
from xbarmip.solvers.dp.run import Run
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.known import Known, checked_known, usable
from xbarmip.solvers.protocol import Hint, Watch, refused_latency, until_stopped
from xbarmip.solvers.result import Proof, Result, Status, Stop


@dataclass(frozen=True, slots=True)
class DynamicProgram:
    """Exact label setting over the network's frontier, for `cycles` and `steps`, on any graph.

    Attributes
    ----------
    windows, slack, spending, dominance, paths : bool
        The cuts of `Switches`. Without them the search takes longer, the answer is the same.
    beam : int
        Labels that the first sweeps keep at each layer; four times as many in every further round,
        until no label is left out. 0 leaves none out from the start.
    known : sequence of allocations
        In layer order; the search begins with those that the problem allows.
    threads : int
        One for each of three ways, at most: finding, refuting, refuting box by box; more than three
        are of no use. Value and bound of a finished solve do not depend on it; of several optimal
        allocations another may come out, from run to run.
    """

    name: ClassVar[str] = "dp"
    refutes: ClassVar[Proof] = Proof.EXACT  # what its INFEASIBLE rests on
    windows: bool = True
    slack: bool = True
    spending: bool = True
    dominance: bool = True
    paths: bool = True
    beam: int = BEAM
    known: Known = ()
    threads: int = 1

    def __post_init__(self) -> None:
        for field in Switches._fields:
            if not isinstance(getattr(self, field), bool):
                raise InputError(f"dp option {field} must be a bool, got {getattr(self, field)!r}")
        as_int(self.beam, "dp option beam", 0)
        object.__setattr__(self, "known", checked_known(self.name, self.known))
        as_int(self.threads, "dp option threads", 1, 1024)

    @property
    def switches(self) -> Switches:
        """The cuts that are in use."""
        return Switches(*(getattr(self, field) for field in Switches._fields))

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """A latency; every network, count, rule and constraint is taken."""
        return refused_latency(problem)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Prove the optimum; when a limit ends the search, the best allocation and bound so far."""
        return self.solve_from(problem, watch, Hint())

    def solve_from(self, problem: Problem, watch: Watch, hint: Hint) -> Result:
        """`solve`, with an allocation and a bound to begin with."""
        if not problem.feasible:
            return Result(
                self.name, Status.INFEASIBLE, Stop.FINISHED,
                message=f"the smallest budget that works is {problem.smallest_budget} crossbars",
                options=asdict(self),
            )  # fmt: skip
        hint = self._told(problem, hint)
        with interrupts_held() as let_through:
            run = Run(problem, watch, let_through, hint)
            stop = until_stopped(lambda: run.solve(self.switches, self.beam, self.threads))
        settled = run.infeasible or (run.allocation is not None and run.bound >= run.goal)
        message = "no allocation within the budget meets the constraints" * run.infeasible
        return self._result(run, run, run.value, Stop.FINISHED if settled else stop, message)

    def fewest_crossbars(self, problem: Problem, target: int, watch: Watch, hint: Hint) -> Result:
        """The fewest crossbars for a value up to `target`, as far as sweeps go (SPEC §12).

        Value and bound of the result are crossbars, as is `at_least` of the hint.
        """
        with interrupts_held() as let_through:
            run = Run(problem, watch, let_through)
            search = run.search(self.switches)
            if search is None:
                return Result(self.name, Status.UNKNOWN, Stop.FINISHED)
            fewest = Fewest(run, search, target, self._told(problem, hint))
            stop = until_stopped(lambda: fewest.find(self.beam))
        return self._result(run, fewest, fewest.used, stop if fewest.open else Stop.FINISHED)

    def _told(self, problem: Problem, hint: Hint) -> Hint:
        known = usable(self.known, problem)
        return hint._replace(allocations=(*hint.allocations, *known)) if known else hint

    def _result(
        self, run: Run, found: Run | Fewest, value: int | None, stop: Stop, message: str = ""
    ) -> Result:
        allocation = None
        if found.allocation is not None:
            allocation = dict(zip(run.problem.network.index, found.allocation, strict=True))
        return Result.of_known(
            self.name,
            stop,
            None if allocation is None else value,
            found.bound,
            allocation,
            infeasible=found.infeasible,
            statistics=run.statistics,
            options=asdict(self),
            message=message,
        )
