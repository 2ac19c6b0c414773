"""The chain of proofs that no allocation has a latency of at most a target (SPEC §6).

Each link refutes a count under a limit on the step time; what is left has shorter steps.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.sweep import NotRefuted, by_rounds, proof
from xbarmip.errors import VerificationError
from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.latency.questions import subproblem
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

    The largest count that a link can refute is found by the dynamic program. One short of it would
    be as hard to prove as an optimum, and is not needed: a link refutes what it can with ease, and
    the next one has shorter steps.

    Raises
    ------
    NotRefuted
        When an allocation meets the target.
    """
    assert stated.time is not None
    count, compute = 1, stated.time.compute
    most = left(target, count)
    while most >= compute:
        fewest = _fewest(subproblem(problem, most), Hint(known, count), watch)
        if fewest is not None and fewest <= count:
            raise NotRefuted
        part = stated.limited(most)
        if fewest is None and not compute:
            yield {"link": {"refuted": None}}
            yield from proof(part, None, watch)
            return
        ends = [target // compute] if compute else []  # with which the chain would end
        last = min(ends + ([fewest - 1] if fewest else []))
        below, lines = _easiest(part, count, last, watch)
        yield {"link": {"refuted": below}}
        yield from lines
        count = below + 1
        most = left(target, count)


def _easiest(part: check.Problem, first: int, last: int, watch: Watch) -> tuple[int, Iterable[Any]]:
    """The largest count, from `first` up to `last`, that rounds alone refute, with the lines of its
    proof; `last` where they refute none.
    """
    paths: list[Any] = []
    lines: Iterable[Any] | None = by_rounds(part, first, paths, watch)
    if lines is None:
        return last, proof(part, last, watch)
    while first < last:
        middle = (first + last + 1) // 2
        further = by_rounds(part, middle, paths, watch)
        if further is None:
            last = middle - 1
        else:
            first, lines = middle, further
    return first, lines


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
