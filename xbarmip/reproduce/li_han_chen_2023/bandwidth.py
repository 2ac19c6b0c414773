"""Table 6 and figures 8 and 9: allocations when moving data takes time as well."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Annotated, Any

from xbarmip.hardware.preset import Hardware, load_hardware
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import answer_of
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.compared import percent_above
from xbarmip.reproduce.li_han_chen_2023.figures import figures
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Status
from xbarmip.timing.closed_form import steps
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.pipeline import cycles
from xbarmip.timing.step_time import step_time

OPTIMA: Mapping[str, tuple[str, str | None]] = {  # objective and rule
    "fewest_steps": ("steps", "published"),
    "best_for_steps": ("latency-steps", "published"),
    "best": ("latency", None),
}
SCALES = ("1/8", "1/4", "1/2", "3/4", "1", "3/2", "2", "3", "4", "8")


@dataclass(frozen=True, slots=True)
class Measured:
    """An allocation: crossbars left over, steps (published rule), cycles, step time of each layer
    and of all, and steps or cycles times that.
    """

    allocation: tuple[int, ...]
    left: int
    steps: int
    cycles: int
    layer_step_us: Annotated[tuple[float, ...], "layer step us"]
    step_us: Annotated[float, "step us"]
    steps_latency_us: Annotated[float, "steps latency us"]
    latency_us: Annotated[float, "latency us"]

    @property
    def proven(self) -> bool:
        """Whether it is the optimum: nobody claims that."""
        return False


@dataclass(frozen=True, slots=True)
class Found(Measured):
    """The allocation of a solver's answer, and what it claims."""

    status: Status
    gap: int | None

    @property
    def proven(self) -> bool:
        """Whether it is the optimum."""
        return self.status == Status.OPTIMAL


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest latency that any answer has, and whether it is proven to be the least."""

    us: float
    proven: bool

    def above(self, us: float) -> float:
        """By how many percent another is above it."""
        return percent_above(us, self.us)


@dataclass(frozen=True, slots=True)
class SolvedRow:
    """A network and budget with both bandwidths scaled: what is found for it."""

    network: str
    crossbars: int
    scale: str
    stride: Found
    without: Annotated[Found, "its algorithm without"]
    spending: Annotated[Found, "its algorithm with"]
    leaving: Annotated[Found, "may leave some, with"]
    fewest_steps: Annotated[Found, "fewest steps"]
    best_for_steps: Annotated[Found, "least steps times step time"]
    best: Annotated[Found, "least latency"]

    @property
    def answers(self) -> tuple[Found, ...]:
        """All of them."""
        heuristics = self.stride, self.without, self.spending, self.leaving
        return *heuristics, self.fewest_steps, self.best_for_steps, self.best

    def problem(self, optimum: str) -> Problem:
        """The problem of one of `OPTIMA`."""
        return _problem(self.network, self.crossbars, *OPTIMA[optimum], hardware(self.scale))

    def certificate(self, optimum: str) -> str:
        """The file name of its certificate; fewest steps are the same at any bandwidth."""
        objective, _ = OPTIMA[optimum]
        scaled = "" if self.scale == "1" else f"-bandwidth-{self.scale.replace('/', '-')}"
        of = f"x128-{objective}" if objective == "steps" else f"-{objective}{scaled}"
        return f"{self.network}-{self.crossbars}{of}.cert"

    @property
    def least_for_steps(self) -> Least:
        """The least steps by the printed closed form times step time."""
        least = min(each.steps_latency_us for each in self.answers)
        return Least(least, self.best_for_steps.proven)

    @property
    def least(self) -> Least:
        """The least cycles times step time."""
        return Least(min(each.latency_us for each in self.answers), self.best.proven)

    @property
    def slowdown(self) -> float:
        """How many times as long the paper's algorithm takes for spending every crossbar."""
        return self.spending.steps_latency_us / self.leaving.steps_latency_us

    @property
    def times_least(self) -> float:
        """How many times the least the latency of the paper's algorithm is."""
        return self.spending.steps_latency_us / self.least_for_steps.us


def claims(row: Measured | SolvedRow) -> dict[str, Claim]:
    """The optima of a row that are proven; nobody claims any of a printed allocation."""
    found: dict[str, Claim] = {}
    if isinstance(row, Measured):
        return found
    for name in OPTIMA:
        answer: Found = getattr(row, name)
        if answer.proven:
            problem = row.problem(name)
            value = evaluate(problem, answer.allocation)
            found[row.certificate(name)] = Claim(problem, value, answer.allocation)
    return found


