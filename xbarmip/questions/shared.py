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

Of times in ticks there are too many to be halved. Their steps are asked from the other side: what
is the least time v of the largest budget of the step? It is the step's own, which closes it, or
another, and then X_k(v) is a step that was not known. There are only so many budgets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from xbarmip.constraint import Recipe
from xbarmip.display import html_table
from xbarmip.errors import UnsupportedError, XbarmipError
from xbarmip.goal import CROSSBARS
from xbarmip.plain import plain
from xbarmip.questions.amounts import amount_of, limited
from xbarmip.questions.ask import Asker
from xbarmip.questions.chip import SharedChip
from xbarmip.questions.fewest import Level, fewest
from xbarmip.questions.staircase import ANY, Staircase, Step, cheapest
from xbarmip.solvers.protocol import Limits, Progress, Solver, StoppedError, Watch, ended
from xbarmip.solvers.registry import EXACT, made_solver
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.evaluate import evaluate


@dataclass(frozen=True, slots=True)
class Part:
    """What one network gets.

    Attributes
    ----------
    crossbars, count : int
        A time in ticks of its problem.
    allocation : mapping of str to int
    microseconds : float, optional
        Of a time.
    """

    crossbars: int
    count: int
    allocation: Mapping[str, int]
    microseconds: float | None = None


@dataclass(frozen=True, slots=True)
class SharedResult:
    """The best split, and what is proven of it.

    Attributes
    ----------
    solver : str
    status : Status
    stop : Stop
    value, bound : int, optional
        The largest weighted count, their sum, or crossbars; of times in units of the chip.
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
            {
                "crossbars": part.crossbars,
                "count": part.count,
                **({} if part.microseconds is None else {"count_us": part.microseconds}),
                "allocation": dict(part.allocation),
            }
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
    return walk.result(*ended(walk.run))


def crossbars_that_would_do(
    chip: SharedChip, solver: str | Solver, seconds: float | None = None
) -> int | None:
    """The fewest crossbars with which a chip without a split has one; None where none is proven."""
    given = chain.from_iterable(problem.given for problem in chip.problems)
    if any(isinstance(one, Recipe) and one.follows_budget for one in given):
        return None
    ample = sum(problem.ample for problem in chip.problems)
    due = chip.numbers if chip.due else (ANY,) * len(chip.problems)
    try:
        problems = tuple(problem.with_crossbars(ample) for problem in chip.problems)
        answer = solve_shared(
            SharedChip(problems, "deadlines", deadlines=due), solver, time_limit=seconds
        )
    except XbarmipError:  # too many choices, or weights that end where the budget does
        return None
    return answer.value if answer.status is Status.OPTIMAL else None


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
        due = self.chip.due
        for k, number in enumerate(self.chip.factors):
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
                if self.chip.timed:
                    self._ask_least(k, steps[k])
                else:
                    self._ask(k, (steps[k].low + steps[k].attained - 1) // 2)

    def _ask_least(self, k: int, step: Step) -> None:
        """The least time of the largest budget of a step."""
        stairs = self._stairs[k]
        later = next((s for s in stairs.steps() if s.crossbars > step.crossbars), None)
        most = self._room(k) if later is None else later.crossbars - 1
        problem = self.chip.problems[k]
        answer = self._askers[k].least(limited(problem, problem.label, {CROSSBARS: most}))
        if answer.status is not Status.OPTIMAL or answer.value is None:
            raise StoppedError(answer.stop, answer.message)
        if later is None:
            stairs.impossible = max(stairs.impossible, answer.value - 1)
        else:
            stairs.add(answer.value - 1, later.crossbars, later.attained, later.allocation)
        if answer.value < step.attained:
            self._ask(k, answer.value)

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
        for known in asker.known:
            if problem.meets(known) and evaluate(problem, known) <= target:
                level.take(known)
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
            for a, stairs in zip(self.chip.factors, self._stairs, strict=True)
        ]
        if self.chip.due:
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
        parts = tuple(self._part(k, steps[k][at]) for k, at in enumerate(upper[1]))
        value = self.chip.cost(
            tuple(part.count for part in parts), tuple(part.crossbars for part in parts)
        )
        status = Status.OPTIMAL if value == bound else Status.FEASIBLE
        return SharedResult(name, status, stop, value, bound, parts, self._proof, **known)

    def _part(self, k: int, step: Step) -> Part:
        named = dict(zip(self.chip.problems[k].network.index, step.allocation, strict=True))
        time = self.chip.shown_count(k, step.attained) if self.chip.timed else None
        return Part(step.crossbars, step.attained, named, time)

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
