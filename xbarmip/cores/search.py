"""The solver `search`: bounds from below, placements from above, and a decision in between."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import ClassVar

from xbarmip.cores.bounds.patterns import Patterns
from xbarmip.cores.bounds.prices import Bound, Refutation, holds
from xbarmip.cores.bounds.simple import SIMPLE
from xbarmip.cores.dive import Dive
from xbarmip.cores.exact import Decision, OutOfNodesError, bounded
from xbarmip.cores.improve import Climb
from xbarmip.cores.layout import Layout
from xbarmip.cores.menu import target
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult, answer, nothing
from xbarmip.cores.ties import Ties
from xbarmip.exact import as_int
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch, until_stopped
from xbarmip.solvers.result import Stop
from xbarmip.timing.evaluate import count_of

_FIRST_TRIES = 200  # of the climb, before patterns are asked for
_FIRST_STEPS = 200  # of the dive, which begins where the climb ended
_NODES = 4000  # of the first decision; twice as many each time that one is cut off
_CLIMBING = 3  # times as long as the decision before it
_TRIES = 20  # of the climb between two looks at the clock
_STEPS = 5  # of the dive, likewise
_TRIM = 300  # tries for fewer crossbars once the value is settled


@dataclass(frozen=True, slots=True)
class PlacementSearch:
    """The package's own exact search, which is of use long before it ends.

    A climb finds placements, a dive into mixtures of patterns better ones. Prices refute targets
    below them: first those of simple bounds, then those of patterns. What is left between is
    decided by a search over R and cores, with more and more nodes, while climb and dive go on.

    Once the value is proven, ties are decided: fewest crossbars, then fewest cycles.

    Attributes
    ----------
    seed : int
        Of the climb.
    ties : int
        Nodes of the search for each question about a tie; what they do not decide stays open.
    """

    name: ClassVar[str] = "search"
    seed: int = 0
    ties: int = 20_000

    def __post_init__(self) -> None:
        as_int(self.seed, "search option seed", 0, 2**31 - 1)
        as_int(self.ties, "search option ties", 0)

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """Nothing: it takes every placement."""
        return ()

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Solve; ends early when the watch expires, at the memory limit or on KeyboardInterrupt."""
        if placement.obstacle:
            return nothing(placement, self.name, placement.obstacle)
        run = _Run(placement, watch, self)
        stop = until_stopped(run.whole)
        if run.climb.value == run.bound:
            stop = Stop.FINISHED  # the limit ended the search for ties
        return answer(
            placement,
            self.name,
            run.climb.best,
            run.bound,
            stop,
            infeasible=run.infeasible,
            refutation=run.refutation,
            statistics=run.statistics(),
            options=asdict(self),
            message="no placement meets the constraints and fits" if run.infeasible else "",
        )


