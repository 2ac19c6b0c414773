"""Check certificates of placements, for `check.py` beside this file, which reads them.

It trusts no number in a certificate. docs/certificate-format.md has the format and the argument.

A certificate states a chip, the layers as integers, a layout, and cases. What it proves is computed
here anew, in Python integers, without a search: the layout places every copy, no core holds too
much, and constraints hold; its value; and that in every case prices leave no placement of a smaller
value than the bound.
"""

import math
from collections.abc import Callable
from typing import Any

if __package__:
    from xbarmip.certificate import check
else:
    import check  # type: ignore[import-not-found, no-redef]

Refused, ceil, text, fields, array_of = (
    check.Refused, check.ceil, check.text, check.fields, check.array_of
)  # fmt: skip
FORMAT, VERSION = "xbarmip-placement-certificate", 3
MOST_CORES = 2**16  # and crossbars of each
MOST_LAYERS = 2**12
MOST_CELLS = 2**24  # of a knapsack
MOST_STEPS = 2**32  # cells times kinds of parts of a knapsack
MOST_OPTIONS = 2**20  # values of R of all layers together


def demand(holds: bool, message: str) -> None:
    """Refuse with a message unless something holds."""
    if not holds:
        raise Refused(message)


def integer(value: Any, what: str, low: int = 0, high: int | None = None) -> int:
    """An integer from `low` to `high`."""
    return check.integer(value, what, low, high)


def integers(value: Any, what: str, length: int, low: int = 0) -> list[int]:
    """An array of so many integers."""
    return check.integers(value, what, length, low)


# --- the problem


