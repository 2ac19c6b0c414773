"""The Pyomo statement: its components, its truth in a file, and what it does not let pass."""

from itertools import product
from random import Random

import highspy
import pyomo.environ as pyo
import pytest
from pyomo.common.errors import InvalidConstraintError

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.model.cycles_windows import cycles_windows
from xbarmip.model.menus import trivial_bound
from xbarmip.model.statement import build_model, linear_obstacle, problem_of
from xbarmip.model.steps_windows import steps_windows, window_bound
from xbarmip.model.verify import verify
from xbarmip.network.generate import Shape
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate

SHAPES = [
    Shape(layers=3),
    Shape(layers=4, branching=0.4, joining=0.5, outputs=8),
    Shape(layers=2, extent=9, outputs=24),
]


def pair(crossbars=7, objective="cycles", rule=None):
    """Two 3x3 convolutions over a 4x4 and a 2x2 map; one copy of each takes one crossbar."""
    first = Layer("a", 1, 1, 4, 4, Window.square(3, 1, 1), pool=Window.square(2, 2))
    second = Layer("b", 1, 1, 2, 2, Window.square(3, 1, 1))
    network = Network("pair", (first, second), (Edge("a", "b"),))
    return Problem(network, crossbars, 16, objective, rule)


def tiny_problems(seed, count, feasible=True):
    random = Random(seed)
    while count:
        problem = tiny_problem(random, random.choice(SHAPES), *random.choice(OBJECTIVES), 400)
        if problem.feasible or not feasible:
            count -= 1
            yield random, problem


def allocations(problem):
    menus = [range(1, most + 1) for most in problem.largest]
    return [a for a in product(*menus) if problem.crossbars_used(a) <= problem.crossbars]


@pytest.mark.parametrize("timing", ["linear", "function"])
def test_named_expressions_say_what_their_names_say(timing):
    problem = pair(crossbars=9)
    model = build_model(problem, timing)
    assert list(model.LAYERS) == ["a", "b"]
    assert list(model.CHOICES) == [("a", r) for r in range(1, 9)] + [("b", r) for r in range(1, 5)]
    assert verify(model, {"a": 5, "b": 3}).crossbars == 8
    assert [pyo.value(model.R[name]) for name in "ab"] == [5, 3]
    assert [pyo.value(model.crossbars[name]) for name in "ab"] == [5, 3]
    # all 16 outputs of `a` count, in ceil(16 / 5) steps; those of `b` in ceil(4 / 3)
    assert [pyo.value(model.normal_op[name]) for name in "ab"] == [4, 2]
    assert pyo.value(model.objective) == evaluate(problem, (5, 3))


def test_expressions_on_random_problems():
    for random, problem in tiny_problems("expressions", 40):
        model = build_model(problem)
        allocation = random.choice(allocations(problem))
        verify(model, allocation)
        counted = problem.view.counted
        for layer, r, s, n in zip(
            problem.network.layers, allocation, problem.sets, counted, strict=True
        ):
            assert pyo.value(model.R[layer.name]) == r
            assert pyo.value(model.crossbars[layer.name]) == r * s
            assert pyo.value(model.normal_op[layer.name]) == ceil_div(n, r)


def test_an_lp_file_holds_the_true_problem(tmp_path):
    path = str(tmp_path / "model.lp")
    for _, problem in tiny_problems("files", 60, feasible=False):
        build_model(problem, "linear").write(path, io_options={"symbolic_solver_labels": True})
        solver = highspy.Highs()
        for option, setting in (("output_flag", False), ("mip_rel_gap", 0), ("mip_abs_gap", 0)):
            solver.setOptionValue(option, setting)
        solver.readModel(path)
        solver.run()
        best = brute_force(problem)
        if best is None:
            assert solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible
        else:
            assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
            assert round(solver.getInfo().objective_function_value) == best


def test_the_function_form_says_the_value_and_linear_writers_refuse_it_by_name(tmp_path):
    problem = pair()
    model = build_model(problem, "function")
    with pytest.raises(InvalidConstraintError, match="timing"):
        model.write(str(tmp_path / "model.lp"))
    copy = model.clone()
    for one, allocation in ((model, (3, 2)), (copy, (1, 4)), (model, (2, 2))):
        verify(one, allocation)
        for (layer, r), choice in one.choose.items():
            choice.set_value(float(choice.value))  # as solvers load them
            assert choice.value == (r == allocation["ab".index(layer)])
        arguments = [pyo.value(one.R[name]) for name in one.LAYERS]
        assert pyo.value(one.evaluate(*arguments)) == evaluate(problem, allocation)


def test_auto_is_linear_where_that_is_small():
    assert build_model(pair()).timing.ctype is pyo.Block
    layer = Layer("a", 3, 4, 200, 200, Window.square(1))
    large = Problem(Network("one", (layer,), ()), 1_001)
    assert build_model(large).timing.ctype is pyo.Constraint
    assert build_model(large, at_most=3).timing.ctype is pyo.Block