def hardware(scale: str = "1") -> Hardware:
    """The paper's architecture with both bandwidths multiplied by `scale`."""
    preset = load_hardware("isaac-like")
    faster = (
        replace(level, bytes_per_second=level.bytes_per_second * Fraction(scale))
        for level in preset.memory
    )
    return replace(preset, memory=tuple(faster))


def printed_key(printed: Mapping[str, Any]) -> str:
    """How the row of an allocation of table 6 is called."""
    return f"{printed['network']}/{'with' if printed['bandwidth'] else 'without'}"


def tile_key(network: str, tiles: int) -> str:
    """How a row of figure 8 is called."""
    return f"{network}/{tiles} tiles"


def allocation_cases(seconds: float) -> Mapping[str, Work]:
    """Table 6: a row for each printed allocation, and one for each network with our own."""
    printed = figures()["allocation"]
    made: dict[str, Work] = {printed_key(each): partial(_printed, each) for each in printed}
    for network in dict.fromkeys(each["network"] for each in printed):
        made[f"{network}/solved"] = partial(_solved, network, 2304, "1", seconds)
    return made


def tile_cases(seconds: float) -> Mapping[str, Work]:
    """Figure 8: a row for each network and number of tiles."""
    made: dict[str, Work] = {}
    for entry in figures()["tiles"]:
        for tiles in entry["tiles"]:
            of = entry["network"], tiles * (hardware().crossbars_per_tile or 0)
            made[tile_key(entry["network"], tiles)] = partial(_solved, *of, "1", seconds)
    return made


def scale_cases(seconds: float) -> Mapping[str, Work]:
    """Figure 9: a row for each factor on both bandwidths."""
    entry = figures()["scaling"]
    of = entry["network"], entry["crossbars"]
    return {scale: partial(_solved, *of, scale, seconds) for scale in SCALES}


def _printed(printed: Mapping[str, Any], progress: Progress | None) -> Measured:
    problem = Problem(load_network(printed["network"]), 2304, 128)
    return measured(problem, printed["duplication"], hardware())


def _problem(
    network: str, crossbars: int, objective: str, rule: str | None, on: Hardware
) -> Problem:
    return Problem(load_network(network), crossbars, objective=objective, rule=rule, hardware=on)


def _solved(
    network: str, crossbars: int, scale: str, seconds: float, progress: Progress | None
) -> SolvedRow:
    on = hardware(scale)

    def found(solver: str, objective: str, rule: str | None = "published", **options: Any) -> Found:
        problem = _problem(network, crossbars, objective, rule, on)
        limit = seconds if solver == "dp" else None
        answer = solve(problem, solver, time_limit=limit, progress=progress, **options)
        own = measured(problem, answer_of(problem, answer)[1], on)
        return Found(**asdict(own), status=answer.status, gap=answer.gap)

    return SolvedRow(
        network=network,
        crossbars=crossbars,
        scale=scale,
        stride=found("stride", "latency-steps"),
        without=found("published-dp", "steps"),
        spending=found("published-dp", "latency-steps"),
        leaving=found("published-dp", "latency-steps", spend_all=False),
        fewest_steps=found("dp", *OPTIMA["fewest_steps"]),
        best_for_steps=found("dp", *OPTIMA["best_for_steps"]),
        best=found("dp", *OPTIMA["best"]),
    )


def measured(problem: Problem, allocation: Sequence[int], on: Hardware) -> Measured:
    """What is kept of an allocation."""
    network = problem.network
    made, true = steps(network, allocation, "published"), cycles(network, allocation)
    step = step_time(network, on, allocation)
    return Measured(
        allocation=tuple(allocation),
        left=problem.crossbars - problem.crossbars_used(allocation),
        steps=made,
        cycles=true,
        layer_step_us=tuple(_us(max(step.compute, layer.total)) for layer in step.layers),
        step_us=_us(step.seconds),
        steps_latency_us=_us(made * step.seconds),
        latency_us=_us(true * step.seconds),
    )


def _us(seconds: Fraction) -> float:
    return round(float(seconds * 10**6), 4)
