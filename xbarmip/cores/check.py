#!/usr/bin/env python3
"""Check certificates of placements with Python's standard library alone.

    python check.py FILE ...

A certificate states a chip, the layers as integers, a layout and prices (docs/cores.md). What it
proves is computed here anew, in Python integers, without a search: the layout places every copy and
no core holds too much; its value; and that the prices leave no placement of a smaller value than
the bound. This file shares no code with the package. It could become a kind of record of
`xbarmip/certificate/check.py`: `check_record` takes the record alone.
"""

import json
import sys
from fractions import Fraction
from typing import Any

FORMAT = "xbarmip-placement-certificate"
VERSION = 1
MOST_BITS = 256  # of any number
MOST_CORES = 2**16
MOST_CELLS = 2**24  # of a knapsack
MOST_OPTIONS = 2**20  # of all layers together


class Refused(Exception):  # noqa: N818 - a verdict, not an error
    """The certificate does not prove what it claims; the message says why."""


def demand(holds: bool, message: str) -> None:
    """Refuse with a message unless something holds."""
    if not holds:
        raise Refused(message)


def integer(value: Any, what: str, least: int = 0) -> int:
    """An integer of at least `least`, and no boolean."""
    demand(type(value) is int and value >= least, f"{what} must be an integer >= {least}")
    demand(value.bit_length() <= MOST_BITS, f"{what} is too large")
    number: int = value
    return number


def keys(record: Any, names: list[str], what: str) -> list[Any]:
    """Values of a table with exactly these keys, in their order."""
    demand(isinstance(record, dict), f"{what} must be a table")
    demand(sorted(record) == sorted(names), f"{what} must have the keys {', '.join(names)}")
    return [record[name] for name in names]


def rational(text: Any, what: str) -> Fraction:
    """A positive rational, written as in 3/4."""
    try:
        value = Fraction(text) if isinstance(text, str) else None
    except (ValueError, ZeroDivisionError):
        value = None
    if value is None or value <= 0:
        raise Refused(f"{what} must be a positive rational in a string")
    return value


