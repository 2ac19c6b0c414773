"""Pyomo's SolverFactory: values loaded, results, options, limits."""

import math
import warnings

import pyomo.environ as pyo
import pytest
from pyomo.gdp import Disjunct, Disjunction
from pyomo.opt import SolverStatus, TerminationCondition

import xbarmip as xb
from tests.model.test_forms import rows_of
from tests.model.test_statement import pair
from xbarmip.errors import InputError, UnsupportedError

NAMES = ["xbarmip_dp", "xbarmip_milp", "xbarmip_exhaustive"]


def model_with_a_constraint():
    model = xb.build_model(pair(10))
    model.cap = pyo.Constraint(expr=model.R["a"] + model.R["b"] <= 5)
    return model


def loaded(model):
    return [pyo.value(model.R[name]) for name in model.LAYERS]


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_is_loaded_and_described(name):
    model = model_with_a_constraint()
    expected = xb.solve(model_with_a_constraint())
    solver = pyo.SolverFactory(name)
    assert solver.available()
    results = solver.solve(model)
    pyo.assert_optimal_termination(results)
    assert results.solver.status is SolverStatus.ok
    assert results.problem.lower_bound == results.problem.upper_bound == expected.value
    assert pyo.value(model.objective) == expected.value
    assert sum(loaded(model)) <= 5
    assert results.solver.wallclock_time >= 0


@pytest.mark.parametrize("name", NAMES)
def test_values_stay_out_of_the_model_on_request(name):
    model = model_with_a_constraint()
    model.small, model.large = Disjunct(), Disjunct()
    model.small.c = pyo.Constraint(expr=model.R["b"] <= 1)
    model.large.c = pyo.Constraint(expr=model.R["b"] >= 3)
    model.either = Disjunction(expr=[model.small, model.large])
    results = pyo.SolverFactory(name).solve(model, load_solutions=False)
    assert all(variable.value is None for variable in model.component_data_objects(pyo.Var))
    assert model.small.indicator_var.value is None
    assert results.solver.termination_condition is TerminationCondition.optimal
    model.solutions.load_from(results)
    assert pyo.value(model.value) == results.problem.upper_bound
    assert model.small.indicator_var.value != model.large.indicator_var.value
    xb.verify(model, {name: int(model.R[name]()) for name in model.LAYERS})


@pytest.mark.parametrize("name", NAMES)
def test_infeasible_models(name):
    model = model_with_a_constraint()
    model.more = pyo.Constraint(expr=model.R["a"] >= 5)
    results = pyo.SolverFactory(name).solve(model)
    assert results.solver.termination_condition is TerminationCondition.infeasible
    assert results.problem.upper_bound == math.inf
    assert model.value.value is None


def test_a_time_limit_keeps_what_was_found():
    problem = xb.Problem(xb.load_network("vgg-a"), 2304)
    model = xb.build_model(problem)
    results = pyo.SolverFactory("xbarmip_dp").solve(model, timelimit=0)
    assert results.solver.termination_condition is TerminationCondition.maxTimeLimit
    assert results.solver.status is SolverStatus.aborted
    assert results.problem.lower_bound <= results.problem.upper_bound < math.inf
    assert pyo.value(model.value) == results.problem.upper_bound


def test_tee_prints_the_search(capsys):
    solver = pyo.SolverFactory("xbarmip_dp")
    solver.solve(model_with_a_constraint())
    assert capsys.readouterr().out == ""
    solver.solve(model_with_a_constraint(), tee=True)
    lines = capsys.readouterr().out.splitlines()
    assert "best" in lines[0]
    assert lines[-1].startswith("xbarmip_dp: OPTIMAL, value ")


def test_options_reach_the_solver():
    with pyo.SolverFactory("xbarmip_dp", options={"beam": 0}) as solver:
        solver.options["dominance"] = False
        solver.solve(model_with_a_constraint(), options={"windows": False})
    with pytest.raises(InputError, match="solver 'xbarmip_dp' has no option 'gap'"):
        pyo.SolverFactory("xbarmip_dp").solve(model_with_a_constraint(), options={"gap": 1})
    few = pyo.SolverFactory("xbarmip_exhaustive", limit=3)
    with pytest.raises(UnsupportedError, match="more than 3 allocations"):
        few.solve(model_with_a_constraint())
    with pytest.raises(InputError, match="expected a model from build_model"):
        pyo.SolverFactory("xbarmip_dp").solve(pyo.ConcreteModel())


