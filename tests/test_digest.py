"""Digests of problems: equal exactly where nothing that decides about an allocation differs."""

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import pytest

from xbarmip.certificate.check import digest
from xbarmip.certificate.statement import statement
from xbarmip.compare.instance import problem_for
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.constraints.core_packing import CorePacking
from xbarmip.digest import CODE, MOST_ANSWERS, comparable, problem_digest, stranger
from xbarmip.hardware.preset import load_hardware
from xbarmip.measures.registry import measures
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.library import load_network
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate


def pair(names=("a", "b"), outputs=(4, 4), sets=(1, 2), crossbars=12, **more):
    """Two pointwise layers."""
    layers = tuple(
        Layer(name, size, 1, 1, n, Window.square(1))
        for name, n, size in zip(names, outputs, sets, strict=True)
    )
    edges = (Edge(*names),) if outputs[0] == outputs[1] else ()
    return Problem(Network("pair", layers, edges), crossbars, 1, **more)


def limited(condition, layers=("a", "b"), **more):
    return pair(constraints=(Predicate("c", layers, condition),), **more)


def drawn(number):
    random = Random(f"digest {number}")
    network = random_network(random, Shape(random.randint(1, 5), 5, 12, branching=0.4, joining=0.3))
    smallest = Problem(network, 1, 4).smallest_budget
    return problem_for(network, smallest + random.randint(0, 20), 4, "cycles")


def test_names_and_sources_do_not_count_and_every_number_does():
    base = problem_digest(pair())
    assert len(base) == 64 and comparable(base)
    renamed = pair(("x", "y"))
    renamed = replace(renamed, network=replace(renamed.network, name="other", source="elsewhere"))
    assert problem_digest(renamed) == base
    others = [
        pair(crossbars=11), pair(sets=(2, 2)), pair(outputs=(8, 8)), pair(objective="steps"),
        pair(objective="steps", rule="published"),
        replace(pair(), network=replace(pair().network, outputs=("a",))),
        replace(pair(), network=replace(pair().network, edges=())),
    ]  # fmt: skip
    digests = [base, *map(problem_digest, others)]
    assert len(set(digests)) == len(digests)


def test_drawn_problems_are_told_apart():
    """Those few that are drawn twice have the same values."""
    problems = [drawn(n) for n in range(100)]
    groups = defaultdict(set)
    for problem in problems:
        ones = (1,) * len(problem.sets)
        known = (problem.crossbars, problem.sets, problem.largest)
        groups[problem_digest(problem)].add(
            (*known, evaluate(problem, ones), evaluate(problem, problem.largest))
        )
    assert len(groups) > 95
    assert all(len(values) == 1 for values in groups.values())
    network = problems[0].network
    labels = [problem_digest(problem_for(network, 99, 4, each.label)) for each in measures()]
    assert len(set(labels)) == len(labels) >= 5


def test_it_is_the_digest_of_the_certificate():
    hardware = load_hardware("isaac-like")
    latency = Problem(load_network("alexnet"), 2304, objective="latency", hardware=hardware)
    for problem in (*map(drawn, range(20)), latency):
        assert problem_digest(problem) == digest(statement(problem))


def test_the_order_in_which_edges_were_written_does_not_count():
    for number in range(100):
        problem = drawn(number)
        network = problem.network
        turned = replace(network, edges=tuple(reversed(network.edges)))
        assert problem_digest(replace(problem, network=turned)) == problem_digest(problem)


def test_a_linear_constraint_counts_by_the_weights_that_the_budget_leaves():
    def weighed(weights, limit=3, name="c"):
        return problem_digest(pair(constraints=(LinearConstraint(name, (("a", weights),), limit),)))

    base = weighed((1, 2, 3, 4))
    assert weighed((1, 2, 3, 4, 99), name="another") == base, "R = 5 does not exist"
    assert weighed((1, 2, 3, 5)) != base
    assert weighed((1, 2, 3, 4), 4) != base


def test_a_predicate_counts_by_what_it_allows():
    base = problem_digest(limited(lambda a, b: a * b <= 6))
    assert comparable(base)
    assert problem_digest(limited(lambda b, a: not a * b > 6, ("b", "a"))) == base
    assert problem_digest(limited(lambda a, b: a * b <= 5)) != base
    most = 6
    assert problem_digest(limited(lambda a, b: a * b <= most)) == base
    most = 5
    assert problem_digest(replace(limited(lambda a, b: a * b <= most))) != base
    assert problem_digest(limited(lambda a, b: a * b <= 6 or 1 / 0)) != base


def test_predicates_of_one_digest_allow_the_same_allocations():
    """Against brute force: random conditions, some of which differ beyond the budget alone."""
    random = Random(7)
    groups: dict[str, set[frozenset]] = {}
    for _ in range(400):
        table = {
            pair: random.random() < 0.9 or sum(pair) > 4 for pair in product(range(1, 5), repeat=2)
        }
        problem = limited(lambda a, b, t=table: t[a, b], crossbars=6)
        allowed = frozenset(p for p in product(range(1, 5), repeat=2) if problem.meets(p))
        groups.setdefault(problem_digest(problem), set()).add(allowed)
    assert len(groups) > 10
    assert all(len(allowed) == 1 for allowed in groups.values())
    assert len(set.union(*groups.values())) == len(groups), "and those of others differ"


def test_a_predicate_of_too_many_answers_cannot_be_told():
    def wide(most, outputs=300):
        assert outputs**2 > MOST_ANSWERS
        return problem_digest(
            limited(lambda a, b: a * b <= most, outputs=(outputs, outputs), crossbars=9999)
        )

    mark = wide(6)
    assert mark.startswith(CODE) and not comparable(mark)
    assert wide(6) == mark != wide(7)
    assert "rests on code" in stranger(mark, mark)


def test_a_ready_constraint_counts_by_what_it_makes():
    def packed(*arguments):
        return problem_digest(pair(sets=(2, 3), constraints=(CorePacking(*arguments),)))

    assert packed(6) == packed(6, 2), "twelve crossbars are two cores of six"
    assert packed(6, 2) != packed(7, 2)


def test_a_problem_without_allocations_has_a_digest():
    assert problem_digest(limited(lambda a, b: True, crossbars=2)) == problem_digest(
        limited(lambda a, b: False, crossbars=2)
    )


def test_latencies_count_by_their_step_times():
    presets = [load_hardware(name) for name in ("isaac-like", "shared-buffer")]
    network = load_network("alexnet")
    problems = [Problem(network, 2304, objective="latency", hardware=each) for each in presets]
    digests = [problem_digest(each) for each in problems]
    digests += [problem_digest(replace(problems[0], crossbars=999))]
    digests += [problem_digest(replace(problems[0], objective="cycles"))]
    assert len(set(digests)) == 4
    named = replace(presets[0], name="another")
    assert problem_digest(replace(problems[0], hardware=named)) == digests[0]


@dataclass
class Case:
    theirs: str
    here: str
    words: str


CASES = {
    "the same": Case("a" * 64, "a" * 64, ""),
    "another": Case("a" * 64, "b" * 64, f"digest {'a' * 64}, here {'b' * 64}"),
    "none": Case("", "a" * 64, "without a digest"),
    "none on either side": Case("", "", "without a digest"),
    "equal code": Case(CODE + "a", CODE + "a", "rests on code"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_matched(case):
    found = stranger(case.theirs, case.here)
    assert case.words in found
    assert bool(found) == bool(case.words)
