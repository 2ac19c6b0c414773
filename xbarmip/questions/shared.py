"""Several networks on one chip (SPEC §14).

Each network has its own allocation and count c_k; together they take no more than the crossbars
that there are. What is least is, with weights a_k, the largest a_k*c_k (*slowest*) or the sum of
a_k*c_k (*sum*); or with deadlines d_k the crossbars with which every c_k <= d_k (*deadlines*).

All that matters of a network is X_k(t), the fewest crossbars for a count of at most t, which is a
question for `fewest`. What is known of it bounds c_k from below for every budget (`Staircase`). The
walk looks for the split that is best by these lower bounds. Where each network really has the count
that the bound says, this split is optimal, as no split has less by lower bounds that hold for all.
Else some step leaves counts open between its bound and the count of its allocation: the network is
asked about the middle of them. That halves what is open at the step or splits it in two, so the
walk ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xbarmip.display import html_table
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int
from xbarmip.goal import CROSSBARS
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of, limited
from xbarmip.questions.ask import Asker
from xbarmip.questions.fewest import Level, fewest
from xbarmip.questions.staircase import ANY, Staircase, Step, cheapest
from xbarmip.solvers.protocol import Limits, Progress, Solver, StoppedError, Watch
from xbarmip.solvers.registry import EXACT, made_solver
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.evaluate import evaluate

SHARES = ("slowest", "sum", "deadlines")


@dataclass(frozen=True)
class SharedChip:
    """Networks that share the crossbars of one chip.

    Attributes
    ----------
    problems : tuple of Problem
        One for each network: all with the crossbars of the chip as their budget, each with a count
        as its objective, and constraints of its own.
    share : str
        "slowest", "sum" or "deadlines".
    weights : tuple of int, optional
        By network, 1 if not given; for "slowest" and "sum".
    deadlines : tuple of int, optional
        By network, the count that it may have at most; for "deadlines".

    Raises
    ------
    InputError
        On an unknown share, numbers that do not go with it, or budgets that differ.
    UnsupportedError
        On a problem whose objective is a time or a goal.
    """

    problems: tuple[Problem, ...]
    share: str = "slowest"
    weights: Any = None
    deadlines: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", tuple(self.problems))
        if not self.problems:
            raise InputError("a shared chip needs at least one network")
        if self.share not in SHARES:
            raise InputError(f"share must be one of {', '.join(SHARES)}, got {self.share!r}")
        for problem in self.problems:
            problem.require_core()
            if problem.is_latency:
                raise UnsupportedError(
                    f"networks share a chip by counts, the objective is {problem.objective!r}"
                )
            if problem.crossbars != self.crossbars:
                raise InputError(
                    f"network {problem.network.name!r}: its budget is {problem.crossbars}, "
                    f"that of the chip {self.crossbars}"
                )
        self._set_numbers()

    def _set_numbers(self) -> None:
        due = self.share == "deadlines"
        given, none = ("deadlines", "weights") if due else ("weights", "deadlines")
        if getattr(self, none) is not None:
            raise InputError(f"share {self.share!r} takes {given}, not {none}")
        numbers = getattr(self, given)
        if numbers is None and due:
            raise InputError("share 'deadlines' needs a deadline for each network")
        numbers = tuple(numbers or (1,) * len(self.problems))
        if len(numbers) != len(self.problems):
            raise InputError(f"{given}: {len(self.problems)} networks, got {len(numbers)} numbers")
        checked = tuple(as_int(each, f"{given}: number", 1) for each in numbers)
        object.__setattr__(self, given, checked)

    @property
    def crossbars(self) -> int:
        """Of the chip."""
        return self.problems[0].crossbars

    @property
    def numbers(self) -> tuple[int, ...]:
        """Weights or deadlines."""
        found: tuple[int, ...] = self.deadlines if self.share == "deadlines" else self.weights
        return found

    def cost(self, counts: tuple[int, ...], crossbars: tuple[int, ...]) -> int:
        """What is least, of counts and crossbars by network."""
        if self.share == "deadlines":
            return sum(crossbars)
        weighted = [a * c for a, c in zip(self.numbers, counts, strict=True)]
        return sum(weighted) if self.share == "sum" else max(weighted)

    def as_dict(self) -> dict[str, Any]:
        """What is asked, for JSON."""
        return {
            "share": self.share,
            "crossbars": self.crossbars,
            "numbers": list(self.numbers),
            "networks": [problem.as_dict() for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class Part:
    """What one network gets.

    Attributes
    ----------
    crossbars, count : int
    allocation : mapping of str to int
    """

    crossbars: int
    count: int
    allocation: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SharedResult:
    """The best split, and what is proven of it.

    Attributes
    ----------
    solver : str
    status : Status
    stop : Stop
    value, bound : int, optional
        The largest weighted count, their sum, or crossbars.
    parts : tuple of Part
        By network; empty where there is no split.
    proof : Proof, optional
    refuted : tuple of tuple of (int, int or None)
        By network pairs (crossbars, count), by growing crossbars: no allocation with so many has a
        count of at most this; with None there is none at all. The bound follows from these.
    corners : tuple of tuple of (int, int)
        By network, points (crossbars, count) of its frontier that the walk has met.
    questions : int
    seconds : float
    message : str
    """

    solver: str
    status: Status
    stop: Stop
    value: int | None = None
    bound: int | None = None
    parts: tuple[Part, ...] = ()
    proof: Proof | None = None
    refuted: tuple[tuple[tuple[int, int | None], ...], ...] = ()
    corners: tuple[tuple[tuple[int, int], ...], ...] = ()
    questions: int = 0
    seconds: float = 0.0
    message: str = field(default="")

    def _repr_html_(self) -> str:
        rows = [(n, part.crossbars, part.count) for n, part in enumerate(self.parts, start=1)]
        caption = f"{self.status}: value {self.value}, bound {self.bound} ({self.solver})"
        return html_table(caption, ("network", "crossbars", "count"), rows)

    def as_dict(self) -> dict[str, Any]:
        """The answer for JSON."""
        parts = [
            {"crossbars": part.crossbars, "count": part.count, "allocation": dict(part.allocation)}
            for part in self.parts
        ]
        names = ("solver", "status", "stop", "value", "bound", "proof", "questions", "seconds")
        facts = {name: getattr(self, name) for name in names}
        return plain({**facts, "parts": parts, "corners": self.corners, "message": self.message})


def solve_shared(
    chip: SharedChip,
    solver: str | Solver = "dp",
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> SharedResult:
    """Split a chip among networks, with a proof that no split is better.

    Parameters and errors are those of `xbarmip.solve`; the solver has to be an exact one.
    """
    made = made_solver(solver, options)
    if made.name not in EXACT:
        raise UnsupportedError(f"solver {made.name!r} proves nothing: a shared chip needs a proof")
    watch = Watch(Limits(time_limit, memory_limit), progress)
    walk = SharedWalk(chip, made, watch)
    try:
        walk.run()
        return walk.result(Stop.FINISHED)
    except StoppedError as stopped:
        return walk.result(stopped.stop, stopped.message)
    except KeyboardInterrupt:
        return walk.result(Stop.INTERRUPTED)


class SharedWalk:
    """The state of a walk: what is known of each network."""

    def __init__(self, chip: SharedChip, solver: Solver, watch: Watch) -> None:
        self.chip, self.watch, self.name = chip, watch, solver.name
        self._stairs = [Staircase() for _ in chip.problems]
        self._askers = [
            Asker(solver, watch, lambda facts: watch.tell(**facts)) for _ in chip.problems
        ]

    def run(self) -> None:
        """Ask until the best split by lower bounds is one that there is.

        Raises
        ------
        StoppedError
            When the solver stops before that.
        """
        due = self.chip.share == "deadlines"
        for k, number in enumerate(self.chip.numbers):
            self._ask(k, number if due else ANY)
        while not due:
            lower = self._best(lambda step: step.low)
            if lower is None:
                return
            steps = [stairs.steps()[at] for stairs, at in zip(self._stairs, lower[1], strict=True)]
            open_at = [k for k, step in enumerate(steps) if step.low < step.attained]
            upper = self._best(lambda step: step.attained)
            self.watch.check(best=upper and upper[0], bound=lower[0], questions=self._questions)
            if not open_at or (upper is not None and upper[0] == lower[0]):
                return
            for k in open_at:
                self._ask(k, (steps[k].low + steps[k].attained - 1) // 2)

    def _ask(self, k: int, target: int) -> None:
        """X_k(target)."""
        problem, asker, stairs = self.chip.problems[k], self._askers[k], self._stairs[k]
        if self._room(k) < problem.smallest_budget:
            stairs.impossible = ANY
            return
        problem = limited(problem, problem.label, {CROSSBARS: self._room(k)})
        level = Level(amount_of(problem, CROSSBARS))
        for step in stairs.steps():
            if step.attained > target:
                level.bound = step.crossbars
            elif level.value is None:
                level.take(step.allocation)
        fewest(asker, level, lambda most: limited(problem, problem.label, _budget(most)), target)
        if level.infeasible:
            stairs.impossible = max(stairs.impossible, target)
        elif level.value is not None and level.allocation is not None:
            count = evaluate(problem, level.allocation)
            stairs.add(target, level.value, count, level.allocation)

    def _room(self, k: int) -> int:
        """Crossbars that the other networks leave, as far as is known."""
        others = (s.steps() for j, s in enumerate(self._stairs) if j != k)
        return self.chip.crossbars - sum(steps[0].crossbars for steps in others if steps)

    @property
    def _questions(self) -> int:
        return sum(len(asker.asked) for asker in self._askers)

    @property
    def _proof(self) -> Proof:
        numerical = any(asker.proof is Proof.NUMERICAL for asker in self._askers)
        return Proof.NUMERICAL if numerical else Proof.EXACT

    def _best(self, count: Any) -> tuple[int, tuple[int, ...]] | None:
        """The cheapest split by one count or another of each step."""
        options = [
            [(step.crossbars, a * count(step)) for step in stairs.steps()]
            for a, stairs in zip(self.chip.numbers, self._stairs, strict=True)
        ]
        if self.chip.share == "deadlines":
            options = [[(used, used) for used, _ in some] for some in options]
        return cheapest(options, self.chip.crossbars, add=self.chip.share != "slowest")

    def result(self, stop: Stop, message: str = "") -> SharedResult:
        """The answer as far as the walk came."""
        steps = [stairs.steps() for stairs in self._stairs]
        asked = all(
            some or stairs.impossible for some, stairs in zip(steps, self._stairs, strict=True)
        )
        lower = self._best(lambda step: step.low) if asked else None
        upper = self._best(lambda step: step.attained) if asked else None
        known: dict[str, Any] = {
            "refuted": tuple(self._refuted(k) for k in range(len(steps))),
            "corners": tuple(tuple((s.crossbars, s.attained) for s in some) for some in steps),
            "questions": self._questions,
            "seconds": self.watch.seconds,
            "message": message,
        }
        name, bound = self.name, None if lower is None else lower[0]
        if asked and lower is None:
            return SharedResult(name, Status.INFEASIBLE, Stop.FINISHED, **known)
        if upper is None:
            proof = None if bound is None else self._proof
            return SharedResult(name, Status.UNKNOWN, stop, bound=bound, proof=proof, **known)
        parts = tuple(
            self._part(problem, some[at])
            for problem, some, at in zip(self.chip.problems, steps, upper[1], strict=True)
        )
        value = self.chip.cost(
            tuple(part.count for part in parts), tuple(part.crossbars for part in parts)
        )
        status = Status.OPTIMAL if value == bound else Status.FEASIBLE
        return SharedResult(name, status, stop, value, bound, parts, self._proof, **known)

    def _part(self, problem: Problem, step: Step) -> Part:
        named = dict(zip(problem.network.index, step.allocation, strict=True))
        return Part(step.crossbars, step.attained, named)

    def _refuted(self, k: int) -> tuple[tuple[int, int | None], ...]:
        least = self.chip.problems[k].smallest_budget
        pairs = _pairs(self._stairs[k], self._room(k))
        return tuple(pair for pair in pairs if pair[0] >= least)


def _budget(most: int | None) -> dict[str, int]:
    return {} if most is None else {CROSSBARS: most}


def _pairs(stairs: Staircase, room: int) -> Iterator[tuple[int, int | None]]:
    for step in stairs.steps():
        yield step.crossbars - 1, None if step.refuted == ANY else step.refuted
    if stairs.impossible:
        yield room, None if stairs.impossible == ANY else stairs.impossible
