"""Sets of allowed duplications."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import as_names, chosen_layers, tables
from xbarmip.errors import InputError, short
from xbarmip.exact import as_int
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem


def _only(
    name: str, problem: Problem, names: Sequence[str], allows: Callable[[Layer, int], bool]
) -> tuple[LinearConstraint, ...]:
    """One for each layer: an R that is not allowed weighs 1, and the sum is at most 0."""
    layers = chosen_layers(problem, names, name)
    weights = tables(problem, lambda layer, _, r: int(not allows(layer, r)), layers)
    return tuple(LinearConstraint(name, (item,), 0) for item in weights.items())


@dataclass(frozen=True, slots=True)
class AllowedDuplication:
    """The number of copies is one of a list.

        R_l in values    for every layer named, or for all

    Source: an architecture whose interconnect supports these replication factors only.

    Attributes
    ----------
    values : tuple of int
        Copies.
    layers : tuple of str
        The layers that it is about; all if none is named.
    """

    values: tuple[int, ...]
    layers: tuple[str, ...] = ()
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        given = (self.values,) if isinstance(self.values, int) else self.values
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            raise InputError(
                f"allowed-duplication: values must be one or more integers, got {short(given)}"
            )
        values = tuple(as_int(value, "allowed-duplication: values", 1) for value in given)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "layers", as_names(self.layers, "allowed-duplication: layers"))

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One for each layer."""
        return _only("allowed-duplication", problem, self.layers, lambda _, r: r in self.values)


@dataclass(frozen=True, slots=True)
class PowersOfTwo:
    """The number of copies is a power of two.

        R_l in {1, 2, 4, 8, ...}    for every layer named, or for all

    Source: address decoding by bits, as in trees of routers.

    Attributes
    ----------
    layers : tuple of str
        The layers that it is about; all if none is named.
    """

    layers: tuple[str, ...] = ()
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", as_names(self.layers, "powers-of-two: layers"))

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One for each layer."""
        return _only("powers-of-two", problem, self.layers, lambda _, r: r.bit_count() == 1)


@dataclass(frozen=True, slots=True)
class DivisorsOfWidth:
    """The copies of a layer share a row of its output evenly.

        R_l divides Wo_l    for every layer named, or for all

    Source: schedules by rows, in which a step never runs over the end of a row.

    Attributes
    ----------
    layers : tuple of str
        The layers that it is about; all if none is named.
    """

    layers: tuple[str, ...] = ()
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", as_names(self.layers, "divisors-of-width: layers"))

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One for each layer."""
        return _only(
            "divisors-of-width", problem, self.layers, lambda layer, r: layer.width % r == 0
        )
