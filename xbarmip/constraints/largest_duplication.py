"""A largest duplication."""

from dataclasses import dataclass
from typing import ClassVar

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import as_names, chosen_layers, tables
from xbarmip.exact import as_int
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class LargestDuplication:
    """No layer has more than a given number of copies.

        R_l <= most    for every layer named, or for all

    Source: bounded fan-out of the input buffers; also the limit that heuristics set.

    Attributes
    ----------
    most : int
        Copies.
    layers : tuple of str
        The layers that it is about; all if none is named.
    """

    most: int
    layers: tuple[str, ...] = ()
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        as_int(self.most, "largest-duplication: most", 1)
        object.__setattr__(self, "layers", as_names(self.layers, "largest-duplication: layers"))

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """One for each layer."""
        layers = chosen_layers(problem, self.layers, "largest-duplication")
        return tuple(
            LinearConstraint("largest-duplication", (item,), self.most)
            for item in tables(problem, lambda _, __, r: r, layers).items()
        )
