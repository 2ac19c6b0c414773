"""Verdicts: the table of agreement, and liars that must be caught and named."""

from dataclasses import dataclass, replace

import pytest

from xbarmip.compare.instance import Instance, Suite
from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.recorder import row_of
from xbarmip.compare.report.summary import markdown, problems
from xbarmip.compare.run import compare
from xbarmip.compare.verdict import Agreement, judge
from xbarmip.constraint import LinearConstraint
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.result import Proof, Result, Status, Stop

# Two pointwise layers of 4 outputs with sets of 1 and 2, 6 crossbars: (2,2) takes 2 steps.
NETWORK = Network(
    "pair",
    (
        Layer("a", 1, 1, 1, 4, Window.square(1)),
        Layer("b", 2, 1, 1, 4, Window.square(1)),
    ),
    (Edge("a", "b"),),
)
INSTANCE = Instance("pair", Problem(NETWORK, 6, 1))
SHORT = Instance("short", Problem(NETWORK, 2, 1))
BEST = {"a": 2, "b": 2}
ONES = {"a": 1, "b": 1}


def optimal(value, allocation, solver="s", proof=Proof.EXACT):
    return Result(solver, Status.OPTIMAL, Stop.FINISHED, value, value, allocation, proof)


def feasible(value, bound, allocation, solver="s"):
    proof = None if bound is None else Proof.EXACT
    return Result(solver, Status.FEASIBLE, Stop.TIME, value, bound, allocation, proof)


def unknown(bound=None):
    proof = None if bound is None else Proof.EXACT
    return Result("s", Status.UNKNOWN, Stop.TIME, bound=bound, proof=proof)


INFEASIBLE = Result("s", Status.INFEASIBLE, Stop.FINISHED)


def verdict(instance, *results):
    endings = [Ending(Outcome.ANSWERED, result) for result in results]
    rows = [row_of(instance, f"s{i}", ending) for i, ending in enumerate(endings, start=1)]
    return judge(instance.facts, rows)


TABLE = {
    # name: (results, verdict, value, bound)
    "one proves": ([optimal(2, BEST)], "AGREE", 2, 2),
    "two prove": ([optimal(2, BEST), optimal(2, BEST)], "AGREE", 2, 2),
    "one proves, one stopped": ([optimal(2, BEST), feasible(4, 1, ONES)], "AGREE", 2, 2),
    "one's bound meets another's value": ([unknown(2), feasible(2, None, BEST)], "AGREE", 2, 2),
    "a gap": ([feasible(2, 1, BEST), feasible(4, None, ONES)], "UNDECIDED", 2, 1),
    "no bound": ([feasible(2, None, BEST)], "UNDECIDED", 2, None),
    "no value": ([unknown(1)], "UNDECIDED", None, 1),
    "nothing": ([unknown()], "UNDECIDED", None, None),
    "nobody": ([], "UNDECIDED", None, None),
    "false optimum": ([optimal(2, BEST), optimal(4, ONES)], "BOUNDS_CROSS", 2, 4),
    "bound too high": ([unknown(3), feasible(2, None, BEST)], "BOUNDS_CROSS", 2, 3),
    "value of another allocation": ([optimal(2, ONES)], "VALUE_MISMATCH", 4, 2),
    "value too high": ([feasible(5, 1, ONES)], "VALUE_MISMATCH", 4, 1),
    "over budget": ([optimal(1, {"a": 4, "b": 4})], "INVALID_ALLOCATION", None, 1),
    "R beyond the outputs": ([optimal(1, {"a": 5, "b": 1})], "INVALID_ALLOCATION", None, 1),
    "R of zero": ([optimal(4, {"a": 0, "b": 1})], "INVALID_ALLOCATION", None, 4),
    "a layer missing": ([optimal(4, {"a": 1})], "INVALID_ALLOCATION", None, 4),
    "a layer too many": ([optimal(4, {**ONES, "c": 1})], "INVALID_ALLOCATION", None, 4),
    "R of NaN": ([optimal(4, {"a": float("nan"), "b": 1})], "INVALID_ALLOCATION", None, 4),
    "no mapping": ([optimal(4, [1, 1])], "INVALID_ALLOCATION", None, 4),
    "false infeasible": ([INFEASIBLE], "INFEASIBILITY_CONFLICT", None, None),
    "infeasible to one": ([INFEASIBLE, optimal(2, BEST)], "INFEASIBILITY_CONFLICT", 2, 2),
    "gravest first": (
        [optimal(1, {"a": 4, "b": 4}), optimal(2, ONES), INFEASIBLE],
        "INVALID_ALLOCATION",
        4,
        2,
    ),
}


