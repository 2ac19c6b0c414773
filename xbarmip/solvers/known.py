"""Allocations that a solver is told to begin with: a warm start."""

from collections.abc import Iterable
from typing import Any

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.problem import Problem

Known = tuple[tuple[int, ...], ...]


def checked_known(solver: str, known: Any) -> Known:
    """The option `known` of a solver: allocations in layer order.

    Raises
    ------
    InputError
        On anything else.
    """
    try:
        given = [tuple(one) for one in known if not isinstance(one, str)]
    except TypeError:
        raise InputError(f"{solver} option known must be a list of allocations") from None
    return tuple(tuple(as_int(r, f"{solver} option known: R", 1) for r in one) for one in given)


def usable(known: Iterable[tuple[int, ...]], problem: Problem) -> Known:
    """Those that the problem allows; the others are of no use and no harm.

    Raises
    ------
    InputError
        On one that does not fit the network.
    """
    return tuple(one for one in map(problem.allocation, known) if problem.meets(one))
