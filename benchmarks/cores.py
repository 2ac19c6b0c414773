"""Placements in cores: provers that agree, changed certificates, networks, a simulator's times.

Run from anywhere: python benchmarks/cores.py --part cases|random|ties|changed|simulated.
Writes results/cores/PART.{md,json}. The runs of the simulator are in
instances/published/pimcomp.toml.
"""

import json
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, groupby, islice
from itertools import count as count_up
from random import Random
from typing import Any

from bench import ROOT, Report, Row, agreed, isolated, options
from checkers import altered
from checkers import cores as certificates

sys.path.insert(0, str(ROOT))

from tests.brute_cores import best_of_statement
from xbarmip.certificate import check, check_placement
from xbarmip.compare.instance import Instance
from xbarmip.compare.suite import read_suite
from xbarmip.cores.cases import random_cases, random_variant
from xbarmip.cores.certificate import certificate_lines
from xbarmip.cores.door import make_placement_solver, place
from xbarmip.cores.heuristics import first_fit, longest_first
from xbarmip.cores.layout import Layout, check_layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.library import load_network
from xbarmip.reproduce.published import published

HEURISTICS = ("longest-first", "balance", "genetic")
CASES = (
    "case", "status", "value", "bound", "gap_percent", "seconds", "first_within_1_percent_s",
    "crossbars", *(f"{each}_gap_percent" for each in HEURISTICS), "check_seconds",
)  # fmt: skip
RANDOM = ("solvers", "cases", "optimal", "infeasible", "split", "disagreements", "seconds")
SIMULATED = (
    "network", "crossbars_per_core", "allocation", "mapping", "compiled_products", "products",
    "bytes", "moved", "near_busiest", "predicted_us", "fitted_us", "simulated_us", "ratio",
)  # fmt: skip
CHANGED = (
    "certificates", "constrained", "without_placement", "tried", "refused", "true", "false",
    "not_searched", "failures", "seconds",
)  # fmt: skip
FITTED = (50.0, 0.5, 2.0)  # ns of a window, a value read, a value sent: the best on a coarse grid
TIES = ("cases", "constrained", "periods", "placed", "equal", "proven", "seconds")
FIGURES = ("crossbars", "cycles")
MAPPINGS = {"first-fit": first_fit, "longest-copy-first": longest_first}


def main(argv: Sequence[str] | None = None) -> None:
    """Run one part."""
    parser = options("Placements in cores.", 60.0)
    parser.set_defaults(output=ROOT / "results" / "cores")
    parser.add_argument("--part", choices=PARTS, default="cases")
    parser.add_argument("--only", metavar="TEXT", help="cases named so; other rows are kept")
    arguments = parser.parse_args(argv)
    PARTS[arguments.part](arguments)


def cases(arguments: Namespace) -> None:
    """The real cases: own search, its certificate, the heuristics."""
    report = Report("cases", "Networks on chips of cores", CASES, arguments)
    tiny = Instance("lenet-5/4x12/core-interval", Placement(load_network("lenet-5"), 4, 12))
    place(tiny.problem)  # loads the kernels
    every = (tiny,) if arguments.smoke else read_suite("cores").instances
    kept = _kept(arguments)
    for case in every:
        if case.name in kept:
            report.add(kept[case.name])
            continue
        row = isolated(lambda case=case: _solved(case, arguments), arguments)
        record = row.pop("certificate", None)
        row |= isolated(lambda record=record: _checked(record), arguments) if record else {}
        for each in HEURISTICS:
            name = f"{each}_gap_percent"
            found = isolated(lambda case=case, r=each: _heuristic(case, r, arguments), arguments)
            if row.get("bound") and found.get("value"):
                row[name] = 100 * (found["value"] - row["bound"]) / row["bound"]
        report.add({"case": case.name, **row})


def _solved(case: Instance, arguments: Namespace) -> Row:
    trace: list[tuple[float, int | None, int]] = []

    def tell(facts: dict[str, Any]) -> None:
        pair = (facts["best"], facts["bound"])
        if not trace or trace[-1][1:] != pair:
            trace.append((facts["seconds"], *pair))

    result = place(case.problem, time_limit=arguments.time_limit, progress=tell)
    lines = certificate_lines(case.problem, result)
    bound = result.bound or 1
    within = (second for second, best, _ in trace if best and best <= 1.01 * bound)
    return {
        "status": str(result.status),
        "stop": str(result.stop),
        "value": result.value,
        "bound": result.bound,
        "gap_percent": 100 * ((result.value or 0) - bound) / bound,
        "seconds": result.seconds,
        "first_within_1_percent_s": next(within, None),
        "crossbars": score(case.problem, result.layout).crossbars,
        "certificate": lines,
        "proven_by_prices": lines[2]["claim"]["bound"],
        "statistics": dict(result.statistics),
        "allocation": list((result.allocation or {}).values()),
    }


