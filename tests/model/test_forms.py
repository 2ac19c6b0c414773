"""Every form of Pyomo in docs/pyomo.md: what is taken means what it says, what is not is named."""

import re
from pathlib import Path

import pyomo.environ as pyo
import pytest
from pyomo.dae import ContinuousSet
from pyomo.gdp import Disjunct, Disjunction
from pyomo.mpec import Complementarity, complements
from pyomo.network import Port

import xbarmip as xb
from tests.model.test_reading import PAIRS, model_of_pair
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.model.statement import problem_of
from xbarmip.timing.evaluate import evaluate

PAGE = Path(__file__).parents[2] / "docs" / "pyomo.md"
SOLVERS = ("dp", "milp", "exhaustive")


def constraint(expression):
    return lambda m: m.add_component("c", pyo.Constraint(expr=expression(m)))


def logical(expression):
    return lambda m: m.add_component("c", pyo.LogicalConstraint(expr=expression(m)))


def disjunction(*cases, **more):
    return lambda m: m.add_component("c", Disjunction(expr=[case(m) for case in cases], **more))


def few_a(m):
    return m.R["a"] <= 2


def few_b(m):
    return m.R["b"] <= 1


def constraint_list(m):
    m.c = pyo.ConstraintList()
    m.c.add(m.R["a"] <= 5)
    m.c.add(m.R["b"] <= 3)


def rule_list(m):
    m.c = pyo.ConstraintList(rule=(m.R[k] <= 3 for k in m.LAYERS))


def indexed(m):
    m.c = pyo.Constraint(
        m.LAYERS, rule=lambda m, k: pyo.Constraint.Skip if k == "a" else m.R[k] <= 2
    )


def decorated(m):
    @m.Constraint(m.LAYERS)
    def c(m, k):
        return m.R[k] <= 3


def deactivated(m):
    m.c = pyo.Constraint(expr=m.R["a"] <= 1)
    m.c.deactivate()


def blocks(m):
    m.c = pyo.Block(m.LAYERS, rule=lambda b, k: setattr(b, "d", pyo.Constraint(expr=m.R[k] <= 3)))
    m.c["b"].deactivate()


def expressions(m):
    m.both = pyo.Expression(expr=m.R["a"] + m.R["b"])
    m.twice = pyo.Expression(m.LAYERS, rule=lambda m, k: 2 * m.both - m.R[k])
    m.c = pyo.Constraint(expr=m.twice["a"] <= 9)


def params(m):
    m.most = pyo.Param(m.LAYERS, initialize={"a": 4}, default=2, mutable=True)
    m.c = pyo.Constraint(m.LAYERS, rule=lambda m, k: m.R[k] <= m.most[k])
    m.most["a"] = 3


def switch(m):
    m.on = pyo.Param(initialize=0, mutable=True)
    m.c = pyo.Constraint(expr=m.on * (m.R["a"] - 2) <= 0)


def sets(m):
    m.some = pyo.Set(initialize=["a"])
    m.numbers = pyo.RangeSet(3)
    m.others = pyo.SetOf([1, 2])
    m.c = pyo.Constraint(m.some, rule=lambda m, k: m.R[k] <= max(m.numbers) + max(m.others))


def references(m):
    m.copies = pyo.Reference(m.R)
    m.c = pyo.Constraint(expr=m.copies["a"] <= 3)


def suffixes(m):
    m.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    m.checked = pyo.BuildCheck(rule=lambda m: True)


def disjuncts(m):
    m.d = Disjunct([1, 2])
    m.d[1].few = pyo.Constraint(expr=m.R["a"] <= 2)
    m.d[2].few = pyo.Constraint(expr=m.R["b"] <= 1)
    m.c = Disjunction(expr=[m.d[1], m.d[2]])
    m.only = pyo.LogicalConstraint(expr=m.d[1].indicator_var.implies(m.R["b"] >= 3))


def indexed_disjunction(m):
    m.c = Disjunction(m.LAYERS, rule=lambda m, k: [m.R[k] <= 1, [m.R[k] >= 3, m.R[k] <= 4]])


def transformed(m):
    m.c = Disjunction(expr=[few_a(m), few_b(m)])
    pyo.TransformationFactory("gdp.bigm").apply_to(m, bigM=20)


