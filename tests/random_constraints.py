"""Random constraints of every kind on a tiny problem."""

from random import Random

import xbarmip as xb
from xbarmip import constraints as ready
from xbarmip.constraint import Constraint, LinearConstraint, Predicate, Recipe


def random_linear(random: Random, problem: xb.Problem, name: str) -> list[Constraint]:
    """A sum over some layers: weights of both signs, of R or of anything, small or huge."""
    kind = random.choice(["copies", "crossbars", "any", "huge", "signs"])
    weights = {}
    for k in random_scope(random, problem):
        layer, most = problem.network.layers[k], problem.network.layers[k].outputs
        factor = {
            "copies": random.choice([-2, -1, 1, 3]),
            "crossbars": problem.sets[k],
            "signs": random.choice([-1, 1]),
        }.get(kind)
        if factor is not None:
            weights[layer.name] = tuple(factor * r for r in range(1, most + 1))
        else:
            scale = 2**62 if kind == "huge" else 1
            weights[layer.name] = tuple(scale * random.randint(-3, 9) for _ in range(most))
    least, largest = (sum(pick(some) for some in weights.values()) for pick in (min, max))
    limit = least + (largest - least) * random.randint(-1, 12) // 10
    return [LinearConstraint(name, tuple(weights.items()), limit)]


def random_equality(random: Random, problem: xb.Problem, name: str) -> list[Constraint]:
    """A weighted sum of R, or of anything, that must equal what some allocation makes of it."""
    layers = [problem.network.layers[k] for k in random_scope(random, problem)]
    tables = {
        layer.name: tuple(random.randint(-2, 3) for _ in range(layer.outputs))
        if random.random() < 0.3
        else tuple(factor * r for r in range(1, layer.outputs + 1))
        for layer in layers
        for factor in [random.choice([-1, 1, 1, 2])]
    }
    target = sum(
        some[random.randrange(problem.largest[problem.network.index[k]])]
        for k, some in tables.items()
    )
    turned = tuple((k, tuple(-w for w in some)) for k, some in tables.items())
    return [
        LinearConstraint(name, tuple(tables.items()), target),
        LinearConstraint(name, turned, -target),
    ]


def random_predicate(random: Random, problem: xb.Problem, name: str) -> list[Constraint]:
    """Any condition on up to three layers: parity, products, order, chance."""
    layers = [problem.network.layers[k].name for k in random_scope(random, problem, most=3)]
    seed, odds, modulus = random.random(), random.choice([0.3, 0.6, 0.9]), random.randint(2, 3)

    def chance(*duplication: int) -> bool:
        return Random(f"{seed} {duplication}").random() < odds

    conditions = [
        chance,
        lambda *duplication: sum(duplication) % modulus == 0,
        lambda *duplication: max(duplication) <= modulus * min(duplication),
        lambda *duplication: list(duplication) == sorted(duplication),
    ]
    return [Predicate(name, tuple(layers), random.choice(conditions))]


def random_recipe(random: Random, problem: xb.Problem) -> Recipe:
    """Any of the library, with parameters that matter on a tiny problem."""
    names = [layer.name for layer in problem.network.layers]
    some = random.sample(names, min(2, len(names)))
    kinds: list[Recipe] = [
        ready.TileGranularity(random.randint(1, 6)),
        ready.PowerBudget(random.randint(1, 60) / 10, 0.1, random.choice([0, 0.3]), 3),
        ready.SpareCrossbars(random.choice([0.05, 0.3, 1])),
        ready.LargestDuplication(random.randint(1, 4), some),
        ready.RatioLimit(random.choice([1, 1.5, 3]), random.choice([0, 0.5, 1])),
        ready.DivisorsOfWidth(),
        ready.PowersOfTwo(),
    ]
    if problem.crossbars <= 14:
        kinds.append(ready.CorePacking(random.randint(1, 5)))
    if len(some) > 1:
        kinds.append(ready.EqualDuplication(some))
    return random.choice(kinds)


def random_ready(random: Random, problem: xb.Problem, _: str) -> list[Constraint]:
    """What one of the library makes for this problem."""
    return list(random_recipe(random, problem).on(problem))


KINDS = (random_linear, random_equality, random_predicate, random_ready)


def random_scope(random: Random, problem: xb.Problem, most: int | None = None) -> list[int]:
    """Positions of some layers, in any order."""
    count = len(problem.network.layers)
    return random.sample(range(count), random.randint(1, min(count, most or count)))


def constrained(random: Random, problem: xb.Problem) -> xb.Problem:
    """The problem with one to three constraints."""
    constraints: list[Constraint] = []
    for number in range(random.randint(1, 3)):
        constraints += random.choice(KINDS)(random, problem, f"c{number}")
    return xb.Problem(
        problem.network,
        problem.crossbars,
        problem.size,
        problem.objective,
        problem.rule,
        tuple(constraints),
    )
