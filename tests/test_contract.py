"""The property tests for rules of one's own: right ones pass, planted mistakes are caught."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

import xbarmip as xb
from tests.random_hardware import LARGEST, UNEVEN, once
from xbarmip.certificate.statement import statement
from xbarmip.compare.integers import to_integers
from xbarmip.contract import check_closed_form, check_movement
from xbarmip.errors import InputError, VerificationError
from xbarmip.hardware.movement import GeneralRule, SeparableRule
from xbarmip.measures.steps import register_closed_form, rule_view
from xbarmip.solvers.dp.state.step import AFTER
from xbarmip.solvers.dp.sweep import search
from xbarmip.solvers.dp.sweep.dominance import Signatures, ranks_of, signatures


@pytest.mark.parametrize("rule", ["pipeline", "published"])
def test_the_closed_forms_that_ship(rule):
    check_closed_form(rule, problems=60)


@pytest.mark.parametrize(
    "rule", ["isaac-intra-tile", "isaac-inter-tile", "shared-buffer", UNEVEN.name, LARGEST.name]
)
def test_movement_that_is_right(rule):
    check_movement(rule, problems=6)


def falling(network):
    """Later outputs need less: the maps read backwards."""
    view = rule_view(network, "pipeline")
    need = tuple(
        replace(n, columns=n.columns[::-1], rows=n.rows[::-1], above=np.zeros_like(n.above))
        for n in view.need
    )
    return replace(view, need=need)


def too_much(network):
    """Needs one output more than the producer has."""
    view = rule_view(network, "pipeline")
    need = tuple(
        replace(n, above=n.above + 1, columns=n.columns + 1, rows=n.rows) for n in view.need
    )
    return replace(view, need=need)


def negative_tail(network):
    view = rule_view(network, "pipeline")
    return replace(view, tails=tuple((0, 3) for _ in view.tails))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (falling, "need falls from"),
        (too_much, "more outputs than there are"),
        (negative_tail, r"the tail \(0, 3\) is negative"),
    ],
)
def test_a_wrong_closed_form_is_caught(build, message):
    register_closed_form(f"test {build.__name__}", build)
    with pytest.raises(VerificationError, match=f"rule 'test {build.__name__}'.*{message}"):
        check_closed_form(f"test {build.__name__}")


def more_left_is_worse(bounds, step, labels, pairs):
    value, _, able = signatures(bounds, step, labels, pairs)
    end = value.shape[1] - 2 * len(step.recalled)
    carried = {*step.sums[:, AFTER].tolist()} - {-1}
    value[:, end - len(carried) : end] *= -1
    return Signatures(value, ranks_of(value), able)


def crossbars_alone_count(*arguments):
    """Labels come by ascending crossbars: keep the first."""
    *_, (begin, stop, kept), keep = arguments
    if kept or begin == stop:
        return kept
    keep[0] = begin
    return 1


@pytest.mark.parametrize(
    ("what", "planted"),
    [("signatures", more_left_is_worse), ("undominated", crossbars_alone_count)],
)
def test_a_wrong_direction_of_dominance_is_caught(what, planted, monkeypatch):
    monkeypatch.setattr(search, what, planted)
    with pytest.raises(VerificationError, match=r"rule 'pipeline', network .*: the sweep found"):
        check_closed_form("pipeline")


ASKED = count()
WRONG = {
    "depends on when it is asked": lambda site, r: site.value_bytes * (1 + next(ASKED) % 7),
    "is a float": lambda site, r: 0.5 * r,
    "is finer than its grain": lambda site, r: site.value_bytes / 3,
    "is negative": lambda site, r: -r * site.value_bytes,
}


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_movement_is_caught(fault):
    name = f"test {fault}"
    once(SeparableRule(name, "wrong", "a test", own=WRONG[fault]))
    with pytest.raises((InputError, VerificationError), match=f"rule '{name}'"):
        check_movement(name)


def test_general_movement_that_remembers_is_caught():
    once(GeneralRule("test memory", "", "a test", lambda s, r, c: s.value_bytes * next(ASKED)))
    with pytest.raises(VerificationError, match="rule 'test memory'"):
        check_movement("test memory")


def test_names():
    with pytest.raises(InputError, match="closed form 'pipeline' is already registered"):
        register_closed_form("pipeline", falling)
    with pytest.raises(InputError, match="rule must be one of pipeline, published"):
        xb.Problem(xb.load_network("alexnet"), 2304, objective="steps", rule="nowhere")


def test_a_rule_that_is_registered_is_stated_by_its_numbers():
    register_closed_form("test same", lambda network: rule_view(network, "pipeline"))
    problem = xb.Problem(xb.load_network("lenet-5"), 14, objective="steps", rule="test same")
    same = replace(problem, rule="pipeline")
    assert xb.solve(problem).value == xb.solve(same, "milp").value
    for write in (statement, to_integers):
        named = {**write(problem), "measure": "steps/pipeline"}
        assert named == write(same) != write(problem)
