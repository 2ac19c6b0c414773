"""What was read of a model: constraints on R, and how the user's variables follow from R."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from xbarmip.constraint import Constraint, Predicate
from xbarmip.errors import VerificationError
from xbarmip.model.goal_reading import TOTAL, Aim
from xbarmip.model.projection import Step
from xbarmip.model.quantity import Auxiliary, Exact, Key, Quantity

MOST_NAMES = 3  # of components that a message lists


def several(names: Sequence[str]) -> str:
    """Names in a row, of many the first few and how many there are besides."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that share auxiliary variables.

    Attributes
    ----------
    name : str
        Of the components.
    layers : tuple of str
    values : mapping of Auxiliary to sequence of number
    conditions : tuple of Quantity
        True or False each.
    """

    name: str
    layers: tuple[str, ...]
    values: Mapping[Auxiliary, Sequence[Exact]]
    conditions: tuple[Quantity, ...]

    def witness(self, duplication: Sequence[int]) -> dict[Auxiliary, Exact] | None:
        """Values of the variables that meet all conditions at these R of the layers, if any do."""
        keys: tuple[Key, ...] = (*self.layers, *self.values)
        for values in product(*self.values.values()):
            point = dict(zip(keys, (*duplication, *values), strict=True))
            if all(condition.at(point) for condition in self.conditions):
                return dict(zip(self.values, values, strict=True))
        return None

    @property
    def predicate(self) -> Predicate:
        """Whether there is a witness."""
        return Predicate(self.name, self.layers, lambda *chosen: self.witness(chosen) is not None)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes
    ----------
    constraints : tuple of Constraint
    groups : tuple of Group
        Conditions that share variables, each as one.
    steps : tuple of Step
        Variables that were taken out of their conditions, in this order.
    variables : mapping of Auxiliary to pyomo variable data
    aim : Aim, optional
        The objective, where it is not `value`.
    at_most : int, optional
        What `value` may be at most.
    """

    constraints: tuple[Constraint, ...]
    groups: tuple[Group, ...]
    steps: tuple[Step, ...]
    variables: Mapping[Auxiliary, Any]
    aim: Aim | None
    at_most: int | None

    def values(self, chosen: Mapping[str, int]) -> dict[Auxiliary, Exact]:
        """Values of the user's variables that meet all conditions where these R do.

        Raises
        ------
        VerificationError
            Where a group of conditions cannot be met, naming it.
        """
        point: dict[Key, Exact] = dict(chosen.items())
        if self.aim is not None:
            names = {layer: place for place, layer in enumerate(chosen)}
            point[TOTAL] = self.aim.total(names, tuple(chosen.values()))
        for group in self.groups:
            found = group.witness([chosen[layer] for layer in group.layers])
            if found is None:
                at = ", ".join(f"R[{layer}]={chosen[layer]}" for layer in group.layers)
                raise VerificationError(f"constraint {group.name!r} is violated by {at}")
            point.update(found.items())
        for step in reversed(self.steps):
            point[step.key] = step.value(point)
        return {key: point[key] for key in point if isinstance(key, Auxiliary) and key != TOTAL}
