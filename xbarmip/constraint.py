"""Constraints on the duplication of layers, beyond the budget, as exact integers (SPEC §8)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor, lcm
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from xbarmip.errors import InputError, XbarmipError, short
from xbarmip.exact import INT64_MAX, as_int
from xbarmip.strict import located


@dataclass(frozen=True, slots=True)
class LinearConstraint:
    """The sum of weight_l(R_l) over its layers is at most `limit`.

    It is linear in the choice binaries: any function of one layer's R is a weight. An inequality
    the other way round has its signs turned, an equality is two of these.

    Attributes
    ----------
    name : str
        What messages call it.
    weights : tuple of (str, tuple of int)
        For each layer in its scope, by name, the weight of R = 1, 2, ... up to at least the largest
        R that the budget leaves.
    limit : int
    scale : int
        What weights and limit were multiplied by to be integers; for messages only.

    Raises
    ------
    InputError
        On an empty scope, a layer named twice, or a value that is not an integer.
    """

    name: str
    weights: tuple[tuple[str, tuple[int, ...]], ...]
    limit: int
    scale: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        _check_scope(self.name, self.layers)
        as_int(self.limit, f"constraint {self.name!r}: limit")

    @classmethod
    def scaled(
        cls, name: str, tables: Mapping[str, Sequence[int | Fraction]], limit: int | Fraction
    ) -> "LinearConstraint":
        """The constraint that the same sum of rational entries is at most `limit`.

        All are multiplied by the least common denominator of the entries; then the limit may be
        rounded down, as the sum is an integer.
        """
        numbers = [number for table in tables.values() for number in table]
        factor = lcm(*(number.denominator for number in numbers))
        weights = tuple(
            (layer, tuple(int(factor * number) for number in table))
            for layer, table in tables.items()
        )
        return cls(name, weights, floor(factor * limit), factor)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers in its scope."""
        return tuple(layer for layer, _ in self.weights)

    def holds(self, duplication: tuple[int, ...]) -> bool:
        """Whether it holds for the R of its layers, in their order."""
        return self.total(duplication) <= self.limit

    def total(self, duplication: tuple[int, ...]) -> int:
        """The sum for the R of its layers, in their order."""
        terms = zip(self.weights, duplication, strict=True)
        return sum(weights[r - 1] for (_, weights), r in terms)

    def holds_many(self, duplication: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same for each row of an array of shape (count, layers of the scope)."""
        return (self.excess_many(duplication) <= 0).astype(np.bool_)

    def excess_many(self, duplication: NDArray[np.int64]) -> NDArray[Any]:
        """By how much each row exceeds the limit; int64, or Python integers beyond 64 bits."""
        excess = np.full(len(duplication), -self.limit, dtype=self.kind)
        for (_, weights), column in zip(self.weights, duplication.T, strict=True):
            excess = excess + np.array(weights, dtype=self.kind)[column - 1]
        return excess

    @property
    def kind(self) -> Any:
        """The array type that holds every partial sum: int64, or Python integers if need be."""
        reach = abs(self.limit) + 2 * sum(max(map(abs, weights)) for _, weights in self.weights)
        return np.int64 if reach <= INT64_MAX else object


@dataclass(frozen=True, slots=True)
class Predicate:
    """Any condition on the R of a few layers.

    Attributes
    ----------
    name : str
        What messages call it.
    layers : tuple of str
        The layers in its scope.
    condition : callable
        Called with the R of these layers, in this order, as Python integers; says whether they are
        allowed. It must always say the same of the same R.

    Raises
    ------
    InputError
        On an empty scope or a layer named twice; later, where the condition raises an error or
        answers anything but True or False.
    """

    name: str
    layers: tuple[str, ...]
    condition: Callable[..., bool]

    def __post_init__(self) -> None:
        _check_scope(self.name, self.layers)

    def holds(self, duplication: tuple[int, ...]) -> bool:
        """Whether it holds for the R of its layers, in their order."""
        try:
            answer = self.condition(*duplication)
        except XbarmipError:
            raise
        except Exception as error:
            raise InputError(
                f"constraint {self.name!r}: its condition failed on {self._at(duplication)}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(answer, bool | np.bool_):
            raise InputError(
                f"constraint {self.name!r}: its condition must answer True or False, "
                f"got {short(answer)} on {self._at(duplication)}"
            )
        return bool(answer)

    def holds_many(self, duplication: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same for each row of an array of shape (count, layers of the scope)."""
        rows, where = np.unique(duplication, axis=0, return_inverse=True)
        answers = [self.holds(tuple(row)) for row in rows.tolist()]
        return np.array(answers, dtype=np.bool_)[where.reshape(-1)]

    def _at(self, duplication: tuple[int, ...]) -> str:
        return ", ".join(f"R[{k}]={r}" for k, r in zip(self.layers, duplication, strict=True))


Constraint = LinearConstraint | Predicate


@runtime_checkable
class Recipe(Protocol):
    """What makes constraints for a problem, as those of `xbarmip.constraints` do."""

    @property
    def follows_budget(self) -> bool:
        """Whether it asks something else of the same allocation where the budget is another."""

    def on(self, problem: Any) -> tuple[Constraint, ...]:
        """The constraints for this problem and its budget."""


def named_as(constraint: Constraint, name_of: Callable[[str], str]) -> Constraint:
    """The constraint with its layers called as `name_of` says.

    Raises
    ------
    InputError
        Naming the constraint, if `name_of` knows no such layer or calls two of them the same.
    """
    with located(f"constraint {constraint.name!r}"):
        names = tuple(map(name_of, constraint.layers))
    if names == constraint.layers:
        return constraint
    if isinstance(constraint, Predicate):
        return replace(constraint, layers=names)
    weights = (weights for _, weights in constraint.weights)
    return replace(constraint, weights=tuple(zip(names, weights, strict=True)))


def check_weights(constraints: Iterable[Constraint], largest: Mapping[str, int]) -> None:
    """Check that linear constraints have a weight for each R up to the largest of their layers.

    Raises
    ------
    InputError
        Naming the constraint and what is wrong with it.
    """
    for constraint in constraints:
        if isinstance(constraint, LinearConstraint):
            for layer, weights in constraint.weights:
                if len(weights) < largest[layer]:
                    raise InputError(
                        f"constraint {constraint.name!r}: layer {layer!r} has {len(weights)} "
                        f"weights, but R up to {largest[layer]}"
                    )


def allowed(
    constraints: Iterable[Constraint], index: Mapping[str, int], allocations: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which rows of `allocations`, shape (count, layers of the network), meet all constraints."""
    mask = np.ones(len(allocations), dtype=np.bool_)
    for constraint in constraints:
        columns = [index[layer] for layer in constraint.layers]
        mask[mask] = constraint.holds_many(allocations[mask][:, columns])
    return mask


def _check_scope(name: str, layers: tuple[str, ...]) -> None:
    if not layers:
        raise InputError(f"constraint {name!r} concerns no layer")
    for layer in layers:
        if layers.count(layer) > 1:
            raise InputError(f"constraint {name!r} names layer {layer!r} twice")
