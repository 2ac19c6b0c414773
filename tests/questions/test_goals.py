"""Goals: a measure subject to bounds on others, ties broken in order (SPEC §11, §12)."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

import xbarmip as xb
from tests.goals import best_tuple, goal_problem
from tests.sample import draws
from xbarmip.digest import problem_digest
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.hardware.preset import load_hardware
from xbarmip.questions.then import GoalWalk
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.registry import solve as solve_core
from xbarmip.solvers.result import Proof, Result, Status, Stop

LENET = xb.load_network("lenet-5")
SMALL = xb.Problem(LENET, minimise="crossbars", at_most={"cycles": 200})


def answer_of(problem, solver):
    """The values of what is minimised, all proven; None where nothing is allowed."""
    result = xb.solve(problem, solver)
    assert result.stop is Stop.FINISHED, (problem, result)
    if result.status is Status.INFEASIBLE:
        return None
    assert result.status is Status.OPTIMAL
    assert all(least.proven for least in result.minima)
    return tuple(least.value for least in result.minima)


def test_dp_and_exhaustive_answer_as_every_allocation_does():
    random, counts = Random("goals"), Counter()
    for number in range(draws(150)):
        problem = goal_problem(random, parts=1 + number % 2)
        best = best_tuple(problem)
        counts[best is not None] += 1
        counts[problem.label] += best is not None
        for solver in ("dp", "exhaustive"):
            assert answer_of(problem, solver) == best, (solver, problem)
    assert min(counts[True], counts[False]) > draws(30)
    assert len(counts) > 10


def test_milp_answers_as_every_allocation_does():
    random = Random("goals by milp")
    for number in range(25):
        problem = goal_problem(random, most=300, parts=1 + number % 2)
        assert answer_of(problem, "milp") == best_tuple(problem), problem


def test_several_counts_are_for_exhaustive_search_and_refused_by_name_elsewhere():
    random, met = Random("several"), 0
    for _ in range(40):
        problem = goal_problem(random, several=True, most=300)
        assert answer_of(problem, "exhaustive") == best_tuple(problem), problem
        if problem.feasible and len(set(counted(problem))) > 1:
            met += 1
            for solver in ("dp", "milp"):
                with pytest.raises(
                    UnsupportedError, match=r"takes one of the measures .* in a goal"
                ):
                    xb.solve(problem, solver)
    assert met > 15


def counted(problem):
    """The labels of a goal that are neither sums nor greatests, read off by name."""
    names = (problem.label, *problem.then, *(key.removesuffix("_us") for key, _ in problem.at_most))
    return [name for name in names if name.startswith(("cycles", "steps", "latency", "period"))]


def test_a_goal_by_hand():
    """Two layers of 4 outputs and sets of 1, each output waits for the same of the first layer.

    R = (a, b) takes max(ceil(4/a), ceil(4/b)) cycles, and the sum of the two in a row. At most 2
    cycles: a, b >= 2, so 4 crossbars. With 5 crossbars the sum is least, 4, for (2, 2), (2, 3) and
    (3, 2), all in 2 cycles; the first takes 4 crossbars.
    """
    layers = tuple(xb.Layer(name, 1, 1, 2, 2, xb.Window.square(1)) for name in "ab")
    network = xb.Network("two", layers, (xb.Edge("a", "b"),))
    for solver in ("dp", "milp", "exhaustive"):
        chip = xb.Problem(network, size=8, minimise="crossbars", at_most={"cycles": 2})
        assert answer_of(chip, solver) == (4,)
        sums = xb.Problem(network, 5, 8, "serial", then=("cycles", "crossbars"))
        assert answer_of(sums, solver) == (4, 2, 4)
        none = xb.Problem(network, 3, 8, "serial", at_most={"interval": 2})
        assert answer_of(none, solver) is None


def test_fewest_crossbars_are_the_corners_of_the_frontier():
    curve = xb.frontier(xb.Problem(LENET, 60))
    assert len(curve.points) > 10
    for point in curve.points:
        problem = xb.Problem(LENET, minimise="crossbars", at_most={"cycles": point.value})
        result = xb.solve(problem)
        assert (result.status, result.value) == (Status.OPTIMAL, point.crossbars)
        assert len(result.asked) == 1  # the dynamic program is asked directly


def test_what_is_said_of_an_answer():
    hardware = load_hardware("isaac-like")
    problem = xb.Problem(
        LENET, minimise="tiles", hardware=hardware, then=("crossbars", "latency"),
        at_most={"latency_us": 800},
    )  # fmt: skip
    result = xb.solve(problem)
    facts = result.as_dict()
    assert [least["measure"] for least in facts["minima"]] == ["tiles", "crossbars", "latency"]
    assert facts["measures"]["latency_us"] <= 800
    assert facts["measures"]["tiles"] == result.value == 5
    assert {"cycles", "steps/pipeline", "interval", "serial", "period_us"} < set(facts["measures"])
    assert facts["questions"]
    assert problem.as_dict()["at_most"] == {"latency_us": 800}
    assert problem.as_dict()["then"] == ["crossbars", "latency"]


def test_an_answer_that_is_cut_short_is_honest():
    class Stops(DynamicProgram):
        """Answers the first question, and has no time for the next."""

        asked = 0

        def solve_from(self, problem, watch, hint):
            type(self).asked += 1
            if type(self).asked > 1:
                return Result("dp", Status.UNKNOWN, Stop.TIME)
            return super().solve_from(problem, watch, hint)

    result = xb.solve(xb.Problem(LENET, 40, then="interval"), Stops())
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.TIME)
    assert result.value == result.bound == xb.solve(xb.Problem(LENET, 40)).value
    assert [least.proven for least in result.minima] == [True, False]


def test_a_false_allocation_is_seen():
    class Cheaper(DynamicProgram):
        """Names an allocation that does not meet the target."""

        def fewest_crossbars(self, problem, target, watch, hint):
            found = super().fewest_crossbars(problem, target, watch, hint)
            return replace(found, allocation={**found.allocation, "c1": 1})

    with pytest.raises(VerificationError, match="takes more than 200"):
        xb.solve(SMALL, Cheaper())


def test_a_false_bound_is_seen():
    class Dearer(DynamicProgram):
        """Claims that fewer crossbars than one copy of every layer and one more do not do."""

        def fewest_crossbars(self, problem, target, watch, hint):
            return Result("dp", Status.UNKNOWN, Stop.FINISHED, bound=50, proof=Proof.EXACT)

    with pytest.raises(VerificationError, match="below the proven bound 50"):
        xb.solve(SMALL, Dearer())


def test_heuristics_refuse():
    with pytest.raises(UnsupportedError, match="need an exact solver: dp, milp, exhaustive"):
        xb.solve(SMALL, "greedy")
    with pytest.raises(InputError, match="no frontier of step times"):
        xb.solve(SMALL, whole_frontier=True)


def asked_alone(goal):
    return DynamicProgram().solve(goal, Watch(Limits()))


@pytest.mark.parametrize(
    "take", [xb.build_model, xb.frontier, xb.explain, xb.conflict, asked_alone, solve_core]
)
def test_nothing_else_ignores_a_goal(take):
    goal = xb.Problem(LENET, 40, at_most={"interval": 50})
    with pytest.raises(UnsupportedError, match=r"for xbarmip\.solve"):
        take(goal)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"at_most": {"cycles": 3}}, "crossbars must be given"),
        ({"crossbars": 9, "at_most": {"cycle": 3}}, "unknown measure 'cycle'; did you"),
        ({"crossbars": 9, "at_most": {"cycles": 0}}, "at_most 'cycles' must be at least 1, got 0"),
        ({"crossbars": 9, "at_most": {"cycles": 2.5}}, "at_most 'cycles' must be an integer"),
        ({"crossbars": 9, "at_most": {"latency_us": 3}}, "'latency' needs hardware"),
        ({"crossbars": 9, "at_most": [("steps", 3), ("steps/pipeline", 3)]}, "bounds .* twice"),
        ({"crossbars": 9, "then": ("interval", "cycles")}, "'cycles' is minimised before"),
        ({"crossbars": 9, "then": "tiles"}, "'tiles' needs hardware that has crossbars_per_tile"),
        ({"minimise": "crossbars", "rule": "published"}, "'crossbars' takes no rule"),
        ({"crossbars": 9, "objective": "steps", "minimise": "interval"}, "differ"),
        ({"minimise": "crossbars", "constraints": (xb.constraints.TileGranularity(4),)}, "depends"),
        ({"crossbars": 9, "objective": "watts"}, "objective must be one of cycles, .* got 'watts'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        xb.Problem(LENET, **given)


def test_sums_are_checked():
    for name, weights, message in (
        ("cycles", {"c1": [1]}, "a word that no measure has"),
        ("power", {}, "at least one layer"),
        ("power", {"c1": [0.5]}, "must be an integer"),
    ):
        with pytest.raises(InputError, match=message):
            xb.Sum(name, weights)
    for weights, message in (({"c9": [1]}, "no such layer"), ({"c1": [1]}, "1 weights")):
        with pytest.raises(InputError, match=message):
            xb.Problem(LENET, 40, sums=(xb.Sum("power", weights),))
    power = xb.Sum("power", {"c1": range(1000)})
    with pytest.raises(InputError, match="same name"):
        xb.Problem(LENET, 40, sums=(power, power))


def test_problems_that_differ_in_their_goal_have_different_digests():
    goals = (
        SMALL,
        replace(SMALL, at_most={"cycles": 201}),
        replace(SMALL, at_most={"steps": 200}),
        replace(SMALL, then="interval"),
        replace(SMALL, crossbars=100),
        xb.Problem(LENET, 100),
        xb.Problem(LENET, 100, at_most={"interval": 50}),
        xb.Problem(LENET, 100, at_most={"serial": 50}),
    )
    assert len({problem_digest(goal) for goal in goals}) == len(goals)
    assert problem_digest(replace(SMALL)) == problem_digest(SMALL)


def test_times_of_more_ticks_than_a_count_ever_has():
    hardware = load_hardware("isaac-like")
    problem = xb.Problem(
        xb.load_network("alexnet"), 231, objective="latency", hardware=hardware, then="crossbars"
    )
    result = xb.solve(problem)
    assert result.status is Status.OPTIMAL
    assert result.value > 2**50


def test_an_infeasible_budget_is_an_answer():
    problem = xb.Problem(LENET, 3, at_most={"cycles": 200})
    assert xb.solve(problem).status is Status.INFEASIBLE
    assert GoalWalk(DynamicProgram()).unsupported(problem) == ()