def _checked(lines: list[Any]) -> Row:
    start = time.process_time()
    check_placement.prove(iter(enumerate(lines, start=1)))
    return {"check_seconds": time.process_time() - start}


def _kept(arguments: Namespace) -> dict[str, Row]:
    """Rows of an earlier run, but for the cases that are to be run alone."""
    file = arguments.output / "cases.json"
    if not arguments.only or not file.exists():
        return {}
    rows = json.loads(file.read_text("utf-8"))["rows"]
    return {row["case"]: row for row in rows if arguments.only not in row["case"]}


def _heuristic(case: Instance, name: str, arguments: Namespace) -> Row:
    free = replace(case.problem, split=True)  # as compilers do where they find no room
    return {"value": place(free, name, time_limit=arguments.time_limit).value}


def agreement(arguments: Namespace) -> None:
    """Random tiny placements: all against exhaustive search."""
    report = Report("random", "Provers on random tiny placements", RANDOM, arguments)
    for names, count, seed in (
        (("search", "exhaustive"), 4 if arguments.smoke else 2000, 0),
        (("search", "milp", "exhaustive"), 4 if arguments.smoke else 300, 1),
    ):
        solvers = [make_placement_solver(name) for name in names]
        drawn = random_cases(count, seed)
        counted = agreed(drawn, solvers, arguments.time_limit)
        counted["split"] = sum(any(part.is_split for part in each.parts) for _, each in drawn)
        report.add({"solvers": ", ".join(names), **{name: counted[name] for name in RANDOM[1:]}})


def simulated(arguments: Namespace) -> None:
    """Every run of the simulator beside what the placement is scored."""
    report = Report("simulated", "Scores beside simulated times", SIMULATED, arguments)
    runs = published("pimcomp")["run"]
    hardware = load_hardware("pimsim-nn")
    for run in runs[:2] if arguments.smoke else runs:
        placement = Placement(
            load_network(run["network"]), run["cores"], run["crossbars_per_core"],
            objective="period", hardware=hardware, split=True,
        )  # fmt: skip
        layout = MAPPINGS[run["mapping"]](placement, run["duplication"])
        check_layout(placement, layout)
        found = score(placement, layout)
        predicted = float(found.period * 10**6)
        report.add(
            {
                **run,
                "compiled_products": run["products"],
                "products": found.interval,
                "moved": found.traffic,
                "near_busiest": sum(20 * load >= 19 * found.interval for load in found.loads),
                "predicted_us": predicted,
                "fitted_us": fitted(placement, layout),
                "simulated_us": run["simulated_ns"] / 1000,
                "ratio": run["simulated_ns"] / 1000 / predicted,
            }
        )
    report.write(
        *correlations(report.rows, "predicted_us"), "", *correlations(report.rows, "fitted_us")
    )


def fitted(placement: Placement, layout: Layout) -> float:
    """Microseconds of the busiest core if a window costs more than its products (see `FITTED`)."""
    window, read, sent = FITTED
    product = float(placement.hardware.product_ns)
    windows = [part.windows(r) for part, r in zip(placement.parts, layout.allocation, strict=True)]
    parts = placement.parts
    times = (
        sum(
            windows[one.layer]
            * (
                one.blocks * product
                + window
                + read * parts[one.layer].window
                + sent * parts[one.layer].channels
            )
            for one in core
        )
        for core in layout.cores
    )
    return max(times) / 1000


