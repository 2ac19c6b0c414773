"""Seeded families of random instances."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

from xbarmip.compare.fields import (
    Size,
    read_chance,
    read_constraints,
    read_note,
    read_objectives,
    read_range,
    read_size,
)
from xbarmip.compare.instance import Instance, problem_for, smallest_budget
from xbarmip.compare.kinds import Question
from xbarmip.compare.special import SEGMENTS, drawn_schedule, special_kind
from xbarmip.constraint import Recipe
from xbarmip.errors import InputError
from xbarmip.exact import as_int, as_positive_rational
from xbarmip.limits import MOST_DRAWN, MOST_LAYERS
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.graph import Network
from xbarmip.network.staged import Stages, staged_network
from xbarmip.problem import Problem
from xbarmip.strict import as_text, known_keys, located, short

_COUNTS = ("extent", "outputs", "channels")
_CHANCES = ("branching", "joining")
_RANGES = ("depth", "channels")
_OPTIONAL = (
    *("layers", "stages", "spare", "budget_factor", "constraints", "note"),
    *_COUNTS,
    *_CHANCES,
    *SEGMENTS,
)
_Draw = Callable[[Random], Network]


def read_family(entry: Any, defaults: Mapping[str, Any]) -> Iterator[Instance]:
    """The instances of a [[family]] table (docs/suite-format.md).

    Number k is drawn from the seed (name, seed, k) alone, so that neither a larger count nor
    another family changes it.

    Raises
    ------
    InputError
        On an unknown or missing key or a value out of range.
    """
    table = known_keys(
        {**defaults, **entry} if isinstance(entry, Mapping) else entry,
        ("name", "seed", "count", "size", "objectives"),
        _OPTIONAL,
    )
    name, seed = as_text(table["name"], "name"), as_int(table["seed"], "seed")
    size, special = read_size(table["size"]), special_kind(table) is not None
    objectives = table["objectives"] if special else read_objectives(table["objectives"])
    (draw, layers), note = _drawing(table), read_note(table)
    budget, constraints = _budget(table), read_constraints(table)
    for number in range(_count(table, layers)):
        random = Random(f"{name} {seed} {number}")
        network = replace(draw(random), name=f"{name}-{number}")
        crossbars = budget(smallest_budget(network, size), random)
        of: Callable[[str], Question] = partial(_allocation, network, crossbars, size, constraints)
        if special:
            of = drawn_schedule(table, network, crossbars, size, random)
        for label in objectives:
            yield Instance(f"{network.name}/{crossbars}/{label}", of(label), note=note)


def _allocation(
    network: Network, crossbars: int, size: Size, constraints: tuple[Recipe, ...], label: str
) -> Problem:
    return problem_for(network, crossbars, size, label, None, constraints)


def _count(table: Mapping[str, Any], layers: int) -> int:
    """How many networks of up to `layers` layers are drawn: not too many layers in all."""
    count = as_int(table["count"], "count", 1)
    if layers > MOST_LAYERS:
        raise InputError(f"draws up to {layers} layers, must be at most {MOST_LAYERS}")
    if count * layers > MOST_DRAWN:
        raise InputError(
            f"draws up to {count} times {layers} layers, must be at most {MOST_DRAWN} in all"
        )
    return count


def _drawing(table: Mapping[str, Any]) -> tuple[_Draw, int]:
    """How a network is drawn, window by window or in stages; and the most layers that it has."""
    if ("layers" in table) == ("stages" in table):
        raise InputError("needs either layers or stages")
    if "stages" in table:
        others = [key for key in (*_COUNTS, *_CHANCES) if key in table]
        if others:
            raise InputError(f"{others[0]} goes with layers, not with stages")
        with located("stages"):
            shape = _stages(table["stages"])
        blocks = shape.stages * shape.blocks * shape.branches
        return lambda random: staged_network(random, shape), blocks * shape.depth[1] + shape.head
    layers = read_range(table["layers"], "layers", 1)
    counts = {key: as_int(table[key], key, 1) for key in _COUNTS if key in table}
    chances = {key: read_chance(table[key], key) for key in _CHANCES if key in table}
    drawn = Shape(layers=1, **counts, **chances)  # type: ignore[arg-type]

    def draw(random: Random) -> Network:
        return random_network(random, replace(drawn, layers=random.randint(*layers)))

    return draw, layers[1]


def _stages(value: Any) -> Stages:
    table = known_keys(
        value, ("extent",), ("stages", "blocks", "branches", "skips", "kernels", "head", *_RANGES)
    )
    facts: dict[str, Any] = {
        key: as_int(table[key], key, 1)
        for key in ("extent", "stages", "blocks", "branches")
        if key in table
    }
    facts |= {key: read_range(table[key], key, 1) for key in _RANGES if key in table}
    if "skips" in table:
        facts["skips"] = read_chance(table["skips"], "skips")
    if "kernels" in table:
        facts["kernels"] = _kernels(table["kernels"])
    if "head" in table:
        if not isinstance(table["head"], bool):
            raise InputError(f"head must be true or false, got {short(table['head'])}")
        facts["head"] = table["head"]
    return Stages(**facts)


def _kernels(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise InputError(f"kernels must be an array of odd integers, got {short(value)}")
    kernels = tuple(as_int(kernel, "kernels", 1) for kernel in value)
    if not all(kernel % 2 for kernel in kernels):
        raise InputError(f"kernels must be odd, got {short(value)}")
    return kernels


def _budget(table: Mapping[str, Any]) -> Callable[[int, Random], int]:
    """The budget, from the smallest one: that and a number that is drawn, or a multiple of it."""
    if ("spare" in table) == ("budget_factor" in table):
        raise InputError("needs either spare or budget_factor")
    if "spare" in table:
        spare = read_range(table["spare"], "spare", 0)
        return lambda smallest, random: smallest + random.randint(*spare)
    factor: Fraction = as_positive_rational(table["budget_factor"], "budget_factor")
    return lambda smallest, _: max(1, int(factor * smallest))
