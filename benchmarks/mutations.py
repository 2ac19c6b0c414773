"""Random single changes to certificates: each is refused, or what is then claimed is true.

Where a changed certificate is accepted, its problem is searched exhaustively, by code that shares
nothing with the checker. The digest follows every change of a problem, as it would in earnest.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from math import prod
from pathlib import Path
from random import Random
from typing import Any

from bench import ROOT
from by_definition import certificate, claim_holds, seal, varied
from older import in_any_form

import xbarmip as xb
from xbarmip.certificate import check, narrowing, sweep
from xbarmip.certificate.relaxation import SCALE, Relaxation
from xbarmip.certificate.statement import statement
from xbarmip.certificate.write import lines
from xbarmip.constraint import LinearConstraint
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.network.generate import Shape, random_network
from xbarmip.questions.amounts import amount_of
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.timing.step_time import ticks_of

KINDS = (
    ("cycles", None), ("steps", "pipeline"), ("steps", "published"),
    ("latency", None), ("latency-steps", "pipeline"), ("latency-steps", "published"),
)  # fmt: skip
EACH = 20  # changes of one certificate
LARGEST = 400  # allocations of an instance
WRONG = ("FALSE", "TRACEBACK")
ODD = (None, True, -1, 1.5, float("nan"), "1", [], {}, 2**70, 2**1100)


class Dull(Relaxation):
    """Bounds without paths in rounds where more than two allocations are left, so that windows are
    split, or searched by the bound that it has with its paths.
    """

    _dull, lasting = True, False

    def bound(self, scale: int = SCALE) -> dict[str, Any]:
        """The bound with the multipliers of the last solution: a round asks for it first."""
        record = super().bound(scale)
        two = sum(self.search.high) - sum(self.search.low) <= 1
        dull, self._dull = self._dull and not two, self.lasting
        return {**record, "paths": []} if dull else record


class Duller(Dull):
    """The same of halves, too, so that none is refuted by its bound."""

    lasting = True


WAYS = ((100, Relaxation), (0, Relaxation), (100, Dull), (0, Duller))  # with no labels, splits


def certificates(random: Random, goals: float = 0.3) -> Iterator[list[Any]]:
    """Certificates of small problems of every kind, feasible or not, and of views of no measure.

    Of them a share is of goals.
    """
    for problem in instances(random):
        sweep.MOST_LABELS, narrowing.Relaxation = random.choice(WAYS)
        if random.random() < goals:
            goal = some_goal(random, problem)
            yield [*lines(goal, xb.solve(goal, "exhaustive"), Watch(Limits()))]
        elif random.random() < 0.4:
            yield certificate(varied(statement(problem), random))
        else:
            yield [*lines(problem, xb.solve(problem, "exhaustive"), Watch(Limits()))]


def instances(random: Random) -> Iterator[xb.Problem]:
    """Small problems, every third with constraints."""
    while True:
        shape = Shape(4, extent=5, outputs=8, branching=0.3, joining=0.4, trees=0.5)
        network = random_network(random, shape)
        objective, rule = random.choice(KINDS)
        hardware = some_hardware(random) if objective.startswith("latency") else None
        smallest = xb.Problem(network, 1, 8).smallest_budget
        budget = max(1, smallest + random.randint(-1, 12))
        problem = xb.Problem(network, budget, 8, objective, rule, hardware=hardware)
        if prod(problem.largest) > LARGEST:
            continue
        if random.random() < 0.3:
            constraints = tuple(some_constraint(random, problem) for _ in range(2))
            problem = replace(problem, constraints=constraints)
        yield problem


def some_constraint(random: Random, problem: xb.Problem) -> LinearConstraint:
    """A sum over some layers that some allocations exceed."""
    layers = random.sample([*zip(problem.network.layers, problem.largest, strict=True)], 2)
    weights = tuple(
        (layer.name, tuple(random.randint(-3, 9) for _ in range(largest)))
        for layer, largest in layers
    )
    most = sum(max(some) for _, some in weights)
    return LinearConstraint("some", weights, most - random.randint(0, 8))


def some_goal(random: Random, problem: xb.Problem) -> xb.Problem:
    """The problem with bounds near what some allocation has, and with ties."""
    layer, most = random.choice([*zip(problem.network.layers, problem.largest, strict=True)])
    weights = {layer.name: [random.randint(-3, 9) for _ in range(most)]}
    goal = replace(problem, sums=(xb.Sum("mine", weights),))
    names = [problem.label, "crossbars", "mine"]
    names += [name for name in ("interval", "serial") if name != problem.label]
    random.shuffle(names)
    ties, bounded = random.randint(1, 2), random.randint(0, 2)
    some = [random.randint(1, most) for most in problem.largest]
    at_most = {}
    for name in names[ties : ties + bounded]:
        amount = amount_of(goal, name)
        key, bound = amount.shown(amount(some))
        if amount.timed:
            bound = amount(some) * ticks_of(goal).tick * 10**6
        at_most[key] = bound if name == "mine" else max(1, bound)
    objective, _, rule = names[0].partition("/")
    return replace(
        goal, objective=objective, rule=rule or None, at_most=at_most, then=names[1:ties]
    )


def some_hardware(random: Random) -> Hardware:
    """Hardware of which now memory binds and now computation."""
    rules = ("shared-buffer", "isaac-intra-tile", "isaac-inter-tile")
    levels = tuple(
        MemoryLevel(name, Fraction(random.randint(1, 20)), random.choice(rules)) for name in "ab"
    )
    return Hardware(
        "random", "random", Crossbar(8, 8), crossbars_per_tile=random.randint(1, 6), input_bits=8,
        compute_ns=Fraction(random.randint(1, 10)), memory=levels,
    )  # fmt: skip


def places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if where:
        yield where
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if isinstance(inner, dict | list):
            yield from places(inner, (*where, key))
        else:
            yield (*where, key)


def part_of(line: Any) -> str:
    """What a line of a certificate is about."""
    return next(iter(line)) if isinstance(line, dict) else "line of a label"


def changed(records: list[Any], random: Random) -> tuple[str, list[Any]]:
    """One random change: what part it is in, and the changed records. Every part is as likely."""
    new = deepcopy(records)
    part = random.choice(sorted({part_of(line) for line in records}))
    number = random.choice([n for n, line in enumerate(records) if part_of(line) == part])
    *path, key = random.choice([(number,), *places(new[number], (number,))])
    place: Any = new
    for step in path:
        place = place[step]
    change_at(place, key, random)
    stated = part == "problem" and isinstance(new[1], dict) and "problem" in new[1]
    return part, seal(new) if stated else new


def change_at(place: Any, key: Any, random: Random) -> None:
    """Change one entry of an object or array: another number, a thing of another type, or it goes,
    changes places with another one, or stands twice, the second time with a change of its own.
    """
    value = place[key]
    if type(value) is int and random.random() < 0.7:
        others = [value + 1, value - 1, 0, 2 * value + 1, random.randint(0, 50)]
        place[key] = random.choice([other for other in others if other != value])
    elif random.random() < 0.2:
        place[key] = random.choice(ODD)
    elif isinstance(place, list) and random.random() < 0.7:
        other = random.randrange(len(place))
        if random.random() < 0.4 and other != key:
            place[key], place[other] = place[other], place[key]
            return
        place.insert(key, deepcopy(value))
        inner = [*places(value)] if isinstance(value, dict | list) else []
        if inner and random.random() < 0.6:
            *path, last = random.choice(inner)
            for step in path:
                value = value[step]
            change_at(value, last, random)
    else:
        del place[key]


def written(records: list[Any], random: Random) -> tuple[str, bytes]:
    """One random change to a certificate, of a value or of a byte: its part, and the new file."""
    if random.random() < 0.05:
        text = bytearray(text_of(records))
        text[random.randrange(len(text))] = random.choice(b'0123456789[]{},:"-. e\n\0\xff')
        return "a byte", bytes(text)
    part, new = changed(records, random)
    return part, text_of(new)


def text_of(records: list[Any]) -> bytes:
    """The file."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def outcome(path: Path) -> str:
    """What becomes of a file; where it is accepted, the claim is looked at."""
    try:
        check.check(str(path))
    except check.Refused:
        return "refused"
    except Exception:
        return "TRACEBACK"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return "true" if claim_holds(records[1]["problem"], records[2]["claim"]) else "FALSE"


