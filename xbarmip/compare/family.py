"""Seeded families of random instances."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from xbarmip.compare.fields import (
    read_chance,
    read_note,
    read_objectives,
    read_range,
    read_size,
)
from xbarmip.compare.instance import Instance, problem_for, smallest_budget
from xbarmip.exact import as_int
from xbarmip.network.generate import Shape, random_network
from xbarmip.strict import as_text, known_keys

_COUNTS = ("extent", "outputs", "channels")
_CHANCES = ("branching", "joining")


def read_family(entry: Any, defaults: Mapping[str, Any]) -> Iterator[Instance]:
    """The instances of a [[family]] table (docs/comparing.md).

    Number k is drawn from the seed (name, seed, k) alone, so that neither a larger count nor
    another family changes it.

    Raises
    ------
    InputError
        On an unknown or missing key or a value out of range.
    """
    table = known_keys(
        {**defaults, **entry} if isinstance(entry, Mapping) else entry,
        ("name", "seed", "count", "layers", "spare", "size", "objectives"),
        (*_COUNTS, *_CHANCES, "note"),
    )
    name, seed = as_text(table["name"], "name"), as_int(table["seed"], "seed")
    layers = read_range(table["layers"], "layers", 1)
    spare = read_range(table["spare"], "spare", 0)
    size, objectives = read_size(table["size"]), read_objectives(table["objectives"])
    shape, note = _shape(table), read_note(table)
    count = as_int(table["count"], "count", 1)
    for number in range(count):
        random = Random(f"{name} {seed} {number}")
        drawn = random_network(random, replace(shape, layers=random.randint(*layers)))
        network = replace(drawn, name=f"{name}-{number}")
        crossbars = smallest_budget(network, size) + random.randint(*spare)
        for label in objectives:
            problem = problem_for(network, crossbars, size, label)
            yield Instance(f"{network.name}/{crossbars}/{label}", problem, note=note)


def _shape(table: Mapping[str, Any]) -> Shape:
    counts = {key: as_int(table[key], key, 1) for key in _COUNTS if key in table}
    chances = {key: read_chance(table[key], key) for key in _CHANCES if key in table}
    return Shape(layers=1, **counts, **chances)  # type: ignore[arg-type]
