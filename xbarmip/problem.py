"""What is decided, under which budget, for which objective (SPEC §1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

from xbarmip.constraint import Constraint, Recipe, check_weights, named_as
from xbarmip.display import html_table
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int
from xbarmip.goal import (
    CROSSBARS,
    TILES,
    Largest,
    Sum,
    checked_bounds,
    checked_ties,
    is_sum,
    measure_label,
)
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware
from xbarmip.limits import MOST_CHOICES
from xbarmip.measures.registry import Measure, counts, labelled, measure_of, times
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.plain import plain
from xbarmip.strict import located


@dataclass(frozen=True)
class Problem:
    """Choose the duplication R of every layer so that inference is fastest.

    Attributes
    ----------
    network : Network
    crossbars : int, optional
        Total, the logical crossbars that there are. May be left out where these or tiles are
        minimised: then it is what all layers take at their largest R.
    size : Crossbar, int or (int, int), optional
        Rows and columns of a crossbar; one integer for a square one. By default that of the
        hardware, or 128 without hardware.
    objective : str
        The name of a measure (SPEC §11): "cycles", "steps", "interval", "serial", or one that was
        registered; or that of a measure multiplied by the step time of the hardware (SPEC §6):
        "latency", "latency-steps", "period", "latency-serial"; or a sum: "crossbars", "tiles" (of
        the hardware), or one of `sums`.
    rule : str, optional
        Where several measures share a name, as those of `steps` do: "pipeline" (default),
        "published", or one that was registered. Else None.
    constraints : tuple of LinearConstraint or Predicate
        What an allocation must meet besides the budget (SPEC §8). Also given as those of
        `xbarmip.constraints`, which become constraints for this budget.
    hardware : Hardware, optional
        Needed for a latency.
    at_most : mapping of str to number, or pairs
        Upper bounds on measures, by name, with a rule as in "steps/published"; times in
        microseconds, as "latency_us".
    then : sequence of str
        What breaks ties: measures that are minimised in this order among all optimal allocations.
    sums : tuple of Sum or Largest
        Further measures, which `objective`, `at_most` and `then` may name.
    minimise : str, optional
        The objective by another name.

    Raises
    ------
    InputError
        On a value out of range. A budget that is too small is no error: the problem is infeasible.
    """

    network: Network
    crossbars: int = None  # type: ignore[assignment]  # an int as soon as it is made
    size: Crossbar | int | tuple[int, int] | None = None
    objective: str = "cycles"
    rule: str | None = None
    constraints: tuple[Constraint, ...] = ()
    hardware: Hardware | None = None
    at_most: Any = ()
    then: Any = ()
    sums: tuple[Sum | Largest, ...] = ()
    minimise: InitVar[str | None] = None

    def __post_init__(self, minimise: str | None) -> None:
        if minimise is not None:
            if self.objective not in ("cycles", minimise):
                raise InputError(f"minimise {minimise!r} and objective {self.objective!r} differ")
            object.__setattr__(self, "objective", minimise)
        self._set_size()
        self._set_measure()
        self._set_crossbars()
        self._set_goal()
        self._set_constraints()

    def _set_crossbars(self) -> None:
        given = self.crossbars
        if given is None and self.objective not in (CROSSBARS, TILES):
            raise InputError("crossbars must be given, unless they or tiles are minimised")
        recipes = (each for each in self.constraints if isinstance(each, Recipe))
        if given is None and any(each.follows_budget for each in recipes):
            raise InputError("a constraint depends on the budget: crossbars must be given")
        object.__setattr__(
            self, "crossbars", self.ample if given is None else as_int(given, "crossbars", 1)
        )

    def _set_goal(self) -> None:
        """Bounds and ties by the labels of their measures."""
        known = (self.sums, self.hardware)
        object.__setattr__(self, "at_most", checked_bounds(self.at_most, *known))
        object.__setattr__(self, "then", checked_ties(self.then, self.label, *known))
        largest = dict(zip(self.network.index, self.largest, strict=True))
        for each in self.sums:
            for layer, weights in chain.from_iterable(each.parts):
                if len(weights) < largest.get(layer, len(weights) + 1):
                    what = f"{len(weights)} weights" if layer in largest else "no such layer"
                    raise InputError(f"sum {each.name!r}: layer {layer!r}: {what}")

    def _set_constraints(self) -> None:
        object.__setattr__(self, "_given", tuple(self.constraints))
        ready = any(isinstance(given, Recipe) for given in self.constraints)
        choices = sum(self.largest)
        if (ready or self.is_latency) and choices > MOST_CHOICES:
            what = "ready constraints" if ready else f"objective {self.objective!r}"
            raise InputError(
                f"{what} over {choices} values of R in all layers, must be at most {MOST_CHOICES}"
            )
        made = tuple(
            named_as(constraint, self.network.layer_name)
            for given in self.constraints
            for constraint in (given.on(self) if isinstance(given, Recipe) else (given,))
        )
        check_weights(made, dict(zip(self.network.index, self.largest, strict=True)))
        object.__setattr__(self, "constraints", made)

    def _set_size(self) -> None:
        own = 128 if self.hardware is None else self.hardware.crossbar
        size = _crossbar(own if self.size is None else self.size)
        if self.hardware is not None and size != self.hardware.crossbar:
            raise InputError(
                f"crossbar size must be that of hardware {self.hardware.name!r}, "
                f"{self.hardware.crossbar}, got {size}"
            )
        object.__setattr__(self, "size", size)

    def _set_measure(self) -> None:
        object.__setattr__(self, "sums", tuple(self.sums))
        if len({each.name for each in self.sums}) < len(self.sums):
            raise InputError("two sums have the same name")
        if is_sum(self.objective, self.sums):
            if self.rule is not None:
                raise InputError(f"objective {self.objective!r} takes no rule, got {self.rule!r}")
            measure_label(self.objective, self.sums, self.hardware)
            return
        known = (*counts(), *times(), CROSSBARS, TILES, *(each.name for each in self.sums))
        if self.objective not in known:
            raise InputError(f"objective must be one of {', '.join(known)}, got {self.objective!r}")
        object.__setattr__(self, "rule", measure_of(self.objective, self.rule).rule)
        if self.is_latency:
            if self.hardware is None:
                raise InputError(f"objective {self.objective!r} needs hardware, got none")
            self.hardware.require_step_time()

    @property
    def measure(self) -> Measure:
        """What is counted.

        Raises
        ------
        UnsupportedError
            Where the objective is a sum.
        """
        if is_sum(self.objective, self.sums):
            raise UnsupportedError(f"the objective {self.objective!r} is a sum and no count")
        return measure_of(self.objective, self.rule)

    @property
    def label(self) -> str:
        """The objective and its rule in one word."""
        return labelled(self.objective, self.rule)

    @property
    def is_core(self) -> bool:
        """Whether a count or a time is all that is minimised, and bounded by nothing.

        All else is a walk over such problems (SPEC §12).
        """
        return not (self.at_most or self.then or is_sum(self.objective, self.sums))

    def require_core(self) -> None:
        """Refuse a problem that is not a core one.

        Raises
        ------
        UnsupportedError
            On bounds, ties, or a sum to minimise.
        """
        if not self.is_core:
            raise UnsupportedError(
                f"{self}: bounds, ties and sums are for xbarmip.solve and pareto alone"
            )

    @cached_property
    def view(self) -> View:
        """The network as the measure sees it: all that solvers need to know of the objective.

        Raises
        ------
        UnsupportedError
            On a problem that is not a core one: whoever reads the view alone would ignore the rest.
        """
        self.require_core()
        return self.measure.view(self.network)

    def __str__(self) -> str:
        where = "" if self.hardware is None else f" on {self.hardware.name}"
        rule = "" if self.rule is None else f" ({self.rule})"
        bounds = "".join(f", {name} at most {most}" for name, most in self.at_most)
        beside = bounds + "".join(f", {name}" for name in self.constraint_names)
        goal = f"{self.objective}{rule}" + "".join(f", then {name}" for name in self.then)
        return (
            f"{self.network.name}: least {goal} within {self.crossbars} crossbars "
            f"of {self.crossbar}{where}{beside}"
        )

    def as_dict(self) -> dict[str, Any]:
        """What is asked, for JSON."""
        rows, columns = self.crossbar.sides
        return {
            "network": self.network.name,
            "crossbars": self.crossbars,
            "size": rows if rows == columns else [rows, columns],
            "objective": self.objective,
            "rule": self.rule,
            "constraints": list(self.constraint_names),
            "goal": self.label,
            "at_most": {name: plain(most) for name, most in self.at_most},
            "then": list(self.then),
        }

    def _repr_html_(self) -> str:
        rows = [
            (layer.name, layer.outputs, crossbar_set, most)
            for layer, crossbar_set, most in zip(
                self.network.layers, self.sets, self.largest, strict=True
            )
        ]
        return html_table(str(self), ("layer", "outputs", "set", "largest R"), rows)

    @property
    def is_latency(self) -> bool:
        """Whether the objective is a time: a count multiplied by the step time."""
        return not is_sum(self.objective, self.sums) and self.objective == self.measure.time

    @property
    def count(self) -> str:
        """The objective that minimises the count alone."""
        return self.measure.name

    @property
    def crossbar(self) -> Crossbar:
        """The crossbar's rows and columns."""
        return _crossbar(self.size)

    @cached_property
    def sets(self) -> tuple[int, ...]:
        """set_l, the crossbars of one copy of each layer."""
        return tuple(self.crossbar.crossbar_set(layer) for layer in self.network.layers)

    @property
    def smallest_budget(self) -> int:
        """Crossbars that one copy of every layer takes; fewer are infeasible."""
        return sum(self.sets)

    @property
    def ample(self) -> int:
        """Crossbars that every layer takes at one copy an output; more are of no use."""
        layers = zip(self.network.layers, self.sets, strict=True)
        return sum(layer.outputs * crossbar_set for layer, crossbar_set in layers)

    @property
    def feasible(self) -> bool:
        """Whether the budget holds one copy of every layer."""
        return self.smallest_budget <= self.crossbars

    @cached_property
    def largest(self) -> tuple[int, ...]:
        """Largest R of each layer: its outputs, or what the budget leaves if that is less.

        At least 1, also where the problem is infeasible.
        """
        spare = max(0, self.crossbars - self.smallest_budget)
        return tuple(
            min(layer.outputs, 1 + spare // crossbar_set)
            for layer, crossbar_set in zip(self.network.layers, self.sets, strict=True)
        )

    def with_crossbars(self, crossbars: int) -> "Problem":
        """The same problem with another budget, for which ready constraints are made anew.

        Raises
        ------
        InputError
            On a larger budget, if a constraint that was given ready-made says nothing of an R that
            it allows.
        """
        return replace(self, crossbars=crossbars, constraints=self.given)

    @property
    def given(self) -> tuple[Any, ...]:
        """Constraints and recipes of constraints as they were given."""
        given: tuple[Any, ...] = self._given  # type: ignore[attr-defined]
        return given

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """What the constraints are called, each name once: a ready one may make several."""
        return tuple(dict.fromkeys(constraint.name for constraint in self.constraints))

    def crossbars_used(self, allocation: Iterable[int]) -> int:
        """Crossbars that an allocation occupies."""
        return sum(r * s for r, s in zip(allocation, self.sets, strict=True))

    def meets(self, allocation: Sequence[int]) -> bool:
        """Whether an allocation is within the budget and meets every constraint."""
        return self.crossbars_used(allocation) <= self.crossbars and not self.broken(allocation)

    def broken(self, allocation: Sequence[int]) -> tuple[Constraint, ...]:
        """The constraints that an allocation, in layer order and within the budget, breaks."""
        return tuple(
            constraint
            for constraint in self.constraints
            if not constraint.holds(
                tuple(allocation[self.network.index[name]] for name in constraint.layers)
            )
        )

    def allocation(self, duplication: Mapping[str, int] | Sequence[int]) -> tuple[int, ...]:
        """Duplication as a tuple in layer order, each value checked to be in 1..N_l.

        Raises
        ------
        InputError
            On a wrong length, an unknown or missing layer, or a value out of range. The budget is
            not checked here.
        """
        return checked_allocation(self.network, duplication)


def checked_allocation(
    network: Network, duplication: Mapping[str, int] | Sequence[int]
) -> tuple[int, ...]:
    """Duplication of every layer as a tuple in layer order (see `Problem.allocation`)."""
    layers = network.layers
    if isinstance(duplication, Mapping):
        duplication = _in_layer_order(network, duplication)
    if len(duplication) != len(layers):
        raise InputError(
            f"allocation for network {network.name!r} must have {len(layers)} values, "
            f"got {len(duplication)}"
        )
    return tuple(
        as_int(r, f"allocation: R of layer {layer.name!r}", 1, layer.outputs)
        for r, layer in zip(duplication, layers, strict=True)
    )


def _in_layer_order(network: Network, duplication: Mapping[str, int]) -> list[int]:
    where = f"allocation for network {network.name!r}"
    named: dict[str, int] = {}
    for name, r in duplication.items():
        with located(where):
            layer = network.layer_name(name)
        if layer in named:
            raise InputError(f"{where} names layer {layer!r} twice")
        named[layer] = r
    missing = [layer.name for layer in network.layers if layer.name not in named]
    if missing:
        raise InputError(f"{where}: missing layer {missing[0]!r}")
    return [named[layer.name] for layer in network.layers]


def _crossbar(size: object) -> Crossbar:
    if isinstance(size, Crossbar):
        return size
    if isinstance(size, tuple | list):
        if len(size) != 2:
            raise InputError(f"crossbar size must be rows and columns, got {size!r}")
        return Crossbar(*size)
    side = as_int(size, "crossbar size", 1)
    return Crossbar(side, side)
