"""What a walk has proven of counts and steps so far (SPEC §6)."""


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

    def least_product(self, at_most: int | None) -> int:
        """No allocation with a step of at most so many ticks has a smaller latency, in ticks.

        The bound on the count falls only beyond the tau of a fact, so that the product is least at
        the shortest step, or just beyond one of those.
        """
        beyond = [tau + 1 for tau, _ in self._known if tau is not None]
        steps = [
            step for step in beyond if step > self.shortest and (at_most is None or step <= at_most)
        ]
        return min(step * self.fewest(step) for step in (self.shortest, *steps))
