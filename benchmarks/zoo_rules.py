"""CIM-MLC's duplication, and every heuristic, on networks of a folder from `zoo_export.py`.

The rows of `xbarmip reproduce cim-mlc` and `heuristics`, of networks that do not ship: `zoo.md` and
`zoo.json` beside each page. What multiplies activations is left out, and what has the layers of a
network that ships, or of one before.
"""

import re
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench import ROOT, Report, Row, options, warm_up
from zoo import files, inputs_of

import xbarmip as xb
from xbarmip.display import in_us
from xbarmip.errors import InputError
from xbarmip.reproduce.answers import Best
from xbarmip.reproduce.cim_mlc import cases
from xbarmip.reproduce.heuristics import networks
from xbarmip.timing.evaluate import seconds_of

TITLES = {
    "cim-mlc": "CIM-MLC's duplication on networks that do not ship",
    "heuristics": "The heuristics on networks that do not ship",
}
COLUMNS: dict[str, tuple[str, ...]] = {
    "cim-mlc": (
        "network", "layers", "cores", "its_sum", "its_crossbars", "its_cycles", "fewest_in_cores",
        "above_%", "fewest_in_crossbars", "above_them_%", "seconds",
    ),
    "heuristics": (
        "network", "objective", "layers", "crossbars", "best", "open_%", *networks.HEURISTICS,
        "seconds",
    ),
}  # fmt: skip
BELOW = {
    "cim-mlc": (
        "Each with twice the fewest cores of 16 crossbars of 128x128 that hold one copy of every "
        "layer. A value at which `dp` did not end stands with its bound, value / bound; a "
        "percentage with ≥ is the least that it can be. Computed again by `xbarmip solve FILE "
        "--crossbars 16*CORES --size 128`, with `--constraint "
        "tile-granularity:crossbars_per_tile=16` for whole cores, `--solver cim-mlc` for the rule."
    ),
    "heuristics": (
        "Each at twice its smallest budget of crossbars of 128x128; percent above the best value "
        "that any solver found, `open_%` of that above what `dp` proved. Computed again by "
        "`xbarmip solve FILE --crossbars N --size 128 --objective O`, with `--hardware isaac-like` "
        "for a latency, `--solver RULE` for a rule, and for a search `--option seed=K --option "
        f"evaluations={networks.EVALUATIONS}`, K one of {networks.SEEDS}."
    ),
}


def chosen(arguments: Namespace) -> Iterator[tuple[str, xb.Network]]:
    """The networks by name; with `--families` the first of each, smallest files first."""
    known = {networks.shape_of(network) for network in networks.networks().values()}
    families = set[str]()
    for path in files(arguments):
        family = _family(path)
        if arguments.families and family in families:
            continue
        try:
            network = xb.load_network(path, inputs_of(path))
        except InputError:
            continue
        shape = networks.shape_of(network)
        if shape not in known:
            known.add(shape)
            families.add(family)
            yield path.stem, network


def _family(path: Path) -> str:
    """What a file name says of its kind: where it is from, and letters up to anything else."""
    found = re.match(r"\w+\.[a-zA-Z]*", path.name)
    return found[0] if found else path.name


def cim_mlc_row(name: str, network: xb.Network, seconds: float) -> Row:
    """The rule beside both optima."""
    begin = time.perf_counter()
    row = cases.row_of(name, network, cases.cores_of(network), seconds)
    return {
        "network": name,
        "layers": len(network.layers),
        "cores": row.cores,
        "its_sum": row.sum,
        "its_crossbars": row.rule.crossbars,
        "its_cycles": row.rule.cycles,
        "fewest_in_cores": _value(row.in_cores),
        "above_%": _above(row, "cores"),
        "fewest_in_crossbars": _value(row.in_crossbars),
        "above_them_%": _above(row, "crossbars"),
        "proven": [row.best(way).proven for way in cases.WAYS],
        "allocations": {
            "rule": row.rule.allocation,
            **{way: row.best(way).allocation for way in cases.WAYS},
        },
        "seconds": time.perf_counter() - begin,
    }


