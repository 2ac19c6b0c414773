"""Equal duplication in a group."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from xbarmip.constraint import LinearConstraint
from xbarmip.constraints.parameters import as_names, chosen_layers, tables
from xbarmip.errors import InputError
from xbarmip.problem import Problem


@dataclass(frozen=True, slots=True)
class EqualDuplication:
    """The layers of a group have the same number of copies.

        R_a = R_b    for neighbours a, b in the list

    Source: lock-step branches that one controller drives; PRIME duplicates all layers alike (P. Chi
    et al., PRIME, ISCA 2016).

    Attributes
    ----------
    layers : tuple of str
        Two or more.
    """

    layers: tuple[str, ...]
    follows_budget: ClassVar[bool] = False

    def __post_init__(self) -> None:
        names = as_names(self.layers, "equal-duplication: layers")
        if len(names) < 2:
            raise InputError(f"equal-duplication: layers must be two or more, got {len(names)}")
        object.__setattr__(self, "layers", names)

    def on(self, problem: Problem) -> tuple[LinearConstraint, ...]:
        """Two for each pair of neighbours: at most, and at least."""
        group = chosen_layers(problem, self.layers, "equal-duplication")
        more = tables(problem, lambda _, __, r: r, group)
        less = tables(problem, lambda _, __, r: -r, group)
        return tuple(
            LinearConstraint("equal-duplication", ((a, more[a]), (b, less[b])), 0)
            for one, other in pairwise(more)
            for a, b in ((one, other), (other, one))
        )
