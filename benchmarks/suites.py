"""Run the shipped suites as results/compare sums them up, with a report, and learn what they show.

    python benchmarks/suites.py [--suites published,onnx] [--jobs N] [--resume]

Solvers that prove run longer than those that do not, and the claims of the dynamic program are
certified within its limit. The rows of a suite go to <suite>.jsonl, a summary to <suite>.md, both
in the folder --output; best known values to <suite>.json in the folder --known; one page for all
suites of the call to report.html. A suite begins anew unless --resume is given, which runs what is
missing. --limit bounds every limit, in seconds. The summary of `random` has a line for each family
in place of one for each instance.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from xbarmip.compare.analysis.gaps import gap_summaries
from xbarmip.compare.analysis.load import load
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.known import known_path, learn, read_known, write_known
from xbarmip.compare.report.page import page
from xbarmip.compare.report.summary import headline, markdown
from xbarmip.compare.report.table import Table
from xbarmip.compare.report.tables import certified_of
from xbarmip.compare.run import compare
from xbarmip.compare.suite import read_suite

MEMORY = 3 * 2**30  # bytes of each search
SEARCHES = ("random", "genetic", "annealing")
RULES = ("woho", "stride", "identical", "greedy", "lagrangian")
# Seconds, by suite, of: the dynamic program; its published version; the other provers; searches.
SECONDS = {
    "published": (60, 60, 20, 1),
    "onnx": (120, 1, 5, 2),
    "random": (5, 5, 5, 0.3),
    "bandwidth": (60, 60, 20, 1),
    "hard": (60, 5, 20, 0.5),
    "ladder": (5, 5, 5, 0.3),
    "scale": (60, 5, 5, 0.5),
}
GROUPS = (("dp",), ("published-dp",), ("milp", "exhaustive"), (*RULES, *SEARCHES))


def main(arguments: list[str] | None = None) -> tuple[Comparison, ...]:
    """Run, sum up, learn; the results."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suites", default="published,onnx,random,hard")
    parser.add_argument("--output", type=Path, default=Path("results/compare"))
    parser.add_argument("--known", type=Path, default=Path("instances/known"))
    parser.add_argument("--limit", type=float, default=float("inf"), metavar="SECONDS")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs at a time")
    parser.add_argument("--resume", action="store_true")
    chosen = parser.parse_args(arguments)
    found = tuple(_suite(name, chosen) for name in chosen.suites.split(","))
    (chosen.output / "report.html").write_text(page(found), encoding="utf-8")
    return found


def _suite(name: str, chosen: Namespace) -> Comparison:
    results = chosen.output / f"{name}.jsonl"
    if not chosen.resume:
        results.unlink(missing_ok=True)
    for solvers, seconds in zip(GROUPS, SECONDS[name], strict=True):
        compare(
            name,
            solvers,
            output=chosen.output,
            resume=True,
            jobs=chosen.jobs,
            certify=solvers == ("dp",),
            allowance=Allowance(min(seconds, chosen.limit), MEMORY),
        )
    (found,) = load([results])
    instances = families(found) if name == "random" else None
    results.with_suffix(".md").write_text(markdown(found, instances), encoding="utf-8")
    path = known_path(name, chosen.known)
    known = read_known(path) if path.exists() else {}
    path.write_bytes(write_known(name, learn(read_suite(name), known, found)))
    print(headline(found), flush=True)
    return found


def families(found: Comparison) -> str:
    """A section with a line a family: its verdicts, and how often each solver gets the best."""
    members: dict[str, set[str]] = {}
    for instance in found.instances:  # called <family>-<number>/<budget>/<objective>
        family = instance.name.partition("/")[0].rpartition("-")[0]
        members.setdefault(family, set()).add(instance.name)
    lines = [_family(found, family, names) for family, names in members.items()]
    columns = ("family", "verdicts", "proofs of dp", *found.labels)
    said = "How often each solver's value is the best known, of the instances that it takes."
    return f"## Families\n\n{said}\n\n{Table(columns, lines, 2).markdown()}"


def _family(found: Comparison, family: str, names: set[str]) -> list[str]:
    rows = tuple(row for row in found.rows if row.instance in names)
    instances = tuple(each for each in found.instances if each.name in names)
    part = replace(found, instances=instances, rows=rows)
    verdicts = ", ".join(f"{count} {kind}" for kind, count in part.counts.items() if count)
    gaps = {gap.label: gap for gap in gap_summaries(part)}
    best = (f"{gaps[label].best} of {gaps[label].runs}" for label in found.labels)
    return [family, verdicts, certified_of(rows), *best]


if __name__ == "__main__":
    main()