def _value(best: Best) -> int | str:
    return best.value if best.proven else f"{best.value} / {best.bound}"


def _above(row: cases.CaseRow, way: str) -> str | None:
    above = row.above(way)
    return None if above is None else f"{'' if row.best(way).proven else '≥ '}{above:+.1f}"


def heuristics_row(row: networks.NetworkRow, problem: xb.Problem, seconds: float) -> Row:
    """What a row of the page shows, and what it keeps; a latency in microseconds."""
    timed = problem.is_latency
    return {
        "network": row.network,
        "objective": row.objective,
        "layers": row.layers,
        "crossbars": row.crossbars,
        "best": f"{in_us(seconds_of(problem, row.best))} us" if timed else row.best,
        "open_%": row.open,
        **{rule: row.above(rule) for rule in networks.HEURISTICS},
        "dp": {"value": row.dp.value, "bound": row.dp.bound, "allocation": row.dp.allocation},
        "found": {rule: [tried.values, tried.seconds] for rule, tried in row.rules.items()},
        "seconds": seconds,
    }


def _cim_mlc(report: Report, arguments: Namespace) -> list[str]:
    for name, network in islice(chosen(arguments), arguments.most):
        report.add(cim_mlc_row(name, network, arguments.time_limit))
    counts = [sum(row["proven"][at] for row in report.rows) for at in (0, 1)]
    return [
        f"Proven: {counts[0]} of {len(report.rows)} in cores, {counts[1]} with as many crossbars."
    ]


def _heuristics(report: Report, arguments: Namespace) -> list[str]:
    rows: list[networks.NetworkRow] = []
    for name, network in islice(chosen(arguments), arguments.most):
        for objective in networks.OBJECTIVES:
            begin = time.perf_counter()
            row = networks.row_of(name, network, objective, arguments.time_limit)
            problem = networks.problem_of(network, row.crossbars, objective)
            report.add(heuristics_row(row, problem, time.perf_counter() - begin))
            rows.append(row)
    return summary(rows)


def summary(rows: Sequence[networks.NetworkRow]) -> list[str]:
    """Each heuristic over all networks, by objective."""
    said = [
        "| objective | proven | rule | mean above, % | worst | none better known | spread, % | s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for objective in networks.OBJECTIVES if rows else ():
        own = networks.Objective([row for row in rows if row.objective == objective])
        said += [
            f"| {objective} | {own.proven} of {len(own.rows)} | {name} | {rule.above.mean:.1f} | "
            f"{rule.above.worst:.1f} | {rule.above.none} | {rule.spread:.1f} | {rule.seconds:.2g} |"
            for name, rule in own.rules.items()
        ]
    return said


def main(argv: Sequence[str] | None = None) -> None:
    """Make the rows of a page for all files of a folder."""
    parser = options(__doc__, time_limit=10)
    parser.set_defaults(output=None)
    parser.add_argument("what", choices=("cim-mlc", "heuristics"))
    parser.add_argument("--folder", type=Path, default=Path("zoo"), metavar="DIR")
    parser.add_argument("--models", default="*", metavar="GLOB", help="names of files (*)")
    parser.add_argument("--families", action="store_true", help="the smallest file of each family")
    parser.add_argument("--most", type=int, metavar="N", help="so many networks at most (all)")
    arguments = parser.parse_args(argv)
    what = arguments.what
    arguments.output = arguments.output or ROOT / "results" / what
    report = Report("zoo", TITLES[what], COLUMNS[what], arguments)
    warm_up("dp")
    said = (_cim_mlc if what == "cim-mlc" else _heuristics)(report, arguments)
    report.write(BELOW[what], "", *said)


if __name__ == "__main__":
    sys.exit(main())
