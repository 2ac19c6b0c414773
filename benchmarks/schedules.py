"""Schedules: real networks on small chips, agreement of three provers, altered certificates.

Run from anywhere: python benchmarks/schedules.py --part cases|random|alterations [--time-limit S].
Writes results/schedule/PART.{md,json}.
"""

import gzip
import json
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from bench import ROOT, Report, Row, agreed, isolated, options, warm_up

import xbarmip as xb
from xbarmip.certificate import check, check_schedule
from xbarmip.certificate.same import require_same
from xbarmip.compare.instance import Instance
from xbarmip.compare.suite import read_suite
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.schedules.cases import Case, random_cases
from xbarmip.schedules.certificate import stated_schedule, write_schedule_certificate
from xbarmip.schedules.door import make_schedule_solver
from xbarmip.schedules.problem import OBJECTIVES, Schedule

RIVALS = ("filling", "even", "genetic")
CASES = (
    "case", "status", "value", "bound", "seconds", "cpu_seconds", "segments",
    *(f"{each}_gap_percent" for each in RIVALS),
    "certificate_seconds", "certificate_bytes", "check_seconds", "checked",
)  # fmt: skip
RANDOM = (
    "solvers", "cases", "optimal", "infeasible", "refused", "cut", "divided", "disagreements",
    "seconds",
)  # fmt: skip
ALTERATIONS = ("certificates", "alterations", "refused", "true", "false", "seconds")
PROOF_SECONDS = 60.0
RIVAL_SECONDS = 3.0  # of the genetic one, or as long as the exact search took


def main(argv: Sequence[str] | None = None) -> None:
    """Run one part."""
    parser = options("Networks whose weights exceed the chip.", 60.0)
    parser.set_defaults(output=ROOT / "results" / "schedule")
    parser.add_argument("--part", choices=("cases", "random", "alterations"), default="cases")
    arguments = parser.parse_args(argv)
    parts = {"cases": cases, "random": agreement, "alterations": alterations}
    parts[arguments.part](arguments)


def cases(arguments: Namespace) -> None:
    """The real cases: the exact search, its certificate, the rivals."""
    report = Report("cases", "Networks on chips that hold a part of them", CASES, arguments)
    asked = Schedule(xb.load_network("lenet-5"), 8, 128, write_cycles=2, batch=3)
    tiny = Instance("lenet-5/8/W=2/b=3", asked)
    xb.schedule(asked, "filling")
    warm_up("dp")
    for case in (tiny,) if arguments.smoke else read_suite("small-chips").instances:
        row = isolated(lambda case=case: _solved(case, arguments), arguments)
        for rival in RIVALS:
            limit = max(RIVAL_SECONDS, row.get("seconds") or 0.0)
            limit = limit if rival == "genetic" else arguments.time_limit
            found = isolated(lambda case=case, r=rival, s=limit: _rival(case, r, s), arguments)
            if row.get("bound") and found.get("value"):
                gap = 100 * (found["value"] - row["bound"]) / row["bound"]
                row[f"{rival}_gap_percent"] = gap
        report.add({"case": case.name, **row})
    proven = sum(row["status"] == "OPTIMAL" for row in report.rows)
    checked = sum(row.get("checked") == "accepted" for row in report.rows)
    report.write(f"{proven} of {len(report.rows)} proven, {checked} certificates accepted.")


def _solved(case: Instance, arguments: Namespace) -> Row:
    start = time.process_time()
    result = xb.schedule(case.problem, time_limit=arguments.time_limit)
    row: Row = {
        "cpu_seconds": time.process_time() - start,
        "status": str(result.status),
        "value": result.value,
        "bound": result.bound,
        "seconds": result.seconds,
        "segments": len(result.plan or ()),
        "statistics": dict(result.statistics),
    }
    if not arguments.smoke and (case.problem.batch == 1 or case.problem.write_cycles < 100):
        return row
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.gz"
        try:
            made = write_schedule_certificate(case.problem, result, path, time_limit=PROOF_SECONDS)
        except Exception as error:  # a proof that takes too long is a row without one
            return {**row, "checked": type(error).__name__}
        start = time.process_time()
        status, message, _ = check.examine(str(path))
        row |= {
            "certificate_seconds": made.seconds,
            "certificate_bytes": made.size,
            "check_seconds": time.process_time() - start,
            "checked": "accepted" if status == check.ACCEPTED else message,
        }
    return row


def _rival(case: Instance, name: str, seconds: float) -> Row:
    return {"value": xb.schedule(case.problem, name, time_limit=seconds).value}


