"""Ways to answer a problem, each held against what brute force says."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import xbarmip as xb
from tests import pseudo_boolean
from tests.conformance.corpus import Case
from tests.random_hardware import LARGEST, UNEVEN
from xbarmip.certificate import check
from xbarmip.certificate.statement import statement
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.certificate.write import write_certificate
from xbarmip.constraint import Predicate, allowed
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.export.refutation import refute
from xbarmip.model.statement import build_model
from xbarmip.model.verify import verify
from xbarmip.problem import Problem
from xbarmip.solvers.dp.plain import plain_frontier, plain_optimum
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.protocol import Limits, Solver, Watch
from xbarmip.solvers.registry import solver_for
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate, evaluate_many, seconds_of

CUTS = [
    DynamicProgram(*cuts, beam=beam) for cuts in product([True, False], repeat=5) for beam in (0, 1)
]


def exact(case: Case, value: int) -> object:
    """A value as the answer states it: a latency in seconds."""
    return seconds_of(case.problem, value) if case.problem.is_latency else value


def hold(case: Case, solver: Solver) -> Result:
    """Solve, and hold every part of the result against the answer."""
    problem, answer = case.problem, case.answer
    result = solver_for(problem, solver).solve(problem, Watch(Limits()))
    assert result.stop is Stop.FINISHED, (case, result)
    if answer.value is None:
        assert result.status is Status.INFEASIBLE, (case, result)
        assert (result.value, result.bound, result.allocation) == (None, None, None)
        return result
    assert result.status is Status.OPTIMAL, (case, result)
    assert result.value == result.bound, (case, result)
    assert exact(case, result.value) == answer.value, (case, result)
    assert list(result.allocation) == list(problem.network.index)
    assert evaluate(problem, result.allocation) == result.value
    assert problem.meets(list(result.allocation.values())), (case, result)
    return result


def kernels(case: Case) -> None:
    """The compiled evaluation of all allocations at once."""
    problem = case.problem
    every = product(*(range(1, most + 1) for most in problem.largest))
    table = np.array(list(every), dtype=np.int64)
    used = [problem.crossbars_used(row) <= problem.crossbars for row in table.tolist()]
    table = table[np.array(used, dtype=bool)]
    table = table[allowed(problem.constraints, problem.network.index, table)]
    best = min(map(int, evaluate_many(problem, table)), default=None)
    assert (None if best is None else exact(case, best)) == case.answer.value, case


def exhaustive(case: Case) -> None:
    """The first of the best allocations with the fewest crossbars, as it promises."""
    result = hold(case, Exhaustive())
    if result.allocation is not None:
        assert list(result.allocation.values()) == case.answer.allocation, case
        assert result.proof is Proof.EXACT


def dp(case: Case) -> None:
    """The dynamic program with all its cuts."""
    assert hold(case, DynamicProgram()).proof in (None, Proof.EXACT)


def dp_cuts(case: Case) -> None:
    """Some of the cuts on and off: of each group of cases every combination in turn."""
    for turn in (0, 1):
        hold(case, CUTS[(2 * case.number + turn) % len(CUTS)])


def dp_plain(case: Case) -> None:
    """The plain dynamic program, which has no latencies: optimum and frontier."""
    if not case.problem.is_latency:
        best = plain_optimum(case.problem)
        assert (None if best is None else best[0]) == case.answer.value, case
        ends = [[used, value] for used, value, _ in plain_frontier(case.problem)]
        assert ends == case.answer.points, case


def frontier(case: Case) -> None:
    """All budgets at once; of a latency, all its points."""
    problem, answer = case.problem, case.answer
    if not problem.is_latency:
        curve = xb.frontier(problem)
        assert curve.complete
        assert [[p.crossbars, p.value] for p in curve.points] == answer.points, case
        for point in curve.points:
            chosen = problem.allocation(point.allocation)
            assert evaluate(problem, chosen) == point.value
            assert problem.crossbars_used(chosen) == point.crossbars
            assert problem.meets(chosen)
        return
    for solver in ("dp", "exhaustive"):
        result = xb.solve(problem, solver=solver, whole_frontier=True)
        if answer.value is not None:
            assert result.whole
            found = [[point.count, str(point.step)] for point in result.points]
            assert found == answer.points, (case, solver)


def milp(case: Case) -> None:
    """HiGHS, with a start and without one; what it does not take it says beforehand."""
    solver = Milp(start=case.number % 4 != 0)
    reasons = solver_for(case.problem, solver).unsupported(case.problem)
    assert not reasons or takes_no(case), (case, reasons)
    if not reasons:
        hold(case, solver)


def takes_no(case: Case) -> bool:
    """Whether a case may be beyond the MILP: numbers that HiGHS would blur."""
    return case.kind == "huge"


def models(case: Case) -> None:
    """The Pyomo statements hold for the optimum that brute force gives."""
    if case.answer.allocation is not None and not takes_no(case):
        claimed = evaluate(case.problem, case.answer.allocation)
        chosen = dict(zip(case.problem.network.index, case.answer.allocation, strict=True))
        for timing in ("function",) if case.problem.is_latency else ("function", "linear"):
            verify(build_model(case.problem, timing), chosen, claimed=claimed)


def certificate(case: Case) -> None:
    """A certificate of the optimum is accepted; no proof is found that the optimum is not met."""
    problem, answer = case.problem, case.answer
    result = hold(case, Exhaustive())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "certificate"
        if not statable(problem):
            with pytest.raises(UnsupportedError):
                write_certificate(problem, result, path)
            return
        try:
            write_certificate(problem, result, path)
        except UnsupportedError:
            assert uneven(problem), case
            return
        said = check.check(str(path))
    assert f"digest {check.digest(statement(problem))})" in said
    if answer.value is None:
        assert said.endswith("no allocation is allowed")
    elif not problem.is_latency:
        assert f"ends before {result.value} " in said
        assert said.endswith(f"; the given one takes {result.value}")
        with pytest.raises(NotRefuted):
            list(proof(check.Problem(statement(problem)), result.value, Watch(Limits())))


def refutation(case: Case) -> None:
    """Of closed forms without constraints: one less is refuted line by line, the optimum is not."""
    problem, answer = case.problem, case.answer
    if case.kind != "free" or problem.count != "steps" or answer.value in (None, 1):
        return
    value = int(answer.value)
    pseudo_boolean.check(*refute(problem, value - 1, Watch(Limits())))
    with pytest.raises(VerificationError, match="no proof"):
        refute(problem, value, Watch(Limits()))


def statable(problem: Problem) -> bool:
    """Whether certificates can state it, but for `uneven` step times: sums alone."""
    return not any(isinstance(each, Predicate) for each in problem.constraints) and (
        LARGEST.name not in rules(problem)
    )


def uneven(problem: Problem) -> bool:
    """Whether the shares of some layer's producers may change with R."""
    consumers = [edge.consumer for edge in problem.network.edges]
    return UNEVEN.name in rules(problem) and len(set(consumers)) < len(consumers)


def rules(problem: Problem) -> set[str]:
    """The rules of data movement of its hardware."""
    return set() if problem.hardware is None else {x.rule for x in problem.hardware.memory}


WAYS: tuple[Callable[[Case], None], ...] = (
    kernels, exhaustive, dp, dp_cuts, dp_plain, frontier, milp, models, certificate,
    refutation,
)  # fmt: skip
