"""Every exact way to answer against the corpus, and the corpus against brute force."""

from collections import Counter

import pytest

from tests.conformance.corpus import COUNTS, corpus
from tests.conformance.instances import KINDS, MEASURES, brute_force, write
from tests.conformance.ways import CUTS, WAYS, hold
from xbarmip.constraint import Predicate

CASES = {(kind, label): [] for kind in KINDS for label in MEASURES}
for one in corpus():
    CASES[one.kind, one.label].append(one)


@pytest.mark.parametrize("label", MEASURES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_answers_like_brute_force(way, kind, label):
    for case in CASES[kind, label]:
        way(case)


@pytest.mark.parametrize("label", MEASURES)
@pytest.mark.parametrize("kind", KINDS)
def test_brute_force_says_so(kind, label):
    """The whole corpus is answered again by the definitions."""
    assert len(CASES[kind, label]) == COUNTS[kind]
    for case in CASES[kind, label]:
        assert brute_force(case.problem) == case.answer, case
        assert case.problem.measure is MEASURES[label]
        assert case.problem.is_latency == (kind == "timed")


@pytest.mark.parametrize("label", MEASURES)
def test_every_combination_of_cuts(label):
    for case in (*CASES["free", label][::8], *CASES["constrained", label][::9]):
        for solver in CUTS:
            hold(case, solver)


def oddities(case):
    """What makes a case ugly, by name."""
    problem, answer = case.problem, case.answer
    network = problem.network
    spare = problem.crossbars - problem.smallest_budget
    yield {True: "budget too small", spare == 0: "zero slack"}.get(spare < 0, "slack")
    if answer.value is None and spare >= 0:
        yield "constraints forbid all"
    if len(answer.points) > 3:
        yield "many points"
    if max(problem.sets) > 2**64:
        yield "beyond 64 bits"
    if len({edge.producer for edge in network.edges}) < len(network.edges):
        yield "branch"
    if len({edge.consumer for edge in network.edges}) < len(network.edges):
        yield "join"
    if network.needed != tuple(layer.outputs for layer in network.layers):
        yield "outputs that nobody needs"
    for layer in network.layers:
        yield "1x1 map" if layer.outputs == 1 else "map"
        window = layer.window
        if hasattr(window, "stride"):
            if any(s > k for s, k in zip(window.stride, window.kernel, strict=True)):
                yield "stride > kernel"
            if any(window.pads):
                yield "pads"
            if max(window.dilation) > 1:
                yield "dilation"
        else:
            yield "whole map"
        if layer.pool is not None:
            yield "pool"
    for constraint in problem.constraints:
        if isinstance(constraint, Predicate):
            yield "predicate"
        else:
            numbers = [w for _, table in constraint.weights for w in table]
            yield "huge weights" if max(map(abs, numbers)) >= 2**60 else "sum"
            if min(numbers) < 0 < max(numbers):
                yield "both signs"
    if problem.hardware is not None:
        yield from (level.rule for level in problem.hardware.memory)


def test_the_corpus_is_ugly():
    """What each of these has caught once is in it, several times."""
    counts = Counter(name for case in corpus() for name in set(oddities(case)))
    wanted = {
        "budget too small", "zero slack", "slack", "constraints forbid all", "many points",
        "beyond 64 bits", "branch", "join", "outputs that nobody needs", "1x1 map", "map",
        "stride > kernel", "pads", "dilation", "whole map", "pool", "predicate", "huge weights",
        "sum", "both signs", "isaac-intra-tile", "isaac-inter-tile", "shared-buffer",
        "shared-buffer-reuse", "test-uneven", "test-largest",
    }  # fmt: skip
    assert set(counts) == wanted
    assert min(counts.values()) >= 8, counts


def test_problems_are_written_as_they_are_read():
    for case in corpus():
        again = write(case.problem)
        assert again["network"]["layers"]
        assert again == write(type(case)(*case).problem)
