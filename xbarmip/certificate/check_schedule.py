"""Check certificates of schedules: `python check_schedule.py FILE ...`.

This file needs Python 3.11 and `check.py` beside it, which checks the proofs inside, and nothing
else. It trusts no number in a certificate. docs/schedule.md has the format and the argument.

A certificate states a chip and a network in integers, a plan, and for some segments *links*: proofs
that no allocation with at most so many crossbars and such an interval has a count of at most t. The
plan is simulated. Every segment gets a bound that is derived here: from the pace of its layers,
and from its links. No schedule costs less than the shortest path over these bounds.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

if __package__:
    from xbarmip.certificate import check
else:
    import check  # type: ignore[import-not-found, no-redef]

Refused, ceil = check.Refused, check.ceil
FORMAT, VERSION = "xbarmip-schedule-certificate", 1
MOST_UNITS = 2**11
MOST_LINKS = 2**10  # of a segment
COARSE = 50  # intervals a grid has every one up to this; then each is longer by one part in it

Edge = tuple[int, int]
Link = tuple[int, int, int]  # crossbars, interval, count that is refuted


class Schedule:
    """What is to be cut: layers, needs, chip.

    Attributes
    ----------
    units : list of (int, int)
        Layer and column blocks of each piece that no cut divides, in order.
    """

    def __init__(self, record: Any) -> None:
        names = "name crossbars write batch divide layers edges"
        name, crossbars, write, batch, divide, layers, edges = check.fields(
            record, "schedule", names
        )
        check.text(name, "name of the schedule")
        self.crossbars = check.integer(crossbars, "crossbars", 1)
        self.write = check.integer(write, "write", 0)
        self.batch = check.integer(batch, "batch", 1)
        self.divide = check.integer(divide, "divide", 0, 1)
        self.read_layers(layers)
        self.edges = [check.Need(edge) for edge in check.array_of(edges, "edges")]
        check.rising([edge.key() for edge in self.edges], "edges")
        self.check_edges()
        self.units = list[Edge]()
        for layer, (count, each) in enumerate(self.blocks):
            cut = self.divide or count * each > self.crossbars
            if each > self.crossbars:
                raise Refused(f"a column block of layer {layer} exceeds the chip")
            if len(self.units) + count > MOST_UNITS:
                raise Refused(f"there are more than {MOST_UNITS} layers and column blocks")
            self.units += [(layer, 1)] * count if cut else [(layer, count)]

    def read_layers(self, layers: Any) -> None:
        """Outputs, column blocks and whether it leaves the network, by layer."""
        self.outputs, self.blocks, self.leaves = list[int](), list[Edge](), list[int]()
        for layer in check.array_of(layers, "layers"):
            name, outputs, blocks, each, end = check.fields(
                layer, "layer", "name outputs blocks each end"
            )
            check.text(name, "name of a layer")
            self.outputs.append(check.integer(outputs, "outputs of a layer", 1))
            self.blocks.append(
                (
                    check.integer(blocks, "blocks of a layer", 1, MOST_UNITS),
                    check.integer(each, "crossbars of a column block", 1),
                )
            )
            self.leaves.append(check.integer(end, "end of a layer", 0, 1))
        if not 1 <= len(self.outputs) <= MOST_UNITS:
            raise Refused(f"a schedule has 1 to {MOST_UNITS} layers")
        if sum(self.outputs) > check.MOST_OUTPUTS:
            raise Refused(f"the layers have more than {check.MOST_OUTPUTS} outputs")

    def check_edges(self) -> None:
        """Refuse needs that do not fit the layers, and layers that are for nothing."""
        for edge in self.edges:
            if edge.consumer >= len(self.outputs):
                raise Refused("an edge leads to a layer that does not exist")
            outputs = self.outputs[edge.consumer]
            if len(edge.rows) * len(edge.columns) != outputs:
                raise Refused(f"an edge does not fit the outputs of layer {edge.consumer}")
            if edge(outputs) > self.outputs[edge.producer]:
                raise Refused(f"an edge needs more outputs than layer {edge.producer} has")
        for layer in set(range(len(self.outputs))) - {edge.producer for edge in self.edges}:
            if not self.leaves[layer]:
                raise Refused(f"nothing waits for layer {layer}, and it leaves nothing")

    def numbers(self) -> dict[str, Any]:
        """What a certificate states, but for names."""
        layers = zip(self.outputs, self.blocks, self.leaves, strict=True)
        return {
            "crossbars": self.crossbars,
            "write": self.write,
            "batch": self.batch,
            "divide": self.divide,
            "layers": [
                {"outputs": n, "blocks": count, "each": each, "end": end}
                for n, (count, each), end in layers
            ],
            "edges": [edge.numbers() for edge in self.edges],
        }

    def ends(self, stop: int) -> set[int]:
        """Layers begun before unit `stop` that are ends of a segment which ends there.

        They leave the network, or a layer reads them that is not whole by then.
        """
        rest = {layer for layer, _ in self.units[stop:]}
        begun = {layer for layer, _ in self.units[:stop]}
        read = {edge.producer for edge in self.edges if edge.consumer in rest}
        return {layer for layer in begun if self.leaves[layer] or layer in read}

    def needed(self, stop: int) -> dict[int, int]:
        """N* of each layer in a segment that ends before unit `stop`."""
        ends = self.ends(stop)
        found = {
            layer: self.outputs[layer] if layer in ends else 0 for layer, _ in self.units[:stop]
        }
        for edge in sorted(self.edges, key=lambda edge: -edge.consumer):
            if edge.consumer in found:
                wanted = edge(found[edge.consumer])
                found[edge.producer] = max(found[edge.producer], wanted)
        return found


class Segment:
    """Units `start` .. `stop` - 1: a network of its own.

    Attributes
    ----------
    layers : list of int
    sets, needed : list of int
        Crossbars of one copy and N* of each.
    """

    def __init__(self, schedule: Schedule, edge: Edge, needed: dict[int, int]) -> None:
        self.schedule, self.edge = schedule, edge
        blocks = dict[int, int]()
        for layer, count in schedule.units[slice(*edge)]:
            blocks[layer] = blocks.get(layer, 0) + count
        self.layers = list(blocks)
        self.sets = [count * schedule.blocks[layer][1] for layer, count in blocks.items()]
        self.needed = [needed[layer] for layer in self.layers]

    def at_pace(self, interval: int) -> list[int]:
        """The fewest copies with such an interval."""
        return [max(1, ceil(n, interval)) for n in self.needed]

    def used(self, interval: int) -> int:
        """The fewest crossbars with such an interval."""
        return sum(
            s * max(1, ceil(n, interval)) for s, n in zip(self.sets, self.needed, strict=True)
        )

    def problem(self, crossbars: int, interval: int) -> check.Problem:
        """The least count within so many crossbars, with at most such an interval."""
        schedule, place = self.schedule, {layer: k for k, layer in enumerate(self.layers)}
        ends = schedule.ends(self.edge[1])
        edges = [
            {**edge.numbers(), "producer": place[edge.producer], "consumer": place[edge.consumer]}
            for edge in schedule.edges
            if edge.producer in place and edge.consumer in place
        ]
        outputs = [schedule.outputs[layer] for layer in self.layers]
        spare = max(0, crossbars - sum(self.sets))
        constraints = []
        for k, low in enumerate(self.at_pace(interval)):
            largest = min(outputs[k], 1 + spare // self.sets[k])
            if low > 1:
                weights = [int(r < low) for r in range(1, largest + 1)]
                constraints.append({"name": "pace", "limit": 0, "weights": [[k, weights]]})
        layers = zip(self.layers, outputs, self.sets, strict=True)
        return check.Problem(
            {
                "name": "",
                "measure": "cycles",
                "crossbars": crossbars,
                "layers": [
                    {"name": str(layer), "outputs": n, "set": size, "end": int(layer in ends)}
                    for layer, n, size in layers
                ],
                "view": {
                    "stalls": 1,
                    "capped": 1,
                    "counted": self.needed,
                    "tails": [None] * len(edges),
                    "offset": 0,
                },
                "edges": edges,
                "constraints": constraints,
                "time": None,
            }
        )

    def cost(self, allocation: Sequence[int]) -> int:
        """What an allocation that fits costs."""
        problem = self.problem(self.schedule.crossbars, max(self.needed))
        allocation = check.integers(allocation, "allocation", len(self.layers))
        problem.check_allowed(allocation)
        interval = max(ceil(n, r) for n, r in zip(self.needed, allocation, strict=True))
        crossbars = sum(r * s for r, s in zip(allocation, self.sets, strict=True))
        run: int = problem.value(allocation) + (self.schedule.batch - 1) * interval
        return run + self.schedule.write * crossbars

    def bound(self, links: Sequence[Link]) -> int:
        """A bound of its cost; `links` are proven.

        An allocation with interval v and x crossbars has x >= S(v), a count of at least v, and of
        more than t if a link (x1, v1, t) has x1 >= x and v1 >= v. For each v the cheapest x is S(v)
        or the least that some link does not reach.
        """
        schedule, best = self.schedule, None
        for v in range(1, max(self.needed) + 1):
            least = self.used(v)
            if least > schedule.crossbars:
                continue
            if best is not None and schedule.batch * v + schedule.write * sum(self.sets) >= best:
                break
            reach = [(x, t) for x, v1, t in links if v1 >= v]
            for x in {least, *(x + 1 for x, _ in reach if least <= x < schedule.crossbars)}:
                count = max([v, *(t + 1 for x1, t in reach if x1 >= x)])
                cost = count + (schedule.batch - 1) * v + schedule.write * x
                best = cost if best is None else min(best, cost)
        if best is None:
            raise Refused(f"segment {list(self.edge)} does not fit the chip")
        return best


def pace_bounds(schedule: Schedule) -> dict[Edge, int]:
    """A coarse bound of each segment that fits the chip, from pace alone.

    For v from a to b an allocation costs batch * a + write * S(b) or more.
    """
    found = dict[Edge, int]()
    for stop in range(1, len(schedule.units) + 1):
        needed = schedule.needed(stop)
        grid = list(coarse(max(needed.values())))
        total = [0] * len(grid)
        for start in reversed(range(stop)):
            layer, count = schedule.units[start]
            each, n = count * schedule.blocks[layer][1], needed[layer]
            total = [
                used + each * max(1, ceil(n, last))
                for used, (_, last) in zip(total, grid, strict=True)
            ]
            costs = [
                schedule.batch * first + schedule.write * used
                for (first, _), used in zip(grid, total, strict=True)
                if used <= schedule.crossbars
            ]
            if not costs:
                break
            found[start, stop] = min(costs)
    return found


def coarse(most: int) -> Iterator[Edge]:
    """Ranges that cover 1..most: the first and the last of each."""
    first = 1
    while first <= most:
        last = min(most, first + first // COARSE)
        yield first, last
        first = last + 1


def shortest(length: int, bounds: dict[Edge, int]) -> int:
    """The cost of the shortest path from 0 to `length` over edges that go up."""
    best: list[int | None] = [0, *[None] * length]
    for (start, stop), cost in sorted(bounds.items()):
        before, known = best[start], best[stop]
        if before is not None and (known is None or before + cost < known):
            best[stop] = before + cost
    found = best[length]
    if found is None:
        raise Refused("the segments do not reach from the first unit to the last")
    return found


# --- the file as a whole

Proven = tuple[Schedule, int, int]  # with the value and the bound of the claim


def verify(path: str, meet: Callable[[Schedule], None] | None = None) -> Proven:
    """Check the certificate in a file; the schedule, and what of it is proven.

    `meet` may refuse the schedule. Raises Refused where the certificate does not prove what it
    claims, OSError where it cannot be read.
    """
    lines = check.records(path)
    form, version, given = check.fields(
        check.following(lines), "first line", "format version digest"
    )
    if form != FORMAT or check.integer(version, "version") != VERSION:
        raise Refused(f"not a certificate in the format {FORMAT}, version {VERSION}")
    schedule = Schedule(check.one(lines, "schedule"))
    if digest(schedule.numbers()) != check.text(given, "digest"):
        raise Refused(f"the digest of the schedule is not {check.cut(given)}")
    if meet is not None:
        meet(schedule)
    value, bound, plan = check.fields(check.one(lines, "claim"), "claim", "value bound plan")
    found = plan_cost(schedule, plan)
    if check.integer(value, "value", 1) != found:
        raise Refused(f"the plan takes {found}, not {check.cut(value)}")
    check.integer(bound, "bound", 1, value)
    proven = read_bounds(lines, schedule)
    if bound > proven:
        raise Refused(f"a bound of {proven} is proven, not {check.cut(bound)}")
    return schedule, value, bound


def plan_cost(schedule: Schedule, plan: Any) -> int:
    """What a plan costs, simulated."""
    total, at = 0, 0
    for entry in check.array_of(plan, "plan"):
        start, stop, allocation = check.array_of(entry, "segment of a plan", 3)
        check.integer(start, "begin of a segment", at, at)
        check.integer(stop, "end of a segment", at + 1, len(schedule.units))
        segment = Segment(schedule, (start, stop), schedule.needed(stop))
        if sum(segment.sets) > schedule.crossbars:
            raise Refused(f"segment {[start, stop]} does not fit the chip")
        total += segment.cost(allocation)
        at = stop
    check.integer(at, "end of the last segment", len(schedule.units))
    return total


def read_bounds(lines: check.Records, schedule: Schedule) -> int:
    """Read the segments that have bounds of their own, to the end; the shortest path over all."""
    bounds, last = pace_bounds(schedule), (0, 0)
    key, value = check.entry(lines, "segment", "end")
    while key == "segment":
        units, many = check.fields(value, "segment", "units links")
        start, stop = check.integers(units, "units of a segment", 2, 0)
        if (start, stop) not in bounds or (start, stop) <= last:
            raise Refused(f"segment {[start, stop]} does not fit the chip, or comes too late")
        last = (start, stop)
        segment = Segment(schedule, last, schedule.needed(stop))
        many = check.integer(many, "links of a segment", 0, MOST_LINKS)
        links = [read_link(lines, segment) for _ in range(many)]
        check.rising(links, "links of a segment")
        bounds[last] = segment.bound(links)
        key, value = check.entry(lines, "segment", "end")
    check.integers(value, "end", 0)
    for number, _ in lines:
        raise Refused(f"line {number} comes after the end")
    return shortest(len(schedule.units), bounds)


def read_link(lines: check.Records, segment: Segment) -> Link:
    """Read a link and its proof."""
    crossbars, interval, refuted = check.fields(
        check.one(lines, "link"), "link", "crossbars interval refuted"
    )
    check.integer(crossbars, "crossbars of a link", 1, segment.schedule.crossbars)
    check.integer(interval, "interval of a link", 1, max(segment.needed))
    check.integer(refuted, "count that a link refutes", 1)
    if segment.used(interval) > crossbars:
        raise Refused("a link allows no allocation")
    check.prove(lines, segment.problem(crossbars, interval), refuted)
    return crossbars, interval, refuted


def digest(record: Any) -> str:
    """What stands for all of a statement but its names (see `check.digest`)."""
    return check.digest(record)


def words(schedule: Schedule, value: int, bound: int) -> str:
    """What a certificate proves, of a schedule that nobody but the certificate speaks of."""
    facts = (
        f"{len(schedule.outputs)} layer{'s' * (len(schedule.outputs) != 1)}, "
        f"{schedule.crossbars} crossbars, digest {digest(schedule.numbers())}"
    )
    return f"the schedule that the file states ({facts}): {claim(schedule, value, bound)}"


def claim(schedule: Schedule, value: int, bound: int) -> str:
    """What is proven of a schedule."""
    images = "one image" if schedule.batch == 1 else f"{schedule.batch} images"
    return f"no schedule of {images} takes less than {bound} cycles; the given one takes {value}"


def examine(
    path: str, meet: Callable[[Schedule], None] | None = None
) -> tuple[int, str, Proven | None]:
    """Check a file, whatever is in it: how that ends, in words, and what is proven."""
    status, message, proven = check.examined(lambda: verify(path, meet))
    return status, message or words(*proven), proven


def is_schedule(path: str) -> bool:
    """Whether a file says in its first line that it is a certificate of a schedule."""
    try:
        first = check.following(check.records(path))
    except (OSError, ValueError, Refused):
        return False
    return isinstance(first, dict) and first.get("format") == FORMAT


def main(paths: list[str]) -> int:
    """Check each file; 0 if all are accepted, 1 if one is refused, 2 if one cannot be read."""
    return check.main(paths, examine, "check_schedule.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
