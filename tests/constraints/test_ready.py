"""The ready constraints: solved by hand on a tiny network, their meaning at random, refusals."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import ceil
from random import Random

import pytest

import xbarmip as xb
from tests.brute import tiny_problem
from tests.model.test_statement import SHAPES
from tests.random_constraints import random_recipe
from xbarmip import constraints as ready
from xbarmip.constraint import Predicate, Recipe
from xbarmip.constraints.library import READY, make, parse
from xbarmip.constraints.packing import packs
from xbarmip.errors import InputError
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.solvers.result import Status

# Tiles of 3 crossbars; a value is a byte, and the bus moves a byte a microsecond.
TILED = Hardware(
    "tiled",
    "a test",
    Crossbar(1, 1),
    crossbars_per_tile=3,
    input_bits=8,
    compute_ns=1,
    memory=(MemoryLevel("bus", 10**6, "isaac-inter-tile"),),
)


def funnel(crossbars=8, channels=(1, 2), constraints=(), hardware=None):
    """`a` makes 1x4 outputs, pooled in pairs for `b`, which makes 1x2; crossbars of one weight.

    A copy of `a` is one block of channels[0] crossbars, one of `b` a block of channels[1]. Cycles
    by (R_a, R_b), worked out by hand: with R_b = 2, `b` makes both outputs when all 4 of `a` exist:
    ceil(4 / R_a) = 4, 2, 2, 1 for R_a = 1..4. With R_b = 1, its first output needs 2 of `a`, its
    second one 4 and a cycle more: 4, 2, 2, 2.
    """
    first = Layer("a", 1, channels[0], 1, 4, Window.square(1), pool=Window((1, 2), (1, 2)))
    second = Layer("b", 1, channels[1], 1, 2, Window.square(1))
    network = Network("funnel", (first, second), (Edge("a", "b"),))
    return xb.Problem(network, crossbars, 1, constraints=constraints, hardware=hardware)


HAND = [
    # free: (4, 2) takes 4 + 2*2 = 8 crossbars
    ((), 1),
    # 2 tiles of 3: ceil(R_a / 3) + R_b <= 2, so (3, 1)
    ((ready.TileGranularity(3),), 2),
    # 2 tiles of 4: ceil(R_a / 4) + ceil(R_b / 2) <= 2, so (4, 2)
    ((ready.TileGranularity(4),), 1),
    # a tile of 1: `b` takes two for each copy, R_a + 2 R_b <= 4, so (2, 1)
    ((ready.TileGranularity(1, tiles=4),), 2),
    # 2 cores of 3: a block of `b` and one of `a` in each, (2, 2)
    ((ready.CorePacking(3),), 2),
    # 2 cores of 4: (4, 2)
    ((ready.CorePacking(4),), 1),
    # a block of `b` does not fit into a core of 1
    ((ready.CorePacking(1),), None),
    # 0.4 mW each, 2.4 mW in all: 6 crossbars, (2, 2) or (4, 1)
    ((ready.PowerBudget(Decimal("2.4"), Decimal("0.4")),), 2),
    # (4, 2): 8 crossbars and 2 tiles of 4 are 8 + 2*2 = 12; (2, 2): 6 + 4 = 10
    ((ready.AreaBudget(10, 1, per_tile=2, crossbars_per_tile=4),), 2),
    ((ready.AreaBudget(12, 1, per_tile=2, crossbars_per_tile=4),), 1),
    # (4, 2) in the hardware's tiles of 3: 2 tiles for `a`, one for each copy of `b`, 8 + 4*2 = 16
    ((ready.AreaBudget(16, 1, per_tile=2),), 1),
    ((ready.AreaBudget(15, 1, per_tile=2),), 2),
    ((ready.LargestDuplication(2),), 2),
    ((ready.LargestDuplication(1, layers="a"),), 4),
    # (2, 2); R_b has no more than 2
    ((ready.EqualDuplication(("a", "b")),), 2),
    # R_a <= R_b: (2, 2)
    ((ready.RatioLimit(1),), 2),
    # 2.5 R_b <= R_a <= 4 R_b: (3, 1) or (4, 1)
    ((ready.RatioLimit(4, 2.5),), 2),
    ((ready.RatioLimit(4, 2),), 1),
    # (4, 2): 4 + 1 + 4 + 1 = 10 of 8; (2, 2): 2 + 1 + 4 + 1 = 8
    ((ready.SpareCrossbars(0.25),), 2),
    ((ready.SpareCrossbars(0),), 1),
    # (3, 1)
    ((ready.AllowedDuplication((1, 3)),), 2),
    ((ready.AllowedDuplication(1, layers=("a",)),), 4),
    ((ready.PowersOfTwo(),), 1),
    # not (3, 2): of 4, 3 is not a divisor
    ((ready.DivisorsOfWidth(), ready.LargestDuplication(3)), 2),
    ((ready.PowersOfTwo(("a",)), ready.AllowedDuplication(3, "a")), None),
    # `b` is in R_b tiles, each of which gets the R_a values of a step: R_a R_b <= 4, so (2, 2)
    ((ready.StepTimeLimit(4),), 2),
    ((ready.StepTimeLimit(Decimal("7.9")),), 2),
    ((ready.StepTimeLimit(8),), 1),
    # (1, 1): a step of `a` makes one value
    ((ready.StepTimeLimit(1),), 4),
    ((ready.StepTimeLimit(Decimal("0.5")),), None),
]


@pytest.mark.parametrize("solver", ["dp", "milp", "exhaustive"])
@pytest.mark.parametrize(("constraints", "value"), HAND)
def test_solved_by_hand(constraints, value, solver):
    result = xb.solve(funnel(constraints=constraints, hardware=TILED), solver=solver)
    assert result.value == result.bound == value
    assert (result.status is Status.INFEASIBLE) == (value is None)


@pytest.mark.parametrize("solver", ["dp", "milp", "exhaustive"])
def test_a_count_that_fits_the_chip_may_not_fit_its_cores(solver):
    """Blocks of 2 and of 3 in 3 cores of 4: a block of 3 has its core alone.

    (3, 2) takes 3*2 + 2*3 = 12 crossbars of 12, but 2 cores of its own for `b` leave one for three
    blocks of 2. (4, 1) and (2, 2) fit.
    """
    problem = funnel(12, (2, 3), (ready.CorePacking(4), ready.AllowedDuplication((3, 4), "a")))
    assert any(isinstance(constraint, Predicate) for constraint in problem.constraints)
    assert problem.crossbars_used((3, 2)) == 12
    assert not problem.meets((3, 2))
    assert problem.meets((4, 1))
    assert xb.solve(problem, solver=solver).allocation in ({"a": 4, "b": 1}, {"a": 3, "b": 1})


def test_every_ready_constraint_is_in_the_library_and_solved_by_hand():
    assert {type(c) for constraints, _ in HAND for c in constraints} == set(READY.values())
    for name, kind in READY.items():
        assert name == name.lower()
        assert "Source:" in kind.__doc__
        assert "    " in kind.__doc__.split("\n\n")[1]  # the inequality


def test_a_constraint_of_several_parts_has_one_name():
    problem = funnel(constraints=(ready.RatioLimit(4, 2), ready.PowersOfTwo()))
    assert [each.name for each in problem.constraints] == ["ratio-limit"] * 2 + [
        "powers-of-two"
    ] * 2
    assert problem.constraint_names == ("ratio-limit", "powers-of-two")


def test_hardware_that_does_not_say_how_long_a_step_takes():
    silent = replace(TILED, memory=())
    with pytest.raises(InputError, match="hardware 'tiled' gives no step time"):
        funnel(constraints=(ready.StepTimeLimit(1),), hardware=silent)


@pytest.mark.parametrize(
    ("recipe", "follows"),
    [
        (ready.TileGranularity(3), True),
        (ready.TileGranularity(3, 2), False),
        (ready.CorePacking(4), True),
        (ready.CorePacking(4, 2), False),
        (ready.SpareCrossbars(0.25), True),
        (ready.PowersOfTwo(), False),
        (ready.DivisorsOfWidth(), False),
        (ready.LargestDuplication(2), False),
        (ready.AllowedDuplication((1, 3)), False),
        (ready.EqualDuplication(("a", "b")), False),
        (ready.RatioLimit(1), False),
        (ready.PowerBudget(3, 1), False),
        (ready.AreaBudget(3, 1), False),
        (ready.StepTimeLimit(4), False),
    ],
)
def test_some_ask_something_else_at_another_budget(recipe, follows):
    """What they ask of an allocation that fits both budgets."""
    assert isinstance(recipe, Recipe)
    assert recipe.follows_budget is follows
    large = funnel(12, constraints=(recipe,), hardware=TILED)
    small = large.with_crossbars(6)
    assert small.constraints == funnel(6, constraints=(recipe,), hardware=TILED).constraints
    both = [one for one in product((1, 2, 3, 4), (1, 2)) if small.crossbars_used(one) <= 6]
    assert any(bool(large.broken(one)) != bool(small.broken(one)) for one in both) is follows


def direct(problem, kind, chosen):
    """Whether `chosen` meets the definition, written out anew."""
    layers, sets = problem.network.layers, problem.sets

    def tiles(tile):
        taken = 0
        for s, r in zip(sets, chosen, strict=True):
            together = max(1, tile // s)
            taken += -(-r // together) * -(-s // tile)
        return taken

    match kind:
        case ready.TileGranularity(tile, None):
            return tiles(tile) <= problem.crossbars // tile
        case ready.PowerBudget(limit, one, per_tile, tile):
            exact = [Fraction(str(x)) for x in (limit, one, per_tile)]
            used = problem.crossbars_used(chosen)
            return exact[1] * used + exact[2] * tiles(tile) <= exact[0]
        case ready.SpareCrossbars(rate):
            used = [r * s for r, s in zip(chosen, sets, strict=True)]
            return sum(x + ceil(Fraction(str(rate)) * x) for x in used) <= problem.crossbars
        case ready.LargestDuplication(most, names):
            return all(r <= most for r, k in zip(chosen, layers, strict=True) if k.name in names)
        case ready.EqualDuplication(names):
            return len({chosen[problem.network.index[name]] for name in names}) == 1
        case ready.RatioLimit(most, least):
            at = problem.network.index
            return all(
                Fraction(str(least)) * chosen[at[e.consumer]]
                <= chosen[at[e.producer]]
                <= Fraction(str(most)) * chosen[at[e.consumer]]
                for e in problem.network.edges
            )
        case ready.DivisorsOfWidth():
            return all(k.width % r == 0 for r, k in zip(chosen, layers, strict=True))
        case ready.PowersOfTwo():
            return all(r in (1, 2, 4, 8, 16, 32) for r in chosen)
        case ready.CorePacking(core, None):
            blocks = []
            for r, layer in zip(chosen, layers, strict=True):
                count, width = problem.crossbar.row_blocks(layer)
                blocks += [width] * (r * count)
            return fits_one_by_one(
                sorted(blocks, reverse=True), [core] * (problem.crossbars // core)
            )
    raise AssertionError(kind)


def fits_one_by_one(blocks, rooms):
    """Bin packing by trying every different room for the first block."""
    if not blocks:
        return True
    first, rest = blocks[0], blocks[1:]
    for room in {room for room in rooms if room >= first}:
        left = list(rooms)
        left.remove(room)
        if fits_one_by_one(rest, sorted([*left, room - first])):
            return True
    return False


def test_their_meaning_on_random_problems():
    random = Random("ready")
    counts = dict.fromkeys(READY.values(), 0)
    for _ in range(250):
        problem = tiny_problem(random, random.choice(SHAPES), "cycles", None, 200)
        kind = random_recipe(random, problem)
        constrained = xb.Problem(
            problem.network, problem.crossbars, problem.size, constraints=[kind]
        )
        for chosen in product(*(range(1, most + 1) for most in problem.largest)):
            if problem.crossbars_used(chosen) <= problem.crossbars:
                counts[type(kind)] += 1
                assert constrained.meets(chosen) == direct(problem, kind, chosen), (kind, chosen)
    assert sum(map(bool, counts.values())) >= 9


def test_packing_on_random_blocks():
    random = Random("packing")
    outcomes = set()
    for _ in range(400):
        core, cores = random.randint(1, 9), random.randint(0, 3)
        sizes = random.sample(range(1, 8), random.randint(1, 3))
        blocks = {size: random.randint(0, 4) for size in sizes}
        flat = sorted((s for s, n in blocks.items() for _ in range(n)), reverse=True)
        expected = fits_one_by_one(flat, [core] * cores)
        assert packs(blocks, core, cores) == expected, (blocks, core, cores)
        outcomes.add(expected)
    assert outcomes == {True, False}
    assert packs({3: 4000, 2: 2001, 1: 4000}, 9, 2223)  # 20002 of 20007
    assert packs({4: 1, 3: 2, 2: 5}, 10, 2)  # 20 of 20: 4+2+2+2, 3+3+2+2


def test_packing_into_many_cores():
    # 270 cores of 4 hold 3 + 1, the other 306 hold 2 + 2
    assert packs({3: 270, 2: 612, 1: 270}, 4, 576)
    assert not packs({3: 270, 2: 613, 1: 258}, 4, 576)
    assert not packs({3: 270, 2: 612, 1: 271}, 4, 576)
    # 16 is 3+3+3+3+2+2 and 3+3+2+2+2+2+2: of 3, largest first, five go into a core and waste 1
    assert packs({3: 4 * 100, 2: 2 * 100}, 16, 100)
    assert packs({3: 4 * 100 + 2 * 44, 2: 2 * 100 + 5 * 44}, 16, 144)
    # every core would hold five of 3 and waste 1, but for one of 2
    assert packs({3: 5 * 144 - 1, 2: 2}, 16, 144)
    assert not packs({3: 5 * 144, 2: 1}, 16, 144)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("powers-of-two", ready.PowersOfTwo()),
        ("largest-duplication:most=4", ready.LargestDuplication(4)),
        ("largest-duplication:most=4,layers=a+b", ready.LargestDuplication(4, ("a", "b"))),
        ("equal-duplication:layers=a+b", ready.EqualDuplication(("a", "b"))),
        ("ratio-limit:most=1.5", ready.RatioLimit(Decimal("1.5"))),
        ("allowed-duplication:values=1+2,layers=a", ready.AllowedDuplication((1, 2), ("a",))),
        ("tile-granularity:crossbars_per_tile=72,tiles=32", ready.TileGranularity(72, 32)),
    ],
)
def test_text_and_tables(text, made):
    assert parse(text) == made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("power-of-two", "unknown constraint 'power-of-two'; did you mean 'powers-of-two'"),
        ("largest-duplication", "constraint 'largest-duplication': missing key 'most'"),
        (
            "largest-duplication:most",
            "constraint 'largest-duplication': expected KEY=VALUE, got 'm",
        ),
        ("largest-duplication:least=2", "unknown key 'least'; did you mean"),
        ("largest-duplication:most=2,most=3", "'most' is given twice"),
        ("largest-duplication:most=0", "largest-duplication: most must be at least 1, got 0"),
        ("largest-duplication:most=2.5", r"most must be an integer, got 2\.5"),
        ("largest-duplication:most=2,layers=x", "largest-duplication: unknown layer 'x'"),
        ("equal-duplication:layers=a", "layers must be two or more, got 1"),
        ("equal-duplication:layers=a+a", "names layer 'a' twice"),
        ("equal-duplication:layers=1+2", "layers must be names of layers, got"),
        ("ratio-limit:most=1,least=2", "least must be at most most, got 2 and 1"),
        ("ratio-limit:most=-1", "ratio-limit: most must be at least 0, got -1"),
        ("ratio-limit:most=x", "ratio-limit: most must be a number, got 'x'"),
        ("spare-crossbars:rate=1.5", "rate must be at most 1, got 1.5"),
        ("power-budget:limit=1,per_crossbar=nan", "per_crossbar must be a finite number, got NaN"),
        (
            "power-budget:limit=1,per_crossbar=1,per_tile=2",
            "power-budget: crossbars_per_tile must be given, or hardware",
        ),
        ("allowed-duplication:values=x", "values must be one or more integers, got 'x'"),
        ("core-packing:crossbars_per_core=4,cores=0", "cores must be at least 1, got 0"),
        ("step-time-limit:most_us=1", "step-time-limit needs hardware, got none"),
        ("step-time-limit:most_us=-1", "step-time-limit: most_us must be at least 0, got -1"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(InputError, match=message):
        funnel(constraints=(parse(text),))


def test_parameters_from_a_table():
    assert make("spare-crossbars", {"rate": Decimal("0.05")}).rate == Decimal("0.05")
    with pytest.raises(InputError, match="must be a table"):
        make("spare-crossbars", [1])
