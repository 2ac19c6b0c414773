"""Check a certificate of xbarmip: `python check.py FILE ...`.

This file needs Python 3.11 and nothing else, and can be read without the rest of the package; for
schedules and placements it needs `check_schedule.py` or `check_placement.py` beside it. It trusts
no number in a certificate: what a certificate says beyond the problem and the claim only tells this
checker where to look. docs/certificate-format.md has the format and the arguments.

What is proven is of the form "no allowed allocation has a value of at most T". Suppose there was
one. It would stay inside the *windows* of R, which are narrowed by *path bounds* and, where that
comes to an end, split at one R: then it stays inside one half or the other. Windows that are not
split further are searched: deciding the layers from the last to the first, the allocation would
complete a *label* of every stage; a label holds what the decided layers have used, and deadlines
for the undecided ones. Every label is expanded here by every R of the window; each successor is
refuted, or one of the labels that the certificate keeps for the next stage, or dominated by one:
what completes it would complete that one, too. When a stage keeps no label, or windows are empty,
there was no such allocation in there.

Where the value is a time, a count times how long a step is, it is a chain of such proofs:
if no allocation whose step is at most S long takes c steps or fewer, the step is at most
T / (c + 1) long; and so on, until no step is so short.

Where several measures are minimised in order, it is a proof for each: no allowed allocation has at
most the claimed values of those before, and less than the claimed value of this one.
"""

import copy
import gzip
import hashlib
import importlib
import json
import math
import os
import reprlib
import sys
import zlib
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby, pairwise
from typing import Any

FORMAT, VERSION, OLDER = "xbarmip-certificate", 5, (2, 3, 4)
KINDS = {  # other formats, and who checks them
    "xbarmip-schedule-certificate": "check_schedule",
    "xbarmip-placement-certificate": "check_placement",
}
ACCEPTED, REFUSED, UNREADABLE = 0, 1, 2  # how the check of a file ends
MOST_BYTES = 2**23  # of one line
MOST_IN_FILE = 2**30  # bytes of a file, unpacked
MOST_LAYERS = 2**12
MOST_EDGES = 2**13
MOST_OUTPUTS = 2**26  # of all layers together, and of the consumers of all edges together
MOST_CHOICES = 2**23  # values of R in all windows together
MOST_BITS = 1024  # of any number
MOST_TERMS = 2**24  # values of R and legs of paths in all bounds that are kept at a time
MOST_IN_LABELS = 2**22  # numbers in all labels of one stage
MOST_SPLITS = 2**20  # of crossbars among some networks
MOST_HALVES = 2**10  # windows that are still to be refuted
MOST_ROWS = 2**10  # ways to pick one operand of every join that a layer reads
DEEPEST = 64  # joins and concatenations inside of each other
KEPT = -1  # what the line of a label says of a successor that is kept

Pairs = list[tuple[int, int]]
Into = list[list[tuple[int, int, "Need"]]]
Records = Iterator[tuple[int, Any]]


class Refused(Exception):  # noqa: N818 - it tells of a certificate, not of a fault in the program
    """The certificate does not prove what it claims; the message says where it fails."""


# --- reading: one JSON value a line, each checked for its type and range


def records(path: str) -> Records:
    """The values of a certificate, gzip'd or plain, one at a time: (line number, value)."""
    with open(path, "rb") as file:  # noqa: PTH123
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        lines, number, size = gzip.GzipFile(fileobj=file) if zipped else file, 0, 0
        while line := read_line(lines, number + 1):
            number, size = number + 1, size + len(line)
            if size > MOST_IN_FILE:
                raise Refused(f"line {number}: the file is longer than {MOST_IN_FILE} bytes")
            try:
                yield (
                    number,
                    json.loads(
                        str(line, "utf-8"), object_pairs_hook=no_twins, parse_constant=no_number
                    ),
                )
            except (ValueError, RecursionError) as error:
                raise Refused(f"line {number} is not a JSON value: {cut(str(error))}") from None