def correlations(rows: Sequence[Row], column: str) -> Iterator[str]:
    """Rank correlations of a column with simulated times, for each network and mapping."""

    def group(row: Row) -> tuple[Any, ...]:
        return row["network"], row["mapping"], row["crossbars_per_core"]

    differ = [abs(row["simulated_us"] / row[column] - 1) for row in rows]
    yield (
        f"Rank correlation (Spearman) of {column} with simulated times, in rows that compare (the "
        f"simulated time differs by {100 * sum(differ) / len(differ):.1f} percent in the mean):"
    )
    yield ""
    for key, some in groupby(sorted(rows, key=group), group):
        found = list(some)
        if len(found) < 3:
            continue
        simulated_us = [row["simulated_us"] for row in found]
        predicted = [row[column] for row in found]
        wrong = sum(
            (one[column] - other[column]) * (one["simulated_us"] - other["simulated_us"]) < 0
            for one, other in combinations(found, 2)
        )
        yield (
            f"- {key[0]}, {key[1]}, {key[2]} crossbars a core, {len(found)} rows: "
            f"{spearman(predicted, simulated_us):.3f} (the same order gives "
            f"{spearman(predicted, in_order(predicted)):.3f}, where scores are equal), "
            f"{wrong} of {len(found) * (len(found) - 1) // 2} pairs in the wrong order"
        )


def in_order(values: Sequence[float]) -> list[int]:
    """Numbers that are all different, in the order of the values."""
    order = sorted(range(len(values)), key=values.__getitem__)
    return [order.index(place) for place in range(len(values))]


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's correlation of the ranks; equals share the mean of theirs."""
    x, y = ranks(one), ranks(other)
    mean = (len(x) + 1) / 2
    top = sum((a - mean) * (b - mean) for a, b in zip(x, y, strict=True))
    both = [sum((a - mean) ** 2 for a in side) for side in (x, y)]
    return top / (both[0] * both[1]) ** 0.5 if all(both) else 1.0


def ranks(values: Sequence[float]) -> list[float]:
    """1 for the least."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2
        for value in values
    ]


def changed_certificates(arguments: Namespace) -> None:
    """Random changes to certificates, one each: what is accepted is held against brute force."""
    report = Report("changed", "Changed certificates of placements", CHANGED, arguments)
    tally, start, random = Counter[str](), time.perf_counter(), Random("changed placements")
    for records in islice(certificates(), 4 if arguments.smoke else 500):
        stated = records[1]["placement"]
        tally["certificates"] += 1
        tally["constrained"] += bool(stated["constraints"])
        tally["without_placement"] += records[2]["claim"]["layout"] is None
        for _ in range(20):
            tally["tried"] += 1
            tally[_outcome(altered(records, random))] += 1
    report.add({**{name: tally[name] for name in CHANGED}, "seconds": time.perf_counter() - start})


def _outcome(content: bytes) -> str:
    """What becomes of a changed certificate; where it is accepted, whether the claim is true."""
    try:
        lines = [json.loads(line) for line in content.decode().splitlines()]
        chip, value, bound = check_placement.prove(iter(enumerate(lines, start=1)))
    except (check.Refused, ValueError):
        return "refused"
    except Exception:
        return "failures"
    stated = chip.numbers()
    if chip.cores > 4 or chip.cores * chip.capacity > 16:
        return "not_searched"
    least = best_of_statement(stated)
    if value is None or least is None:
        return "true" if value is least else "false"
    return "true" if bound <= least <= value else "false"


def ties(arguments: Namespace) -> None:
    """Value, crossbars and cycles of the search beside those of exhaustive search."""
    report = Report("ties", "Ties on random tiny placements", TIES, arguments)
    random, tally, start = Random("all ties"), Counter[str](), time.perf_counter()
    count = 4 if arguments.smoke else 2000
    drawn = (random_variant(random) for _ in count_up())
    exhaustive = make_placement_solver("exhaustive")
    for placement in islice((p for p in drawn if not exhaustive.unsupported(p)), count):
        found, best = place(placement), place(placement, "exhaustive")
        tally["constrained"] += bool(placement.constraints)
        tally["periods"] += placement.is_period
        tally["placed"] += best.layout is not None
        known = [{"value": each.value, **each.statistics} for each in (found, best)]
        same = all(known[0].get(name) == known[1].get(name) for name in ("value", *FIGURES))
        tally["equal"] += same
        tally["proven"] += best.layout is not None and all(
            found.statistics[f"{name}_at_least"] == found.statistics[name] for name in FIGURES
        )
    counts = {name: tally[name] for name in TIES[1:-1]}
    report.add({"cases": count, **counts, "seconds": time.perf_counter() - start})


PARTS = {
    "cases": cases,
    "random": agreement,
    "ties": ties,
    "changed": changed_certificates,
    "simulated": simulated,
}


if __name__ == "__main__":
    sys.exit(main())
