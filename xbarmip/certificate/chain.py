"""The chain of proofs that no allocation has a latency of at most a target (SPEC §6).

Each link refutes a count under a limit on the step time; what is left has shorter steps.
"""

from collections.abc import Iterator
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.errors import VerificationError
from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.latency.walk import subproblem
from xbarmip.solvers.protocol import Hint, Watch
from xbarmip.solvers.result import Status


def chain(
    problem: Problem,
    stated: check.Problem,
    target: int,
    known: tuple[tuple[int, ...], ...],
    watch: Watch,
) -> Iterator[Any]:
    """Write the chain that refutes a target line by line; `known` are good allocations.

    The largest count that a link can refute is found by the dynamic program; its proof is made as
    any other.

    Raises
    ------
    NotRefuted
        When an allocation meets the target.
    """
    assert stated.time is not None
    count = 1
    most = left(target, count)
    while most >= stated.time.compute:
        fewest = _fewest(subproblem(problem, most), Hint(known, count), watch)
        if fewest is not None and fewest <= count:
            raise NotRefuted
        below = None if fewest is None else fewest - 1
        yield {"link": {"refuted": below}}
        yield from proof(stated.limited(most), below, watch)
        if fewest is None:
            return
        count = fewest
        most = left(target, count)


def left(target: int, count: int) -> int:
    """The longest step, in ticks, with which so many cycles or steps or more meet the target."""
    return target // count


def _fewest(problem: Problem, hint: Hint, watch: Watch) -> int | None:
    """The least count of a subproblem; None where nothing is allowed."""
    inner = watch.part(lambda facts: watch.tell(**facts))
    answer = DynamicProgram().solve_from(problem, inner, hint)
    watch.check()
    if answer.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        raise VerificationError(f"no certificate: a subproblem is not solved ({answer.message})")
    return answer.value