KEYWORDS = {
    "timelimit": ("10", "taken"),
    "memory_limit": (2**30, "taken"),
    "tee": (True, "taken"),
    "logfile": ("search.log", "taken"),
    "load_solutions": (True, "taken"),
    "warmstart": (True, "taken"),
    "beam": (4, "taken"),
    "keepfiles": (True, "ignored"),
    "symbolic_solver_labels": (True, "ignored"),
    "report_timing": (True, "ignored"),
    "mipgap": (0.01, "refused"),
    "solver_io": ("lp", "refused"),
    "suffixes": (["dual"], "refused"),
    "raise_exception_on_nonoptimal_result": (True, "refused"),
}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_a_keyword_is_taken_ignored_with_a_warning_or_refused(keyword, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value, verdict = KEYWORDS[keyword]
    model = model_with_a_constraint()
    solver = pyo.SolverFactory("xbarmip_dp")
    solver.solve(model)
    least = pyo.value(model.value)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if verdict == "refused":
            with pytest.raises(InputError, match=f"no option '{keyword}' .it takes: time_limit, "):
                solver.solve(model, **{keyword: value})
        else:
            results = solver.solve(model, **{keyword: value})
            assert pyo.value(model.value) == least
            assert results.solver.time == results.solver.wallclock_time > 0
    said = [str(warning.message) for warning in caught if warning.category is UserWarning]
    ignored = [f"xbarmip_dp: {keyword} has no effect"]
    assert said == (ignored if verdict == "ignored" else [])


def test_the_page_has_these_keywords():
    assert rows_of("Keywords of `solve`") == {name: said for name, (_, said) in KEYWORDS.items()}


def test_limits_and_options_in_every_place():
    for solver in (
        pyo.SolverFactory("xbarmip_dp", timelimit="0"),
        pyo.SolverFactory("xbarmip_dp", options={"time_limit": 0}),
    ):
        problem = xb.Problem(xb.load_network("vgg-a"), 2304)
        results = solver.solve(xb.build_model(problem), load_solutions=False)
        assert results.solver.termination_condition is TerminationCondition.maxTimeLimit
    solver = pyo.SolverFactory("xbarmip_exhaustive")
    solver.options.limit = 3
    with pytest.raises(UnsupportedError, match="more than 3 allocations"):
        solver.solve(model_with_a_constraint())
    with pytest.raises(InputError, match="timelimit must be a number of seconds, got 'soon'"):
        solver.solve(model_with_a_constraint(), timelimit="soon")
    with pytest.raises(InputError, match="logfile '/none/log' cannot be written: No such file"):
        pyo.SolverFactory("xbarmip_dp").solve(model_with_a_constraint(), logfile="/none/log")


def test_a_log_file_has_what_is_printed(tmp_path, capsys):
    log = tmp_path / "log"
    solver = pyo.SolverFactory("xbarmip_dp")
    solver.solve(model_with_a_constraint(), tee=True, logfile=str(log))
    lines = log.read_text("utf-8").splitlines()
    assert len(lines) == len(capsys.readouterr().out.splitlines()) > 1
    assert lines[-1].startswith("xbarmip_dp: OPTIMAL")


def test_a_warm_start_is_where_the_search_begins():
    # without time nothing but what is given is known
    problem = xb.Problem(xb.load_network("alexnet"), 700)
    model = xb.build_model(problem)
    best = xb.solve(problem)
    xb.verify(model, best.allocation)
    cold = pyo.SolverFactory("xbarmip_dp").solve(model.clone(), timelimit=0)
    warm = pyo.SolverFactory("xbarmip_dp").solve(model, timelimit=0, warmstart=True)
    assert warm.problem.upper_bound == best.value < cold.problem.upper_bound
    warm = pyo.SolverFactory("xbarmip_milp", start=False).solve(model, timelimit=0, warmstart=True)
    assert warm.problem.upper_bound == best.value
    with pytest.warns(UserWarning, match="the values of choose are no allocation"):
        pyo.SolverFactory("xbarmip_dp").solve(model_with_a_constraint(), warmstart=True)
