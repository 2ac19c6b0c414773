"""The digest of a problem: which problem an answer, a row or a known value belongs to.

It is the digest of a certificate: SHA-256 over all integers of the problem, names apart. Two
problems of one digest have the same allocations, in layer order, with the same values. So networks
that differ in names or in how they were written down are one problem; a constraint counts by what
it demands.

What no certificate can state is stated by what it allows or gives. A Predicate is the list of its
answers for every R of its layers that some allocation within the budget has. Where there are more
than `MOST_ANSWERS` of these, its code with all captured values stands in; so does that of a general
data-movement rule, and of a need map that is not one of last rows and columns. Equal code is
evidence and no proof, as what it reads may differ: such a digest begins with `code:`, and nothing
is matched by it.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from xbarmip.certificate.check import digest
from xbarmip.certificate.goal import core_problem, goal_numbers
from xbarmip.certificate.statement import linear_constraint, linear_time, record, stated_stream
from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.fingerprint import UnknowableError, fingerprint
from xbarmip.hardware.movement import SeparableRule, rule_named
from xbarmip.network.stream import Stream, has_join
from xbarmip.problem import Problem
from xbarmip.timing.layer_ticks import LayerTicks
from xbarmip.timing.step_time import stated_ticks

MOST_ANSWERS = 2**16  # of one Predicate
CODE = "code:"  # begins a digest that rests on code


@lru_cache(maxsize=256)
def problem_digest(problem: Problem) -> str:
    """Sixty-four hexadecimal digits; behind `code:` where they rest on code."""
    goal = {} if problem.is_core else {"goal": goal_numbers(problem)}
    problem = problem if problem.is_core else core_problem(problem)
    constraints = [_constraint(problem, each) for each in problem.constraints]
    time = _time(problem) if problem.is_latency else None
    on_code = any("code" in each for each in (*constraints, time or {}))
    try:
        stated = {**record(problem, constraints, time), **goal}
    except UnsupportedError:
        needs = problem.view.need
        stated = {
            "code": _code((repr(problem.network), needs)),
            "rest": [constraints, time],
            **goal,
        }
        on_code = True
    return (CODE if on_code else "") + digest(stated)


def comparable(digest: str) -> bool:
    """Whether equal digests mean equal problems: it is there, and does not rest on code."""
    return bool(digest) and not digest.startswith(CODE)


def stranger(theirs: str, here: str) -> str:
    """Why what has one digest is not matched to a problem of another; empty where it is.

    The words follow the name of what is not matched: "row of dp", for instance.
    """
    if not theirs or not here:
        return "cannot be matched: without a digest nothing says which problem it belongs to"
    if theirs != here:
        return f"is of another problem: digest {theirs}, here {here}"
    if not comparable(theirs):
        return f"cannot be matched: its digest rests on code, {theirs}"
    return ""


def _constraint(problem: Problem, constraint: Constraint) -> dict[str, Any]:
    if isinstance(constraint, LinearConstraint):
        return linear_constraint(problem, constraint, "")
    places = [problem.network.index[layer] for layer in constraint.layers]
    listed = sorted(places)
    answers: list[tuple[int, ...]] = []
    for within in _within(problem, listed):
        if len(answers) == MOST_ANSWERS:
            return {"layers": listed, "code": _code((places, constraint.condition))}
        answers.append(within)
    order = [listed.index(place) for place in places]
    said = "".join(_answer(constraint, tuple(r[k] for k in order)) for r in answers)
    return {"layers": listed, "allowed": said}


def _within(problem: Problem, places: list[int]) -> Iterator[tuple[int, ...]]:
    """The R of some layers that an allocation within the budget can have, in lexical order."""
    spare = problem.crossbars - problem.smallest_budget

    def extend(chosen: tuple[int, ...], left: int) -> Iterator[tuple[int, ...]]:
        if len(chosen) == len(places):
            yield chosen
            return
        place = places[len(chosen)]
        size = problem.sets[place]
        for r in range(1, min(problem.largest[place], 1 + left // size) + 1):
            yield from extend((*chosen, r), left - (r - 1) * size)

    return extend((), spare) if spare >= 0 else iter(())


def _answer(constraint: Predicate, duplication: tuple[int, ...]) -> str:
    """1 for allowed, 0 for not, ? where the condition fails."""
    try:
        return str(int(constraint.holds(duplication)))
    except InputError:
        return "?"


def _time(problem: Problem) -> dict[str, Any]:
    """The step time in ticks: linear, or else as tables over R, or else by its code."""
    try:
        return linear_time(problem)
    except UnsupportedError:
        pass
    assert problem.hardware is not None
    rules = [rule_named(str(level.rule)) for level in problem.hardware.memory]
    if not all(isinstance(rule, SeparableRule) for rule in rules):
        return {"code": _code((rules, repr(problem.hardware)))}
    return stated_ticks(problem, _tables)


def _tables(layer: LayerTicks, reads: Stream | None, most: int) -> dict[str, Any]:
    """T_A of a layer over its R; what it reads where that is more than producers side by side."""
    found = [layer.coefficients(r) for r in range(1, most + 1)]
    tables: dict[str, Any] = {"producers": list(layer.producers)}
    if has_join(reads):
        return tables | {"coefficients": found, "reads": stated_stream(reads)}
    copies = [layer.copies(r) for r in range(1, most + 1)]
    own = (each.own for each in found)
    return tables | {"coefficients": list(zip(own, copies, strict=True))}


def _code(value: object) -> str:
    try:
        return fingerprint(value)
    except UnknowableError as error:
        return f"unknowable: {error}"
