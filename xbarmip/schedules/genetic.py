"""The heuristic `genetic`: cuts mate and mutate, with the proven optimum inside each segment."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import ClassVar

from xbarmip.exact import as_int
from xbarmip.schedules.cuts import even_cuts, filled
from xbarmip.schedules.exact import ANY, Path, Segments, TakesAll
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, answer
from xbarmip.solvers.protocol import Watch, until_stopped

Cuts = frozenset[int]


@dataclass(frozen=True, slots=True)
class GeneticCuts(TakesAll):
    """A genetic algorithm over the cuts.

    The way of COMPASS (J. Park et al., DATE 2025, arXiv 2501.06780), which breeds partitions of a
    network for chips that are too small. A gene says of each unit whether a cut is before it; where
    a segment would not fit, one is put in. Parents are the better of two; a child has each cut of
    one or the other, one in ten is moved, put in or left out; the best of parents and children live
    on.
    COMPASS estimates what a segment takes; here it is its proven least cost.

    Attributes
    ----------
    population, generations, seed : int
    """

    name: ClassVar[str] = "genetic"
    population: int = 20
    generations: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        as_int(self.population, "genetic option population", 2)
        as_int(self.generations, "genetic option generations", 0)
        as_int(self.seed, "genetic option seed", 0)

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Breed, and return the fittest."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        breed = _Breed(schedule, Random(self.seed), watch)
        stop = until_stopped(lambda: breed.run(self.population, self.generations))
        best = breed.best
        plan = None if best is None else breed.segments.plan(best)
        return answer(schedule, self.name, plan, None, stop, options=asdict(self))


class _Breed:
    """A population and the best of all that lived."""

    def __init__(self, schedule: Schedule, random: Random, watch: Watch) -> None:
        self.schedule, self.random, self.watch = schedule, random, watch
        self.segments = Segments(schedule)
        self.best: Path | None = None

    def run(self, population: int, generations: int) -> None:
        """Breed so many generations."""
        living = sorted((self._cost(cuts), sorted(cuts)) for cuts in self._first(population))
        for _ in range(generations):
            born = []
            for _ in range(population):
                child = self._child(*(min(self.random.choices(living, k=2))[1] for _ in "ab"))
                born.append((self._cost(child), sorted(child)))
            living = sorted([*living, *born])[:population]

    def _first(self, population: int) -> Iterator[Cuts]:
        """Full chips, even cuts, and random ones, few to many."""
        yield frozenset()
        yield frozenset(start for start, _ in even_cuts(self.schedule))
        for number in range(population - 2):
            share = number / max(1, population - 3)
            units = range(1, len(self.schedule.units))
            yield frozenset(unit for unit in units if self.random.random() < share)

    def _child(self, one: list[int], other: list[int]) -> Cuts:
        both = set(one) & set(other)
        child = {cut for cut in {*one, *other} if cut in both or self.random.random() < 0.5}
        for unit in range(1, len(self.schedule.units)):
            if self.random.random() < 1 / len(self.schedule.units):
                child ^= {unit}
            elif unit in child and self.random.random() < 0.1:
                child = child - {unit} | {unit + self.random.choice((-1, 1))}
        return frozenset(child)

    def _cost(self, cuts: Cuts) -> int:
        """What a plan with these cuts costs at least."""
        total = 0
        edges = filled(self.schedule, cuts)
        for edge in edges:
            self.watch.check()
            self.segments.prove(edge, ANY, self.watch)
            total += self.segments.bounds[edge]
        if self.best is None or total < self.best.cost:
            self.best = Path(total, edges)
        self.watch.tell(segments_proven=len(self.segments.searches))
        return total
