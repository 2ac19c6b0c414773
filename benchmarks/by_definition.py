"""Tiny problems as certificates state them, evaluated word for word by docs/certificate-format.md.

It shares nothing with the checker but that page: what is said here of a changed certificate does
not rest on how the checker reads it. Certificates are made of it where no solver knows the view.
"""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

from xbarmip.certificate import check, sweep
from xbarmip.solvers.protocol import Limits, Watch

Record = dict[str, Any]
Outcome = tuple[list[int], int, int]  # an allocation, what is counted, ticks of a step


def need(edge: Record, x: int) -> int:
    """Outputs of the producer that the consumer's outputs 1..x need."""
    rows, columns, width = edge["rows"], edge["columns"], edge["width"]
    most = 0
    for output in range(x):
        p, q = divmod(output, len(columns))
        beyond = max(0, p - len(rows) + 1)
        row, column = rows[p - beyond] + beyond * edge["growth"], columns[q]
        if row >= 1 and column >= 1:
            most = max(most, (row - 1) * width + column)
    return most


def ceil(a: int, b: int) -> int:
    """a / b, rounded up."""
    return (a + b - 1) // b


def count(record: Record, allocation: list[int]) -> int:
    """Cycles or steps of one inference, with the offset of the view."""
    form = cycles if record["view"]["stalls"] else steps
    return form(record, allocation) + record["view"]["offset"]


def cycles(record: Record, r: list[int]) -> int:
    """The pipeline."""
    ends: list[list[int]] = []
    for k, layer in enumerate(record["layers"]):
        into = [edge for edge in record["edges"] if edge["consumer"] == k]
        ends.append([0])
        for step in range(1, ceil(layer["outputs"], r[k]) + 1):
            made = min(step * r[k], layer["outputs"])
            waits = [(edge["producer"], need(edge, made)) for edge in into]
            ends[k].append(max(ends[k][-1] + 1, *[ends[j][ceil(x, r[j])] for j, x in waits], 0))
    counted = zip(record["layers"], record["view"]["counted"], r, ends, strict=True)
    return max(end[ceil(x, each)] for layer, x, each, end in counted if layer["end"])


def steps(record: Record, r: list[int]) -> int:
    """The closed form."""
    counted, capped = record["view"]["counted"], record["view"]["capped"]
    edges = [*zip(record["edges"], record["view"]["tails"], strict=True)]
    pre: list[int] = []
    op: list[int] = []
    for i in range(len(r)):
        demand = [0] * i + [r[i]]
        for c in range(i, -1, -1):
            made = ceil(demand[c], r[c]) * r[c]
            made = min(made, counted[c]) if capped else made
            for edge, _ in edges:
                if edge["consumer"] == c:
                    j = edge["producer"]
                    demand[j] = max(demand[j], need(edge, made))
        waits = [ceil(demand[k], r[k]) - 1 + pre[k] for k in range(i) if demand[k]]
        pre.append(max([0, *waits]))
        op.append(pre[i] + ceil(counted[i], r[i]))
        for edge, tail in edges:
            if edge["consumer"] == i and tail is not None:
                behind = ceil(tail[0], r[i]) - ceil(tail[1], r[i])
                op[i] = max(op[i], op[edge["producer"]] + behind)
    return max(op[k] for k, layer in enumerate(record["layers"]) if layer["end"])


def ticks(record: Record, r: list[int]) -> int:
    """How long a step lasts; 1 where the value is no time."""
    if record["time"] is None:
        return 1
    longest = record["time"]["compute"]
    for k, layer in enumerate(record["time"]["layers"]):
        read = sum(weight * r[j] for j, weight in layer["producers"])
        if "reads" in layer:
            read = volume(layer["reads"], {j: w * r[j] for j, w in layer["producers"]})
        longest = max(longest, layer["own"][r[k] - 1] + layer["times"][r[k] - 1] * read)
    return longest


def volume(reads: Any, brought: dict[int, int]) -> int:
    """Values that come in: the largest part of a join, all parts of a concatenation."""
    if isinstance(reads, int):
        return brought[reads]
    if "join" in reads:
        return max(volume(part, brought) for part in reads["join"])
    return sum(volume(part, brought) for part in reads["concat"])


