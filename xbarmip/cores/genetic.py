"""PIMCOMP's genetic search for a placement."""

from dataclasses import asdict, dataclass
from random import Random
from typing import ClassVar

from xbarmip.cores.heuristics import (
    Recipe,
    after,
    answered,
    copies_in_turn,
    first_fit,
    most_that_fit,
)
from xbarmip.cores.layout import Layout, layout_of
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult, answer
from xbarmip.cores.score import score
from xbarmip.exact import as_int
from xbarmip.solvers.protocol import Watch, until_stopped


@dataclass(slots=True)
class _Genes:
    """A placement that mutates: parts of each layer in each core, and R."""

    allocation: list[int]
    held: list[dict[int, int]]

    def copy(self) -> "_Genes":
        return _Genes(list(self.allocation), [dict(core) for core in self.held])


@dataclass(frozen=True, slots=True)
class PlacementGenetic(Recipe):
    """PIMCOMP's genetic search, as its paper describes it.

    A chromosome says which core holds how many parts of which layer. There is no crossover; a child
    is a mutated parent: a layer gets a copy more, or one less, or parts of a layer are spread from
    a core to others, or brought together in one. The fittest survive: those of least value, then
    of fewest busiest cores. It begins with first fit of one copy each and of the balance rule.

    Source: X. Sun et al., PIMCOMP, DAC 2023, doi 10.1109/DAC56929.2023.10247928.

    Attributes
    ----------
    population, generations, seed : int
    """

    name: ClassVar[str] = "genetic"
    population: int = 50
    generations: int = 400
    seed: int = 0

    def __post_init__(self) -> None:
        as_int(self.population, "genetic option population", 2)
        as_int(self.generations, "genetic option generations", 1)
        as_int(self.seed, "genetic option seed", 0, 2**31 - 1)

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Breed until the generations are used up, or a limit is reached."""
        random = Random(self.seed)
        turns = copies_in_turn(placement)
        most = most_that_fit(placement, turns, first_fit)
        if most is None:
            return answered(placement, self.name, None)
        begin = (first_fit(placement, after(placement, turns, count)) for count in (most, 0))
        genes = (_genes(placement, layout) for layout in begin if layout is not None)
        crowd = sorted((self._ranked(placement, one) for one in genes), key=lambda one: one[:2])

        def breed() -> None:
            nonlocal crowd
            for _ in range(self.generations):
                watch.check()
                parents = random.choices(crowd, k=self.population)
                children = (_mutated(placement, genes, random) for _, _, genes in parents)
                crowd += [self._ranked(placement, child) for child in children if child]
                crowd = sorted(crowd, key=lambda one: one[:2])[: self.population]
                watch.tell(best=crowd[0][0], bound=None)

        stop = until_stopped(breed)
        best = crowd[0][2]
        layout = layout_of(placement, best.allocation, best.held)
        return answer(placement, self.name, layout, None, stop, options=asdict(self))

    def _ranked(self, placement: Placement, genes: _Genes) -> tuple[int, int, _Genes]:
        found = score(placement, layout_of(placement, genes.allocation, genes.held))
        return found.value, len(found.busiest), genes


def _genes(placement: Placement, layout: Layout) -> _Genes:
    held: list[dict[int, int]] = [{} for _ in layout.cores]
    for core, shares in zip(held, layout.cores, strict=True):
        for share in shares:
            parts = share.blocks // placement.parts[share.layer].products
            core[share.layer] = core.get(share.layer, 0) + parts
    return _Genes(list(layout.allocation), held)


def _mutated(placement: Placement, genes: _Genes, random: Random) -> _Genes | None:
    """A child, or None where the mutation finds no room or nothing to do."""
    child, layer = genes.copy(), random.randrange(len(genes.allocation))
    kind = random.choice(("more", "less", "spread", "gather"))
    part = placement.parts[layer]
    holders = [core for core, parts in enumerate(child.held) if parts.get(layer)]
    if kind == "more" and child.allocation[layer] < part.outputs:
        child.allocation[layer] += 1
        return child if _put(placement, child, layer, part.per_copy, random) else None
    if kind == "less" and child.allocation[layer] > 1:
        child.allocation[layer] -= 1
        _take(child, layer, part.per_copy, random)
        return child
    if kind == "spread":
        core = random.choice(holders)
        many = random.randint(1, child.held[core][layer])
        _drop(child, core, layer, many)
        return child if _put(placement, child, layer, many, random) else None
    if kind == "gather" and len(holders) > 1:
        start, end = random.sample(holders, 2)
        capacity = placement.capacity - _used(placement, child.held[end])
        many = min(child.held[start][layer], capacity // part.crossbars)
        if many:
            _drop(child, start, layer, many)
            child.held[end][layer] += many
            return child
    return None


def _used(placement: Placement, core: dict[int, int]) -> int:
    return sum(placement.parts[layer].crossbars * many for layer, many in core.items())


def _drop(genes: _Genes, core: int, layer: int, many: int) -> None:
    genes.held[core][layer] -= many
    if not genes.held[core][layer]:
        del genes.held[core][layer]


def _take(genes: _Genes, layer: int, many: int, random: Random) -> None:
    for _ in range(many):
        core = random.choice([c for c, parts in enumerate(genes.held) if parts.get(layer)])
        _drop(genes, core, layer, 1)


def _put(placement: Placement, genes: _Genes, layer: int, many: int, random: Random) -> bool:
    """Put parts into cores with room, drawn at random; whether there was room for all."""
    size = placement.parts[layer].crossbars
    order = list(range(placement.chip))
    random.shuffle(order)
    for core in order:
        while many and placement.capacity - _used(placement, genes.held[core]) >= size:
            genes.held[core][layer] = genes.held[core].get(layer, 0) + 1
            many -= 1
            if random.random() < 0.5:
                break
    return not many
