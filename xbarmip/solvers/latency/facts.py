"""What a walk has proven of counts and steps so far, and what it leaves open (SPEC §6)."""

from typing import NamedTuple


class Facts:
    """Lower bounds on the counts of allocations with short steps.

    A fact (tau, b) says that no allocation with Tstep <= tau has a count below b. It holds for all
    shorter steps, too.

    Attributes
    ----------
    shortest : int
        No allocation has a step of fewer ticks.
    """

    def __init__(self, shortest: int, fewest: int) -> None:
        self.shortest = shortest
        self._known: list[tuple[int | None, int]] = [(None, fewest)]

    def add(self, at_most: int | None, bound: int) -> None:
        """Take a fact; a tau of None is for all allocations."""
        self._known.append((at_most, bound))

    def fewest(self, step: int | None) -> int:
        """No allocation with a step of at most so many ticks (None: any) has a smaller count."""
        return max(
            bound
            for at_most, bound in self._known
            if at_most is None or (step is not None and step <= at_most)
        )

    def settled(self, step: int | None, count: int) -> bool:
        """Whether no allocation with a step of at most `step` ticks has a count below `count`."""
        return (step is not None and step < self.shortest) or self.fewest(step) >= count


class Span(NamedTuple):
    """Steps of `low` to `high` ticks; without a `high`, of any length from `low` on."""

    low: int
    high: int | None


class Spans:
    """Where a latency below the best may still lie: the steps that it can have.

    An allocation with a step in [low, high] has a latency of at least low * fewest(high).
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._open = [Span(facts.shortest, None)]

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def least(self) -> int:
        """No latency in the open spans is smaller, in ticks."""
        return self._product(self.weakest)

    @property
    def weakest(self) -> Span:
        """The open span of which least is known."""
        return min(self._open, key=self._product)

    def _product(self, span: Span) -> int:
        return span.low * self._facts.fewest(span.high)

    def trim(self, best: int | None) -> None:
        """Leave out steps that no allocation has, or none with a latency below the best.

        Beyond (best - 1) / fewest(high) every step of at most `high` gives at least `best`.
        """
        trimmed = (self._trimmed(span, best) for span in self._open)
        self._open = [one for one in trimmed if one.high is None or one.low <= one.high]

    def _trimmed(self, span: Span, best: int | None) -> Span:
        low, high = max(span.low, self._facts.shortest), span.high
        while best is not None and (high is None or high >= low):
            most = (best - 1) // self._facts.fewest(high)
            if high is not None and most >= high:
                break
            high = most
        return Span(low, high)

    def split(self, span: Span, at: int) -> None:
        """Make two of a span, up to `at` and above; one without any step goes."""
        self._open.remove(span)
        halves = Span(span.low, at), Span(at + 1, span.high)
        self._open += [one for one in halves if one.high is None or one.low <= one.high]

    def cut(self, span: Span, most: int) -> None:
        """Leave out the steps of a span above `most`."""
        self._open.remove(span)
        if span.low <= most:
            self._open.append(Span(span.low, most))

    def close(self) -> None:
        """Leave nothing open."""
        self._open = []
