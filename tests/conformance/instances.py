"""Tiny problems of every kind: drawn, written as JSON and read back, answered by brute force."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random
from typing import NamedTuple

from tests.brute import tiny_problem
from tests.random_constraints import constrained, random_linear
from tests.random_hardware import OWN, SHIPPED, random_hardware
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.exact import ceil_div
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.measures.registry import measures
from xbarmip.network.generate import Shape
from xbarmip.network.json_format import from_dict, to_dict
from xbarmip.problem import Problem
from xbarmip.timing import reference
from xbarmip.timing.step_time import step_time

MEASURES = {
    label: each
    for each in measures()
    for label in [each.label]
    if label in ("cycles", "steps/pipeline", "steps/published", "interval", "serial")
}
SHAPES = (
    Shape(layers=3),
    Shape(layers=4, extent=5, outputs=8),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=5, extent=3, outputs=4, branching=0.6, joining=0.6),
)
KINDS = ("free", "constrained", "timed", "huge")


# --- Drawing --------------------------------------------------------------------------------------


def draw(random: Random, kind: str, label: str) -> Problem:
    """A random problem of a kind, whose constraints are numbers alone."""
    measure, shape = MEASURES[label], random.choice(SHAPES)
    most = {"free": 1500, "constrained": 300, "timed": 250, "huge": 400}[kind]
    problem = tiny_problem(random, shape, measure.name, measure.rule, most)
    if kind == "constrained":
        problem = constrained(random, problem)
    if kind == "timed":
        rules = random.choice([SHIPPED, SHIPPED, (*SHIPPED, *OWN)])
        hardware = random_hardware(random, problem.crossbar, rules)
        more = random_linear(random, problem, "c0") if random.random() < 0.2 else ()
        problem = replace(
            problem, objective=measure.time, hardware=hardware, constraints=tuple(more)
        )
    if kind == "huge":
        problem = enlarged(random, problem)
    return read(write(problem))


def enlarged(random: Random, problem: Problem) -> Problem:
    """The same network with crossbar sets far beyond 64 bits."""
    layers = tuple(
        replace(layer, in_channels=10**24 * random.randint(1, 3) + layer.in_channels, groups=1)
        for layer in problem.network.layers
    )
    network = replace(problem.network, layers=layers)
    smallest = Problem(network, 1, problem.size).smallest_budget
    spare = random.choice([-1, 0, random.randint(0, smallest), 2 * smallest])
    return replace(problem, network=network, crossbars=smallest + spare)


# --- Writing and reading --------------------------------------------------------------------------


def write(problem: Problem) -> dict:
    """A problem as JSON; a condition becomes the list of what it says of every R."""
    record = {
        "network": to_dict(problem.network),
        "crossbars": problem.crossbars,
        "size": [problem.crossbar.rows, problem.crossbar.columns],
        "objective": problem.objective,
        "rule": problem.rule,
        "constraints": [_constraint_out(problem, each) for each in problem.constraints],
    }
    if problem.hardware is not None:
        record["hardware"] = _hardware_out(problem.hardware)
    return record


def read(record: dict) -> Problem:
    """The problem that a record holds."""
    size = Crossbar(*record["size"])
    hardware = record.get("hardware")
    return Problem(
        from_dict(record["network"]),
        record["crossbars"],
        size,
        record["objective"],
        record["rule"],
        tuple(map(_constraint_in, record["constraints"])),
        None if hardware is None else _hardware_in(hardware, size),
    )


def _constraint_out(problem: Problem, given: LinearConstraint | Predicate) -> dict:
    if isinstance(given, LinearConstraint):
        return {"name": given.name, "weights": given.weights, "limit": given.limit}
    most = [problem.largest[problem.network.index[name]] for name in given.layers]
    said = (given.holds(chosen) for chosen in product(*(range(1, m + 1) for m in most)))
    return {
        "name": given.name,
        "layers": given.layers,
        "most": most,
        "allowed": "".join("01"[answer] for answer in said),
    }


def _constraint_in(record: dict) -> LinearConstraint | Predicate:
    if "weights" in record:
        weights = tuple((name, tuple(table)) for name, table in record["weights"])
        return LinearConstraint(record["name"], weights, record["limit"])
    most, allowed = record["most"], record["allowed"]

    def condition(*duplication: int) -> bool:
        place = 0
        for r, m in zip(duplication, most, strict=True):
            place = place * m + r - 1
        return allowed[place] == "1"

    return Predicate(record["name"], tuple(record["layers"]), condition)


def _hardware_out(hardware: Hardware) -> dict:
    return {
        "crossbars_per_tile": hardware.crossbars_per_tile,
        "input_bits": hardware.input_bits,
        "compute_ns": str(hardware.compute_ns),
        "memory": [(x.name, str(x.bytes_per_second), x.rule) for x in hardware.memory],
    }


def _hardware_in(record: dict, size: Crossbar) -> Hardware:
    levels = [MemoryLevel(name, Fraction(speed), rule) for name, speed, rule in record["memory"]]
    return Hardware(
        "drawn",
        "a test",
        size,
        crossbars_per_tile=record["crossbars_per_tile"],
        input_bits=record["input_bits"],
        compute_ns=Fraction(record["compute_ns"]),
        memory=tuple(levels),
    )


# --- The answer by brute force --------------------------------------------------------------------


class Answer(NamedTuple):
    """What brute force says of a problem.

    Attributes
    ----------
    value : Fraction or None
        The optimum: a count, or a latency in seconds; None where nothing is allowed.
    allocation : list of int or None
        Of those that reach it, one with the fewest crossbars; of these the first.
    points : list of [int, int] or [int, str]
        The Pareto front: crossbars and count, or, for a latency, count and step time in seconds.
    """

    value: Fraction | None
    allocation: list[int] | None
    points: list

    @classmethod
    def read(cls, record: dict) -> "Answer":
        value = record["value"]
        return cls(None if value is None else Fraction(value), *list(record.values())[1:])

    def write(self) -> dict:
        return self._asdict() | {"value": None if self.value is None else str(self.value)}


def count(problem: Problem, allocation: tuple[int, ...]) -> int:
    """What the measure counts, by its definition in the specification."""
    network = problem.network
    if problem.count == "cycles":
        return reference.cycles(problem.view, allocation)
    if problem.count == "steps":
        return reference.steps(problem.view, allocation)
    combine = {"interval": max, "serial": sum}[problem.count]
    return combine(ceil_div(n, r) for n, r in zip(network.needed, allocation, strict=True))


def brute_force(problem: Problem) -> Answer:
    """The answer by a loop over all allocations, in Python integers and fractions."""
    found, pairs = [], []
    for chosen in product(*(range(1, most + 1) for most in problem.largest)):
        if not problem.meets(chosen):
            continue
        value, used = count(problem, chosen), problem.crossbars_used(chosen)
        if problem.is_latency:
            step = step_time(problem.network, problem.hardware, chosen).seconds
            found.append((value * step, used, list(chosen)))
            pairs.append((value, step))
        else:
            found.append((Fraction(value), used, list(chosen)))
            pairs.append((used, value))
    if not found:
        return Answer(None, None, [])
    value, _, allocation = min(found)
    front = [
        [first, str(second) if problem.is_latency else second] for first, second in _front(pairs)
    ]
    return Answer(value, allocation, front)


def _front(pairs: list) -> list:
    """The pairs that no other beats in both."""
    kept: list = []
    for first, second in sorted(pairs):
        if not kept or second < kept[-1][1]:
            kept.append((first, second))
    return kept
