"""What the ready constraints share: their parameters checked, tables over R made."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from xbarmip.errors import InputError, short
from xbarmip.exact import as_rational
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem
from xbarmip.strict import located


def as_names(value: Any, what: str) -> tuple[str, ...]:
    """Names of layers: one, or several, each once.

    Raises
    ------
    InputError
        On anything else.
    """
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{what} must be names of layers, got {short(value)}")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{what} names layer {name!r} twice")
    return tuple(names)


def as_amount(value: Any, what: str) -> int | Fraction:
    """An exact number that is not negative (see `as_rational`)."""
    amount = as_rational(value, what)
    if amount < 0:
        raise InputError(f"{what} must be at least 0, got {value}")
    return amount


def chosen_layers(problem: Problem, names: Sequence[str], what: str) -> list[Layer]:
    """The layers that are named, here or in the file; all of them where none is."""
    with located(what):
        chosen = as_names([problem.network.layer_name(name) for name in names], "layers")
    return [layer for layer in problem.network.layers if not names or layer.name in chosen]


def tile_of(problem: Problem, given: int | None, what: str) -> int:
    """Crossbars of a tile: as given, or those of the problem's hardware.

    Raises
    ------
    InputError
        Where neither says so.
    """
    hardware = problem.hardware
    own = None if hardware is None else hardware.crossbars_per_tile
    if given is None and own is None:
        raise InputError(f"{what} must be given, or hardware that has crossbars_per_tile")
    return given or own or 1


def tables(
    problem: Problem, entry: Callable[[Layer, int, int], Any], layers: Iterable[Layer] | None = None
) -> dict[str, tuple[Any, ...]]:
    """By layer, an entry for each R that the budget leaves, from 1.

    Parameters
    ----------
    problem : Problem
    entry : callable
        Called with the layer, the crossbars of one copy, and R.
    layers : iterable of Layer, optional
        All if not given.
    """
    index, made = problem.network.index, {}
    for layer in problem.network.layers if layers is None else layers:
        crossbar_set, most = problem.sets[index[layer.name]], problem.largest[index[layer.name]]
        made[layer.name] = tuple(entry(layer, crossbar_set, r) for r in range(1, most + 1))
    return made
