"""What a problem asks for beside one count: sums as measures, upper bounds, ties (SPEC §11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xbarmip.errors import InputError
from xbarmip.exact import as_int, as_rational
from xbarmip.hardware.preset import Hardware
from xbarmip.measures.registry import counts, labelled, measure_of, objective_and_rule, times
from xbarmip.strict import as_text, suggestion

CROSSBARS, TILES = "crossbars", "tiles"
MICROSECONDS = "_us"  # a time's bound says that it is in these

Bounds = tuple[tuple[str, int | Fraction], ...]
Weights = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """A measure that a user names: the sum of weight_l(R_l) over some layers.

    Attributes
    ----------
    name : str
        What `minimise`, `at_most` and `then` call it.
    weights : tuple of (str, tuple of int), or mapping of str to sequence of int
        For each layer in its scope, by name, the weight of R = 1, 2, ... up to at least the largest
        R that the budget leaves. In a unit in which all are integers.

    Raises
    ------
    InputError
        On a name that a measure has, a layer named twice, or a weight that is not an integer.
    """

    name: str
    weights: Any

    def __post_init__(self) -> None:
        _check_name(self.name)
        pairs = self.weights.items() if isinstance(self.weights, Mapping) else self.weights
        made = tuple(
            (
                as_text(layer, f"sum {self.name!r}: layer"),
                tuple(as_int(w, f"sum {self.name!r}: weight of layer {layer!r}") for w in weights),
            )
            for layer, weights in pairs
        )
        if not made or len({layer for layer, _ in made}) < len(made):
            raise InputError(f"sum {self.name!r} must name at least one layer, and each once")
        object.__setattr__(self, "weights", made)

    @property
    def parts(self) -> tuple[Weights, ...]:
        """The sums of which it is the largest: itself alone."""
        return (self.weights,)


@dataclass(frozen=True, slots=True)
class Largest:
    """A measure that a user names: the largest of several sums.

    Attributes
    ----------
    name : str
    parts : sequence of weights
        Each as of a `Sum`.

    Raises
    ------
    InputError
        As a `Sum` does, or where there is none.
    """

    name: str
    parts: Any

    def __post_init__(self) -> None:
        _check_name(self.name)
        parts = tuple(Sum(self.name, weights).weights for weights in self.parts)
        if not parts:
            raise InputError(f"largest {self.name!r} must have at least one sum")
        object.__setattr__(self, "parts", parts)


def _check_name(name: object) -> None:
    taken = (CROSSBARS, TILES, *counts(), *times())
    if as_text(name, "sum: name") in taken or not str(name).isidentifier():
        raise InputError(f"sum: name must be a word that no measure has, got {name!r}")


def is_sum(name: str, sums: Iterable[Sum | Largest]) -> bool:
    """Whether a measure is crossbars, tiles, or one of the sums of a user."""
    return name in (CROSSBARS, TILES, *(each.name for each in sums))


def measure_label(name: str, sums: Sequence[Sum | Largest], hardware: Hardware | None) -> str:
    """The one label of a measure that may be minimised: that of a count has its rule.

    Raises
    ------
    InputError
        On an unknown name, or what the hardware has no figures for.
    """
    if name == TILES and (hardware is None or hardware.crossbars_per_tile is None):
        raise InputError("measure 'tiles' needs hardware that has crossbars_per_tile")
    if is_sum(as_text(name, "measure"), sums):
        return name
    objective, rule = objective_and_rule(name)
    if objective not in (*counts(), *times()):
        known = (*counts(), *times(), CROSSBARS, TILES, *(each.name for each in sums))
        raise InputError(f"unknown measure {name!r}{suggestion(name, known)}")
    measure = measure_of(objective, rule)
    if objective == measure.time:
        if hardware is None:
            raise InputError(f"measure {name!r} needs hardware, got none")
        hardware.require_step_time()
    return labelled(objective, measure.rule)


def checked_bounds(given: Any, sums: Sequence[Sum | Largest], hardware: Hardware | None) -> Bounds:
    """Upper bounds as pairs of a label and a number; that of a time in microseconds.

    Raises
    ------
    InputError
        On an unknown measure, one given twice, or a number that it cannot have.
    """
    found: dict[str, int | Fraction] = {}
    for key, most in given.items() if isinstance(given, Mapping) else given:
        name = as_text(key, "at_most: measure")
        timed = name.removesuffix(MICROSECONDS) if name.endswith(MICROSECONDS) else ""
        if timed.partition("/")[0] in times():
            label = measure_label(timed, sums, hardware) + MICROSECONDS
            bound: int | Fraction = as_rational(most, f"at_most {name!r}")
            if bound <= 0:
                raise InputError(f"at_most {name!r} must be positive, got {most}")
        else:
            label = measure_label(name, sums, hardware)
            if label.partition("/")[0] in times():
                raise InputError(f"at_most {name!r}: a time is given in microseconds, as {name}_us")
            own = label in (each.name for each in sums)
            bound = as_int(most, f"at_most {name!r}", None if own else 1)
        if label in found:
            raise InputError(f"at_most bounds {label!r} twice")
        found[label] = bound
    return tuple(found.items())


def checked_ties(
    given: Any, first: str, sums: Sequence[Sum | Largest], hardware: Hardware | None
) -> tuple[str, ...]:
    """The labels of the measures that break ties, in order; none may occur twice.

    Raises
    ------
    InputError
        On an unknown measure, or one that is minimised before.
    """
    names = (given,) if isinstance(given, str) else tuple(given)
    labels = tuple(measure_label(name, sums, hardware) for name in names)
    for place, label in enumerate(labels):
        if label in (first, *labels[:place]):
            raise InputError(f"then: measure {label!r} is minimised before")
    return labels