def test_what_is_too_large_is_refused_with_its_limit():
    layer = Layer("a", 3, 4, 2000, 2000, Window.square(1))
    wide = Problem(Network("one", (layer,), ()), 600_000)
    assert linear_obstacle(wide) == "a model with 600000 choices of R, the limit is 500000"
    with pytest.raises(UnsupportedError, match="600000 choices of R, the limit is 500000"):
        build_model(wide)
    deep = Problem(Network("one", (layer,), ()), 5)
    with pytest.raises(UnsupportedError, match="linear timing of 'cycles' up to 4000000 with"):
        build_model(deep, "linear")
    huge = Layer("a", 3, 4, 4000, 4000, Window.square(1))
    assert "16000000 outputs" in linear_obstacle(Problem(Network("one", (huge,), ()), 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"timing": "quick"}, "timing must be one of auto, linear, function, got 'quick'"),
        ({"at_most": 0}, "at_most must be at least 1, got 0"),
        ({"at_most": 2.5}, "at_most must be an integer, got 2.5"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        build_model(pair(), **arguments)


def test_windows_lose_no_allocation_that_reaches_the_target():
    cut = empty = 0
    for random, problem in tiny_problems("windows", 150):
        values = {a: evaluate(problem, a) for a in allocations(problem)}
        best = min(values.values())
        assert trivial_bound(problem) <= window_bound(problem) <= best
        find = cycles_windows if problem.rule is None else steps_windows
        full = find(problem)
        assert [len(menu) for menu in full.menus] == list(problem.largest)
        assert max(values.values()) <= full.at_most
        for target in {best - 1, best, best + random.randint(0, 3)}:
            windows = find(problem, target)
            empty += windows is None
            assert windows is not None or target < best
            for allocation, value in values.items():
                if windows is not None and value <= target:
                    assert all(r in m for r, m in zip(allocation, windows.menus, strict=True))
            if windows is not None:
                cut += sum(problem.largest) - sum(map(len, windows.menus))
    assert cut > 500
    assert empty > 50


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_problem_of_returns_the_problem(objective):
    problem = pair(7, *objective)
    model = build_model(problem)
    assert problem_of(model) is problem
    assert problem_of(model.clone()) is problem
    verify(model, [2, 2])
    assert problem_of(model) is problem  # values are no change


def test_harmless_additions():
    model = build_model(pair())
    model.copies = pyo.Expression(expr=model.R["a"] + model.R["b"])
    model.limit = pyo.Param(initialize=3, mutable=True)
    model.names = pyo.Set(initialize=["a"])
    model.idle = pyo.Constraint(expr=model.copies <= model.limit)
    model.idle.deactivate()
    assert problem_of(model) is not None


def _add_objective(model):
    model.second = pyo.Objective(expr=model.R["a"])


def _add_sos(model):
    model.sos = pyo.SOSConstraint(var=model.choose, sos=1)


def _bound(model):
    model.value.setub(9)


def _domain(model):
    model.choose["b", 2].domain = pyo.Reals


def _drop_budget(model):
    model.budget.deactivate()


def _loosen_budget(model):
    model.budget.set_value(model.crossbars["a"] <= 100)


def _redefine(model):
    model.R["a"].set_value(7)


def _maximise(model):
    model.objective.sense = pyo.maximize


def _delete(model):
    model.del_component(model.one_choice)


def _delete_entry(model):
    del model.one_choice["a"]


def _drop_timing(model):
    model.timing.deactivate()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_add_objective, "expected one active objective, found 'objective', 'second'"),
        (_add_sos, "SOSConstraint 'sos' was added"),
        (_bound, "Var 'value' was changed"),
        (_domain, r"Var 'choose\[b,2\]' was changed"),
        (_drop_budget, "Constraint 'budget' was changed"),
        (_loosen_budget, "Constraint 'budget' was changed"),
        (_redefine, r"Expression 'R\[a\]' was changed"),
        (_maximise, "Objective 'objective' was changed"),
        (_delete, "'one_choice' was removed"),
        (_delete_entry, "an entry was removed"),
        (_drop_timing, "Block 'timing' was changed"),
    ],
)
def test_problem_of_overlooks_nothing(change, message):
    model = build_model(pair())
    change(model)
    with pytest.raises(UnsupportedError, match=message):
        problem_of(model)


def test_problem_of_refuses_other_models_and_partial_ones():
    with pytest.raises(InputError, match="expected a model from build_model, got ConcreteModel"):
        problem_of(pyo.ConcreteModel())
    with pytest.raises(UnsupportedError, match="states values up to 20 only"):
        problem_of(build_model(pair(), at_most=20))
