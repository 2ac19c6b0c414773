"""Liars at the door of `solve`: every answer is confirmed, for problems and models alike."""

from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

import xbarmip as xb
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.solvers.check import confirm
from xbarmip.solvers.dp.run import Run
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.latency.solver import LatencyWalk
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.registry import SOLVERS
from xbarmip.solvers.result import Proof, Result, Status, Stop

# Two pointwise layers of 4 outputs with sets of 1 and 2, 6 crossbars: (2,2) takes 2 steps.
NETWORK = Network(
    "pair",
    (Layer("a", 1, 1, 1, 4, Window.square(1)), Layer("b", 2, 1, 1, 4, Window.square(1))),
    (Edge("a", "b"),),
)
PROBLEM = Problem(NETWORK, 6, 1)
BEST, ONES, ALL = {"a": 2, "b": 2}, {"a": 1, "b": 1}, {"a": 4, "b": 4}


@dataclass(frozen=True)
class Says:
    """A solver that answers whatever it is given to say."""

    answer: object
    name: str = "liar"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        return self.answer


def optimal(value, allocation):
    return Result("liar", Status.OPTIMAL, Stop.FINISHED, value, value, allocation, Proof.EXACT)


def bent(result, **changes):
    """A result that its constructor would not have let be."""
    for name, value in changes.items():
        object.__setattr__(result, name, value)
    return result


def infeasible():
    return Result("liar", Status.INFEASIBLE, Stop.FINISHED)


LIES = {
    "over budget": (optimal(1, ALL), "liar takes 12 crossbars, the budget is 6"),
    "another value": (optimal(1, BEST), "liar claims 1, its allocation takes 2"),
    "R beyond the outputs": (optimal(1, {"a": 5, "b": 1}), "R of layer 'a' must be at most 4"),
    "a missing layer": (optimal(4, {"a": 1}), "missing layer 'b'"),
    "another layer": (optimal(4, {**ONES, "c": 1}), "unknown layer 'c'"),
    "R that is not an integer": (optimal(4, {"a": 1.0, "b": 1}), "must be an integer, got 1.0"),
    "no mapping": (optimal(4, [1, 1]), "expected R by layer name, got list"),
    "infeasible": (infeasible(), "claims INFEASIBLE, but 6 crossbars hold one copy"),
    "a bound above the value": (bent(optimal(2, BEST), bound=3), "breaks the rule"),
    "OPTIMAL with a gap": (bent(optimal(2, BEST), bound=1), "OPTIMAL: value == bound"),
    "a value without allocation": (bent(optimal(2, BEST), allocation=None), "an allocation"),
    "a bound without proof": (bent(optimal(2, BEST), proof=None), "a proof exactly with"),
    "a status that is none": (bent(optimal(2, BEST), status="BEST"), "'BEST' is not a valid"),
    "a float": (bent(optimal(2, BEST), value=2.0), "value is 2.0, not an integer"),
    "a bool": (bent(optimal(4, ONES), bound=True), "bound is True, not an integer"),
    "beyond all numbers": (bent(optimal(4, ONES), value=10**5000), "beyond any objective"),
    "nothing": (None, "expected a Result, got NoneType"),
}


@pytest.mark.parametrize(("answer", "message"), LIES.values(), ids=LIES)
@pytest.mark.parametrize("model", [False, True])
def test_liars_are_caught_and_named(answer, message, model):
    what = xb.build_model(PROBLEM) if model else PROBLEM
    with pytest.raises(VerificationError) as caught:
        xb.solve(what, Says(answer))
    assert message in str(caught.value)
    assert "liar" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_true_passes():
    for answer in (
        optimal(2, BEST),
        Result("liar", Status.FEASIBLE, Stop.TIME, 4, None, ONES),
        Result("liar", Status.UNKNOWN, Stop.TIME, bound=2, proof=Proof.EXACT),
    ):
        assert xb.solve(PROBLEM, Says(answer)).status is answer.status
    assert xb.solve(replace(PROBLEM, crossbars=2), Says(infeasible())).status is Status.INFEASIBLE