def menus(record: Record) -> list[range]:
    """The R of every layer."""
    layers, one = record["layers"], sum(layer["set"] for layer in record["layers"])
    spare = max(0, record["crossbars"] - one)
    return [range(1, min(each["outputs"], 1 + spare // each["set"]) + 1) for each in layers]


def outcomes(record: Record) -> Iterator[Outcome]:
    """What every allowed allocation takes."""
    for allocation in map(list, product(*menus(record))):
        used = zip(allocation, record["layers"], strict=True)
        if sum(r * layer["set"] for r, layer in used) > record["crossbars"]:
            continue
        sums = (
            (sum(w[allocation[k] - 1] for k, w in each["weights"]), each["limit"])
            for each in record["constraints"]
        )
        if all(total <= limit for total, limit in sums):
            yield allocation, count(record, allocation), ticks(record, allocation)


def best(record: Record) -> tuple[int, list[int]] | None:
    """The least value and an allocation that takes it; None where none is allowed."""
    return min(((n * step, each) for each, n, step in outcomes(record)), default=None)


def claim_holds(record: Record, claim: Record) -> bool:
    """Whether a claim is true, by looking at every allocation."""
    values = {tuple(each): n * step for each, n, step in outcomes(record)}
    if "goal" in record:
        return goal_holds(record, claim, values)
    if claim["bound"] is None:
        return not values and claim["allocation"] is None
    given = claim["allocation"]
    attained = given is None or values.get(tuple(given)) == claim["value"]
    return attained and all(value >= claim["bound"] for value in values.values())


def measured(least: Any, record: Record, r: tuple[int, ...], value: int) -> int:
    """One of the measures that a goal minimises, of an allocation."""
    if least == "value":
        return value
    if least == "crossbars":
        return sum(each * layer["set"] for each, layer in zip(r, record["layers"], strict=True))
    [(kind, pairs)] = least.items()
    return {"sum": sum, "greatest": max}[kind]([entries[r[k] - 1] for k, entries in pairs])


def goal_holds(record: Record, claim: Record, values: dict[tuple[int, ...], int]) -> bool:
    """Whether the claim of a goal is true: nothing is below the bounds, in order."""
    goal, bounds, given = record["goal"], claim["bound"], claim["allocation"]
    found = {
        each: [measured(least, record, each, value) for least in goal["least"]]
        for each, value in values.items()
        if goal["at_most"] is None or value <= goal["at_most"]
    }
    if not bounds:
        return not found and given is None
    attained = given is None or found.get(tuple(given)) == claim["value"]
    before = claim["value"] or []
    return attained and not any(
        each[level] < bound and all(a <= b for a, b in zip(each[:level], before, strict=False))
        for level, bound in enumerate(bounds)
        for each in found.values()
    )


# --- other views, and certificates


def varied(record: Record, random: Random) -> Record:
    """A problem with another view: ends, outputs that count, tails and an offset by chance."""
    layers = [{**each, "end": max(each["end"], random.randint(0, 1))} for each in record["layers"]]
    view = {**record["view"], "offset": random.randint(0, 5)}
    counted = [random.randint(0, each["outputs"]) for each in layers]
    counted[-1] = max(1, counted[-1])
    if view["stalls"]:
        counted = [x * layer["end"] for x, layer in zip(counted, layers, strict=True)]
        for edge in sorted(record["edges"], key=lambda edge: -edge["consumer"]):
            wanted = need(edge, counted[edge["consumer"]])
            counted[edge["producer"]] = max(counted[edge["producer"]], wanted)
    else:
        lengths = [random.choice([None, random.randint(0, 12)]) for _ in record["edges"]]
        view["tails"] = [None if a is None else [a, random.randint(0, a)] for a in lengths]
    return {**record, "layers": layers, "view": {**view, "counted": counted}}


def seal(records: list[Any]) -> list[Any]:
    """Records with the digest of the problem that they state: who alters it, alters that, too."""
    return [{**records[0], "digest": check.digest(records[1]["problem"])}, *records[1:]]


def certificate(record: Record) -> list[Any]:
    """The records of a certificate of the optimum, or that there is none."""
    first = {"format": check.FORMAT, "version": check.VERSION, "digest": ""}
    found, problem = best(record), check.Problem(record)
    if found is None:
        claim = {"value": None, "bound": None, "allocation": None}
        rest = sweep.proof(problem, None, Watch(Limits())) if problem.spare >= 0 else ()
    else:
        claim = {"value": found[0], "bound": found[0], "allocation": found[1]}
        rest = proof(record, problem, found[0] - 1)
    return seal([first, {"problem": record}, {"claim": claim}, *rest])


def proof(record: Record, problem: check.Problem, target: int) -> Iterator[Any]:
    """The proof, or where the value is a time the chain of proofs, for a target."""
    if problem.time is None:
        yield from sweep.proof(problem, target, Watch(Limits()))
        return
    taken, most = [*outcomes(record)], target
    while most >= problem.time.compute:
        fewest = min((n for _, n, step in taken if step <= most), default=None)
        refuted = None if fewest is None else fewest - 1
        yield {"link": {"refuted": refuted}}
        yield from sweep.proof(problem.limited(most), refuted, Watch(Limits()))
        if fewest is None:
            return
        most = target // fewest
