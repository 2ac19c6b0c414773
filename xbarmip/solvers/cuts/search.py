"""The search by path cuts: relax, drop what cannot be best, walk, solve the master, and again."""

import numpy as np

from xbarmip.model.constraint_rows import constraint_obstacle
from xbarmip.model.critical_paths import critical_paths
from xbarmip.model.cycles_windows import CyclesWindows, cycles_windows, sweep_pairs
from xbarmip.model.path_cuts import Path
from xbarmip.model.statement import MOST_CHOICES, MOST_OUTPUTS, MOST_PAIRS
from xbarmip.model.steps_windows import StepsWindows, steps_windows
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.answer import STOPS, Answer
from xbarmip.solvers.cuts.master import Floats, Master
from xbarmip.solvers.cuts.separation import Separation
from xbarmip.solvers.cuts.walk import walk
from xbarmip.solvers.highs import End, HighsError, Told, configure, finish
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch
from xbarmip.solvers.quiet import run_on_one_thread
from xbarmip.solvers.result import Proof, Stop

LATEST = 0.3  # share of the latest solution in the mean at which paths are looked for
IDLE = 8  # rounds of the relaxation that bring less than LITTLE of the value, before it ends
LITTLE = 1e-4
FEWER = 0.8  # the choices that are left, when rows are worked out anew for them
TRIES, FOUND = 5, 200  # walks that fail, or allocations that are ruled out, before the master
NEAR = 1e-6  # what a relaxed solution leaves of a cut that the master keeps

_DEAR = (  # they look for solutions by smaller programs: dearer than the proof
    "mip_heuristic_run_rins",
    "mip_heuristic_run_rens",
    "mip_heuristic_run_root_reduced_cost",
    "mip_detect_symmetry",
)


def windows_for(problem: Problem, at_most: int | None) -> StepsWindows | CyclesWindows | None:
    """Windows for values up to `at_most`, all of them without; None where nothing is left.

    Those of the pipeline where they are quickly swept, else those of the closed form below it.
    """
    quick = problem.view.stalls and sweep_pairs(problem, at_most) <= MOST_PAIRS
    return cycles_windows(problem, at_most) if quick else steps_windows(problem, at_most)


def cuts_obstacle(problem: Problem, at_most: int | None) -> str | None:
    """Why path cuts cannot take a problem up to a value; None if they can."""
    if sum(problem.largest) > MOST_CHOICES:
        return f"a master with {sum(problem.largest)} choices of R, the limit is {MOST_CHOICES}"
    outputs = sum(problem.view.outputs)
    if outputs > MOST_OUTPUTS:
        return f"path cuts for {outputs} outputs, the limit is {MOST_OUTPUTS}"
    windows = windows_for(problem, at_most)
    return None if windows is None else constraint_obstacle(problem, windows.menus)