def read_line(lines: Any, number: int) -> bytes:
    """One line, empty at the end of the file."""
    try:
        line: bytes = lines.readline(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(f"line {number} cannot be read: {cut(str(error))}") from None
    if len(line) > MOST_BYTES:
        raise Refused(f"line {number} is longer than {MOST_BYTES} bytes")
    return line


def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys differ."""
    if len(pairs) != len(dict(pairs)):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def no_number(name: str) -> None:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError(f"{name} is not a number")


def plain(line: str) -> str:
    """A line without what a terminal obeys: everything that cannot be printed is a "?"."""
    return "".join(c if c.isprintable() else "?" for c in line)


def cut(value: Any) -> str:
    """A value for a message: short, printable, on one line."""
    line = plain((value if isinstance(value, str) else reprlib.repr(value))[:81])
    return line if len(line) <= 80 else line[:77] + "..."


def integer(value: Any, what: str, low: int | None = None, high: int | None = None) -> int:
    """An integer from `low` to `high`."""
    if type(value) is not int or value.bit_length() > MOST_BITS:
        raise Refused(f"{what} must be an integer of at most {MOST_BITS} bits, got {cut(value)}")
    if low is not None and value < low:
        raise Refused(f"{what} must be at least {low}, got {cut(value)}")
    if high is not None and value > high:
        raise Refused(f"{what} must be at most {high}, got {cut(value)}")
    return value


def array_of(value: Any, what: str, length: int | None = None) -> list[Any]:
    """An array, of a given length."""
    if type(value) is not list or (length is not None and len(value) != length):
        size = "" if length is None else f" of {length}"
        raise Refused(f"{what} must be an array{size}, got {cut(value)}")
    return value


def integers(
    value: Any,
    what: str,
    length: int | None = None,
    low: int | None = None,
    high: int | None = None,
) -> list[int]:
    """An array of integers."""
    return [integer(each, what, low, high) for each in array_of(value, what, length)]


def rising(values: Sequence[Any], what: str, in_order: bool = True) -> None:
    """Refuse entries of which one occurs twice or, unless any order goes, comes too late."""
    for a, b in pairwise(values if in_order else sorted(values)):
        if a == b:
            raise Refused(f"{what}: {cut(b)} occurs twice")
        if a > b:
            raise Refused(f"{what}: {cut(b)} comes after {cut(a)}")


def text(value: Any, what: str) -> str:
    """A string."""
    if type(value) is not str:
        raise Refused(f"{what} must be a string, got {cut(value)}")
    return value


def fields(value: Any, what: str, names: str) -> list[Any]:
    """The values of an object that has exactly these keys."""
    if type(value) is not dict or set(value) != set(names.split()):
        raise Refused(f"{what} must be an object with {names}, got {cut(value)}")
    return [value[name] for name in names.split()]


def ceil(a: int, b: int) -> int:
    """a / b, rounded up."""
    return -(-a // b)


# --- the problem


class Need:
    """need(x): how many outputs of the producer the consumer's outputs 1..x need; never falls.

    An output in row p and column q needs the producer's outputs up to row rows[p] and column
    columns[q], and so does every later one. Rows beyond the last add `growth` producer rows each.
    `tail` (b, a) is that of the closed form: the consumer ends ceil(a/R) - ceil(b/R) steps after
    the producer, or later; None where that is not asked.
    """

    def __init__(self, record: Any) -> None:
        names = "producer consumer width rows columns growth"
        producer, consumer, width, rows, columns, growth = fields(record, "edge", names)
        self.producer = integer(producer, "producer of an edge", 0)
        self.consumer = integer(consumer, "consumer of an edge", self.producer + 1)
        self.width = integer(width, "width of an edge", 1)
        self.rows = integers(rows, "rows of an edge")
        self.columns = integers(columns, "columns of an edge")
        self.growth = integer(growth, "growth of an edge", 0)
        self.tail: tuple[int, int] | None = None
        if not self.rows or not self.columns or self.columns != sorted(self.columns):
            raise Refused("an edge needs rows, and columns that do not fall")
        self.above = [0]
        for row in self.rows:
            self.above.append(max(self.above[-1], self.index(row, self.columns[-1])))

    def index(self, row: int, column: int) -> int:
        """Number of a producer's output by row and column; 0 where there is none."""
        return (row - 1) * self.width + column if row > 0 and column > 0 else 0

    def __call__(self, x: int) -> int:
        if x < 1:
            return 0
        row, column = divmod(x - 1, len(self.columns))
        if row < len(self.rows):
            return max(self.above[row], self.index(self.rows[row], self.columns[column]))
        last = self.rows[-1] + (row - len(self.rows) + 1) * self.growth
        whole = self.index(last - self.growth, self.columns[-1])
        return max(self.above[-1], whole, self.index(last, self.columns[column]))

    def first(self, wanted: int, limit: int) -> int:
        """The first x up to `limit` with need(x) >= wanted; limit + 1 where there is none."""
        return bisect_left(range(limit), wanted, key=lambda x: self(x + 1)) + 1

    def numbers(self) -> dict[str, Any]:
        """What a certificate states of it."""
        return {
            "producer": self.producer,
            "consumer": self.consumer,
            "width": self.width,
            "rows": self.rows,
            "columns": self.columns,
            "growth": self.growth,
        }

    def key(self) -> tuple[Any, ...]:
        """The order in which a certificate lists edges; two of the same would be the same edge."""
        need = (self.width, self.rows, self.columns, self.growth)
        return (self.consumer, self.producer, *need, (self.tail or ())[::-1])


class Constraint:
    """The sum of weights[l][R_l - 1] over some layers l is at most `limit`."""

    def __init__(self, name: str, limit: int, weights: dict[int, Sequence[int]]) -> None:
        self.name, self.limit, self.weights = name, limit, weights

    @classmethod
    def read(cls, record: Any, largest: list[int], in_order: bool) -> "Constraint":
        """The constraint of a certificate."""
        name, limit, weights = fields(record, "constraint", "name limit weights")
        name, limit = text(name, "name of a constraint"), integer(limit, "limit of a constraint")
        layers, found = list[int](), dict[int, Sequence[int]]()
        for pair in array_of(weights, "weights of a constraint"):
            layer, values = array_of(pair, "weights of a layer", 2)
            layers.append(integer(layer, "layer of a weight", 0, len(largest) - 1))
            found[layer] = integers(values, "weights of a layer", largest[layer])
        if not layers:
            raise Refused("a constraint must have a layer")
        rising(layers, "layers of a constraint", in_order)
        return cls(name, limit, found)

    def numbers(self) -> dict[str, Any]:
        """What a certificate states of it."""
        return {"limit": self.limit, "weights": sorted([k, w] for k, w in self.weights.items())}

    def after(self, done: int, layer: int, r: int) -> int:
        """Its sum `done`, with R = r of one more layer."""
        return done + self.weights[layer][r - 1] if layer in self.weights else done


def read_stream(value: Any, known: dict[int, int], within: str = "", depth: int = 0) -> set[int]:
    """Check what a layer reads, a tree over the layers in `known`; the layers that are in it.

    A tree is the number of a layer, or {"join": parts} or {"concat": parts}, two parts or more, in
    the order of `place`, none twice and none of the kind that it is part of.
    """
    if type(value) is int:
        if value not in known:
            raise Refused(f"a layer reads {cut(value)}, which is not among its producers")
        return {value}
    if type(value) is not dict or len(value) != 1 or not set(value) <= {"join", "concat"}:
        raise Refused(f"what a layer reads must be an integer, join or concat, got {cut(value)}")
    [(kind, parts)] = value.items()
    if kind == within or len(array_of(parts, kind)) < 2 or depth == DEEPEST:
        raise Refused(
            f"a {kind} needs two parts or more, of another kind, and at most {DEEPEST} levels"
        )
    found = [read_stream(part, known, kind, depth + 1) for part in parts]
    rising([place(part) for part in parts], f"parts of a {kind}")
    return set().union(*found)


def place(stream: Any) -> tuple[Any, ...]:
    """The order of what is read: layers, then concatenations, then joins, each by their parts."""
    if isinstance(stream, int):
        return (0, stream)
    [(kind, parts)] = stream.items()
    return (1, kind, [place(part) for part in parts])


def volume(stream: Any, brought: dict[int, int]) -> int:
    """V of what is read: of a join the largest of its parts, of a concatenation their sum."""
    if isinstance(stream, int):
        return brought[stream]
    [(kind, parts)] = stream.items()
    return (max if kind == "join" else sum)(volume(part, brought) for part in parts)


def picks(stream: Any) -> list[dict[int, int]]:
    """How often each layer counts, for each way to pick one part of every join.

    V is the largest, over these ways, of the sum of what the layers bring so many times. A way in
    which no layer counts more often than in another one is left out.
    """
    if isinstance(stream, int):
        return [{stream: 1}]
    [(kind, parts)] = stream.items()
    ways: list[dict[int, int]] = [] if kind == "join" else [{}]
    for part in parts:
        more = picks(part)
        if kind == "join":
            ways += more
        elif len(ways) * len(more) <= 2 * MOST_ROWS:
            summed = [
                {k: a.get(k, 0) + b.get(k, 0) for k in {**a, **b}} for a in ways for b in more
            ]
            ways = undominated(summed)
        else:
            ways *= len(more)
        if len(ways) > MOST_ROWS:
            raise Refused(
                f"joins that a layer reads have more than {MOST_ROWS} ways to pick a part"
            )
    return undominated(ways)


def undominated(ways: list[dict[int, int]]) -> list[dict[int, int]]:
    """Those in which no layer counts more often than in another; of equal ones the first."""
    unique = list({frozenset(way.items()): way for way in ways}.values())
    if all([*way.values()] == [1] for way in unique):
        return unique
    counted = [(sum(way.values()), way) for way in unique]
    return [
        way
        for count, way in counted
        if not any(  # of a larger sum, or it would be the same
            more > count and all(other.get(k, 0) >= times for k, times in way.items())
            for more, other in counted
        )
    ]


class StepTime:
    """How long a step lasts, in ticks: `compute`, or the longest that a layer takes for its data.

    Layer l takes own[l][R_l - 1] + times[l][R_l - 1] * V(l) where V(l) is the `volume` of what it
    reads, of which each producer k brings weight * R_k.
    """

    def __init__(self, record: Any, largest: list[int], version: int) -> None:
        in_order = version != 2
        tick, compute, layers = fields(record, "time", "tick compute layers")
        self.tick = integers(tick, "tick", 2, 1)  # a fraction of a second
        if math.gcd(*self.tick) > 1:
            raise Refused(f"tick must be in lowest terms, got {cut(self.tick)}")
        self.compute = integer(compute, "compute of a step time", 0)
        self.largest, self.own, self.times = largest, list[list[int]](), list[list[int]]()
        self.producers: list[dict[int, int]] = []
        self.reads: list[Any] = []
        self.rows: list[list[dict[int, int]]] = []
        for layer, most in zip(array_of(layers, "step times", len(largest)), largest, strict=True):
            joins = version >= 4 and type(layer) is dict and "reads" in layer
            names = "own times producers" + " reads" * joins
            own, times, producers, *reads = fields(layer, "step time of a layer", names)
            self.own.append(integers(own, "own of a step time", most, 0))
            self.times.append(integers(times, "times of a step time", most, 0))
            known = self.read_producers(producers, in_order)
            self.producers.append(known)
            self.reads.append(reads[0] if reads else None)
            self.rows.append(self.read_rows(known, *reads))

    def read_producers(self, record: Any, in_order: bool) -> dict[int, int]:
        """The layers, all before the next one, whose data this one reads: their weights."""
        found = []
        for pair in array_of(record, "producers of a step time"):
            k, weight = array_of(pair, "producer of a step time", 2)
            k = integer(k, "producer of a step time", 0, len(self.producers) - 1)
            least = 1 if in_order else 0  # version 2 lists producers that do not count as well
            found.append((k, integer(weight, "weight of a producer", least)))
        rising([k for k, _ in found], "producers of a step time", in_order)
        return {k: weight for k, weight in found if weight}

    def read_rows(self, known: dict[int, int], *reads: Any) -> list[dict[int, int]]:
        """V is the largest of these sums of weight * R_k: their weights.

        Without a tree, a layer reads the concatenation of its producers; a tree must say more.
        """
        for stream in reads:
            if read_stream(stream, known) != set(known):
                raise Refused("a layer reads other layers than its producers")
            if not isinstance(stream, dict) or all(
                isinstance(k, int) for k in stream.get("concat", [{}])
            ):
                raise Refused("what a layer reads is stated only where there is a join")
            return [{k: n * known[k] for k, n in sorted(way.items())} for way in picks(stream)]
        return [dict(known)]

    def numbers(self) -> dict[str, Any]:
        """What a certificate states of it."""
        layers = [
            {
                "own": own,
                "times": times,
                "producers": sorted(map(list, producers.items())),
                **({} if reads is None else {"reads": reads}),
            }
            for own, times, producers, reads in zip(
                self.own, self.times, self.producers, self.reads, strict=True
            )
        ]
        return {"tick": self.tick, "compute": self.compute, "layers": layers}

    def __call__(self, allocation: list[int]) -> int:
        """Ticks that a step lasts."""
        longest = self.compute
        for layer, r in enumerate(allocation):
            brought = {k: w * allocation[k] for k, w in self.producers[layer].items()}
            reads = self.reads[layer]
            read = sum(brought.values()) if reads is None else volume(reads, brought)
            longest = max(longest, self.own[layer][r - 1] + self.times[layer][r - 1] * read)
        return longest

    def limits(self, most: int) -> list[Constraint]:
        """What holds exactly where no layer takes more than `most` ticks.

        Of layer l, for each of its rows: sum of weight * R_k <= cap(R_l) = (most - own) / times,
        rounded down. The sum is somewhere from `least` to `highest`, so a cap of least - 1 forbids
        R_l, one of `highest` allows everything. A row that holds for every R_l is left out.
        """
        return [
            limit
            for layer, rows in enumerate(self.rows)
            for row in rows
            for limit in self.limit(layer, row, most)
        ]

    def limit(self, layer: int, row: dict[int, int], most: int) -> Iterator[Constraint]:
        """The constraint of a row, if it has one; row and cap are divided as far as that goes."""
        scale = math.gcd(*row.values())
        reads = {k: weight // scale for k, weight in row.items()}
        least = sum(reads.values())
        highest = sum(w * self.largest[k] for k, w in reads.items())
        caps = []
        for own, times in zip(self.own[layer], self.times[layer], strict=True):
            cap = (most - own) // (times * scale) if times * scale else highest
            caps.append(least - 1 if own > most else min(max(cap, least - 1), highest))
        if min(caps) < highest:
            weights: dict[int, Sequence[int]] = {layer: [-cap for cap in caps]}
            for k, w in reads.items():
                weights[k] = range(w, w * self.largest[k] + 1, w)
            yield Constraint(f"step time of layer {layer}", 0, weights)


class Minimum:
    """A measure that is minimised: the value, the crossbars, or the sum or greatest of entries.

    Of the latter, layer l has entries[l][R_l - 1], for some layers l.
    """

    def __init__(self, record: Any, largest: list[int]) -> None:
        self.kind, self.entries = record, dict[int, list[int]]()
        if type(record) is dict and len(record) == 1:
            self.kind, pairs = next(iter(record.items()))
            for pair in array_of(pairs, "entries of a measure"):
                k, entries = array_of(pair, "entries of a layer", 2)
                k = integer(k, "layer of a measure", max(self.entries, default=-1) + 1)
                integer(k, "layer of a measure", None, len(largest) - 1)
                self.entries[k] = integers(entries, "entries of a layer", largest[k])
        if self.kind not in (("sum", "greatest") if self.entries else ("value", "crossbars")):
            raise Refused(f"unknown measure {cut(record)}")

    def numbers(self) -> Any:
        """What a certificate states of it."""
        return (
            {self.kind: [[*pair] for pair in self.entries.items()]} if self.entries else self.kind
        )

    def of(self, problem: "Problem", allocation: list[int]) -> int:
        """What it is of an allocation."""
        if self.kind == "value":
            return problem.value(allocation)
        if self.kind == "crossbars":
            return sum(r * s for r, s in zip(allocation, problem.sets, strict=True))
        found = [entries[allocation[k] - 1] for k, entries in self.entries.items()]
        return sum(found) if self.kind == "sum" else max(found)

    def limits(self, most: int) -> list[Constraint]:
        """What holds exactly where a sum or greatest of entries is at most `most`."""
        if self.kind == "sum":
            return [Constraint("sum", most, dict(self.entries))]
        over = {k: [int(entry > most) for entry in own] for k, own in self.entries.items()}
        return [Constraint("greatest", 0, {k: some}) for k, some in over.items() if any(some)]


class Goal:
    """What is minimised in order, and what the value is to be at most, if there is such a bound."""

    def __init__(self, record: Any, largest: list[int]) -> None:
        at_most, least = fields(record, "goal", "at_most least")
        self.at_most = None if at_most is None else integer(at_most, "bound of a goal", 0)
        self.least = [Minimum(each, largest) for each in array_of(least, "measures of a goal")]
        if not self.least:
            raise Refused("a goal must minimise something")

    def numbers(self) -> dict[str, Any]:
        """What a certificate states of it."""
        return {"at_most": self.at_most, "least": [each.numbers() for each in self.least]}

    def left(self, problem: "Problem", values: list[int]) -> tuple["Problem", int | None]:
        """What is left of a problem, and of the bound, where measures have at most some values.

        Those of the first ones. Without a bound on it, the value plays no part.
        """
        target, crossbars, limits = self.at_most, problem.crossbars, list[Constraint]()
        for least, most in zip(self.least, values, strict=False):
            if least.kind == "value":
                target = most if target is None else min(target, most)
            elif least.kind == "crossbars":
                crossbars = min(crossbars, most)
            else:
                limits += least.limits(most)
        return problem.part(crossbars, limits, timed=target is not None), target


class Problem:
    """Layers in topological order, edges, budget, constraints, and what an allocation takes.

    What is counted is a *view* of a network: its edges and ends; for each layer the outputs that
    count, `made`; whether steps stall (the pipeline) or not (the closed form); whether a step makes
    no output beyond those that there are (`capped`); and what is added to the count (`offset`).

    `in_order` and `numbered` say how a certificate of its version is read: whether lists rise, and
    whether proofs give paths by their numbers, and what they keep in the lines of labels.
    """

    def __init__(self, record: Any, version: int = VERSION) -> None:
        self.in_order, self.numbered = version != 2, version >= 5
        names = "name crossbars layers edges constraints time "
        names += "measure view" if self.in_order else "objective rule tails"
        goal = record.get("goal") if type(record) is dict and version >= 4 else None
        if goal is not None:
            record = {key: each for key, each in record.items() if key != "goal"}
        name, crossbars, layers, edges, constraints, time, *measure = fields(
            record, "problem", names
        )
        text(name, "name of the problem")
        self.crossbars = integer(crossbars, "crossbars", 1)
        self.read_layers(layers)
        self.read_edges(edges)
        if self.in_order:
            self.read_view(*measure)
            rising([edge.key() for edge in self.edges], "edges")
            timed = time is not None
        else:
            timed = self.read_older_view(*measure)
        self.check_view()
        self.spare = self.crossbars - sum(self.sets)
        self.largest = [
            min(outputs, 1 + max(0, self.spare) // crossbar_set)
            for outputs, crossbar_set in zip(self.outputs, self.sets, strict=True)
        ]
        if sum(self.largest) > MOST_CHOICES:
            raise Refused(f"the layers have more than {MOST_CHOICES} values of R")
        self.constraints = [
            Constraint.read(each, self.largest, self.in_order)
            for each in array_of(constraints, "constraints")
        ]
        self.timing = Pipeline(self) if self.stalls else ClosedForm(self)
        if not timed and time is not None:
            raise Refused("the objective needs no time")
        self.time = StepTime(time, self.largest, version) if timed else None
        self.goal = None if goal is None else Goal(goal, self.largest)

    def read_layers(self, layers: Any) -> None:
        """Outputs, crossbar sets and ends, by layer."""
        self.outputs, self.sets, self.ends, names = [], [], [], set[str]()
        for layer in array_of(layers, "layers"):
            name, outputs, crossbar_set, end = fields(layer, "layer", "name outputs set end")
            names.add(text(name, "name of a layer"))
            self.outputs.append(integer(outputs, "outputs of a layer", 1))
            self.sets.append(integer(crossbar_set, "set of a layer", 1))
            self.ends.append(integer(end, "end of a layer", 0, 1))
        self.layers = range(len(self.outputs))
        if not 1 <= len(self.outputs) <= MOST_LAYERS:
            raise Refused(f"a problem has 1 to {MOST_LAYERS} layers")
        if len(names) < len(self.outputs):
            raise Refused("two layers have the same name")
        if sum(self.outputs) > MOST_OUTPUTS:
            raise Refused(f"the layers have more than {MOST_OUTPUTS} outputs")

    def read_edges(self, edges: Any) -> None:
        """Need maps that fit the layers; each layer ends something, or another waits for it."""
        self.edges, waits = list[Need](), 0
        for record in array_of(edges, "edges"):
            edge = Need(record)
            if edge.consumer >= len(self.outputs):
                raise Refused(f"an edge leads to layer {edge.consumer}, which does not exist")
            if len(edge.rows) * len(edge.columns) != self.outputs[edge.consumer]:
                raise Refused(f"an edge does not fit the outputs of layer {edge.consumer}")
            waits += self.outputs[edge.consumer]
            self.edges.append(edge)
        if len(self.edges) > MOST_EDGES or waits > MOST_OUTPUTS:
            raise Refused(
                f"more than {MOST_EDGES} edges, or {MOST_OUTPUTS} outputs that wait by edges"
            )
        for k in set(self.layers) - {edge.producer for edge in self.edges}:
            if not self.ends[k]:
                raise Refused(f"nothing waits for layer {k}, and it ends nothing")

    def read_view(self, measure: Any, record: Any) -> None:
        """What is counted."""
        text(measure, "measure")
        names = "stalls capped counted tails offset"
        stalls, capped, counted, tails, offset = fields(record, "view", names)
        self.stalls = integer(stalls, "stalls of a view", 0, 1)
        self.capped = integer(capped, "capped of a view", 0, 1)
        self.made = integers(counted, "counted of a view", len(self.outputs), 0)
        self.offset = integer(offset, "offset of a view", 0)
        for edge, tail in zip(
            self.edges, array_of(tails, "tails of a view", len(self.edges)), strict=True
        ):
            if tail is not None:
                end, begin = integers(tail, "tail of an edge", 2, 0)
                edge.tail = integer(begin, "begin of a tail", 0, end), end

    def read_older_view(self, objective: Any, rule: Any, tails: Any) -> bool:
        """What version 2 states by names; whether the value is a time."""
        match objective, rule:
            case "cycles" | "latency", None:
                self.stalls = self.capped = 1
            case "steps" | "latency-steps", "pipeline" | "published":
                self.stalls, self.capped = 0, int(rule == "pipeline")
            case _:
                raise Refused(f"objective {cut(objective)} by rule {cut(rule)}: unknown")
        lengths = integers(tails, "tails", 0 if self.capped else len(self.outputs), 0)
        self.offset, self.made = 0, list(self.outputs)
        if self.capped:
            self.made = [n if end else 0 for n, end in zip(self.outputs, self.ends, strict=True)]
            for edge in sorted(self.edges, key=lambda edge: -edge.consumer):
                wanted = edge(self.made[edge.consumer])
                self.made[edge.producer] = max(self.made[edge.producer], wanted)
        for edge in () if self.stalls else self.edges:
            last, end = self.made[edge.producer], self.made[edge.consumer]
            if not self.capped:
                edge.tail = 0, lengths[edge.consumer]
            elif last and edge(end) >= last:
                edge.tail = edge.first(last, end), end
        return str(objective).startswith("latency")

    def check_view(self) -> None:
        """Refuse a view of which one number contradicts another (docs/certificate-format.md)."""
        for k, made in enumerate(self.made):
            integer(made, f"counted of layer {k}", 0, self.outputs[k])
        if not any(end and made for end, made in zip(self.ends, self.made, strict=True)):
            raise Refused("no output of an end counts")
        for edge in self.edges if self.capped else ():
            if edge(self.outputs[edge.consumer]) > self.outputs[edge.producer]:
                raise Refused(f"an edge needs more outputs than layer {edge.producer} has")
        if not self.stalls:
            return
        if not self.capped or any(edge.tail for edge in self.edges):
            raise Refused("a view that stalls must be capped, and has no tails")
        wanted = [0] * len(self.outputs)
        for edge in self.edges:
            wanted[edge.producer] = max(wanted[edge.producer], edge(self.made[edge.consumer]))
        for k, least in enumerate(wanted):
            integer(self.made[k], f"counted of layer {k}", least, None if self.ends[k] else least)

    def numbers(self) -> dict[str, Any]:
        """What a certificate of the newest version states, but for names."""
        groups = groupby(sorted(self.edges, key=Need.key), key=Need.key)
        edges = [next(equal) for _, equal in groups]
        layers = zip(self.outputs, self.sets, self.ends, strict=True)
        goal = {} if self.goal is None else {"goal": self.goal.numbers()}
        return {
            **goal,
            "crossbars": self.crossbars,
            "layers": [{"outputs": n, "set": s, "end": end} for n, s, end in layers],
            "view": {
                "stalls": self.stalls,
                "capped": self.capped,
                "counted": self.made,
                "tails": [edge.tail and [edge.tail[1], edge.tail[0]] for edge in edges],
                "offset": self.offset,
            },
            "edges": [edge.numbers() for edge in edges],
            "constraints": [c.numbers() for c in self.constraints],
            "time": self.time and self.time.numbers(),
        }

    def into(self, numbers: Sequence[int]) -> Into:
        """For each layer those of the given edges that lead to it: (number, producer, need map)."""
        into: Into = [[] for _ in self.layers]
        for number in numbers:
            edge = self.edges[number]
            into[edge.consumer].append((number, edge.producer, edge))
        return into

    def limited(self, most: int) -> "Problem":
        """The count of a latency, where no layer may take more than `most` ticks."""
        assert self.time is not None
        limited, timing = copy.copy(self), copy.copy(self.timing)
        limited.constraints = [*self.constraints, *self.time.limits(most)]
        limited.time, limited.timing, timing.problem = None, timing, limited
        return limited

    def part(self, crossbars: int, limits: list[Constraint], timed: bool) -> "Problem":
        """The problem with a smaller budget and more constraints; unless `timed`, without time."""
        part, timing = copy.copy(self), copy.copy(self.timing)
        part.timing, timing.problem = timing, part
        part.crossbars, part.spare = crossbars, crossbars - sum(self.sets)
        part.largest = [
            min(most, 1 + max(0, part.spare) // crossbar_set)
            for most, crossbar_set in zip(self.largest, self.sets, strict=True)
        ]
        part.constraints = [*self.constraints, *limits]
        part.time = self.time if timed else None
        return part

    def value(self, allocation: list[int]) -> int:
        """What is counted; ticks where the value is a time."""
        count = self.timing.value(allocation) + self.offset
        return count if self.time is None else count * self.time(allocation)

    def check_allowed(self, allocation: list[int]) -> None:
        """Refuse an allocation that the problem does not allow."""
        for k in self.layers:
            integer(allocation[k], f"R of layer {k}", 1, self.largest[k])
        if sum(r * s for r, s in zip(allocation, self.sets, strict=True)) > self.crossbars:
            raise Refused(f"the allocation takes more than {self.crossbars} crossbars")
        for number, c in enumerate(self.constraints):
            if sum(c.after(0, k, allocation[k]) for k in self.layers) > c.limit:
                raise Refused(f"the allocation breaks constraint {number}")


# --- the two objectives: what an allocation takes, how a decision moves deadlines, what a path is


class Pipeline:
    """`cycles`: every layer makes R outputs a step, a step a cycle, and waits for what it needs.

    A label's deadline (x, d) for layer k says: output x of k exists at the end of cycle d. A leg
    (k, a, b, b) of a path says: output b of k comes ceil(b/R) - ceil(a/R) cycles after a, or more.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def value(self, allocation: list[int]) -> int:
        """Cycles of one inference, by simulation."""
        p, finish = self.problem, list[Any]()
        into = p.into(range(len(p.edges)))
        for k in p.layers:
            times = array("q", [0])
            for step in range(1, ceil(p.outputs[k], allocation[k]) + 1):
                time = times[-1] + 1
                for _, j, need in into[k]:
                    wanted = need(min(step * allocation[k], p.outputs[k]))
                    time = max(time, finish[j][ceil(wanted, allocation[j])])
                times.append(time)
            finish.append(times)
        return max(finish[k][ceil(p.made[k], allocation[k])] for k in p.layers if p.ends[k])

    def first_label(self, target: int | None) -> "Label":
        """The label before any decision: what counts of every end exists by the target."""
        p = self.problem
        ends = [k for k in p.layers if p.ends[k] and p.made[k] and target is not None]
        return Label(0, [0] * len(p.constraints), {k: [(p.made[k], target)] for k in ends}, {})

    def cap(self, k: int, made: int) -> int:
        """Outputs of layer k after steps that would make `made` of them."""
        return min(made, self.problem.outputs[k])

    def spread(self, most: int) -> int | None:
        """Of two outputs x < y, with R <= most, y comes (y - x) // spread cycles later or more."""
        return most

    def expand(
        self, label: "Label", k: int, r: int, into: list[tuple[int, int, Need]]
    ) -> tuple[dict[int, Pairs], dict[int, int]] | None:
        """Deadlines that R_k = r leaves to each producer; None where one cannot be met.

        Step s ends a cycle before step s + 1, by the deadline of every output that it makes, and in
        cycle s at the earliest.
        """
        handed: dict[int, Pairs] = defaultdict(list)
        due = label.due.get(k, [])
        at, last = len(due) - 1, due[-1] if due else (0, 0)
        time = last[1] + 1
        if ceil(last[0], r) * len(into) > MOST_IN_LABELS:
            raise Refused(f"a label has more than {MOST_IN_LABELS} numbers")
        for step in range(ceil(last[0], r), 0, -1):
            time -= 1
            while at >= 0 and due[at][0] > (step - 1) * r:
                time = min(time, due[at][1])
                at -= 1
            if time < step:
                return None
            for _, j, need in into:
                wanted = need(self.cap(k, step * r))
                if wanted:
                    handed[j].append((wanted, time))
        return handed, {}

    def legs(self, path: Any, search: "Search") -> "Legs":
        """The legs of [sink, [[a, edge], ...]]: in the layer that is reached, from its output back
        to output a, which needs an output of the edge's producer; in the last layer to its begin.
        """
        k, moves = array_of(path, "path", 2)
        k, legs = search.sink(k), list[tuple[int, int, int, int | None]]()
        b = self.problem.made[k]
        for move in array_of(moves, "moves of a path"):
            a, number = array_of(move, "move of a path", 2)
            integer(a, "output on a path", 1, b)
            legs.append((k, a, b, b))
            edge = search.edge_into(number, k)
            k, b = edge.producer, edge(search.least_made(k, a))
            if not b:
                raise Refused(f"a path waits for nothing of layer {k}")
        return [*legs, (k, 0, b, b)]


class ClosedForm:
    """`steps`: the closed form.

    A label's deadline (x, d) for layer k says: PreOp_k + ceil(x/R) - 1 <= d, and whatever x outputs
    of k wait for obeys d in the same way; its latest end e says: Op_k <= e. A leg (k, a, b, _) of a
    path says: the part of the way in layer k takes ceil(b/R) - ceil(a/R) steps.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def cap(self, k: int, made: int) -> int:
        """Outputs of layer k after steps that would make `made` of them."""
        return min(made, self.problem.made[k]) if self.problem.capped else made

    def spread(self, most: int) -> int | None:
        """First steps that wait for more outputs need not come later."""
        return None

    def value(self, allocation: list[int]) -> int:
        """Steps of one inference."""
        p, r, pre, op = self.problem, allocation, list[int](), list[int]()
        into = p.into(range(len(p.edges)))
        for i in p.layers:
            demand = [0] * i + [r[i]]
            pre.append(0)
            for c in range(i, -1, -1):
                if demand[c] and c < i:
                    pre[i] = max(pre[i], ceil(demand[c], r[c]) - 1 + pre[c])
                made = self.cap(c, ceil(demand[c], r[c]) * r[c])
                for _, j, need in into[c]:
                    demand[j] = max(demand[j], need(made))
            op.append(pre[i] + ceil(p.made[i], r[i]))
            for _, j, need in into[i]:
                if tail := need.tail:
                    op[i] = max(op[i], op[j] + ceil(tail[1], r[i]) - ceil(tail[0], r[i]))
        return max(op[k] for k in p.layers if p.ends[k])

    def first_label(self, target: int | None) -> "Label":
        """The label before any decision: every end ends by the target."""
        p = self.problem
        ends = [k for k in p.layers if p.ends[k] and target is not None]
        return Label(0, [0] * len(p.constraints), {}, dict.fromkeys(ends, target))

    def expand(
        self, label: "Label", k: int, r: int, into: list[tuple[int, int, Need]]
    ) -> tuple[dict[int, Pairs], dict[int, int]] | None:
        """Deadlines and ends that R_k = r leaves to each producer; None where one cannot be met."""
        handed: dict[int, Pairs] = defaultdict(list)
        ends: dict[int, int] = {}
        due, end = label.due.get(k, []), label.ends.get(k)
        starts = [d - ceil(x, r) + 1 for x, d in due]
        if end is not None:
            starts.append(end - ceil(self.problem.made[k], r))
        if not starts:
            return handed, ends
        if min(starts) < 0:
            return None
        firsts = [(r, min(starts)), *((ceil(x, r) * r, d) for x, d in due)]
        for _, j, need in into:
            for made, d in firsts:
                wanted = need(self.cap(k, made))
                if wanted:
                    handed[j].append((wanted, d))
            if end is not None and (tail := need.tail):
                latest = end - ceil(tail[1], r) + ceil(tail[0], r)
                ends[j] = min(latest, ends.get(j, latest))
        return handed, ends

    def legs(self, path: Any, search: "Search") -> "Legs":
        """The legs of [sink, [edge, ...], [[edge, ...], ...]]: by tails from the sink to a layer,
        its own steps, then from first step to first step, each along the edges it waits through.
        """
        k, tails, waits = array_of(path, "path", 3)
        k, legs = search.sink(k), list[tuple[int, int, int, int | None]]()
        for number in array_of(tails, "tails of a path"):
            edge = search.edge_into(number, k)
            if not edge.tail:
                raise Refused(f"a path takes a tail that edge {number} does not have")
            legs.append((k, *edge.tail, None))
            k = edge.producer
        legs.append((k, 0, self.problem.made[k], None))
        for wait in array_of(waits, "waits of a path"):
            x, made = 0, self.cap(k, search.low[k])
            for number in array_of(wait, "wait of a path"):
                if x:
                    legs.append((k, x, x, x))
                    made = search.least_made(k, x)
                edge = search.edge_into(number, k)
                k, x = edge.producer, edge(made)
                if not x:
                    raise Refused(f"a path waits for nothing of layer {k}")
            if x:
                legs.append((k, 1, x, x))
        return legs


# --- labels


class Label:
    """What the decided layers used, what they add to each constraint, and what they leave to the
    others: deadlines (x, d), both rising, and latest ends, by layer.
    """

    __slots__ = ("due", "ends", "sums", "used")

    def __init__(self, used: int, sums: list[int], due: Any, ends: Any) -> None:
        self.used, self.sums = used, sums
        self.due: dict[int, Pairs] = due
        self.ends: dict[int, int] = ends

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return 1 + len(self.sums) + 2 * sum(map(len, self.due.values())) + len(self.ends)


def staircase(pairs: Pairs, spread: int | None) -> Pairs:
    """Deadlines without those that a later output's deadline implies."""
    kept: Pairs = []
    for x, d in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if not kept or d < earlier(kept[-1], x, spread):
            kept.append((x, d))
    kept.reverse()
    return kept


def earlier(pair: tuple[int, int], x: int, spread: int | None) -> int:
    """The deadline that a pair sets for output x, which does not come after the pair's."""
    return pair[1] if spread is None else pair[1] - (pair[0] - x) // spread


def deadline(due: Pairs, x: int, spread: int | None) -> int | None:
    """The deadline that a staircase sets for output x; None where it sets none."""
    at = bisect_left(due, (x,))
    return None if at == len(due) else earlier(due[at], x, spread)


# --- path bounds

# (layer, a, b, where a label has the deadline of a path that enters here: an output, or the end)
Legs = list[tuple[int, int, int, int | None]]


class Bound:
    """A path bound, under the windows that a search has when it is made.

    An allocation inside the windows, of value at most T, that completes a label has
      scale*crossbars + sum_c multiplier_c*weight_c + sum_p multiplier_p*length_p
        <= scale*Total + sum_c multiplier_c*limit_c + sum_p multiplier_p*deadline_p
    where `length` counts a path in the undecided layers only, and `deadline` is the label's for the
    place where the path enters them. Each undecided layer adds one of its `terms` to the left side,
    `least` or more. Where even that exceeds the right side, no such allocation exists.
    """

    def __init__(self, record: Any, search: "Search") -> None:
        scale, multipliers, paths = fields(record, "bound", "scale constraints paths")
        p = self.problem = search.problem
        self.scale = integer(scale, "scale of a bound", 0)
        self.multipliers = integers(multipliers, "multipliers of a bound", len(p.constraints), 0)
        self.paths: list[tuple[int, Legs]] = []
        self.size, listed = search.choices, list[Any]()
        ramps: list[dict[int, int]] = [defaultdict(int) for _ in p.layers]
        for pair in array_of(paths, "paths of a bound"):
            multiplier, path = array_of(pair, "path of a bound", 2)
            integer(multiplier, "multiplier of a path", 1)
            path = search.whole(path)
            if search.target is None:
                raise Refused("a proof without a target cannot have paths")
            legs = p.timing.legs(path, search)
            for k, a, b, _ in legs:
                if a > b:
                    raise Refused(f"a path goes forward in layer {k}")
                ramps[k][a] -= multiplier
                ramps[k][b] += multiplier
            self.paths.append((multiplier, legs))
            listed.append(path)
            self.size += len(legs)
            if self.size > MOST_TERMS:
                raise Refused(f"a bound has more than {MOST_TERMS} values of R and legs of paths")
        rising(listed, "paths of a bound", p.in_order)
        self.terms = [self.terms_of(k, ramps[k], search) for k in p.layers]
        self.least = [min(terms) for terms in self.terms]

    def terms_of(self, k: int, ramps: dict[int, int], search: "Search") -> list[int]:
        """The term of layer k for every R of its window; ramp x: m stands for m*ceil(x/R)."""
        own = self.scale * self.problem.sets[k]
        slopes = [(x, m) for x, m in ramps.items() if m]
        weights = [
            (m, c)
            for m, c in zip(self.multipliers, self.problem.constraints, strict=True)
            if m and k in c.weights
        ]
        return [
            own * r
            + sum(m * -(-x // r) for x, m in slopes)
            + sum(m * c.after(0, k, r) for m, c in weights)
            for r in range(search.low[k], search.high[k] + 1)
        ]

    def at(self, undecided: set[int]) -> tuple[int, dict[tuple[int, int | None], int]]:
        """The least sum of the terms, and the multipliers by the place where paths enter."""
        asked: dict[tuple[int, int | None], int] = defaultdict(int)
        for multiplier, legs in self.paths:
            entry = next((leg for leg in legs if leg[0] in undecided), None)
            if entry:
                asked[entry[0], entry[3]] += multiplier
        return sum(self.least[k] for k in undecided), asked


# --- the search that a proof describes


class Search:
    """The proof that no allowed allocation has a value of at most `most` (None: any value).

    `target` is what that leaves to the count. Edges that the proof leaves out could only make
    values larger: what it refutes without them is refuted.
    """

    def __init__(self, problem: Problem, most: int | None, edges: Any, order: Any) -> None:
        self.problem, count = problem, len(problem.layers)
        self.target = None if most is None else most - problem.offset
        edges = integers(edges, "edges of a proof", None, 0, len(problem.edges) - 1)
        rising(edges, "edges of a proof")
        self.edges = set(edges)
        self.order = integers(order, "order of a proof", count, 0, count - 1)
        place = {k: at for at, k in enumerate(self.order)}
        rising(self.order, "order of a proof", in_order=False)
        for edge in (problem.edges[number] for number in self.edges):
            if place[edge.consumer] > place[edge.producer]:
                raise Refused(f"layer {edge.producer} is decided before its consumer")
        self.into = problem.into(sorted(self.edges))
        self.low, self.high = [1] * count, list(problem.largest)
        self.bounds: list[Bound] = []
        self.paths: list[Any] | None = None  # that bounds may give by their numbers
        self._made: dict[tuple[int, int], int] = {}

    def sink(self, k: Any) -> int:
        """A layer where a path begins."""
        k = integer(k, "sink of a path", 0, len(self.problem.layers) - 1)
        if not self.problem.ends[k]:
            raise Refused(f"a path begins at layer {k}, which ends nothing")
        return int(k)

    def edge_into(self, number: Any, k: int) -> Need:
        """The edge by which a path leaves layer k for one of its producers."""
        if integer(number, "edge of a path", 0) not in self.edges:
            raise Refused(f"a path takes edge {number}, which the proof leaves out")
        edge = self.problem.edges[number]
        if edge.consumer != k:
            raise Refused(f"a path takes edge {number} in layer {k}, to which it does not lead")
        return edge

    def whole(self, path: Any) -> Any:
        """A path that is given in full, and then has the next number, or by its number."""
        if self.paths is None:
            return path
        if type(path) is int:
            return self.paths[integer(path, "number of a path", 0, len(self.paths) - 1)]
        self.paths.append(path)
        return path

    def least_made(self, k: int, x: int) -> int:
        """The fewest outputs that exist after the step that makes output x, over the window."""
        if (k, x) not in self._made:
            window = range(self.low[k], self.high[k] + 1)
            fewest = min(-(-x // r) * r for r in window)
            self._made[k, x] = self.problem.timing.cap(k, fewest)
        return self._made[k, x]

    @property
    def choices(self) -> int:
        """Values of R in the windows."""
        return sum(self.high) - sum(self.low) + len(self.low)

    @property
    def empty(self) -> bool:
        """Whether a layer has no R left."""
        return any(low > high for low, high in zip(self.low, self.high, strict=True))

    def set_windows(self, low: list[int], high: list[int]) -> None:
        """Take other windows."""
        self.low, self.high, self._made = list(low), list(high), {}

    def narrow(self, record: Any) -> None:
        """One round: a bound, and the windows that it leaves."""
        bound, low, high = fields(record, "round", "bound low high")
        count, most = len(self.problem.layers), self.problem.largest
        low = integers(low, "low of a round", count, 1)
        high = integers(high, "high of a round", count, 0)
        for k, r in enumerate(map(max, low, high)):
            if r > most[k]:
                raise Refused(f"a round has R = {r} of layer {k}, which is {most[k]} at most")
        bound = Bound(bound, self)
        for k, refuted in enumerate(self.refuted(bound)):
            for r, gone in enumerate(refuted, self.low[k]):
                if not gone and not low[k] <= r <= high[k]:
                    raise Refused(f"a round drops R = {r} of layer {k}, which it does not refute")
        left = self.choices
        self.set_windows(list(map(max, low, self.low)), list(map(min, high, self.high)))
        if self.choices >= left:
            raise Refused("a round drops no R")

    def refuted(self, bound: Bound) -> Iterator[list[bool]]:
        """For each layer, for every R of its window, whether the budget or a bound refutes it."""
        p = self.problem
        stage = Stage(self, set(p.layers), [bound])
        excess = stage.excess(bound, p.timing.first_label(self.target))
        for k in p.layers:
            left = p.crossbars - stage.rest + self.low[k] * p.sets[k]
            others = excess - bound.least[k]
            yield [
                r * p.sets[k] > left or others + term > 0
                for r, term in enumerate(bound.terms[k], self.low[k])
            ]


class Stage:
    """What holds of all labels with the same undecided layers."""

    def __init__(self, search: Search, undecided: set[int], bounds: list[Bound]) -> None:
        self.search, self.problem, self.undecided = search, search.problem, undecided
        low, high = search.low, search.high
        self.rest = sum(low[j] * self.problem.sets[j] for j in undecided)  # what they take at least
        left = [
            [w[low[j] - 1 : high[j]] for j, w in c.weights.items() if j in undecided]
            for c in self.problem.constraints
        ]
        self.rests = [sum(map(min, each)) for each in left]  # what they add at least
        self.mosts = [sum(map(max, each)) for each in left]
        self.bounds = {bound: bound.at(undecided) for bound in bounds}

    def spread(self, label: Label, k: int) -> int | None:
        """`spread` of layer k in completions of a label: its R is at most what the label leaves."""
        search, p = self.search, self.problem
        slack = max(0, p.crossbars - label.used - self.rest)
        return p.timing.spread(min(search.high[k], search.low[k] + slack // p.sets[k]))

    def excess(self, bound: Bound, label: Label) -> int:
        """Left side of a bound, at least, less its right side: above 0, the label is refuted."""
        total, asked = self.bounds[bound]
        p = self.problem
        total += bound.scale * (label.used - p.crossbars)
        for multiplier, c, done in zip(bound.multipliers, p.constraints, label.sums, strict=True):
            total += multiplier * (done - c.limit)
        for (k, x), multiplier in asked.items():
            total -= multiplier * self.latest(label, k, x)
        return total

    def latest(self, label: Label, k: int, x: int | None) -> int:
        """The deadline of a path that enters layer k; the target where the label has none."""
        target = self.search.target
        assert target is not None, "without a target there are no paths"
        if x is None:
            return min(target, label.ends.get(k, target))
        found = deadline(label.due.get(k, []), x, self.spread(label, k))
        return target if found is None else min(target, found)

    def refutes(self, label: Label) -> bool:
        """Whether too little of the budget or a constraint is left, or a bound cuts the label."""
        if label.used + self.rest > self.problem.crossbars:
            return True
        for c, done, rest in zip(self.problem.constraints, label.sums, self.rests, strict=True):
            if done + rest > c.limit:
                return True
        return any(self.excess(bound, label) > 0 for bound in self.bounds)

    def dominates(self, a: Label, b: Label) -> bool:
        """Whether whatever completes b completes a: a used no more, has no earlier deadline, and of
        each constraint no larger sum, or one that nothing can bring over the limit.
        """
        if a.used > b.used:
            return False
        for c, most, x, y in zip(self.problem.constraints, self.mosts, a.sums, b.sums, strict=True):
            if x > y and x + most > c.limit:
                return False
        if any(j not in b.ends or b.ends[j] > end for j, end in a.ends.items()):
            return False
        for j, due in a.due.items():
            spread, other = self.spread(b, j), b.due.get(j, [])
            for x, d in due:
                implied = deadline(other, x, spread)
                if implied is None or implied > d:
                    return False
        return True


class Decision:
    """The decision of one layer: from a stage to the next."""

    def __init__(self, search: Search, k: int, undecided: set[int], bounds: list[Bound]) -> None:
        self.search, self.problem, self.layer = search, search.problem, k
        self.before = Stage(search, undecided, bounds)
        self.after = Stage(search, undecided - {k}, bounds)

    def successors(self, label: Label) -> Iterator[tuple[int, Label]]:
        """The successors of a label that are not refuted: (R, label)."""
        p, k, low = self.problem, self.layer, self.search.low[self.layer]
        others = {b: self.before.excess(b, label) - b.least[k] for b in self.before.bounds}
        left = p.crossbars - label.used - self.after.rest
        for r in range(low, min(self.search.high[k], left // p.sets[k]) + 1):
            if any(excess + bound.terms[k][r - low] > 0 for bound, excess in others.items()):
                continue
            new = self.successor(label, r)
            if new and not self.after.refutes(new):
                yield r, new

    def successor(self, label: Label, r: int) -> Label | None:
        """The label after R = r; None where a deadline cannot be met."""
        p, k = self.problem, self.layer
        moved = p.timing.expand(label, k, r, self.search.into[k])
        if moved is None:
            return None
        sums = [c.after(done, k, r) for c, done in zip(p.constraints, label.sums, strict=True)]
        new = Label(label.used + r * p.sets[k], sums, dict(label.due), dict(label.ends))
        new.due.pop(k, None)
        new.ends.pop(k, None)
        handed, ends = moved
        for j, pairs in handed.items():
            new.due[j] = staircase([*new.due.get(j, []), *pairs], self.after.spread(new, j))
        for j, end in ends.items():
            new.ends[j] = min(end, new.ends.get(j, end))
        return new


# --- several networks on one chip


class Shared:
    """Problems that share the crossbars of a chip, each with a count and constraints of its own.

    What is least is the largest or the sum of number * count over the problems, or, where the
    numbers are deadlines that no count may exceed, the crossbars of all together.
    """

    def __init__(self, record: Any, version: int = VERSION) -> None:
        share, crossbars, numbers, problems = fields(
            record, "shared", "share crossbars numbers problems"
        )
        self.share, self.crossbars = text(share, "share"), integer(crossbars, "crossbars", 1)
        if share not in ("slowest", "sum", "deadlines"):
            raise Refused(f"unknown share {cut(share)}")
        self.problems = [Problem(each, version) for each in array_of(problems, "problems")]
        self.weights = integers(numbers, "numbers", len(self.problems), 1)
        for problem in self.problems:
            if problem.goal is not None or problem.time is not None:
                raise Refused("a shared chip has problems of one count each")
            integer(problem.crossbars, "crossbars of a problem", crossbars, crossbars)

    def numbers(self) -> dict[str, Any]:
        """What a certificate states of it."""
        return {
            "share": self.share,
            "crossbars": self.crossbars,
            "numbers": self.weights,
            "problems": [problem.numbers() for problem in self.problems],
        }

    def cost(self, counts: list[int], crossbars: list[int]) -> int:
        """What is least, of the counts and crossbars of a split."""
        if self.share == "deadlines":
            return sum(crossbars)
        weighted = [a * count for a, count in zip(self.weights, counts, strict=True)]
        return sum(weighted) if self.share == "sum" else max(weighted)

    def value(self, allocations: Any) -> int:
        """What a split costs; refuses one that is not allowed."""
        counts, crossbars = list[int](), list[int]()
        split = array_of(allocations, "allocations", len(self.problems))
        for problem, record in zip(self.problems, split, strict=True):
            allocation = integers(record, "allocation", len(problem.layers))
            problem.check_allowed(allocation)
            counts.append(problem.value(allocation))
            crossbars.append(sum(r * s for r, s in zip(allocation, problem.sets, strict=True)))
        integer(sum(crossbars), "crossbars of all together", None, self.crossbars)
        if self.share == "deadlines":
            for count, due in zip(counts, self.weights, strict=True):
                integer(count, "count of a network", None, due)
        return self.cost(counts, crossbars)

    def bound(self, refuted: list[list[tuple[int, int | None]]]) -> int | None:
        """No split costs less, if no network has what is refuted of it; None if there is none.

        Of a network (X, t) says that no allocation with X crossbars has a count of t or less, with
        None that there is no allocation. So with X + 1 crossbars up to the next X the count is at
        least the next t + 1. Partial splits of which another takes and costs no more are dropped.
        """
        partial = [(0, 0)]
        for weight, problem, known in zip(self.weights, self.problems, refuted, strict=True):
            steps, least = list[tuple[int, int]](), problem.crossbars - problem.spare
            nexts = [*(t for _, t in known), 0]
            for begin, t in zip([least, *(x + 1 for x, _ in known)], nexts, strict=True):
                if t is None or (self.share == "deadlines" and t >= weight):
                    continue
                steps.append((begin, begin if self.share == "deadlines" else weight * (t + 1)))
            costs = sorted(
                (used + x, max(cost, own) if self.share == "slowest" else cost + own)
                for used, cost in partial
                for x, own in steps
                if used + x <= self.crossbars
            )
            partial = []
            for used, cost in costs:
                if not partial or cost < partial[-1][1]:
                    partial.append((used, cost))
            if len(partial) > MOST_SPLITS:
                raise Refused(f"more than {MOST_SPLITS} partial splits")
        return min((cost for _, cost in partial), default=None)


def prove_shared(lines: Records, shared: Shared) -> tuple[Any, Any]:
    """Read what is refuted of each network, with its proof; value and bound of the claim."""
    value, bound, split = fields(one(lines, "claim"), "claim", "value bound allocation")
    if (value is None) != (split is None):
        raise Refused("a value needs allocations")
    if split is not None and shared.value(split) != integer(value, "value"):
        raise Refused(f"the allocations have {shared.value(split)}, not {value}")
    known: list[list[tuple[int, int | None]]] = [[] for _ in shared.problems]
    last = (0, 0)
    for _, line in lines:
        k, most, target = array_of(fields(line, "line", "refuted")[0], "refuted", 3)
        k = integer(k, "network of what is refuted", last[0], len(known) - 1)
        problem = shared.problems[k]
        least = max(problem.crossbars - problem.spare, last[1] + 1 if k == last[0] else 0)
        most = integer(most, "crossbars of what is refuted", least, shared.crossbars)
        if target is not None:
            integer(target, "count of what is refuted", 1)
        prove(lines, problem.part(most, [], timed=False), target)
        known[k].append((most, target))
        last = k, most
    found = shared.bound(known)
    if bound is not None:
        integer(bound, "bound", 1, value)
    if (found is None) != (bound is None) or (found is not None and bound > found):
        raise Refused(f"what is refuted gives the bound {found}, not {bound}")
    if found is None and split is not None:
        raise Refused("there is a split, but no bound")
    return value, bound


def claim_of_shared(shared: Shared, value: int | None, bound: int | None) -> str:
    """What is proven of networks on one chip."""
    if bound is None:
        return "no split is allowed"
    what = {
        "slowest": "a largest weighted count",
        "sum": "a weighted sum of counts",
        "deadlines": "a number of crossbars",
    }
    given = "" if value is None else f"; the given one has {value}"
    return f"no split has {what[shared.share]} of less than {bound}{given}"


# --- the course of a check


def prove(lines: Records, problem: Problem, target: int | None) -> None:
    """Read the proof that no allowed allocation has a value of at most `target`, to its end.

    Windows that it splits are refuted half by half, the lower half first.
    """
    edges, order = fields(one(lines, "proof"), "proof", "edges order")
    search = Search(problem, target, edges, order)
    search.paths = [] if problem.numbered else None
    halves = [(search.low, search.high)]
    while halves:
        search.set_windows(*halves.pop())
        halves += refute(lines, search)
        if len(halves) > MOST_HALVES:
            raise Refused(f"more than {MOST_HALVES} windows are left to be refuted")


def refute(lines: Records, search: Search) -> list[tuple[list[int], list[int]]]:
    """Read what refutes the windows of a search; halves of them that are yet to be refuted."""
    search.bounds = []
    key, value = entry(lines, "round", "split", "bound", "stage")
    while key == "round":
        search.narrow(value)
        if search.empty:
            return []
        key, value = entry(lines, "round", "split", "bound", "stage")
    if key == "split":
        return split(search, value)
    undecided = set(search.problem.layers)
    labels = [search.problem.timing.first_label(search.target)]
    for k in search.order:
        while key == "bound":
            search.bounds.append(Bound(value, search))
            if sum(bound.size for bound in search.bounds) > MOST_TERMS:
                raise Refused(f"bounds have more than {MOST_TERMS} values of R and legs of paths")
            key, value = entry(lines, "bound", "stage")
        numbers, keep, rows = read_stage(lines, search, value, len(labels))
        decision = Decision(search, k, undecided, [search.bounds[number] for number in numbers])
        labels = next_labels(decision, labels, keep, rows)
        if not labels:
            return []
        undecided = undecided - {k}
        if undecided:
            key, value = entry(lines, "bound", "stage")
    raise Refused("a label is left after the last layer: its allocation is not refuted")


def split(search: Search, value: Any) -> list[tuple[list[int], list[int]]]:
    """Two halves of the windows, the lower one last: R of a layer at most, and above, some R."""
    k, at = integers(value, "split", 2, 0)
    integer(k, "layer of a split", 0, len(search.order) - 1)
    integer(at, "R of a split", search.low[k], search.high[k] - 1)
    low, high = list(search.low), list(search.high)
    low[k], high[k] = at + 1, at
    return [(low, search.high), (search.low, high)]


def read_stage(
    lines: Records, search: Search, value: Any, count: int
) -> tuple[list[int], list[Any], Iterator[list[int]]]:
    """A stage with so many labels: its bounds, what it keeps as [number of a label, R], and of each
    label a line: an R, and for it and each R after it the number of the kept label that dominates
    the successor, or 0. Numbers begin at 1.
    """
    numbered, keep = search.problem.numbered, list[Any]()
    if not numbered:
        value, keep = fields(value, "stage", "bounds keep")
    numbers = integers(value, "bounds of a stage", None, 0, len(search.bounds) - 1)
    rising(numbers, "bounds of a stage")
    least = KEPT if numbered else 0
    rows = (integers(following(lines), "line of a label", None, least) for _ in range(count))
    if numbered:
        return numbers, *kept_in(rows)
    return numbers, array_of(keep, "keep of a stage"), rows


def kept_in(rows: Iterator[list[int]]) -> tuple[list[Any], Iterator[list[int]]]:
    """What the lines of labels say is kept, and what they say of the others."""
    keep, others, size = list[Any](), list[list[int]](), 0
    for number, row in enumerate(rows, 1):
        keep += [[number, r] for r, n in enumerate(row[1:], *row[:1]) if n == KEPT]
        others.append(row[:1] + [max(n, 0) for n in row[1:]])
        size += len(row)
        if size > MOST_IN_LABELS:
            raise Refused(f"the lines of a stage have more than {MOST_IN_LABELS} numbers")
    return keep, iter(others)


def next_labels(
    decision: Decision, labels: list[Label], keep: list[Any], rows: Iterator[list[int]]
) -> list[Label]:
    """The labels that a stage keeps, once every other successor is refuted or dominated."""
    kept, places = successors_to_keep(decision, labels, keep)
    k, search = decision.layer, decision.search
    for number, (label, goes) in enumerate(zip(labels, rows, strict=True), 1):
        where = f"layer {k}, label {number}"
        rivals = dict(enumerate(goes[1:], goes[0])) if goes else {}
        if goes and not search.low[k] <= goes[0] <= max(rivals, default=0) <= search.high[k]:
            raise Refused(f"{where}: its line names an R that does not exist")
        if max(rivals.values(), default=0) > len(kept):
            raise Refused(f"{where}: its line names a label that is not kept")
        for r, new in decision.successors(label):
            if (number, r) in places:
                continue
            rival = rivals.pop(r, 0)
            if not rival or not decision.after.dominates(kept[rival - 1], new):
                raise Refused(f"{where}: R = {r} is neither refuted, nor kept or dominated")
        if any(rivals.values()):
            raise Refused(f"{where}: its line has a number for an R that needs none")
    return kept


def successors_to_keep(
    decision: Decision, labels: list[Label], keep: list[Any]
) -> tuple[list[Label], set[tuple[int, int]]]:
    """The labels that `keep` lists, and their places in it."""
    kept, places, size, k = list[Label](), list[tuple[int, int]](), 0, decision.layer
    low, high = decision.search.low[k], decision.search.high[k]
    for pair in keep:
        number, r = array_of(pair, "label that a stage keeps", 2)
        number = integer(number, "number of a label that a stage keeps", 1, len(labels))
        r = integer(r, "R of a label that a stage keeps", low, high)
        new = decision.successor(labels[number - 1], r)
        if new is None:
            raise Refused(f"layer {k}: label {number} has no successor by R = {r}")
        kept.append(new)
        places.append((number, r))
        size += new.size
        if size > MOST_IN_LABELS:
            raise Refused(f"the labels of a stage have more than {MOST_IN_LABELS} numbers")
    rising(places, "keep of a stage", decision.problem.in_order)
    return kept, set(places)


def following(lines: Records) -> Any:
    """The value of the next line."""
    for _, value in lines:
        return value
    raise Refused("the certificate ends too early")


def entry(lines: Records, *keys: str) -> tuple[str, Any]:
    """The next line, an object with one of these keys: the key, and what it holds."""
    value = following(lines)
    if type(value) is not dict or len(value) != 1 or not set(value) <= set(keys):
        raise Refused(f"expected an object with {' or '.join(keys)}, got {cut(value)}")
    return next(iter(value.items()))


def one(lines: Records, key: str) -> Any:
    """What the next line holds, an object with this key."""
    return entry(lines, key)[1]


# With the value and the bound of the claim; of a goal, values and bounds.
Proven = tuple[Any, Any, Any]


def check(path: str) -> str:
    """Check the certificate in a file; what it proves, in words (see `verify`)."""
    return words(*verify(path))


def verify(path: str, meet: Callable[[Any], None] | None = None) -> Proven:
    """Check the certificate in a file; the problem, and what of it is proven.

    `meet` may refuse the problem. Raises Refused where the certificate does not prove what it
    claims, OSError where it cannot be read.
    """
    lines = records(path)
    problem = read_problem(lines)
    if meet is not None:
        meet(problem)
    if isinstance(problem, Shared):
        return problem, *prove_shared(lines, problem)
    value, bound, allocation = fields(one(lines, "claim"), "claim", "value bound allocation")
    if problem.goal is not None:
        prove_goal(lines, problem, problem.goal, value, bound, allocation)
        end(lines)
        return problem, value, bound
    if allocation is not None:
        allocation = integers(allocation, "allocation", len(problem.layers))
        problem.check_allowed(allocation)
        if problem.value(allocation) != integer(value, "value"):
            raise Refused(f"the allocation takes {problem.value(allocation)}, not {value}")
        integer(bound, "bound", 1, value)
    elif value is not None:
        raise Refused("a value needs an allocation")
    if bound is not None and problem.time is not None:
        prove_chain(lines, problem, integer(bound, "bound", 1) - 1)
    elif bound is not None:
        prove(lines, problem, integer(bound, "bound", 1) - 1)
    elif problem.spare >= 0:
        prove(lines, problem, None)
    end(lines)
    return problem, value, bound


def end(lines: Records) -> None:
    """Refuse lines after the end of a proof."""
    for number, _ in lines:
        raise Refused(f"line {number} comes after the end of the proof")


def prove_goal(
    lines: Records, problem: Problem, goal: Goal, value: Any, bound: Any, allocation: Any
) -> None:
    """Read the proofs of a goal: for each bound that there is nothing below it.

    Nothing below the bound of a measure, that is, among what has at most the claimed values of the
    measures before. All of these are proven to be the least, so that only the last bound may be
    lower than the value. Without an allocation there is no value, and a bound on the first measure
    at most; without any bound, nothing is allowed.
    """
    bounds = integers(bound, "bounds")
    values = [] if value is None else integers(value, "values", len(goal.least))
    if len(bounds) > max(1, len(values)):
        raise Refused("more bounds than values")
    if (allocation is None) != (value is None) or (values and not bounds):
        raise Refused("values need an allocation and a bound")
    if values:
        allocation = integers(allocation, "allocation", len(problem.layers))
        problem.check_allowed(allocation)
        found = [least.of(problem, allocation) for least in goal.least]
        if found != values:
            raise Refused(f"the allocation has {found}, not {values}")
        if goal.at_most is not None:
            integer(problem.value(allocation), "value of the allocation", None, goal.at_most)
        if bounds[:-1] != values[: len(bounds) - 1] or bounds[-1] > values[len(bounds) - 1]:
            raise Refused("bounds must be the values, the last one at most")
    for level in range(max(1, len(bounds))):
        before = values[:level] if bounds else []
        below = [bounds[level] - 1] if bounds else []
        prove_below(lines, level, *goal.left(problem, [*before, *below]))


def prove_below(lines: Records, level: int, left: Problem, target: int | None) -> None:
    """Read the proof of one bound of a goal, unless its budget holds not even one copy of each."""
    integer(one(lines, "goal"), "number of a bound", level, level)
    if left.spare < 0:
        return
    if left.time is not None and target is not None:
        prove_chain(lines, left, target)
    else:
        prove(lines, left, target)


def read_problem(lines: Records) -> Problem | Shared:
    """What a certificate is about; its digest is that which the first line gives."""
    first = following(lines)
    oldest = type(first) is dict and first.get("version") == OLDER[0]
    names = "format version" if oldest else "format version digest"
    name, version, *given = fields(first, "first line", names)
    if name != FORMAT or integer(version, "version") not in (VERSION, *OLDER):
        known = " or ".join(map(str, (*OLDER, VERSION)))
        raise Refused(f"not a certificate in the format {FORMAT}, version {known}")
    key, record = entry(lines, "problem", "shared")
    shared = key == "shared" and version >= 4
    problem = Shared(record, version) if shared else Problem(record, version)
    if given:
        require_digest(problem, given[0])
    return problem


def opening(lines: Records, form: str, *versions: int) -> tuple[int, Any]:
    """The version and the digest that the first line gives, of a certificate of another format."""
    name, version, given = fields(following(lines), "first line", "format version digest")
    if name != form or integer(version, "version") not in versions:
        known = " or ".join(map(str, versions))
        raise Refused(f"not a certificate in the format {form}, version {known}")
    return version, given


def require_digest(problem: Any, given: Any) -> None:
    """Refuse a problem whose digest is not the given one."""
    if digest(problem.numbers()) != text(given, "digest"):
        raise Refused(f"the digest of the problem is not {cut(given)}")


def digest(record: Any) -> str:
    """What stands for all of a problem but its names: the SHA-256 of its JSON, in hexadecimal."""
    line = json.dumps(nameless(record), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(line.encode("ascii")).hexdigest()


def nameless(value: Any) -> Any:
    """A JSON value without what is only a name in it."""
    if isinstance(value, dict):
        named = ("name", "measure")
        return {key: nameless(each) for key, each in value.items() if key not in named}
    return [nameless(each) for each in value] if isinstance(value, list | tuple) else value


def prove_chain(lines: Records, problem: Problem, target: int) -> None:
    """Read the chain of proofs that no allowed allocation has a latency of at most `target` ticks.

    What is left after each link has a step of at most `most` ticks.
    """
    time, count, most = problem.time, 1, target
    while time is not None and most >= time.compute:
        [below] = fields(one(lines, "link"), "link", "refuted")
        if below is not None:
            integer(below, "count that a link refutes", count)
        prove(lines, problem.limited(most), below)
        if below is None:
            return
        count = below + 1
        most = target // count


def words(problem: Any, value: Any, bound: Any) -> str:
    """What a certificate proves, of a problem that nobody but the certificate speaks of."""
    facts = sys.modules[type(problem).__module__].facts(problem)
    return f"the problem that the file states ({facts}): {claimed(problem, value, bound)}"


def claimed(problem: Any, value: Any, bound: Any) -> str:
    """What is proven of a problem of any kind."""
    said: str = sys.modules[type(problem).__module__].claim(problem, value, bound)
    return said


def facts(problem: Any) -> str:
    """A problem by what was checked of it: no name is."""
    if isinstance(problem, Shared):
        networks = f"{len(problem.problems)} networks on one chip"
        return f"{networks}, {problem.crossbars} crossbars, digest {digest(problem.numbers())}"
    counts = [(len(problem.layers), "layer"), (problem.crossbars, "crossbar")]
    if problem.constraints:
        counts.append((len(problem.constraints), "constraint"))
    parts = [f"{count} {what}{'s' * (count != 1)}" for count, what in counts]
    return ", ".join([*parts, f"digest {digest(problem.numbers())}"])


def claim_of_goal(problem: Problem, goal: Goal, value: Any, bound: Any) -> str:
    """What is proven of a problem with a goal."""
    named = {"sum": "a sum", "greatest": "a greatest"}
    least = ", then ".join(named.get(each.kind, each.kind) for each in goal.least)
    within = "" if goal.at_most is None else f" with a value of at most {goal.at_most}"
    unit = "" if problem.time is None else " (values in ticks)"
    if not bound:
        return f"no allocation{within} is allowed{unit}"
    given = "" if value is None else f"; the given one has {', '.join(map(str, value))}"
    order = ", ".join(map(str, bound))
    return f"no allocation{within} has less than {order} in the order {least}{given}{unit}"


def claim(problem: Any, value: Any, bound: Any) -> str:
    """What is proven of a problem."""
    if isinstance(problem, Shared):
        return claim_of_shared(problem, value, bound)
    if problem.goal is not None:
        return claim_of_goal(problem, problem.goal, value, bound)
    if bound is None:
        return "no allocation is allowed"
    unit = "cycles" if problem.stalls else "steps"
    given = "" if value is None else f"; the given one takes {value}"
    if problem.time is None:
        return f"no allocation ends before {bound} {unit}{given}"
    return (
        f"no allocation has {unit} times step time of less than {bound} ticks{given} "
        f"({in_seconds(bound, problem.time.tick)})"
    )


def in_seconds(bound: int, tick: list[int]) -> str:
    """A bound of so many ticks, of a fraction of a second each, in words."""
    part, whole = tick
    micro, nano = divmod(bound * 10**9 * part // whole, 1000)
    return f"a tick is {part}/{whole} s, so {bound} are {micro}.{nano:03} us, rounded down"


def examine(path: str, meet: Callable[[Any], None] | None = None) -> tuple[int, str, Proven | None]:
    """Check a file, whatever is in it: how that ends, in words, and what is proven."""
    try:
        proven: Proven = checker_of(path).verify(path, meet)
    except Refused as reason:
        return REFUSED, str(reason), None
    except OSError as error:
        return UNREADABLE, f"cannot be read ({plain(error.strerror or str(error))})", None
    except MemoryError:
        return REFUSED, "it takes more memory than there is", None
    except Exception as fault:
        # What the checker cannot follow proves nothing, and later files are still to be checked.
        return REFUSED, f"the checker fails on it ({type(fault).__name__})", None
    return ACCEPTED, words(*proven), proven


def say(line: str, file: Any) -> None:
    """Print a line as far as its characters can be printed; a "?" is each other."""
    encoding = getattr(file, "encoding", None) or "utf-8"
    print(plain(line).encode(encoding, "replace").decode(encoding), file=file, flush=True)


def checker_of(path: str) -> Any:
    """The module that checks a file, by its first line: this one, or one beside it."""
    first: Any = None
    with suppress(Refused):
        first = following(records(path))
    form = first.get("format") if type(first) is dict else None
    name = KINDS.get(form) if type(form) is str else None
    if name is None:
        return sys.modules[__name__]
    return importlib.import_module(f"{__package__}.{name}" if __package__ else name)


def main(paths: list[str]) -> int:
    """Check each file; 0 if all are accepted, 1 if one is refused, 2 if one cannot be read."""
    if not paths:
        say("usage: python check.py FILE ...", sys.stderr)
        return 2
    worst = ACCEPTED
    for path in paths:
        status, message, _ = examine(path)
        if status == UNREADABLE:
            say(f"{path}: {message}", sys.stderr)
        else:
            say(f"{path}: {('accepted', 'REFUSED')[status]}: {message}", sys.stdout)
        worst = max(worst, status)
    return worst


if __name__ == "__main__":
    sys.modules["check"] = sys.modules[__name__]  # what the files beside this one import
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    sys.exit(main(sys.argv[1:]))
