"""Random single changes to certificates: each is refused, or what is then claimed is true.

Where a changed certificate is accepted, its problem is searched exhaustively.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from bench import ROOT

import xbarmip as xb
from xbarmip.certificate import check, relaxation, sweep
from xbarmip.certificate.relaxation import SCALE, Relaxation
from xbarmip.certificate.write import lines
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.network.generate import Shape, random_network

KINDS = (
    ("cycles", None), ("steps", "pipeline"), ("steps", "published"),
    ("latency", None), ("latency-steps", "pipeline"), ("latency-steps", "published"),
)  # fmt: skip
EACH = 20  # changes of one certificate
LARGEST = 3000  # allocations of an instance


class Dull(Relaxation):
    """Bounds without paths where more than two allocations are left, so that windows are split."""

    def bound(self, scale: int = SCALE) -> dict[str, Any]:
        """The bound with the multipliers of the last solution."""
        record = super().bound(scale)
        two = sum(self.search.high) - sum(self.search.low) <= 1
        return record if two else {**record, "paths": []}


WAYS = ((100, Relaxation), (0, Relaxation), (100, Dull), (0, Dull))  # with no labels, splits


def instances(random: Random) -> Iterator[xb.Problem]:
    """Small problems of every kind, feasible and not."""
    while True:
        network = random_network(random, Shape(4, extent=5, outputs=8, branching=0.3, joining=0.4))
        objective, rule = random.choice(KINDS)
        hardware = some_hardware(random) if objective.startswith("latency") else None
        smallest = xb.Problem(network, 1, 8).smallest_budget
        budget = max(1, smallest + random.randint(-1, 12))
        problem = xb.Problem(network, budget, 8, objective, rule, hardware=hardware)
        count = 1
        for largest in problem.largest:
            count *= largest
        if count <= LARGEST:
            yield problem


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
    value = place[key]
    if isinstance(value, int) and random.random() < 0.8:
        others = [value + 1, value - 1, 0, 2 * value + 1, random.randint(0, 50)]
        place[key] = random.choice([other for other in others if other != value])
    elif isinstance(place, list) and random.random() < 0.4:
        place.insert(key, deepcopy(value))
    else:
        del place[key]
    return part, new


def claim_holds(records: list[Any]) -> bool:
    """Whether the claim is true, by looking at every allocation."""
    problem, claim = check.Problem(records[1]["problem"]), records[2]["claim"]
    values = []
    for allocation in product(*(range(1, largest + 1) for largest in problem.largest)):
        try:
            problem.check_allowed([*allocation])
        except check.Refused:
            continue
        values.append(problem.value([*allocation]))
    if claim["bound"] is None:
        return not values
    attained = claim["value"] is None or claim["value"] in values
    return attained and all(value >= claim["bound"] for value in values)


def main(argv: Sequence[str] | None = None) -> int:
    """Change certificates, count what becomes of them."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="changes (default: 5000)")
    parser.add_argument("--seed", default="mutations", help="of the random changes")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "certificates")
    arguments = parser.parse_args(argv)
    random, counts = Random(arguments.seed), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate"
        problems = instances(random)
        while counts.total() < arguments.count:
            problem = next(problems)
            sweep.MOST_LABELS, relaxation.Relaxation = random.choice(WAYS)
            records = [*lines(problem, xb.solve(problem, "exhaustive"), lambda facts: None)]
            for _ in range(min(EACH, arguments.count - counts.total())):
                part, new = changed(records, random)
                path.write_text("".join(json.dumps(record) + "\n" for record in new))
                try:
                    check.check(str(path))
                except check.Refused:
                    counts[part, "refused"] += 1
                else:
                    counts[part, "true" if claim_holds(new) else "FALSE"] += 1
    _write(arguments.output, counts)
    return 1 if any(outcome == "FALSE" for _, outcome in counts) else 0


def _write(folder: Path, counts: Counter[tuple[str, str]]) -> None:
    """Counts by the part that was changed, as a table."""
    outcomes = ("refused", "true", "FALSE")
    rows = [
        [part, *(counts[part, outcome] for outcome in outcomes)]
        for part in sorted({part for part, _ in counts})
    ]
    rows.append(["all", *(sum(row[at] for row in rows) for at in (1, 2, 3))])
    head = ["changed in", "refused", "accepted, claim true", "accepted, claim FALSE"]
    cells = [head, ["---"] * len(head), *rows]
    table = "".join(f"| {' | '.join(map(str, row))} |\n" for row in cells)
    folder.mkdir(parents=True, exist_ok=True)
    text = f"# Random single changes to certificates\n\n{table}"
    (folder / "mutations.md").write_text(text, encoding="utf-8")
    print(table, end="")


if __name__ == "__main__":
    sys.exit(main())