def logical_list(m):
    m.c = pyo.LogicalConstraintList()
    m.c.add(pyo.implies(m.R["a"] >= 4, m.R["b"] == 1))


def booleans(m):
    m.y = pyo.BooleanVar([1, 2])
    m.c = pyo.LogicalConstraint(expr=pyo.exactly(1, m.y[1], m.y[2]))
    m.d = pyo.LogicalConstraint(expr=m.y[1].implies(few_a(m)))
    m.e = pyo.LogicalConstraint(expr=m.y[2].implies(few_b(m)))


def binaries(m):
    m.y = pyo.Var(domain=pyo.Binary)
    m.c = pyo.Constraint(expr=m.R["a"] <= 2 + 7 * m.y)
    m.d = pyo.Constraint(expr=m.R["b"] <= 4 - 3 * m.y)


def variable_list(m):
    m.y = pyo.VarList(domain=pyo.Binary)
    m.c = pyo.Constraint(expr=m.R["a"] <= 3 + 2 * m.y.add())


def maximum(m):
    m.z = pyo.Var(domain=pyo.NonNegativeIntegers)
    m.c = pyo.Constraint(m.LAYERS, rule=lambda m, k: m.R[k] <= m.z)
    m.d = pyo.Constraint(expr=3 * m.z + m.R["a"] <= 14)


def continuous(m):
    m.z = pyo.Var()
    m.c = pyo.Constraint(expr=m.z == (m.R["a"] + m.R["b"]) / 2)
    m.d = pyo.Constraint(expr=(1.5, m.z, 3.5))


def over_a_set(m):
    m.z = pyo.Var(within=pyo.Set(initialize=[1, 2, 4]))
    m.c = pyo.Constraint(expr=m.R["a"] == m.z)


def fixed_variable(m):
    m.z = pyo.Var()
    m.c = pyo.Constraint(expr=m.R["a"] <= m.z)
    m.z.fix(3)


def products_of_variables(m):
    m.z = pyo.Var(bounds=(0, 1))
    m.c = pyo.Constraint(expr=m.R["a"] * m.z <= 2)


def unbounded(m):
    m.z = pyo.Var(domain=pyo.Integers)
    m.c = pyo.Constraint(expr=m.R["a"] * m.z <= 2)


def even(m):
    m.z = pyo.Var(m.LAYERS, domain=pyo.Integers)
    m.c = pyo.Constraint(m.LAYERS, rule=lambda m, k: m.R[k] == 2 * m.z[k])


def fixed_charge(m):
    m.y = pyo.Var(m.LAYERS, domain=pyo.Binary)
    m.c = pyo.Constraint(m.LAYERS, rule=lambda m, k: m.R[k] <= 1 + 99 * m.y[k])
    m.d = pyo.Constraint(expr=m.y["a"] + m.y["b"] <= 1)


def in_groups_of(m):
    m.z = pyo.Var(domain=pyo.Integers)
    m.c = pyo.Constraint(expr=m.R["a"] + m.R["b"] == 3 * m.z)


def fixed_choice(m):
    m.choose["a", 3].fix(1)
    m.choose["b", 2].fix(0)


def bounded_choice(m):
    m.choose["a", 2].setlb(1)
    for r in (3, 4):
        m.choose["b", r].setub(0)


def complementarity(m):
    m.c = Complementarity(expr=complements(m.R["a"] >= 3, m.R["b"] >= 2))


def sos(m):
    m.c = pyo.SOSConstraint(var=m.choose, sos=1)


def port(m):
    m.c = Port()


def time(m):
    m.c = ContinuousSet(bounds=(0, 1))


def second_objective(m):
    m.c = pyo.Objective(expr=m.R["a"])


def changed(m):
    m.budget.deactivate()


def removed(m):
    m.del_component(m.budget)


ALWAYS = lambda a, b: True  # noqa: E731
NEVER = lambda a, b: False  # noqa: E731
EITHER = lambda a, b: a <= 2 or b <= 1  # noqa: E731

