"""Every exact way to answer against the corpus, and the corpus against brute force."""

import json
from collections import Counter
from functools import cache

import pytest

from tests.conformance.corpus import COUNTS, PATH, corpus
from tests.conformance.instances import KINDS, MEASURES, Answer, brute_force, write
from tests.conformance.ways import CUTS, WAYS, hold
from xbarmip.constraint import Predicate
from xbarmip.errors import VerificationError


@cache
def cases():
    """The corpus by kind and measure; not read before a test asks for it."""
    found = {(kind, label): [] for kind in KINDS for label in MEASURES}
    for one in corpus():
        found[one.kind, one.label].append(one)
    return found


@pytest.mark.parametrize("label", MEASURES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_answers_like_brute_force(way, kind, label):
    for case in cases()[kind, label]:
        way(case)


@pytest.mark.parametrize("label", MEASURES)
@pytest.mark.parametrize("kind", KINDS)
def test_brute_force_says_so(kind, label):
    """The whole corpus is answered again by the definitions."""
    assert len(cases()[kind, label]) == COUNTS[kind]
    for case in cases()[kind, label]:
        assert brute_force(case.problem) == case.answer, case
        assert case.problem.measure is MEASURES[label]
        assert case.problem.is_latency == (kind == "timed")


@pytest.mark.parametrize("label", MEASURES)
def test_every_combination_of_cuts(label):
    for case in (*cases()["free", label][::10], *cases()["constrained", label][::12]):
        for solver in CUTS:
            hold(case, solver)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_wrong_answer_is_noticed(way):
    """One too much, an allocation over budget, a point too few."""
    case = next(
        case
        for case in cases()["free", "steps/published"]
        if len(case.answer.points) > 2 and not case.problem.meets(case.problem.largest)
    )
    way(case)
    _, _, points = case.answer
    wrong = Answer(case.answer.value + 1, list(case.problem.largest), points[1:])
    with pytest.raises((AssertionError, VerificationError)):
        way(case._replace(answer=wrong))


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
    for record, case in zip(json.loads(PATH.read_text(encoding="utf-8")), corpus(), strict=True):
        assert json.loads(json.dumps(write(case.problem))) == record["problem"]
        assert case.answer.write() == record["answer"]