def test_solver_objects_have_their_options_in_themselves():
    assert xb.solve(PROBLEM, DynamicProgram(beam=4)).options["beam"] == 4
    with pytest.raises(InputError, match="'dp' is already made and takes no options: beam"):
        xb.solve(PROBLEM, DynamicProgram(), beam=4)
    with pytest.raises(UnsupportedError, match="solver 'exhaustive' cannot take this problem"):
        xb.solve(PROBLEM, Exhaustive(limit=1))


CONSTRAINTS = {
    "linear": LinearConstraint("few of a", (("a", (1, 2, 3, 4)),), 1),
    "predicate": Predicate("few of a", ("a",), lambda a: a == 1),
}


@pytest.mark.parametrize("constraint", CONSTRAINTS.values(), ids=CONSTRAINTS)
def test_constraints_count(constraint):
    asked = replace(PROBLEM, constraints=(constraint,))
    with pytest.raises(VerificationError, match="liar breaks the constraint 'few of a'"):
        xb.solve(asked, Says(optimal(2, BEST)))
    with pytest.raises(VerificationError, match=r"liar claims INFEASIBLE, .* which is allowed"):
        xb.solve(asked, Says(infeasible()))
    none = replace(PROBLEM, constraints=(Predicate("none", ("a",), lambda a: a > 1),))
    assert xb.solve(none, Says(infeasible())).status is Status.INFEASIBLE


LATENCY = Problem(
    NETWORK, 6, hardware=replace(load_hardware("isaac-like"), crossbar=PROBLEM.crossbar),
    objective="latency",
)  # fmt: skip
PARTS = {
    "unit": (lambda r: {"unit": 2 * r.unit}, "answers in units of"),
    "count": (lambda r: {"count": r.count - 1}, "claims cycles and seconds a step"),
    "points": (
        lambda r: {"points": (replace(r.points[0], step=r.points[0].step / 2),)},
        "claims cycles and seconds a step",
    ),
    "a point over budget": (
        lambda r: {"points": (replace(r.points[0], allocation=ALL),)},
        "takes 12 crossbars",
    ),
    "value": (lambda r: {"value": 1, "bound": 1}, "claims 1, its allocation takes"),
}


@pytest.mark.parametrize(("bend", "message"), PARTS.values(), ids=PARTS)
def test_the_parts_of_a_latency_are_confirmed(bend, message):
    honest = xb.solve(LATENCY)
    confirm(LATENCY, "dp", honest)
    assert honest.unit > Fraction(0)
    with pytest.raises(VerificationError, match=message):
        xb.solve(LATENCY, Says(replace(honest, **bend(honest))))


def test_a_walk_confirms_the_answers_to_its_questions():
    lie = Result("liar", Status.OPTIMAL, Stop.FINISHED, 1, 1, ALL, Proof.EXACT)
    with pytest.raises(VerificationError, match="liar takes 12 crossbars, the budget is 6"):
        xb.solve(LATENCY, LatencyWalk(Says(lie)))


def test_conflicts_confirm_the_answers_to_their_questions(monkeypatch):
    kind = type("Liar", (Says,), {"__init__": lambda self: Says.__init__(self, infeasible())})
    monkeypatch.setitem(SOLVERS, "exhaustive", kind)
    asked = replace(PROBLEM, constraints=(CONSTRAINTS["linear"],))
    with pytest.raises(VerificationError, match="liar claims INFEASIBLE"):
        xb.conflict(asked, "exhaustive")


def test_the_dynamic_program_takes_nothing_that_is_not_allowed():
    asked = replace(PROBLEM, constraints=(CONSTRAINTS["predicate"],))
    run = Run(asked, Watch(Limits()), lambda: None)
    for allocation, message in (
        ((4, 4), "takes 12 crossbars, the budget is 6"),
        ((2, 2), "breaks the constraint 'few of a'"),
        ((1, 1), "has value 4"),
    ):
        with pytest.raises(VerificationError, match=message):
            run.accept(allocation, 3)
    run.accept((1, 2), 4)
    assert run.allocation == (1, 2)
