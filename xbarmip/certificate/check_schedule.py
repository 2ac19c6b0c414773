"""Check certificates of schedules, for `check.py` beside this file, which checks the proofs inside.

It trusts no number in a certificate. docs/certificate-format.md has the format and the argument.

A certificate states a chip and a network in integers, a plan, and for some segments *links*: proofs
that no allocation with at most so many crossbars, such an interval and such a step time has a count
of at most t. The plan is simulated. Every segment gets a bound that is derived here: from the pace
of its layers, and from its links. No schedule costs less than the shortest path over these bounds.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import gcd
from typing import Any

if __package__:
    from xbarmip.certificate import check
else:
    import check  # type: ignore[import-not-found, no-redef]

Refused, ceil = check.Refused, check.ceil
FORMAT, VERSION, OLDER = "xbarmip-schedule-certificate", 3, 2
MOST_UNITS = 2**11
MOST_LINKS = 2**10  # of a segment
COARSE = 50  # intervals a grid has every one up to this; then each is longer by one part in it

Edge = tuple[int, int]
# Crossbars, interval and step time at most; count that is refuted. None: any step; any count.
Link = tuple[int, int, int | None, int | None]


class Schedule:
    """What is to be cut: layers, needs, chip.

    Attributes
    ----------
    units : list of (int, int)
        Layer and column blocks of each piece that no cut divides, in order.
    values : list of int
        Values of the map of each unit; 0 where they cost nothing.
    """

    def __init__(self, record: Any, version: int = VERSION) -> None:
        self.numbered = version != OLDER
        names = "name objective crossbars write batch divide layers edges published off_chip time"
        name, objective, crossbars, write, batch, divide, layers, edges, *more = check.fields(
            record, "schedule", names
        )
        published, off_chip, time = more
        check.text(name, "name of the schedule")
        self.objective = check.text(objective, "objective")
        if objective not in ("cycles", "steps", "latency", "latency-steps"):
            raise Refused(f"unknown objective {check.cut(objective)}")
        self.count = "steps" if objective.endswith("steps") else "cycles"
        self.crossbars = check.integer(crossbars, "crossbars", 1)
        self.write = check.integer(write, "write", 0)
        self.batch = check.integer(batch, "batch", 1)
        self.divide = check.integer(divide, "divide", 0, 1)
        self.read_layers(layers)
        self.edges = self.read_edges(edges)
        self.read_published(published)
        self.units = list[Edge]()
        for layer, (count, each) in enumerate(self.blocks):
            cut = self.divide or count * each > self.crossbars
            if each > self.crossbars:
                raise Refused(f"a column block of layer {layer} exceeds the chip")
            if len(self.units) + count > MOST_UNITS:
                raise Refused(f"there are more than {MOST_UNITS} layers and column blocks")
            self.units += [(layer, 1)] * count if cut else [(layer, count)]
        self.read_off_chip(off_chip)
        self.read_time(time)

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

    def read_edges(self, record: Any, capped: bool = True) -> list[check.Need]:
        """Needs that fit the layers, of which none is for nothing."""
        edges = [check.Need(edge) for edge in check.array_of(record, "edges")]
        check.rising([edge.key() for edge in edges], "edges")
        for edge in edges:
            if edge.consumer >= len(self.outputs):
                raise Refused("an edge leads to a layer that does not exist")
            outputs = self.outputs[edge.consumer]
            if len(edge.rows) * len(edge.columns) != outputs:
                raise Refused(f"an edge does not fit the outputs of layer {edge.consumer}")
            if capped and edge(outputs) > self.outputs[edge.producer]:
                raise Refused(f"an edge needs more outputs than layer {edge.producer} has")
        for layer in set(range(len(self.outputs))) - {edge.producer for edge in edges}:
            if not self.leaves[layer]:
                raise Refused(f"nothing waits for layer {layer}, and it leaves nothing")
        return edges

    def read_published(self, record: Any) -> None:
        """Needs and tails of the rule `published`, where it counts the steps."""
        self.counted, self.tails, self.published = self.edges, list[int](), record is not None
        if not self.published:
            return
        if self.count != "steps":
            raise Refused("the rule published counts steps")
        edges, tails = check.fields(record, "published", "edges tails")
        self.counted = self.read_edges(edges, capped=False)
        self.tails = check.integers(tails, "tails", len(self.outputs), 0)

    def read_off_chip(self, record: Any) -> None:
        """What it costs to keep a value, a fraction, and the values of each column block."""
        self.keep, self.kept = [0, 1], list[list[int]]()
        if record is not None:
            cost, values = check.fields(record, "off_chip", "cost values")
            self.keep = check.integers(cost, "cost of a value", 2, 1)
            if gcd(*self.keep) > 1:
                raise Refused(f"cost of a value must be in lowest terms, got {check.cut(cost)}")
            check.array_of(values, "values", len(self.blocks))
            for layer, (count, _) in enumerate(self.blocks):
                self.kept.append(check.integers(values[layer], "values of a layer", count, 1))
        self.values, first = [0] * len(self.units), 0
        for unit, (layer, count) in enumerate(self.units if self.kept else ()):
            first = first if unit and self.units[unit - 1][0] == layer else 0
            self.values[unit] = sum(self.kept[layer][first : first + count])
            first += count

    def read_time(self, record: Any) -> None:
        """How long steps last, in ticks; a step of a count is one tick."""
        self.time: check.StepTime | None = None
        self.compute = 1
        if (record is not None) != self.objective.startswith("latency"):
            raise Refused("a latency needs a time, and nothing else does")
        if record is None:
            return
        if len(self.units) > len(self.outputs):
            raise Refused("a time needs layers that no cut divides")
        largest = [
            min(n, self.crossbars // (count * each))
            for n, (count, each) in zip(self.outputs, self.blocks, strict=True)
        ]
        if sum(largest) > check.MOST_CHOICES:
            raise Refused(f"the layers have more than {check.MOST_CHOICES} values of R")
        self.time = check.StepTime(record, largest, check.VERSION)
        self.compute = self.time.compute

    def numbers(self) -> dict[str, Any]:
        """What a certificate states, but for names."""
        layers = zip(self.outputs, self.blocks, self.leaves, strict=True)
        return {
            "objective": self.objective,
            "crossbars": self.crossbars,
            "write": self.write,
            "batch": self.batch,
            "divide": self.divide,
            "layers": [
                {"outputs": n, "blocks": count, "each": each, "end": end}
                for n, (count, each), end in layers
            ],
            "edges": [edge.numbers() for edge in self.edges],
            "published": {
                "edges": [edge.numbers() for edge in self.counted],
                "tails": self.tails,
            }
            if self.published
            else None,
            "off_chip": {"cost": self.keep, "values": self.kept} if self.kept else None,
            "time": self.time and self.time.numbers(),
        }

    def ends(self, stop: int) -> set[int]:
        """Layers begun before unit `stop` that are ends of a segment which ends there.

        They leave the network, or a layer reads them that is not whole by then.
        """
        begun = {layer for layer, _ in self.units[:stop]}
        read = self.read_later(stop)
        return {layer for layer in begun if self.leaves[layer] or layer in read}

    def read_later(self, stop: int) -> set[int]:
        """Layers that one reads which is not whole before unit `stop`."""
        rest = {layer for layer, _ in self.units[stop:]}
        return {edge.producer for edge in self.edges if edge.consumer in rest}

    def off_chip(self, values: int) -> int:
        """What it costs to keep so many values of each image, rounded up."""
        return ceil(self.batch * values * self.keep[0], self.keep[1])

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
        read, units = schedule.read_later(edge[1]), range(*edge)
        kept = sum(schedule.values[u] for u in units if schedule.units[u][0] in read)
        self.off_chip = schedule.off_chip(kept)

    def at_pace(self, interval: int) -> list[int]:
        """The fewest copies with such an interval."""
        return [max(1, ceil(n, interval)) for n in self.needed]

    def used(self, interval: int) -> int:
        """The fewest crossbars with such an interval."""
        return sum(
            s * max(1, ceil(n, interval)) for s, n in zip(self.sets, self.needed, strict=True)
        )

    def problem(self, crossbars: int, interval: int, step: int | None = None) -> check.Problem:
        """The least count within so many crossbars, with at most such an interval and step."""
        schedule, place = self.schedule, {layer: k for k, layer in enumerate(self.layers)}
        ends = schedule.ends(self.edge[1])
        edges = [
            {**edge.numbers(), "producer": place[edge.producer], "consumer": place[edge.consumer]}
            for edge in schedule.counted
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
        rule = "published" if schedule.published else "pipeline"
        problem = check.Problem(  # of the version that derives what counts from the ends
            {
                "name": "",
                "objective": schedule.count,
                "rule": rule if schedule.count == "steps" else None,
                "tails": [schedule.tails[layer] for layer in self.layers if schedule.tails],
                "crossbars": crossbars,
                "layers": [
                    {"name": str(layer), "outputs": n, "set": size, "end": int(layer in ends)}
                    for layer, n, size in layers
                ],
                "edges": edges,
                "constraints": constraints,
                "time": None,
            },
            check.OLDER[0],
        )
        problem.numbered = schedule.numbered
        if step is not None:
            problem.constraints += self.time(problem).limits(step)
        return problem

    def time(self, problem: check.Problem) -> check.StepTime:
        """How long steps last in the segment, which reads what others made from memory."""
        time, place = self.schedule.time, {layer: k for k, layer in enumerate(self.layers)}
        if time is None:
            raise Refused("a step time needs a latency")
        layers = []
        for layer, most in zip(self.layers, problem.largest, strict=True):
            producers = sorted(
                [place[k], w] for k, w in time.producers[layer].items() if k in place
            )
            stream = pruned(time.reads[layer], place)
            joined = isinstance(stream, dict) and not all(
                isinstance(part, int) for part in stream.get("concat", [stream])
            )
            layers.append(
                {
                    "own": time.own[layer][:most],
                    "times": time.times[layer][:most],
                    "producers": producers,
                    **({"reads": stream} if joined else {}),
                }
            )
        record = {"tick": time.tick, "compute": time.compute, "layers": layers}
        return check.StepTime(record, problem.largest, check.VERSION)

    def cost(self, allocation: Sequence[int]) -> int:
        """What an allocation that fits costs."""
        problem = self.problem(self.schedule.crossbars, max(self.needed))
        allocation = check.integers(allocation, "allocation", len(self.layers))
        problem.check_allowed(allocation)
        interval = max(ceil(n, r) for n, r in zip(self.needed, allocation, strict=True))
        crossbars = sum(r * s for r, s in zip(allocation, self.sets, strict=True))
        step: int = 1 if self.schedule.time is None else self.time(problem)(allocation)
        run: int = (problem.value(allocation) + (self.schedule.batch - 1) * interval) * step
        return run + self.schedule.write * crossbars + self.off_chip

    def steps(self, most: set[int]) -> dict[int | None, int | None]:
        """The shortest step that there can be, and beyond each of some; None where there is none.

        Layer l takes own + times * V for some whole multiple V of the greatest common divisor of
        its weights, from that of one copy of each producer to that of as many as there can be.
        """
        if self.schedule.time is None:
            return {None: 1}
        problem = self.problem(self.schedule.crossbars, max(self.needed))
        time, shortest = self.time(problem), self.schedule.compute
        beyond = dict[int, list[int]]({each: [] for each in most})
        for own, times, producers, rows in zip(
            time.own, time.times, time.producers, time.rows, strict=True
        ):
            grain = gcd(*producers.values())
            low = max(sum(row.values()) for row in rows)
            high = max(sum(w * problem.largest[k] for k, w in row.items()) for row in rows)
            takes = [
                (o + t * low, t * grain, o + t * high) for o, t in zip(own, times, strict=True)
            ]
            shortest = max(shortest, min(first for first, _, _ in takes))
            for each, found in beyond.items():
                for first, more, last in takes:
                    longer = first + max(0, (each - first) // more + 1) * more if more else first
                    if each < longer <= last:
                        found.append(longer)
        return {
            None: shortest,
            **{s: max(shortest, min(found)) if found else None for s, found in beyond.items()},
        }

    def bound(self, links: Sequence[Link]) -> int:
        """A bound of its cost; `links` are proven.

        An allocation with interval v, x crossbars and step s has x >= S(v), a count of at least v,
        and of more than t if a link (x1, v1, s1, t) has x1 >= x, v1 >= v and s1 >= s. For each v
        the cheapest x and s are the least that there are, or that some link does not reach.
        """
        schedule, best = self.schedule, None
        run, write = schedule.batch * schedule.compute, schedule.write
        outputs = [schedule.outputs[layer] for layer in self.layers]
        most = sum(s * n for s, n in zip(self.sets, outputs, strict=True))
        chip = min(schedule.crossbars, most)
        beyond = self.steps({s for _, _, s, _ in links if s is not None})
        for v in range(1, max(self.needed) + 1):
            least = self.used(v)
            if least > schedule.crossbars:
                continue
            if best is not None and run * v + write * sum(self.sets) >= best:
                break
            reach = [(x, s, t) for x, v1, s, t in links if v1 >= v]
            xs = {least, *(x + 1 for x, _, _ in reach if least <= x < chip)}
            steps = {beyond[s] for s in (None, *(s for _, s, _ in reach))}
            for x, step in product(xs, (each for each in steps if each is not None)):
                refuted = [t for x1, s, t in reach if x1 >= x and (s is None or s >= step)]
                if None not in refuted:
                    count = max([v, *(t + 1 for t in refuted if t is not None)])
                    cost = (count + (schedule.batch - 1) * v) * step + write * x
                    best = cost if best is None else min(best, cost)
        if best is None:
            raise Refused(f"segment {list(self.edge)} does not fit the chip")
        return best + self.off_chip


def pruned(stream: Any, place: dict[int, int]) -> Any:
    """A tree with the numbers that its layers have in `place`, without others; None if all are."""
    if not isinstance(stream, dict):
        return place.get(stream)
    [(kind, parts)] = stream.items()
    left = list[Any]()
    for part in parts:
        one = pruned(part, place)
        inside = one[kind] if isinstance(one, dict) and kind in one else [one]
        left += [each for each in inside if each is not None and each not in left]
    if len(left) < 2:
        return left[0] if left else None
    return {kind: sorted(left, key=check.place)}


def pace_bounds(schedule: Schedule) -> dict[Edge, int]:
    """A coarse bound of each segment that fits the chip, from pace alone.

    For v from a to b an allocation costs batch * a * C + write * S(b), and memory, or more.
    """
    found, run = dict[Edge, int](), schedule.batch * schedule.compute
    for stop in range(1, len(schedule.units) + 1):
        needed, read, kept = schedule.needed(stop), schedule.read_later(stop), 0
        grid = list(coarse(max(needed.values())))
        total = [0] * len(grid)
        for start in reversed(range(stop)):
            layer, count = schedule.units[start]
            each, n = count * schedule.blocks[layer][1], needed[layer]
            total = [
                used + each * max(1, ceil(n, last))
                for used, (_, last) in zip(total, grid, strict=True)
            ]
            kept += schedule.values[start] * (layer in read)
            costs = [
                run * first + schedule.write * used
                for (first, _), used in zip(grid, total, strict=True)
                if used <= schedule.crossbars
            ]
            if not costs:
                break
            found[start, stop] = min(costs) + schedule.off_chip(kept)
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
    version, given = check.opening(lines, FORMAT, OLDER, VERSION)
    schedule = Schedule(check.one(lines, "schedule"), version)
    check.require_digest(schedule, given)
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
        check.rising([order(link) for link in links], "links of a segment")
        bounds[last] = segment.bound(links)
        key, value = check.entry(lines, "segment", "end")
    check.integers(value, "end", 0)
    check.end(lines)
    return shortest(len(schedule.units), bounds)


def read_link(lines: check.Records, segment: Segment) -> Link:
    """Read a link and its proof."""
    crossbars, interval, step, refuted = check.fields(
        check.one(lines, "link"), "link", "crossbars interval step refuted"
    )
    check.integer(crossbars, "crossbars of a link", 1, segment.schedule.crossbars)
    check.integer(interval, "interval of a link", 1, max(segment.needed))
    if step is not None:
        check.integer(step, "step of a link", segment.schedule.compute)
    if refuted is not None:
        check.integer(refuted, "count that a link refutes", 1)
    if segment.used(interval) > crossbars:
        raise Refused("a link allows no allocation")
    check.prove(lines, segment.problem(crossbars, interval, step), refuted)
    return crossbars, interval, step, refuted


def order(link: Link) -> tuple[int, ...]:
    """The order of links, null before numbers."""
    return tuple(-1 if each is None else each for each in link)


def facts(schedule: Schedule) -> str:
    """A schedule by what was checked of it: no name is."""
    layers = f"{len(schedule.outputs)} layer{'s' * (len(schedule.outputs) != 1)}"
    digest = check.digest(schedule.numbers())
    return f"{layers} in segments, {schedule.crossbars} crossbars, digest {digest}"


def claim(schedule: Schedule, value: int, bound: int) -> str:
    """What is proven of a schedule."""
    images = "one image" if schedule.batch == 1 else f"{schedule.batch} images"
    unit, tick = schedule.count, ""
    if schedule.time is not None:
        unit, tick = "ticks", f" ({check.in_seconds(bound, schedule.time.tick)})"
    least = f"no schedule of {images} takes less than {bound} {unit}"
    return f"{least}; the given one takes {value}{tick}"
