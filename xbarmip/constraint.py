"""Constraints on the duplication of layers, beyond the budget, as exact integers (SPEC §8)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xbarmip.errors import InputError
from xbarmip.exact import INT64_MAX, as_int


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

    Raises
    ------
    InputError
        On an empty scope, a layer named twice, or a value that is no integer.
    """

    name: str
    weights: tuple[tuple[str, tuple[int, ...]], ...]
    limit: int

    def __post_init__(self) -> None:
        _check_scope(self.name, self.layers)
        as_int(self.limit, f"constraint {self.name!r}: limit")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers in its scope."""
        return tuple(layer for layer, _ in self.weights)

    def holds(self, duplication: tuple[int, ...]) -> bool:
        """Whether it holds for the R of its layers, in their order."""
        terms = zip(self.weights, duplication, strict=True)
        return sum(weights[r - 1] for (_, weights), r in terms) <= self.limit

    def holds_many(self, duplication: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same for each row of an array of shape (count, layers of the scope)."""
        reach = sum(max(map(abs, weights)) for _, weights in self.weights)
        kind: Any = np.int64 if max(reach, abs(self.limit)) <= INT64_MAX else object
        total = np.zeros(len(duplication), dtype=kind)
        for (_, weights), column in zip(self.weights, duplication.T, strict=True):
            total = total + np.array(weights, dtype=kind)[column - 1]
        return (total <= self.limit).astype(np.bool_)


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
        On an empty scope or a layer named twice.
    """

    name: str
    layers: tuple[str, ...]
    condition: Callable[..., bool]

    def __post_init__(self) -> None:
        _check_scope(self.name, self.layers)

    def holds(self, duplication: tuple[int, ...]) -> bool:
        """Whether it holds for the R of its layers, in their order."""
        return bool(self.condition(*duplication))

    def holds_many(self, duplication: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same for each row of an array of shape (count, layers of the scope)."""
        rows, where = np.unique(duplication, axis=0, return_inverse=True)
        answers = [self.holds(tuple(row)) for row in rows.tolist()]
        return np.array(answers, dtype=np.bool_)[where.reshape(-1)]


Constraint = LinearConstraint | Predicate


def check_constraints(
    constraints: Iterable[Constraint], largest: Mapping[str, int]
) -> tuple[Constraint, ...]:
    """The constraints, checked against the layers of a network and the largest R of each.

    Raises
    ------
    InputError
        Naming the constraint and what is wrong with it.
    """
    checked = tuple(constraints)
    for constraint in checked:
        for layer in constraint.layers:
            if layer not in largest:
                raise InputError(f"constraint {constraint.name!r}: unknown layer {layer!r}")
        if isinstance(constraint, LinearConstraint):
            for layer, weights in constraint.weights:
                if len(weights) < largest[layer]:
                    raise InputError(
                        f"constraint {constraint.name!r}: layer {layer!r} has {len(weights)} "
                        f"weights, but R up to {largest[layer]}"
                    )
    return checked


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
        raise InputError(f"constraint {name!r} is about no layer")
    for layer in layers:
        if layers.count(layer) > 1:
            raise InputError(f"constraint {name!r} names layer {layer!r} twice")