class CutSearch:
    """One solve of a problem.

    Parameters
    ----------
    problem : Problem
    answer : Answer
        Is given what is found and proven.
    watch, memory : Watch, Memory
    threads, seed : int
        Options of HiGHS for the master; relaxations run on one thread.
    """

    def __init__(
        self,
        problem: Problem,
        answer: Answer,
        watch: Watch,
        memory: Memory,
        threads: int,
        seed: int,
    ) -> None:
        self._problem, self._answer, self._watch, self._memory = problem, answer, watch, memory
        self._threads, self._seed = threads, seed
        self._paths: list[Path] = []  # of the masters, from allocations
        self._relaxed: list[Path] = []  # from relaxations, those that count
        self._most = 0
        self._latest = (1,) * len(problem.sets)  # allocation that was ruled out
        self._draws = np.random.default_rng(seed)
        self._counts = {"rounds": 0, "relaxations": 0, "walks": 0, "nodes": 0}

    def up_to(self, target: int | None) -> bool:
        """Look for values up to `target`, all of them without; False where there are none."""
        answer, problem = self._answer, self._problem
        answer.statistics = {"start": answer.value, "columns": 0, "cuts": 0, **self._counts}
        below = target if answer.value is None else answer.value - 1
        windows = windows_for(problem, below)
        if windows is None:
            self._most = below or 0
            return self._nothing(Proof.EXACT)
        self._most, menus = windows.at_most, list(windows.menus)
        if answer.allocation is not None:
            self._paths = self._try(answer.allocation)
        relaxed_for = None
        while all(map(len, menus)):
            master = Master(problem, menus, [*self._paths, *self._relaxed], self._watch.check)
            if relaxed_for != self._most:
                fewer = self._relax(master)
                if fewer is None:
                    relaxed_for = self._most
                else:
                    menus = fewer
                continue
            if self._walk(master):
                relaxed_for = None
                continue
            told = self._solve(master)
            if told.end is End.INFEASIBLE:
                return self._nothing(Proof.NUMERICAL)
            if told.end is not End.OPTIMAL:
                answer.stop = STOPS[told.end]
                return True
            self._take(master, np.array(told.values))
        return self._nothing(Proof.EXACT)

    def _nothing(self, proof: Proof) -> bool:
        """No allocation has a value of at most `_most`; whether that answers the question."""
        if self._answer.allocation is None:
            return False
        self._answer.raise_bound(self._most + 1, proof)
        return True

    def _try(self, allocation: tuple[int, ...]) -> list[Path]:
        """Offer an allocation where it is allowed; its critical paths."""
        self._latest = allocation
        value, paths = critical_paths(self._problem.view, allocation)
        if self._problem.meets(allocation):
            self._answer.offer(allocation)
            self._most = min(self._most, value - 1)
        return paths

    def _tell(self) -> None:
        self._answer.statistics.update(self._counts)
        self._watch.check(best=self._answer.value, bound=self._answer.bound, **self._counts)
        if self._memory.exceeded:
            raise StoppedError(Stop.MEMORY)

    def _relax(self, master: Master) -> list[Array] | None:
        """Add cuts to the linear relaxation; fewer choices as soon as there are, or None."""
        solver = master.program()
        separation = Separation(master) if self._problem.view.stalls else None
        mean, before, idle = np.zeros(0), 0.0, 0
        while idle < IDLE:
            self._counts["relaxations"] += 1
            self._tell()
            run_on_one_thread(solver)
            solution, value = solver.getSolution(), solver.getInfo().objective_function_value
            if not solution.value_valid or not solution.dual_valid:
                return None  # the master will say why
            fewer = self._priced(master, np.array(solution.row_dual))
            if fewer is not None:
                return fewer
            shares = np.array(solution.col_value)[: len(master.r)]
            values = np.array(solution.row_value)
            self._relaxed = [p for p in master.near(values, NEAR) if p not in self._paths]
            mean = shares if not len(mean) else mean + LATEST * (shares - mean)
            found = self._try(master.rounded(shares))
            if separation is not None:
                found += separation.longer(value, mean) or separation.longer(value, shares)
            if sum(map(master.add, found)) == 0:
                break
            idle = 0 if value - before > LITTLE * value else idle + 1
            before = max(before, value)
        return None

    def _priced(self, master: Master, duals: Floats) -> list[Array] | None:
        """Take the bound of dual values, and drop choices if it takes many away."""
        prices = master.prices(duals)
        if prices is None:
            return None
        self._answer.raise_bound(min(prices.bound, self._most + 1), Proof.EXACT)
        fits = prices.fits(self._most)
        if fits.sum() > FEWER * len(fits):
            return None
        return master.narrowed(fits)

    def _walk(self, master: Master) -> bool:
        """Rule out allocations that walks find; whether there were any.

        Each walk begins where the latest one arrived, or, after one that failed, at some random R.
        """
        begin = columns = master.columns(self._latest)
        failed = found = 0
        while failed < TRIES and found < FOUND:
            self._counts["walks"] += 1
            self._tell()
            arrived = walk(master, self._most, columns)
            if arrived is not None and self._ruled_out(master, master.r[arrived]):
                begin = columns = arrived
                found += 1
                continue
            failed += 1
            columns = begin.copy()
            some = self._draws.permutation(len(begin))[: 1 + failed]
            columns[some] = self._draws.integers(master.start[some], master.start[some + 1])
        return found > 0

    def _ruled_out(self, master: Master, chosen: Array) -> bool:
        """Simulate an allocation, and add the cuts of its critical paths; whether one is new."""
        paths = self._try(tuple(chosen.tolist()))
        self._paths = list(dict.fromkeys((*self._paths, *paths)))
        return sum(map(master.add, paths)) > 0

    def _solve(self, master: Master) -> Told:
        self._counts["rounds"] += 1
        self._tell()
        solver = master.program(self._most)
        configure(solver, self._threads, self._seed)
        for option in _DEAR:
            solver.setOptionValue(option, False)
        told = finish(solver, self._watch, self._memory)
        self._counts["nodes"] += told.statistics["nodes"]
        facts = {"columns": len(master.r), "cuts": len(master.paths)}
        self._answer.statistics.update({**told.statistics, **facts, **self._counts})
        if told.bound is not None and told.end is not End.INFEASIBLE:
            self._answer.bounded(min(told.bound, self._most + 1))
        return told

    def _take(self, master: Master, values: Floats) -> None:
        """Simulate the master's allocation, whose cuts rule it out from now on."""
        chosen = master.rounded(values[: len(master.r)])
        if not self._ruled_out(master, np.array(chosen)):
            raise HighsError("HiGHS returns an allocation that is ruled out by a row")