class Layer:
    """A layer as integers, and the parts that its copies are placed as."""

    def __init__(self, record: Any, room: int, split: bool, number: int) -> None:
        """Read and check a layer."""
        what = f"layer number {number}"
        names = ["name", "outputs", "blocks", "width", "window", "channels"]
        self.name, *given = keys(record, names, what)
        demand(isinstance(self.name, str) and self.name != "", f"{what}: name must be text")
        figures = [
            integer(value, f"{what}: {name}", 1)
            for name, value in zip(names[1:], given, strict=True)
        ]
        self.outputs, self.blocks, self.width, self.window, self.channels = figures
        demand(self.width <= room, f"{what}: a row block is wider than a core")
        self.split = self.blocks > 1 and (split or self.blocks * self.width > room)
        self.per_copy = self.blocks if self.split else 1
        self.crossbars = self.blocks // self.per_copy * self.width
        self.products = self.blocks // self.per_copy
        self.hosts = -(-self.blocks // (room // self.width))  # cores of a copy, at least

    def windows(self, copies: int) -> int:
        """Windows that each of so many copies works on."""
        return -(-self.outputs // copies)

    def traffic(self, copies: int, hosts: int) -> int:
        """Values moved: windows read, partial sums sent, outputs written."""
        reads = hosts * self.windows(copies) * self.window
        sums = (hosts - copies) * self.windows(copies) * self.channels
        return reads + sums + self.outputs * self.channels


class Chip:
    """What a certificate is about."""

    def __init__(self, record: Any) -> None:
        """Read and check the statement."""
        names = ["network", "cores", "crossbars_per_core", "split", "layers", "objective"]
        self.network, cores, room, split, layers, objective = keys(record, names, "statement")
        demand(isinstance(self.network, str), "network must be text")
        self.cores = integer(cores, "cores", 1)
        self.room = integer(room, "crossbars_per_core", 1)
        demand(max(self.cores, self.room) <= MOST_CORES, "the chip is too large")
        demand(isinstance(split, bool), "split must be true or false")
        demand(isinstance(layers, list) and layers != [], "layers must be a list that is not empty")
        self.layers = [Layer(one, self.room, split, n) for n, one in enumerate(layers)]
        self._objective(objective)

    def _objective(self, record: Any) -> None:
        self.unit: Fraction | None = None
        self.product, self.value = 1, 0
        names = ["kind", "unit_s", "product_s", "value_s"]
        kind, unit, product, value = keys(record, names, "objective")
        demand(kind in ("core-interval", "period"), "objective: unknown kind")
        if kind == "core-interval":
            demand(unit is product is value is None, "a core interval has no times")
            return
        self.unit = rational(unit, "unit_s")
        units = rational(product, "product_s") / self.unit
        moved = Fraction(0) if value is None else rational(value, "value_s") / self.unit
        demand(units.denominator == moved.denominator == 1, "times must be multiples of unit_s")
        self.product, self.value = int(units), int(moved)


def scored(chip: Chip, record: Any) -> int:
    """The value of a layout, every copy and core of which is checked."""
    duplication, cores = keys(record, ["duplication", "cores"], "layout")
    demand(isinstance(duplication, list), "duplication must be a list")
    demand(len(duplication) == len(chip.layers), "duplication must have one R for each layer")
    for layer, r in zip(chip.layers, duplication, strict=True):
        integer(r, f"R of {layer.name}", 1)
        demand(r <= layer.outputs, f"R of {layer.name} is more than its outputs")
    demand(isinstance(cores, list) and len(cores) == chip.cores, "one list for each core")
    placed: dict[tuple[int, int], int] = {}
    hosts, busiest = [0] * len(chip.layers), 0
    for number, core in enumerate(cores):
        demand(isinstance(core, list), f"core {number} must be a list")
        used = load = 0
        before = (-1, -1)
        for share in core:
            demand(isinstance(share, list) and len(share) == 3, f"core {number}: a bad share")
            place, copy, blocks = (integer(one, f"core {number}: a share") for one in share)
            demand(place < len(chip.layers), f"core {number}: no such layer")
            demand((place, copy) > before, f"core {number}: shares out of order")
            before, layer = (place, copy), chip.layers[place]
            demand(blocks >= 1, f"core {number}: an empty share")
            demand(layer.split or blocks == layer.blocks, f"core {number}: {layer.name} is split")
            used += blocks * layer.width
            load += blocks * layer.windows(duplication[place])
            placed[place, copy] = placed.get((place, copy), 0) + blocks
            hosts[place] += 1
        demand(used <= chip.room, f"core {number} holds {used} crossbars of {chip.room}")
        busiest = max(busiest, load)
    wanted = {
        (place, copy): layer.blocks
        for place, layer in enumerate(chip.layers)
        for copy in range(duplication[place])
    }
    demand(placed == wanted, "the row blocks that are placed are not those of all copies")
    moved = sum(
        layer.traffic(r, n) for layer, r, n in zip(chip.layers, duplication, hosts, strict=True)
    )
    return max(busiest * chip.product, moved * chip.value)


def menus(chip: Chip, load: int) -> list[list[tuple[int, int]]] | None:
    """For each layer (least R, windows) of every number of windows; None where a layer has none.

    Fewer copies with the same windows take fewer crossbars and put less load on the cores.
    """
    if any(layer.products > load for layer in chip.layers):
        return None
    least = [-(-layer.outputs // (load // layer.products)) for layer in chip.layers]
    sets = [layer.per_copy * layer.crossbars for layer in chip.layers]
    spare = chip.cores * chip.room - sum(r * s for r, s in zip(least, sets, strict=True))
    if spare < 0:
        return None
    made = []
    for layer, first, each in zip(chip.layers, least, sets, strict=True):
        options: list[tuple[int, int]] = []
        r = first
        while r <= min(layer.outputs, first + spare // each):
            options.append((r, layer.windows(r)))
            demand(len(options) <= MOST_OPTIONS, f"layer {layer.name} has too many R")
            if options[-1][1] == 1:
                break
            r = -(-layer.outputs // (options[-1][1] - 1))
        made.append(options)
    return made


def refuted(chip: Chip, record: Any) -> int:
    """The value up to which prices show that there is no placement."""
    names = ["bound", "value", "prices", "slope", "grain"]
    _, claimed, prices, slope, grain = keys(record, names, "refutation")
    value = integer(claimed, "refutation: value")
    load = value // chip.product
    menu = menus(chip, load)
    if menu is None:
        return value
    least = sum(
        min(layer.traffic(r, r * layer.hosts) for r, _ in options)
        for layer, options in zip(chip.layers, menu, strict=True)
    )
    if chip.value and least > value // chip.value:
        return value
    demand(isinstance(prices, list) and len(prices) == len(chip.layers), "prices by layer")
    tables = [priced(table, layer) for table, layer in zip(prices, chip.layers, strict=True)]
    due, parts = 0, dict[tuple[int, int], int]()
    for layer, options, table in zip(chip.layers, menu, tables, strict=True):
        due += min(layer.per_copy * r * table.get(n, 0) for r, n in options)
        for _, n in options:
            if table.get(n, 0):
                part = (layer.crossbars, layer.products * n)
                parts[part] = max(parts.get(part, 0), table[n])
    most = core_price(chip.room, load, parts, slope, integer(grain, "grain", 1))
    demand(
        due > chip.cores * most,
        f"refutation of {value}: the layers cost {due}, {chip.cores} cores may cost "
        f"{chip.cores * most}",
    )
    return value


def priced(table: Any, layer: Layer) -> dict[int, int]:
    """Prices by windows, ascending."""
    demand(isinstance(table, list), f"prices of {layer.name} must be a list")
    found: dict[int, int] = {}
    for pair in table:
        demand(isinstance(pair, list) and len(pair) == 2, f"prices of {layer.name}: a bad pair")
        windows, price = (integer(one, f"prices of {layer.name}", 1) for one in pair)
        demand(not found or windows > max(found), f"prices of {layer.name} are out of order")
        found[windows] = price
    return found


def core_price(
    room: int, load: int, parts: dict[tuple[int, int], int], slope: Any, grain: int
) -> int:
    """What no set of parts within room and load costs more than.

    By the slope: no part costs more than its crossbars and its load at two prices. Or by a knapsack
    in which loads are rounded down to whole grains, so that it holds whatever a core holds.
    """
    if slope is not None:
        demand(isinstance(slope, list) and len(slope) == 2, "slope must be two numbers")
        slot, product = (integer(one, "slope") for one in slope)
        for (crossbars, products), price in parts.items():
            demand(price <= slot * crossbars + product * products, "a price is above the slope")
        return slot * room + product * load
    units = load // grain
    demand(room * units <= MOST_CELLS, "the knapsack of a core is too large")
    best: dict[tuple[int, int], int] = {}
    for (crossbars, products), price in parts.items():
        part = (crossbars, products // grain)
        best[part] = max(best.get(part, 0), price)
    rows = [[0] * (units + 1)]
    for size in range(1, room + 1):
        row = list(rows[-1])
        for (crossbars, weight), price in best.items():
            if crossbars <= size:
                rest = rows[size - crossbars]
                row[weight:] = [
                    max(old, new + price) for old, new in zip(row[weight:], rest, strict=False)
                ]
        rows.append(row)
    return rows[room][units]


def check_record(record: Any) -> str:
    """What a certificate proves, in words.

    Raises
    ------
    Refused
        When it does not prove what it claims.
    """
    names = ["format", "version", "statement", "layout", "value", "bound", "refutation"]
    form, version, statement, layout, value, bound, refutation = keys(record, names, "certificate")
    demand(form == FORMAT and version == VERSION, f"not a {FORMAT} of version {VERSION}")
    chip = Chip(statement)
    found = scored(chip, layout)
    demand(integer(value, "value", 1) == found, f"the layout takes {found}, {value} is claimed")
    proven = 1 if refutation is None else refuted(chip, refutation) + 1
    demand(integer(bound, "bound", 1) == proven, f"bound {bound} is claimed, {proven} is proven")
    demand(bound <= value, f"the bound {bound} is above the value {value}")
    unit = "products" if chip.unit is None else f"units of {chip.unit} s"
    claim = "no placement takes less" if bound == value else f"none takes less than {bound}"
    return f"{chip.network} on {chip.cores} cores of {chip.room}: {value} {unit}, and {claim}"


def check(path: str) -> str:
    """Check a file (see `check_record`).

    Raises
    ------
    OSError
        When it cannot be read.
    """
    text = read(path)
    try:
        record = json.loads(text, object_pairs_hook=no_twins)
    except (ValueError, RecursionError) as error:
        raise Refused(f"is no JSON: {error}") from None
    return check_record(record)


def read(path: str) -> str:
    """The text of a file; what is no UTF-8 is refused."""
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("is no UTF-8 text") from None


def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys differ."""
    found = dict(pairs)
    demand(len(found) == len(pairs), "a key is given twice")
    return found


def is_placement(path: str) -> bool:
    """Whether a file says at its beginning that it is a certificate of a placement."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return FORMAT.encode() in file.read(100)
    except OSError:
        return False


def main(paths: list[str]) -> int:
    """Check files; the exit status is 1 if one is refused."""
    status = 0
    for path in paths:
        try:
            print(f"{path}: accepted: {check(path)}")
        except Refused as reason:
            print(f"{path}: REFUSED: {reason}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
