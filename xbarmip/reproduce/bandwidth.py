"""Table 6 and figures 8 and 9: allocations when moving data takes time as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from functools import partial
from typing import Any

from xbarmip.hardware.preset import Hardware, load_hardware
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.store import Row, Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.timing.closed_form import steps
from xbarmip.timing.pipeline import cycles
from xbarmip.timing.step_time import step_time

# The keys of a row for steps by the printed closed form times step time, and for cycles times it.
STEPS_TIME, TIME = "steps latency us", "latency us"
SCALES = ("1/8", "1/4", "1/2", "3/4", "1", "3/2", "2", "3", "4", "8")


class Answer(StrEnum):
    """What is solved for a row of figures 8 and 9, in order; a value is key and label."""

    STRIDE = "stride"
    WITHOUT = "its algorithm without"
    WITH = "its algorithm with"
    LEAVING = "may leave some, with"
    FEWEST = "fewest steps"
    BEST_STEPS = "least steps times step time"
    BEST = "least latency"


@dataclass(frozen=True, slots=True)
class Way:
    """How an answer is found: solver, its options, and what is asked of it."""

    solver: str
    objective: str
    rule: str | None = "published"
    options: Mapping[str, Any] = field(default_factory=dict)


WAYS: Mapping[Answer, Way] = {
    Answer.STRIDE: Way("stride", "latency-steps"),
    Answer.WITHOUT: Way("published-dp", "steps"),
    Answer.WITH: Way("published-dp", "latency-steps"),
    Answer.LEAVING: Way("published-dp", "latency-steps", options={"spend_all": False}),
    Answer.FEWEST: Way("dp", "steps"),
    Answer.BEST_STEPS: Way("dp", "latency-steps"),
    Answer.BEST: Way("dp", "latency", rule=None),
}


def hardware(scale: str = "1") -> Hardware:
    """The paper's architecture with both bandwidths multiplied by `scale`."""
    preset = load_hardware("isaac-like")
    faster = (
        replace(level, bytes_per_second=level.bytes_per_second * Fraction(scale))
        for level in preset.memory
    )
    return replace(preset, memory=tuple(faster))


def allocation_cases(seconds: float) -> Mapping[str, Work]:
    """Table 6: a row for each printed allocation, and one for each network with our own."""
    made: dict[str, Work] = {}
    for entry in figures()["allocation"]:
        kind = "with" if entry["bandwidth"] else "without"
        made[f"{entry['network']}/{kind}"] = partial(_printed, entry)
    for network in dict.fromkeys(entry["network"] for entry in figures()["allocation"]):
        made[f"{network}/solved"] = partial(_solved, network, 2304, "1", seconds)
    return made


def tile_cases(seconds: float) -> Mapping[str, Work]:
    """Figure 8: a row for each network and number of tiles."""
    made: dict[str, Work] = {}
    for entry in figures()["tiles"]:
        for tiles in entry["tiles"]:
            crossbars = tiles * (hardware().crossbars_per_tile or 0)
            key = f"{entry['network']}/{tiles} tiles"
            made[key] = partial(_solved, entry["network"], crossbars, "1", seconds)
    return made


def scale_cases(seconds: float) -> Mapping[str, Work]:
    """Figure 9: a row for each factor on both bandwidths."""
    entry = figures()["scaling"]
    of = entry["network"], entry["crossbars"]
    return {scale: partial(_solved, *of, scale, seconds) for scale in SCALES}


def _printed(entry: dict[str, Any], progress: Progress | None) -> Row:
    problem = Problem(load_network(entry["network"]), 2304, 128)
    return measured(problem, entry["duplication"], hardware())


def _solved(
    network: str, crossbars: int, scale: str, seconds: float, progress: Progress | None
) -> Row:
    on = hardware(scale)
    row: Row = {"network": network, "crossbars": crossbars, "scale": scale}
    for name, way in WAYS.items():
        problem = Problem(
            load_network(network), crossbars, objective=way.objective, rule=way.rule, hardware=on
        )
        limit = seconds if way.solver == "dp" else None
        found = solve(problem, way.solver, time_limit=limit, progress=progress, **way.options)
        row[name] = {"status": found.status.value}
        if found.allocation is not None:
            row[name] |= measured(problem, problem.allocation(found.allocation), on)
            row[name]["gap"] = found.gap
    return row


def measured(problem: Problem, allocation: Sequence[int], on: Hardware) -> Row:
    """Steps (published rule), cycles, step times and latencies of an allocation, in us."""
    network = problem.network
    made, true = steps(network, allocation, "published"), cycles(network, allocation)
    step = step_time(network, on, allocation)
    return {
        "allocation": list(allocation),
        "left": problem.crossbars - problem.crossbars_used(allocation),
        "steps": made,
        "cycles": true,
        "layer step us": [_us(max(step.compute, layer.total)) for layer in step.layers],
        "step us": _us(step.seconds),
        STEPS_TIME: _us(made * step.seconds),
        TIME: _us(true * step.seconds),
    }


def _us(seconds: Fraction) -> float:
    return round(float(seconds * 10**6), 4)