class Layer:
    """A layer as integers, and the parts that its copies are placed as."""

    def __init__(self, record: Any, capacity: int, split: int, number: int) -> None:
        self.record, what = record, f"layer {number}"
        names = "outputs blocks width window channels"
        name, *figures = fields(record, what, f"name {names}")
        self.name = text(name, f"name of {what}")
        self.outputs, self.blocks, self.width, self.window, self.channels = (
            integer(figure, f"{name} of {what}", 1)
            for name, figure in zip(names.split(), figures, strict=True)
        )
        demand(self.width <= capacity, f"{what}: a row block is wider than a core")
        self.split = self.blocks > 1 and (split == 1 or self.blocks * self.width > capacity)
        self.per_copy = self.blocks if self.split else 1
        self.crossbars = self.blocks // self.per_copy * self.width
        self.products = self.blocks // self.per_copy
        self.set = self.blocks * self.width
        self.hosts = -(-self.blocks // (capacity // self.width))  # cores of a copy, at least

    def windows(self, copies: int) -> int:
        """Windows that each of so many copies works on."""
        return -(-self.outputs // copies)

    def traffic(self, copies: int, hosts: int) -> int:
        """Values moved: windows read, partial sums sent, outputs written."""
        reads = hosts * self.windows(copies) * self.window
        sums = (hosts - copies) * self.windows(copies) * self.channels
        return reads + sums + self.outputs * self.channels


class Chip:
    """Cores, their crossbars, the layers, and what a placement takes.

    That is the larger of `product` for each product of the busiest core and `value` for each value
    that is moved, in ticks; a core interval counts the products alone and has no tick.
    """

    def __init__(self, record: Any) -> None:
        self.record = record
        names = "name cores crossbars_per_core split layers constraints objective"
        name, cores, capacity, split, layers, constraints, objective = fields(
            record, "placement", names
        )
        text(name, "name of the placement")
        self.cores = integer(cores, "cores", 1, MOST_CORES)
        self.capacity = integer(capacity, "crossbars_per_core", 1, MOST_CORES)
        integer(split, "split", 0, 1)
        demand(1 <= len(array_of(layers, "layers")) <= MOST_LAYERS, f"1 to {MOST_LAYERS} layers")
        self.layers = [Layer(one, self.capacity, split, n) for n, one in enumerate(layers)]
        if len({layer.name for layer in self.layers}) < len(layers):
            raise Refused("two layers have the same name")
        spare = max(0, self.cores * self.capacity - sum(layer.set for layer in self.layers))
        largest = [min(layer.outputs, 1 + spare // layer.set) for layer in self.layers]
        self.constraints = [
            check.Constraint.read(one, largest, True)
            for one in array_of(constraints, "constraints")
        ]
        self.named = {layer for one in self.constraints for layer in one.weights}
        self.read_objective(objective)

    def read_objective(self, record: Any) -> None:
        """What is made least."""
        self.tick, product, value = fields(record, "objective", "tick product value")
        self.product = integer(product, "product", 1)
        self.value = integer(value, "value", 0)
        if self.tick is None:
            demand((product, value) == (1, 0), "without a tick products alone are counted")
        elif math.gcd(*integers(self.tick, "tick", 2, 1)) > 1:
            raise Refused(f"tick must be in lowest terms, got {check.cut(self.tick)}")

    def most(self) -> int:
        """A value that no placement exceeds: R * ceil(N / R) is at most 2 N."""
        products = sum(2 * layer.outputs * layer.blocks for layer in self.layers)
        moved = sum(
            2 * layer.outputs * min(self.cores, layer.per_copy) * (layer.window + layer.channels)
            for layer in self.layers
        )
        return max(products * self.product, moved * self.value)

    def numbers(self) -> Any:
        """What a certificate states of it."""
        return self.record


def scored(chip: Chip, record: Any) -> int:
    """The value of a layout, every copy and core of which is checked."""
    duplication, cores = fields(record, "layout", "duplication cores")
    copies = integers(duplication, "duplication", len(chip.layers), 1)
    for k, (layer, r) in enumerate(zip(chip.layers, copies, strict=True)):
        demand(r <= layer.outputs, f"R of layer {k} is more than its outputs")
    placed: dict[tuple[int, int], int] = {}
    hosts, busiest = [0] * len(chip.layers), 0
    for number, core in enumerate(array_of(cores, "cores of a layout", chip.cores)):
        shares = read_core(chip, copies, core, f"core {number}")
        used = sum(blocks * chip.layers[k].width for k, _, blocks in shares)
        demand(used <= chip.capacity, f"core {number} holds {used} crossbars of {chip.capacity}")
        load = sum(blocks * chip.layers[k].windows(copies[k]) for k, _, blocks in shares)
        busiest = max(busiest, load)
        for k, copy, blocks in shares:
            placed[k, copy] = placed.get((k, copy), 0) + blocks
            hosts[k] += 1
    # as many different copies as there are, none numbered beyond: each of them
    whole = all(blocks == chip.layers[k].blocks for (k, _), blocks in placed.items())
    if not whole or len(placed) != sum(copies):
        raise Refused("the row blocks that are placed are not those of all copies")
    for number, one in enumerate(chip.constraints):
        total = sum(weights[copies[k] - 1] for k, weights in one.weights.items())
        demand(total <= one.limit, f"the layout breaks constraint {number}")
    moved = sum(layer.traffic(r, n) for layer, r, n in zip(chip.layers, copies, hosts, strict=True))
    return max(busiest * chip.product, moved * chip.value)


def read_core(chip: Chip, copies: list[int], record: Any, where: str) -> list[list[int]]:
    """What a core holds, as [layer, copy, row blocks], in order."""
    shares = [integers(share, f"{where}: share", 3) for share in array_of(record, where)]
    before = [-1, -1]
    for k, copy, blocks in shares:
        demand(k < len(chip.layers), f"{where}: there is no layer {check.cut(k)}")
        demand(copy < copies[k], f"{where}: layer {k} has no copy {check.cut(copy)}")
        demand([k, copy] > before, f"{where}: shares out of order")
        demand(blocks >= 1, f"{where}: an empty share")
        layer, before = chip.layers[k], [k, copy]
        demand(layer.split or blocks == layer.blocks, f"{where}: a copy of layer {k} is split")
    return shares


Options = list[tuple[int, int]]  # of a layer: R, and the windows of each copy
Ranges = list[tuple[int, int]]  # of each layer: the least and the largest R


def menus(chip: Chip, load: int, ranges: Ranges) -> list[Options] | None:
    """The options of every layer in a case; None where one has none.

    Fewer copies with the same windows take fewer crossbars and put less load on the cores.
    """
    if any(layer.products > load for layer in chip.layers):
        return None
    least = [
        max(low, -(-layer.outputs // (load // layer.products)))
        for layer, (low, _) in zip(chip.layers, ranges, strict=True)
    ]
    spare = chip.cores * chip.capacity - sum(
        r * layer.set for layer, r in zip(chip.layers, least, strict=True)
    )
    if spare < 0:
        return None
    made, many = [], 0
    for k, layer in enumerate(chip.layers):
        r, high, options = least[k], min(ranges[k][1], least[k] + spare // layer.set), Options()
        while r <= high:
            windows = layer.windows(r)
            options.append((r, windows))
            many += 1
            demand(many <= MOST_OPTIONS, f"the layers have more than {MOST_OPTIONS} values of R")
            if k in chip.named:
                r += 1
            elif windows == 1:
                break
            else:
                r = -(-layer.outputs // (windows - 1))
        made.append(options)
    return allowed(chip, made) if all(made) else None


def allowed(chip: Chip, menu: list[Options]) -> list[Options] | None:
    """Options less those that a constraint forbids whatever the others are; None where none is."""
    changed = True
    while changed:
        changed = False
        for one in chip.constraints:
            least = {k: min(w[r - 1] for r, _ in menu[k]) for k, w in one.weights.items()}
            left = one.limit - sum(least.values())
            for k, weights in one.weights.items():
                kept = [(r, n) for r, n in menu[k] if weights[r - 1] - least[k] <= left]
                changed = changed or len(kept) < len(menu[k])
                menu[k] = kept
                if not kept:
                    return None
    return menu


def refuted(chip: Chip, record: Any) -> int:
    """The value up to which cases show that there is no placement."""
    value, cases = fields(record, "refutation", "value cases")
    target = integer(value, "value of a refutation")
    still: list[Ranges] = [[(1, layer.outputs) for layer in chip.layers]]
    for number, entry in enumerate(array_of(cases, "cases")):
        what = f"case {number}"
        demand(bool(still), f"{what}: none is open")
        ranges = still.pop()
        if type(entry) is dict and set(entry) == {"split"}:
            layer, r = integers(entry["split"], f"{what}: split", 2)
            integer(layer, f"{what}: layer of a split", 0, len(chip.layers) - 1)
            integer(r, f"{what}: R of a split", 1)
            low, high = ranges[layer]
            for side in (max(low, r + 1), high), (low, min(high, r)):
                still.append([side if k == layer else other for k, other in enumerate(ranges)])
        else:
            close(chip, target, ranges, entry, what)
    demand(not still, f"refutation of {target}: not all cases are closed")
    return target


def close(chip: Chip, target: int, ranges: Ranges, entry: Any, what: str) -> None:
    """Refuse the entry of a case unless it shows that nothing has a value of at most the target."""
    bound, prices, slope, grain = fields(entry, what, "bound prices slope grain")
    text(bound, f"bound of {what}")
    integer(grain, f"grain of {what}", 1)
    slope = None if slope is None else integers(slope, f"slope of {what}", 2)
    tables = [
        priced(table, f"{what}: prices of layer {k}")
        for k, table in enumerate(array_of(prices, f"prices of {what}", len(chip.layers)))
    ]
    load = target // chip.product
    menu = menus(chip, load, ranges)
    if menu is None or too_much_moved(chip, target, menu):
        return
    due, parts = 0, dict[tuple[int, int], int]()
    for layer, options, table in zip(chip.layers, menu, tables, strict=True):
        due += min(layer.per_copy * r * table.get(n, 0) for r, n in options)
        for _, n in options:
            if table.get(n, 0):
                part = (layer.crossbars, layer.products * n)
                parts[part] = max(parts.get(part, 0), table[n])
    most = core_price(chip.capacity, load, parts, slope, grain)
    demand(
        due > chip.cores * most,
        f"{what}, against {target}: the layers cost {due}, {chip.cores} cores may cost "
        f"{chip.cores * most}",
    )


def too_much_moved(chip: Chip, target: int, menu: list[Options]) -> bool:
    """Whether the least values moved exceed the target."""
    least = sum(
        min(layer.traffic(r, r * layer.hosts) for r, _ in options)
        for layer, options in zip(chip.layers, menu, strict=True)
    )
    return chip.value > 0 and least > target // chip.value


def priced(record: Any, what: str) -> dict[int, int]:
    """Prices by windows, ascending."""
    found: dict[int, int] = {}
    last = 0
    for pair in array_of(record, what):
        windows, price = integers(pair, what, 2, 1)
        demand(windows > last, f"{what} are out of order")
        found[windows], last = price, windows
    return found


def core_price(
    capacity: int,
    load: int,
    parts: dict[tuple[int, int], int],
    slope: list[int] | None,
    grain: int,
) -> int:
    """What no set of parts within capacity and load costs more than.

    By the slope: no part costs more than its crossbars and its load at two prices. Or by a knapsack
    in which loads are rounded down to whole grains, so that it holds whatever a core holds.
    """
    if slope is not None:
        slot, product = slope
        for (crossbars, products), price in parts.items():
            demand(price <= slot * crossbars + product * products, "a price is above the slope")
        return slot * capacity + product * load
    units = load // grain
    best: dict[tuple[int, int], int] = {}
    for (crossbars, products), price in parts.items():
        part = (crossbars, products // grain)
        best[part] = max(best.get(part, 0), price)
    cells = (capacity + 1) * (units + 1)
    if cells > MOST_CELLS or cells * len(best) > MOST_STEPS:
        raise Refused("the knapsack of a core is too large")
    rows = [[0] * (units + 1)]
    for size in range(1, capacity + 1):
        row = list(rows[-1])
        for (crossbars, weight), price in best.items():
            if crossbars <= size:
                rest = rows[size - crossbars]
                row[weight:] = [
                    max(old, new + price) for old, new in zip(row[weight:], rest, strict=False)
                ]
        rows.append(row)
    return rows[capacity][units]


# --- the file as a whole

Proven = tuple[Chip, int | None, int | None]  # with the value and the bound of the claim


def verify(path: str, meet: Callable[[Chip], None] | None = None) -> Proven:
    """Check the certificate in a file; the chip, and what of it is proven.

    `meet` may refuse the chip. Raises Refused where the certificate does not prove what it claims,
    OSError where it cannot be read.
    """
    return prove(check.records(path), meet)


def prove(lines: check.Records, meet: Callable[[Chip], None] | None = None) -> Proven:
    """Check a certificate by its lines (see `verify`)."""
    _, given = check.opening(lines, FORMAT, VERSION)
    chip = Chip(check.one(lines, "placement"))
    check.require_digest(chip, given)
    if meet is not None:
        meet(chip)
    value, bound, layout = fields(check.one(lines, "claim"), "claim", "value bound layout")
    found = None if layout is None else scored(chip, layout)
    refutation = check.one(lines, "refutation")
    proven = 1 if refutation is None else refuted(chip, refutation) + 1
    if found is None:
        demand(value is None and bound is None, "without a layout value and bound are null")
        demand(proven > chip.most(), f"a value of {proven} or more is not refuted")
        check.end(lines)
        return chip, None, None
    demand(integer(value, "value", 1) == found, f"the layout takes {found}, not {check.cut(value)}")
    wrong = f"a bound of {proven} is proven, not {check.cut(bound)}"
    demand(integer(bound, "bound", 1) == proven, wrong)
    demand(bound <= value, f"the bound {check.cut(bound)} is above the value {check.cut(value)}")
    check.end(lines)
    return chip, value, bound


def facts(chip: Chip) -> str:
    """A chip by what was checked of it: no name is."""
    counts = [(len(chip.layers), "layer"), (chip.cores, "core")]
    if chip.constraints:
        counts.insert(1, (len(chip.constraints), "constraint"))
    parts = [f"{count} {what}{'s' * (count != 1)}" for count, what in counts]
    crossbars = f"{chip.capacity} crossbar{'s' * (chip.capacity != 1)}"
    return f"{', '.join(parts)} of {crossbars}, digest {check.digest(chip.numbers())}"


def claim(chip: Chip, value: int | None, bound: int | None) -> str:
    """What is proven of a chip."""
    if bound is None:
        return "there is no placement"
    unit = "products" if chip.tick is None else "ticks"
    said = f"no placement takes less than {bound} {unit}; the given one takes {value}"
    if chip.tick is None:
        return said
    return f"{said} ({check.in_seconds(bound, chip.tick)})"