@pytest.mark.parametrize(("results", "kind", "value", "bound"), TABLE.values(), ids=TABLE.keys())
def test_table(results, kind, value, bound):
    found = verdict(INSTANCE, *results)
    assert (found.kind, found.value, found.bound) == (kind, value, bound)
    assert found.disagreement == (kind not in ("AGREE", "UNDECIDED"))
    if value is not None and bound is not None:
        assert found.gap == value - bound


def test_infeasible_instances():
    assert verdict(SHORT, INFEASIBLE).kind is Agreement.AGREE
    assert verdict(SHORT, INFEASIBLE, unknown(3)).kind is Agreement.AGREE
    assert verdict(SHORT, unknown()).kind is Agreement.UNDECIDED
    assert verdict(SHORT, optimal(4, ONES)).kind is Agreement.INVALID_ALLOCATION


def test_constraints_count():
    few = LinearConstraint("few copies of a", (("a", (1, 2, 3, 4)),), 1)
    asked = Instance("asked", replace(INSTANCE.problem, constraints=(few,)))
    broken = verdict(asked, optimal(2, BEST))
    assert broken.kind is Agreement.INVALID_ALLOCATION
    assert broken.findings[0].message == "breaks the constraint 'few copies of a'"
    assert verdict(asked, optimal(4, ONES)).kind is Agreement.AGREE
    false = verdict(asked, INFEASIBLE)
    assert false.kind is Agreement.INFEASIBILITY_CONFLICT
    assert "one copy of every layer (3), which is allowed" in false.findings[0].message
    many = LinearConstraint("many copies of a", (("a", (-1, -2, -3, -4)),), -2)
    asked = Instance("asked", replace(INSTANCE.problem, constraints=(many,)))
    assert verdict(asked, INFEASIBLE).kind is Agreement.AGREE, "fitting is not all that is asked"
    conflict = verdict(asked, INFEASIBLE, optimal(2, BEST))
    assert conflict.kind is Agreement.INFEASIBILITY_CONFLICT
    assert "s2 found an allocation that is allowed" in conflict.findings[0].message


def test_the_stated_optimum_is_held_against_every_answer():
    stated = replace(INSTANCE, optimum=2)
    assert verdict(stated, optimal(2, BEST)).kind is Agreement.AGREE
    assert verdict(stated, feasible(4, 1, ONES)).kind is Agreement.UNDECIDED
    high, low = replace(INSTANCE, optimum=3), replace(INSTANCE, optimum=1)
    assert verdict(high, feasible(2, None, BEST)).kind is Agreement.VALUE_MISMATCH
    assert verdict(low, optimal(2, BEST)).kind is Agreement.VALUE_MISMATCH
    assert verdict(low, unknown(2)).kind is Agreement.VALUE_MISMATCH
    none = replace(INSTANCE, optimum="infeasible")
    assert verdict(none, optimal(2, BEST)).kind is Agreement.INFEASIBILITY_CONFLICT
    assert verdict(replace(SHORT, optimum="infeasible"), INFEASIBLE).kind is Agreement.AGREE
    some = replace(SHORT, optimum=4)
    assert verdict(some, INFEASIBLE).kind is Agreement.INFEASIBILITY_CONFLICT


def test_provers_are_named_with_the_kind_of_proof():
    found = verdict(
        INSTANCE, optimal(2, BEST), feasible(2, 1, BEST), optimal(2, BEST, proof=Proof.NUMERICAL)
    )
    assert found.proven_by == ("s1", "s3 (numerical)")


@dataclass(frozen=True)
class Fake:
    """A solver that answers whatever it is given to say."""

    answer: object = None
    name: str = "liar"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@dataclass(frozen=True)
class Broken(Fake):
    def unsupported(self, problem):
        raise KeyError("no such table")


@dataclass(frozen=True)
class Refusing(Fake):
    def unsupported(self, problem):
        return (f"objective {problem.objective!r}", "more than 1 layer")