# by the first cell of the row: how it is written, and what it means of R_a and R_b or what is said
FORMS = {
    "Constraint(expr=R <= 3)": (constraint(lambda m: m.R["a"] <= 3), lambda a, b: a <= 3),
    "Constraint(expr=(2, R, 4))": (
        constraint(lambda m: (2, m.R["a"], 4)), lambda a, b: 2 <= a <= 4),
    "Constraint(expr=R == 4)": (constraint(lambda m: m.R["a"] == 4), lambda a, b: a == 4),
    "inequality(2, R, 4)": (
        constraint(lambda m: pyo.inequality(2, m.R["a"], 4)), lambda a, b: 2 <= a <= 4),
    "Constraint(LAYERS, rule=...)": (indexed, lambda a, b: b <= 2),
    "@model.Constraint(LAYERS)": (decorated, lambda a, b: a <= 3 and b <= 3),
    "ConstraintList, add": (constraint_list, lambda a, b: a <= 5 and b <= 3),
    "ConstraintList(rule=...)": (rule_list, lambda a, b: a <= 3 and b <= 3),
    "deactivate()": (deactivated, ALWAYS),
    "an empty ConstraintList": (lambda m: m.add_component("c", pyo.ConstraintList()), ALWAYS),
    "an empty LogicalConstraintList": (
        lambda m: m.add_component("c", pyo.LogicalConstraintList()), ALWAYS),
    "all Constraint.Skip": (
        lambda m: m.add_component(
            "c", pyo.Constraint(m.LAYERS, rule=lambda m, k: pyo.Constraint.Skip)),
        ALWAYS),
    "Constraint.Feasible": (constraint(lambda m: pyo.Constraint.Feasible), ALWAYS),
    "Constraint.Infeasible": (constraint(lambda m: pyo.Constraint.Infeasible), NEVER),
    "0 * R <= 3": (constraint(lambda m: 0 * m.R["a"] <= 3), ALWAYS),
    "0 * R >= 3": (constraint(lambda m: 0 * m.R["a"] >= 3), NEVER),
    "Block, indexed Block": (blocks, lambda a, b: a <= 3),
    "Expression": (expressions, lambda a, b: a + 2 * b <= 9),
    "Param, mutable Param": (params, lambda a, b: a <= 3 and b <= 2),
    "a 0/1 Param as a switch": (switch, ALWAYS),
    "Set, RangeSet, SetOf": (sets, lambda a, b: a <= 5),
    "Reference": (references, lambda a, b: a <= 3),
    "Suffix, BuildCheck, BuildAction": (suffixes, ALWAYS),
    "+ - * / **, abs, floor, ceil": (
        constraint(lambda m: pyo.floor(abs(m.R["a"] - 3) ** 2 / m.R["b"]) <= 2),
        lambda a, b: (a - 3) ** 2 // b <= 2),
    "Expr_if": (
        constraint(lambda m: pyo.Expr_if(m.R["a"] >= 4, m.R["b"], 1) <= 2),
        lambda a, b: a < 4 or b <= 2),
    "exp, log, sqrt, sin": (
        constraint(lambda m: pyo.exp(m.R["a"]) <= 9), "function 'exp' has no exact value"),
    "1 / 3 * R": (constraint(lambda m: 1 / 3 * m.R["a"] <= 1), "0.3333333333333333, which is not"),
    "Disjunction(expr=[c1, c2])": (disjunction(few_a, few_b), EITHER),
    "Disjunction(expr=[[c1, c2], [c3]])": (
        disjunction(lambda m: [few_a(m), few_b(m)], lambda m: [m.R["a"] >= 6]),
        lambda a, b: (a <= 2 and b <= 1) or a >= 6),
    "Disjunction(expr=[l1, l2]) of logical expressions": (
        disjunction(lambda m: pyo.lnot(m.R["a"] >= 3), few_b), EITHER),
    "Disjunction(..., xor=False)": (disjunction(few_a, few_b, xor=False), EITHER),
    "Disjunction(LAYERS, rule=...)": (
        indexed_disjunction, lambda a, b: all(r <= 1 or 3 <= r <= 4 for r in (a, b))),
    "Disjunct, indicator_var": (
        disjuncts, lambda a, b: (a <= 2 and b >= 3) or b <= 1),
    'TransformationFactory("gdp.bigm")': (transformed, EITHER),
    "LogicalConstraint: land, lor, xor, lnot, implies, equivalent": (
        logical(lambda m: pyo.lor(pyo.land(few_a(m), few_b(m)), pyo.equivalent(
            m.R["a"] >= 6, m.R["b"] >= 2))),
        lambda a, b: (a <= 2 and b <= 1) or (a >= 6) == (b >= 2)),
    "atmost, atleast, exactly": (
        logical(lambda m: pyo.exactly(1, few_a(m), few_b(m))), lambda a, b: (a <= 2) != (b <= 1)),
    "LogicalConstraintList": (logical_list, lambda a, b: a < 4 or b == 1),
    "BooleanVar": (booleans, EITHER),
    "Var(domain=Binary)": (binaries, lambda a, b: a <= 2 or b <= 1),
    "VarList": (variable_list, lambda a, b: a <= 5),
    "Var(domain=Integers), a maximum": (maximum, lambda a, b: 3 * max(a, b) + a <= 14),
    "Var(), continuous": (continuous, lambda a, b: 3 <= a + b <= 7),
    "Var(within=Set(...))": (over_a_set, lambda a, b: a in (1, 2, 4)),
    "Var fixed with fix()": (fixed_variable, lambda a, b: a <= 3),
    "a continuous Var in a product": (
        products_of_variables, "variable 'z' is not a binary or bounded integer variable"),
    "a switch, R[l] <= 1 + 99 * y[l]": (fixed_charge, lambda a, b: a == 1 or b == 1),
    "R[l] == 2 * z[l]": (even, lambda a, b: a % 2 == b % 2 == 0),
    "R[a] + R[b] == 3 * z": (in_groups_of, lambda a, b: (a + b) % 3 == 0),
    "an integer Var without bounds in a product": (
        unbounded, "variable 'z' is not a binary or bounded integer variable"),
    "choose[l, r].fix()": (fixed_choice, lambda a, b: a == 3 and b != 2),
    "choose[l, r].setlb(), setub()": (bounded_choice, lambda a, b: a == 2 and b <= 2),
    "R[l].fix()": (
        lambda m: m.R["a"].fix(2), r"R\[a\] is an expression: write a constraint, R\[a\] == 2"),
    "R[l].setlb(), setub()": (lambda m: m.R["a"].setub(2), r"write a constraint, R\[a\] <= 2"),
    "SOSConstraint": (sos, "SOSConstraint 'c' was added to the model: components of this kind"),
    "Complementarity": (complementarity, "Complementarity 'c' was added to the model"),
    "Port, Arc": (port, "Port 'c' was added to the model"),
    "ContinuousSet, DerivativeVar": (time, "ContinuousSet 'c' was added to the model"),
    "a second Objective": (second_objective, "expected one active objective, found 'obj.*', 'c'"),
    "what build_model built, deactivated": (changed, "Constraint 'budget' was changed since"),
    "what build_model built, removed": (removed, "'budget' was removed from the model"),
}  # fmt: skip


def rows_of(heading):
    """First and second cells of the table under a heading of the page."""
    section = PAGE.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| (\w+)", section, flags=re.MULTILINE)
    return {form.replace("\\|", "|"): verdict for form, verdict in rows}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_taken_by_all_solvers_or_refused_by_name(form):
    model = model_of_pair()
    write, meaning = FORMS[form]
    if isinstance(meaning, str):
        with pytest.raises((InputError, UnsupportedError), match=meaning):
            write(model)
            problem_of(model)
        return
    write(model)
    problem = problem_of(model)
    allowed = [chosen for chosen in PAIRS if meaning(*chosen)]
    assert [chosen for chosen in PAIRS if problem.meets(chosen)] == allowed
    best = min((evaluate(problem, chosen) for chosen in allowed), default=None)
    for solver in SOLVERS:
        assert xb.solve(model, solver).value == best


def test_the_page_has_these_forms():
    said = {
        form: "refused" if isinstance(how, str) else "taken" for form, (_, how) in FORMS.items()
    }
    assert rows_of("In the model") == said


def test_a_model_prints_itself(capsys):
    model_of_pair().pprint()
    assert "evaluate" in capsys.readouterr().out


def test_of_many_names_three_are_said():
    model = model_of_pair()
    model.z = pyo.Var(bounds=(0, 1))
    model.c = pyo.ConstraintList()
    for number in range(296):
        model.c.add(model.z * model.z * model.R["a"] <= number)
    with pytest.raises(UnsupportedError, match=r"'c\[1\], c\[2\], c\[3\] and 293 more': variable"):
        problem_of(model)