def agreement(arguments: Namespace) -> None:
    """Random tiny schedules: all against exhaustive search."""
    report = Report("random", "Provers on random tiny schedules", RANDOM, arguments)
    for names, objective, count, seed in (
        (("dp", "exhaustive"), "cycles", 4 if arguments.smoke else 2000, 0),
        (("dp", "exhaustive"), "steps", 4 if arguments.smoke else 500, 1),
        (("dp", "exhaustive"), "latency", 4 if arguments.smoke else 300, 3),
        (("dp", "milp", "exhaustive"), "cycles", 4 if arguments.smoke else 100, 2),
        (("dp", "milp", "exhaustive"), "steps", 4 if arguments.smoke else 100, 4),
        (("dp", "milp", "exhaustive"), "latency", 4 if arguments.smoke else 100, 5),
    ):
        solvers = [make_schedule_solver(name) for name in names]
        drawn = random_cases(count, seed, "cycles" if objective == "latency" else objective)
        if objective == "latency":
            drawn = tuple(timed(case, Random(case.name)) for case in drawn)
        counted = agreed(drawn, solvers, arguments.time_limit)
        counted["cut"] = sum(not each.whole.feasible for _, each in drawn)
        counted["divided"] = sum(len(s.units) > len(s.network.layers) for _, s in drawn)
        who = f"{', '.join(names)} ({objective})"
        report.add({"solvers": who, **{name: counted[name] for name in RANDOM[1:]}})
    report.write()


def timed(case: Case, random: Random) -> Case:
    """The same schedule on drawn hardware, for the least latency; HiGHS can hold its ticks."""
    speed, rule = Fraction(random.choice((1, 2, 5, 10)) * 10**8), "isaac-inter-tile"
    hardware = Hardware(
        "drawn", "drawn", case.schedule.crossbar, crossbars_per_tile=random.randint(1, 9),
        input_bits=8, compute_ns=Fraction(random.randint(1, 40)),
        off_chip_GB_per_s=Fraction(random.choice((1, 2, 5))),
        memory=(MemoryLevel("bus", speed, rule),),
    )  # fmt: skip
    off_chip = random.random() < 0.5
    made = replace(case.schedule, objective="latency", hardware=hardware, off_chip=off_chip)
    return case._replace(schedule=made)


def alterations(arguments: Namespace) -> None:
    """Certificates of which one number is altered: refused, or what they claim is still true."""
    report = Report("alterations", "Altered certificates", ALTERATIONS, arguments)
    count, random, start = 20 if arguments.smoke else 2000, Random("alterations"), time.time()
    tally: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path, made = Path(folder) / "c.gz", _certificates(Path(folder), arguments.smoke)
        for number in range(count):
            schedule, lines, optimum = made[number % len(made)]
            altered = alter(lines, random)
            path.write_bytes(gzip.compress("\n".join(map(json.dumps, altered)).encode(), 1))
            tally[verdict(str(path), stated_schedule(schedule), optimum)] += 1
    report.add(
        {
            "certificates": len(made), "alterations": count, **tally, "false": tally["false"],
            "seconds": time.time() - start,
        }
    )  # fmt: skip
    report.write()


def _certificates(folder: Path, smoke: bool) -> list[tuple[Schedule, list[Any], int]]:
    """Schedules whose certificates have proofs in them, their lines, and the proven optimum."""
    made, random = list[tuple[Schedule, list[Any], int]](), Random("kinds")
    for case in random_cases(40 if smoke else 400, seed=9):
        drawn = timed(case, random).schedule
        objective = random.choice(OBJECTIVES)
        rule = random.choice((None, "published")) if objective.endswith("steps") else None
        schedule = replace(drawn, objective=objective, rule=rule)
        result, path = xb.schedule(schedule), folder / "made.gz"
        if result.plan is None or (schedule.is_latency and any(schedule.divided)):
            continue
        write_schedule_certificate(schedule, result, path)
        lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        best = xb.schedule(schedule, "exhaustive").value
        if best is not None and (len(lines) > 6 or (smoke and not made)):
            made.append((schedule, lines, best))
    return made


def verdict(path: str, own: check_schedule.Schedule, optimum: int) -> str:
    """How the check of an altered certificate of one's own schedule ends."""
    status, _, proven = check.examine(path, lambda stated: require_same(stated, own))
    if status != check.ACCEPTED or proven is None:
        return "refused"
    _, value, bound = proven
    return "true" if bound <= optimum <= value else "false"


def alter(lines: list[Any], random: Random) -> list[Any]:
    """The lines with one integer somewhere made another, and a line left out now and then."""
    altered = json.loads(json.dumps(lines))
    if random.random() < 0.05:
        del altered[random.randrange(len(altered))]
        return altered
    places = list[tuple[Any, Any]]()
    wanted = random.choice(("anywhere", "behind the statement"))

    def walk(value: Any) -> None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            if isinstance(each, dict | list):
                walk(each)
            elif type(each) is int:
                places.append((value, key))

    walk(altered if wanted == "anywhere" else altered[2:])
    holder, key = random.choice(places)
    holder[key] += random.choice((-2, -1, -1, 1, 1, 2, 10))
    return altered


if __name__ == "__main__":
    main()