LIES = {
    "wrong bound": (feasible(4, 3, ONES), "BOUNDS_CROSS", "bound 3, above the checked value 2"),
    "false OPTIMAL": (optimal(4, ONES), "BOUNDS_CROSS", "bound 4, above the checked value 2"),
    "stale allocation": (optimal(2, ONES), "VALUE_MISMATCH", "claims 2, its allocation takes 4"),
    "over budget": (
        optimal(1, {"a": 4, "b": 4}),
        "INVALID_ALLOCATION",
        "takes 12 crossbars, the budget is 6",
    ),
    "not an allocation": (
        optimal(1, {"a": 9, "b": 1}),
        "INVALID_ALLOCATION",
        "R of layer 'a' must be at most 4, got 9",
    ),
    "false INFEASIBLE": (INFEASIBLE, "INFEASIBILITY_CONFLICT", "6 crossbars hold one copy"),
}


@pytest.mark.parametrize(("answer", "kind", "message"), LIES.values(), ids=LIES.keys())
def test_liars_are_caught_and_named(answer, kind, message):
    comparison = compare(Suite("lies", "Lies.", (INSTANCE,)), [Exhaustive(), Fake(answer)])
    (found,) = comparison.verdicts
    assert found.kind == kind
    assert not comparison.agreed
    assert [finding.solver for finding in found.findings] == ["liar"]
    (line,) = problems(comparison)
    assert line.startswith(f"pair: {kind}: liar ")
    assert message in line
    assert line in markdown(comparison)
    assert (found.value, comparison.rows[0].confirmed) == (2, 2)


def test_a_consistent_lie_in_company_of_liars_is_still_caught_by_a_stated_optimum():
    stated = replace(INSTANCE, optimum=2)
    liars = [Fake(optimal(4, ONES), "one"), Fake(optimal(4, ONES), "two")]
    comparison = compare(Suite("lies", "Lies.", (stated,)), liars)
    assert {finding.solver for finding in comparison.verdicts[0].findings} == {"one", "two"}
    assert comparison.verdicts[0].kind is Agreement.VALUE_MISMATCH


CRASHES = {
    "exception": (Fake(ZeroDivisionError("oh\nno")), "RAISED", "ZeroDivisionError: oh no (test_"),
    "in unsupported": (Broken(), "RAISED", "KeyError: 'no such table' (test_"),
    "out of memory": (Fake(MemoryError()), "OUT_OF_MEMORY", "MemoryError"),
    "nothing returned": (
        Fake(None),
        "GARBAGE",
        "no usable answer: expected a Result, got NoneType",
    ),
    "NaN value": (
        Fake(feasible(float("nan"), None, ONES)),
        "GARBAGE",
        "no usable answer: value is nan, not an integer",
    ),
    "float bound": (Fake(feasible(4, 1.5, ONES)), "GARBAGE", "bound is 1.5, not an integer"),
}


@pytest.mark.parametrize(("solver", "outcome", "message"), CRASHES.values(), ids=CRASHES.keys())
def test_crashes_are_recorded_and_the_rest_goes_on(solver, outcome, message):
    suite = Suite("crashes", "Crashes.", (INSTANCE, SHORT))
    comparison = compare(suite, [solver, Exhaustive()])
    assert [row.solver for row in comparison.rows] == ["liar", "exhaustive"] * 2
    for row in comparison.rows[::2]:
        assert (row.status, row.outcome) == ("UNKNOWN", outcome)
        assert message in row.message
        assert (row.value, row.bound, row.allocation) == (None, None, None)
    assert [v.kind for v in comparison.verdicts] == [Agreement.AGREE] * 2
    assert comparison.errors == comparison.rows[::2]
    lines = problems(comparison)
    assert [line.partition(": liar: ")[0] for line in lines] == [
        f"pair: {outcome}",
        f"short: {outcome}",
    ]
    assert all(message in line for line in lines)


def test_refusals_are_recorded_by_reason():
    comparison = compare(Suite("refusals", "Refusals.", (INSTANCE,)), [Refusing(), Exhaustive()])
    row = comparison.rows[0]
    assert (row.status, row.stop) == ("UNSUPPORTED", None)
    assert row.message == "objective 'cycles'; more than 1 layer"
    assert "- liar: objective 'cycles'; more than 1 layer (1 times)" in markdown(comparison)
    assert comparison.verdicts[0].kind is Agreement.AGREE


def test_claimed_and_confirmed_values_are_both_shown():
    comparison = compare(Suite("lies", "Lies.", (INSTANCE,)), [Fake(optimal(2, ONES))])
    (row,) = comparison.rows
    assert (row.value, row.confirmed) == (2, 4)
    assert "| 2 ✗ 4, 0.0" in markdown(comparison)