def main(argv: Sequence[str] | None = None) -> int:
    """Change certificates, count what becomes of them."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="changes (default: 5000)")
    parser.add_argument("--goals", action="store_true", help="certificates of goals alone")
    parser.add_argument("--seed", default="mutations", help="of the random changes")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "certificates")
    arguments = parser.parse_args(argv)
    random, counts = Random(arguments.seed), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as folder:
        path, made = (
            Path(folder) / "certificate",
            certificates(random, 1 if arguments.goals else 0.3),
        )
        while counts.total() < arguments.count:
            records = in_any_form(next(made), random)
            for _ in range(min(EACH, arguments.count - counts.total())):
                part, text = written(records, random)
                path.write_bytes(text)
                counts[part, found := outcome(path)] += 1
                if found in WRONG:
                    print(f"{found}: {text!r}", file=sys.stderr)
    _write(arguments.output, counts)
    return 1 if any(found in WRONG for _, found in counts) else 0


def _write(folder: Path, counts: Counter[tuple[str, str]]) -> None:
    """Counts by the part that was changed, as a table."""
    outcomes = ("refused", "true", *WRONG)
    rows = [
        [part, *(counts[part, outcome] for outcome in outcomes)]
        for part in sorted({part for part, _ in counts})
    ]
    rows.append(["all", *(sum(row[at] for row in rows) for at in (1, 2, 3, 4))])
    head = ["changed in", "refused", "accepted, claim true", "accepted, claim FALSE", "TRACEBACK"]
    cells = [head, ["---"] * len(head), *rows]
    table = "".join(f"| {' | '.join(map(str, row))} |\n" for row in cells)
    folder.mkdir(parents=True, exist_ok=True)
    text = f"# Random single changes to certificates\n\n{table}"
    (folder / "mutations.md").write_text(text, encoding="utf-8")
    print(table, end="")


if __name__ == "__main__":
    sys.exit(main())