class _Run:
    """One solve: what is known so far, from both sides."""

    def __init__(self, placement: Placement, watch: Watch, options: PlacementSearch) -> None:
        self.placement, self.watch, self.options = placement, watch, options
        self.climb = Climb(placement, 1, options.seed)
        self.ties: Ties | None = None
        self.dive: Dive | None = None
        self.bound = 1
        self.refutation: Refutation | None = None
        self.infeasible = False
        self.nodes = self.decisions = 0
        self.memory = Memory(watch.limits.memory_bytes)
        self._let_through: Callable[[], None] = lambda: None

    def pause(self) -> None:
        """Called between pieces of work: at a limit, or after Ctrl-C, the solve ends."""
        self._let_through()
        self.watch.check()
        if self.memory.exceeded:
            raise StoppedError(Stop.MEMORY)

    def whole(self) -> None:
        """Close the gap, then look for fewer crossbars at the value that is proven."""
        with interrupts_held() as self._let_through:
            self._work()

    def _work(self) -> None:
        for bound in SIMPLE:
            self._raise_by(bound)
        self._climb(islice(self.climb, _FIRST_TRIES))
        self._decide(_NODES)
        self._dive(_FIRST_STEPS)
        if self._open:
            self._raise_by_patterns()
        nodes = _NODES
        while self._open:
            begin = self.watch.seconds
            nodes = nodes if self._decide(nodes) else 2 * nodes
            until = self.watch.seconds + _CLIMBING * (self.watch.seconds - begin)
            while self._open and self.watch.seconds < until:
                self._climb(islice(self.climb, _TRIES))
                self._dive(_STEPS)
        if not self.infeasible:
            self._trim()

    @property
    def _open(self) -> bool:
        return not self.infeasible and self.climb.value != self.bound

    @property
    def _worst(self) -> int:
        """A value that is known to be reached, or that any placement would reach."""
        return self.placement.most if self.climb.value is None else self.climb.value

    def _tell(self) -> None:
        self.watch.tell(
            best=self.climb.value, bound=self.bound, tries=self.climb.tries, nodes=self.nodes
        )
        self.pause()

    def _climb(self, tries: Iterable[Layout | None]) -> None:
        """Some tries, fewer where one meets the bound."""
        self.climb.least = self.bound
        for _ in tries if self._open else ():
            self._tell()
            if not self._open:
                return

    def _dive(self, steps: int) -> None:
        """Some steps of the dive, once there is a placement to begin with."""
        if self.dive is None and self.climb.best is not None and self._open:
            self.dive = Dive(self.placement, self.climb, self._tell)
        self.climb.least = self.bound
        for _ in range(steps if self._open else 0):
            if self.dive is None or not self._open:
                return
            self.dive.step()

    def _trim(self) -> None:
        """Look for the same value with fewer crossbars, then fewer cycles; prove what is least."""
        self.ties = Ties(self.placement, self.climb, self._tell)
        for _ in self.climb.trim(_TRIM):
            self._tell()
            if self.climb.crossbars == self.ties.crossbars:
                break
        self.ties.settle(self.options.ties)

    def _refuted(self, value: int, refutation: Refutation | None = None) -> None:
        """Take note that no placement has a value of at most `value`."""
        if self.climb.value is None and value >= self.placement.most:
            self.infeasible = True
            return
        after = self.placement.after(value)
        if after > self.bound:
            self.bound = after
            if refutation is not None:
                self.refutation = replace(refutation, value=after - 1)

    def _raise_by(self, bound: Bound) -> None:
        """Raise the bound as far as one object does, by larger and larger steps, then by halves."""

        def refutes(value: int) -> bool:
            refutation = bound.refutation(self.placement, target(self.placement, value))
            if refutation is None or not holds(self.placement, refutation):
                return False
            self._refuted(value, refutation)
            return True

        self._search(refutes)

    def _search(self, refutes: Callable[[int], bool], step: int = 1) -> None:
        """Ask about values from the bound on, until one is refuted and the next is not.

        The first step beyond the bound is `step`, and none is longer than half of what is open.
        """
        end = self._worst + (self.climb.value is None)
        while self._open and self.bound < end:
            value = min(self.bound + step - 1, (self.bound + end - 1) // 2, end - 1)
            self._tell()
            if refutes(value):
                step *= 2
            else:
                end = value

    def _raise_by_patterns(self) -> None:
        patterns = Patterns(pause=self.pause)

        def refutes(value: int) -> bool:
            found = patterns.run(self.placement, target(self.placement, value))
            if found.refutation is not None:
                self._refuted(value, found.refutation)
                return True
            self.climb.mixture = found.mixture
            return False

        self._search(refutes, self.climb.value or 1)  # by halves: each answer takes long

    def _decide(self, nodes: int) -> bool:
        """Decide targets between bound and value; whether that was done within so many nodes."""
        self.cut = False

        def refutes(value: int) -> bool:
            try:
                layout = self._decision(value, nodes)
            except (OutOfNodesError, RecursionError):  # recursion goes as deep as there are cores
                self.cut = True
                return False
            if layout is None:
                self._refuted(value)
                return True
            self.climb.offer(layout)
            return False

        self._search(refutes)
        return not self.cut

    def _decision(self, value: int, nodes: int) -> Layout | None:
        self.decisions += 1
        within = bounded(nodes, self._tell)

        def pause() -> None:
            self.nodes += 1
            within()

        return Decision(self.placement, target(self.placement, value), pause).run()

    def statistics(self) -> dict[str, int | None]:
        """Counters, and what is known of the ties at the value that was found."""
        best, ties = self.climb.best, self.ties
        return {
            "tries": self.climb.tries,
            "steps": 0 if self.dive is None else self.dive.steps,
            "decisions": self.decisions,
            "nodes": self.nodes,
            "crossbars": self.climb.crossbars,
            "crossbars_at_least": None if ties is None else ties.crossbars,
            "cycles": None
            if best is None
            else count_of(self.placement.problem.view, best.allocation),
            "cycles_at_least": None if ties is None else ties.cycles,
            "proven_by_prices": None if self.refutation is None else self.refutation.value + 1,
        }
