"""Confirming answers: what a solver claims, held against the problem by arithmetic of its own.

Nothing that a solver says is passed on without this, whoever asked: `xbarmip.solve`, the command
line, a walk over subproblems, a comparison. What it cannot find out is whether a bound that no
value contradicts is true: that takes a second solver or a certificate.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from operator import index
from typing import Any, Protocol

from xbarmip.errors import InputError, VerificationError, short
from xbarmip.exact import MOST
from xbarmip.problem import Problem
from xbarmip.solvers.latency.result import LatencyResult
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate, evaluate_count
from xbarmip.timing.step_time import step_time, ticks_of, time_of


class Lie(StrEnum):
    """What is wrong with an answer."""

    BOUND = "BOUNDS_CROSS"  # its bound lies above a checked value
    INFEASIBLE = "INFEASIBILITY_CONFLICT"  # infeasible, it says, but one copy of each layer will do
    VALUE = "VALUE_MISMATCH"  # its value differs from the evaluation
    ALLOCATION = "INVALID_ALLOCATION"  # its allocation is malformed or not allowed


@dataclass(frozen=True, slots=True)
class Checked:
    """What an answer claims, as plain values, and what the problem says of it.

    Attributes
    ----------
    status : Status
    stop : Stop
    value, bound : int or None
        As claimed.
    proof : Proof or None
    allocation : dict of str to int, or None
        R by layer name, in layer order; None also where it is malformed.
    crossbars_used : int or None
    confirmed : int or None
        The objective of `allocation`, evaluated anew; None if there is none that is allowed.
    defect : str
        Why the allocation, or the claim that there is none, does not hold; empty if it does.
    unit_seconds : Fraction or None
        How long one of what `confirmed` counts lasts with this allocation, where the hardware says
        it: the step time of a count, a tick of a time.
    """

    status: Status
    stop: Stop
    value: int | None
    bound: int | None
    proof: Proof | None
    allocation: dict[str, int] | None = None
    crossbars_used: int | None = None
    confirmed: int | None = None
    defect: str = ""
    unit_seconds: Fraction | None = None


class Claim(Protocol):
    """What `lies` looks at: a `Checked`, or the row of a comparison."""

    @property
    def status(self) -> str:
        """As claimed."""

    @property
    def value(self) -> int | None:
        """As claimed."""

    @property
    def bound(self) -> int | None:
        """As claimed."""

    @property
    def confirmed(self) -> int | None:
        """As evaluated anew."""

    @property
    def defect(self) -> str:
        """What is wrong with the allocation, or with the claim that there is none."""


Evaluated = Callable[[Any, Any], dict[str, Any]]
"""Of a problem and an answer: what an evaluation of its own finds, as fields of `Checked`."""


def allocation_facts(problem: Problem, answer: Result) -> dict[str, Any]:
    """What is found of an allocation, or of the claim that there is none."""
    if answer.allocation is not None:
        return _evaluated(problem, answer.allocation)
    return _refuted(problem) if answer.status is Status.INFEASIBLE else {}


def checked(problem: Any, answer: Any, evaluated: Evaluated = allocation_facts) -> Checked:
    """Take an answer apart and evaluate its allocation, or what else it has, anew.

    Raises
    ------
    VerificationError
        If it is not a usable answer: no Result, a value or bound that is no integer, or fields that
        contradict each other, as a bound above the value, or OPTIMAL with another value than bound.
    """
    if not isinstance(answer, Result):
        raise VerificationError(f"expected a Result, got {type(answer).__name__}")
    try:
        plain = Result(
            str(answer.solver),
            Status(answer.status),
            Stop(answer.stop),
            _integer(answer.value, "value"),
            _integer(answer.bound, "bound"),
            answer.allocation,
            None if answer.proof is None else Proof(answer.proof),
        )
    except ValueError as error:
        raise VerificationError(str(error)) from None
    facts = evaluated(problem, answer)
    return Checked(plain.status, plain.stop, plain.value, plain.bound, plain.proof, **facts)


def lies(claim: Claim, value: int | None, holders: str) -> Iterator[tuple[Lie, str]]:
    """Everything in a claim that cannot be true, each in words that follow the solver's name.

    Parameters
    ----------
    claim : Claim
    value : int or None
        The smallest checked value that is known of the problem.
    holders : str
        Whose that is.
    """
    if claim.defect:
        infeasible = claim.status == Status.INFEASIBLE
        yield (Lie.INFEASIBLE if infeasible else Lie.ALLOCATION), claim.defect
    if claim.confirmed is not None and claim.value != claim.confirmed:
        yield Lie.VALUE, f"claims {claim.value}, its allocation takes {claim.confirmed}"
    if value is not None and claim.bound is not None and claim.bound > value:
        yield (
            Lie.BOUND,
            f"claims the bound {claim.bound}, above the checked value {value} of {holders}",
        )


def confirm(
    problem: Any, solver: str, answer: Any, evaluated: Evaluated = allocation_facts
) -> None:
    """Hold an answer against the problem.

    Raises
    ------
    VerificationError
        Naming the solver, what it claims, and what was found instead.
    """
    try:
        found = checked(problem, answer, evaluated)
    except VerificationError as error:
        raise VerificationError(f"solver {solver!r}: no usable answer: {error}") from None
    for lie, message in lies(found, found.confirmed, "its own allocation"):
        raise VerificationError(f"{lie}: {solver} {message}")
    if isinstance(answer, LatencyResult):
        _confirm_latency(problem, solver, answer)


def _integer(value: Any, what: str) -> int | None:
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        raise VerificationError(f"{what} is {short(value)}, not an integer") from None
    if abs(number) > MOST:
        raise VerificationError(f"{what} is {short(number)}, beyond any objective")
    return number


def _refuted(problem: Problem) -> dict[str, Any]:
    """What speaks against the claim that there is no allocation."""
    if not problem.meets((1,) * len(problem.sets)):
        return {}
    smallest = problem.smallest_budget
    holds = f"{problem.crossbars} crossbars hold one copy of every layer ({smallest})"
    allowed = ", which is allowed" if problem.constraints else ""
    return {"defect": f"claims INFEASIBLE, but {holds}{allowed}"}


def _evaluated(problem: Problem, allocation: Any) -> dict[str, Any]:
    """The allocation's exact objective and crossbars, or what is wrong with it."""
    if not isinstance(allocation, Mapping):
        return {"defect": f"expected R by layer name, got {type(allocation).__name__}"}
    try:
        chosen = problem.allocation(allocation)
    except InputError as error:
        return {"defect": str(error)}
    used = problem.crossbars_used(chosen)
    named = dict(zip(problem.network.index, chosen, strict=True))
    facts = {"allocation": named, "crossbars_used": used}
    if used > problem.crossbars:
        return {**facts, "defect": f"takes {used} crossbars, the budget is {problem.crossbars}"}
    broken = problem.broken(chosen)
    if broken:
        return {**facts, "defect": f"breaks the constraint {broken[0].name!r}"}
    unit = ticks_of(problem).tick if problem.is_latency else _step_seconds(problem, chosen)
    return {**facts, "confirmed": evaluate(problem, chosen), "unit_seconds": unit}


