"""One solver's answer to one instance: what it claims beside what an independent check confirms."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from operator import index
from pathlib import Path
from traceback import extract_tb
from typing import Any

from xbarmip.compare.instance import Instance
from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class Row:
    """A record of the results file.

    Attributes
    ----------
    run, suite, instance, solver : str
        Which run, and what was run on what.
    network : str
    crossbars : int
    size : (int, int)
        Rows and columns of a crossbar.
    objective : str
    rule : str or None
    status : str
        A `Status`, or "UNSUPPORTED" where the solver refused.
    stop : str or None
        A `Stop`; None where the solver refused.
    value, bound : int or None
        As the solver claims them, in steps.
    proof : str or None
    allocation : dict of str to int, or None
        Duplication by layer name.
    confirmed : int or None
        The objective of `allocation`, evaluated anew; None if there is none that is allowed.
    crossbars_used : int or None
    defect : str
        Why the allocation is not allowed; empty if it is.
    seconds : float
        Wall-clock time.
    message : str
        What the solver says, why it refused, or the error that ended it.
    statistics, options : dict
    """

    run: str
    suite: str
    instance: str
    solver: str
    network: str
    crossbars: int
    size: tuple[int, int]
    objective: str
    rule: str | None
    status: str
    stop: str | None = None
    value: int | None = None
    bound: int | None = None
    proof: str | None = None
    allocation: Mapping[str, int] | None = None
    confirmed: int | None = None
    crossbars_used: int | None = None
    defect: str = ""
    seconds: float = 0.0
    message: str = ""
    statistics: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the solver crashed or returned something that is no answer."""
        return self.stop == Stop.ERROR

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Makes the rows of one run.

    Attributes
    ----------
    run, suite : str
    """

    run: str
    suite: str

    def refused(self, instance: Instance, solver: str, reasons: tuple[str, ...]) -> Row:
        """A solver that named reasons why it cannot take the instance."""
        return self._row(instance, solver, status=UNSUPPORTED, message="; ".join(reasons))

    def failed(self, instance: Instance, solver: str, error: BaseException, seconds: float) -> Row:
        """A solver that raised."""
        stop = Stop.MEMORY if isinstance(error, MemoryError) else Stop.ERROR
        return self._row(
            instance,
            solver,
            status=Status.UNKNOWN.value,
            stop=stop.value,
            seconds=seconds,
            message=_error_line(error),
        )

    def answered(self, instance: Instance, solver: str, answer: Any, seconds: float) -> Row:
        """A solver that returned: its claims as they stand, and what the check confirms."""
        try:
            claims = _claims(answer)
        except InputError as error:
            return self._row(
                instance,
                solver,
                status=Status.UNKNOWN.value,
                stop=Stop.ERROR.value,
                seconds=seconds,
                message=f"no usable answer: {error}",
            )
        checked = _checked(instance.problem, answer.allocation)
        return self._row(instance, solver, seconds=seconds, **claims, **checked)

    def _row(self, instance: Instance, solver: str, **facts: Any) -> Row:
        problem = instance.problem
        return Row(
            run=self.run,
            suite=self.suite,
            instance=instance.name,
            solver=solver,
            network=problem.network.name,
            crossbars=problem.crossbars,
            size=(problem.crossbar.rows, problem.crossbar.columns),
            objective=problem.objective,
            rule=problem.rule,
            **facts,
        )


def _error_line(error: BaseException) -> str:
    """Kind, text and place of an error, on one line."""
    frames = extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {_one_line(error)}{place}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _claims(answer: Any) -> dict[str, Any]:
    """What a result claims, as plain values.

    Raises
    ------
    InputError
        If it is no result, or a value or bound is no integer: NaN, for instance.
    """
    if not isinstance(answer, Result):
        raise InputError(f"expected a Result, got {type(answer).__name__}")
    return {
        "status": Status(answer.status).value,
        "stop": Stop(answer.stop).value,
        "value": _integer(answer.value, "value"),
        "bound": _integer(answer.bound, "bound"),
        "proof": None if answer.proof is None else str(answer.proof),
        "message": _one_line(answer.message),
        "statistics": plain(answer.statistics),
        "options": plain(answer.options),
    }


def _integer(value: Any, what: str) -> int | None:
    if value is None:
        return None
    try:
        return index(value)
    except TypeError:
        raise InputError(f"{what} is {value!r}, no integer") from None


def _checked(problem: Problem, allocation: Any) -> dict[str, Any]:
    """The allocation's exact objective and crossbars, or what is wrong with it."""
    if allocation is None:
        return {}
    if not isinstance(allocation, Mapping):
        return {"defect": f"expected R by layer name, got {type(allocation).__name__}"}
    try:
        chosen = problem.allocation(allocation)
    except InputError as error:
        return {"defect": str(error), "allocation": None}
    used = problem.crossbars_used(chosen)
    names = [layer.name for layer in problem.network.layers]
    facts = {"allocation": dict(zip(names, chosen, strict=True)), "crossbars_used": used}
    if used > problem.crossbars:
        return {**facts, "defect": f"takes {used} crossbars, there are {problem.crossbars}"}
    return {**facts, "confirmed": evaluate(problem, chosen)}


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: what has no place there is written as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    try:
        return index(value)
    except TypeError:
        return str(value)