def _step_seconds(problem: Problem, chosen: Sequence[int]) -> Fraction | None:
    time = time_of(problem, chosen)
    return None if time is None else time.seconds


def _confirm_latency(problem: Problem, solver: str, answer: LatencyResult) -> None:
    """The parts of a latency, and the points of the frontier that come with it."""
    assert problem.hardware is not None
    if answer.unit != ticks_of(problem).tick:
        raise VerificationError(
            f"{solver} answers in units of {answer.unit} s, a tick is {ticks_of(problem).tick} s"
        )
    named: list[tuple[Any, int | None, Fraction]] = [
        (point.allocation, point.count, point.step) for point in answer.points
    ]
    if answer.allocation is not None and answer.step_time is not None:
        named.append((answer.allocation, answer.count, answer.step_time.seconds))
    for allocation, count, step in named:
        found = _evaluated(problem, allocation)
        if "confirmed" not in found:
            raise VerificationError(f"{Lie.ALLOCATION}: {solver} {found['defect']}")
        chosen = found["allocation"]
        exact = (
            evaluate_count(problem, chosen),
            step_time(problem.network, problem.hardware, chosen).seconds,
        )
        if (count, step) != exact:
            raise VerificationError(
                f"{Lie.VALUE}: {solver} claims {problem.count} and seconds a step "
                f"({count}, {step}), its allocation takes ({exact[0]}, {exact[1]})"
            )
