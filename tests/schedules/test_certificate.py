"""Certificates of schedules: accepted as they are, and refused or true when a number is altered."""

import gzip
import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import pytest

import xbarmip as xb
from tests import ROOT
from tests.brute_schedules import best_cost
from tests.random_hardware import SHIPPED, random_hardware
from tests.sample import draws
from xbarmip.certificate import check, check_schedule
from xbarmip.certificate.same import require_same
from xbarmip.cli.main import main
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.network.generate import Shape, random_network
from xbarmip.schedules.bounds import pace_bounds
from xbarmip.schedules.cases import random_cases
from xbarmip.schedules.certificate import stated_schedule, write_schedule_certificate
from xbarmip.schedules.problem import OBJECTIVES, Schedule
from xbarmip.schedules.segment import Segment

CASES = [case.schedule for case in random_cases(60, seed=4)]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Schedules whose proofs need links: schedule, lines, optimum by brute force."""
    found, random, folder = [], Random(8), tmp_path_factory.mktemp("certificates")
    while len(found) < 4:
        network = random_network(random, Shape(3, 6, 16, 0.3, 0.3, channels=3))
        smallest = xb.Problem(network, 1, (9, 3)).smallest_budget
        schedule = Schedule(
            network, smallest + random.randint(1, 6), (9, 3),
            write_cycles=random.randint(0, 1), batch=random.randint(1, 3),
        )  # fmt: skip
        lines = written(schedule, folder / "c.gz")
        if sum("link" in line for line in lines if isinstance(line, dict)) > 1:
            optimum = best_cost(
                network, 9, 3, schedule.crossbars, schedule.write_cycles, schedule.batch
            )
            found.append((schedule, lines, optimum))
    return found


def written(schedule, path):
    """The lines of the certificate of a schedule's optimum."""
    write_schedule_certificate(schedule, xb.schedule(schedule), path)
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def examined(lines, path, meet=None):
    """Status and what is proven of a certificate with these lines."""
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    status, message, proven = check.examine(str(path), meet)
    return status, message, proven


def test_what_is_written_is_accepted(tmp_path):
    path, done = tmp_path / "c.gz", 0
    for schedule in CASES:
        result = xb.schedule(schedule)
        if result.plan is None:
            continue
        write_schedule_certificate(schedule, result, path)
        status, message, proven = check.examine(str(path))
        assert status == check.ACCEPTED, message
        assert proven[1:] == (result.value, result.bound)
        require_same(proven[0], stated_schedule(schedule))
        done += 1
    assert done > 50


def of_every_kind(random, count):
    """Schedules by every count, latencies, with and without memory off the chip."""
    for case in random_cases(count, seed=11):
        objective = random.choice(OBJECTIVES)
        rule = random.choice((None, "published")) if objective.endswith("steps") else None
        figures = {"row_write_ns": Fraction(random.randint(1, 50), 7),
                   "off_chip_GB_per_s": Fraction(random.randint(1, 30), 10)}  # fmt: skip
        hardware = replace(random_hardware(random, case.schedule.crossbar, SHIPPED), **figures)
        off_chip = random.random() < 0.5
        yield replace(
            case.schedule, objective=objective, rule=rule, hardware=hardware, off_chip=off_chip
        )


def test_every_kind_of_schedule_is_certified_but_for_divided_layers(tmp_path):
    path, done, links = tmp_path / "c.gz", Counter(), 0
    for schedule in of_every_kind(Random(1), 60):
        result = xb.schedule(schedule)
        if result.plan is None:
            continue
        if schedule.is_latency and len(schedule.units) > len(schedule.network.layers):
            with pytest.raises(UnsupportedError, match=r"it is a latency, and layer .* is divided"):
                stated_schedule(schedule)
            continue
        write_schedule_certificate(schedule, result, path)
        status, message, proven = check.examine(str(path))
        assert status == check.ACCEPTED, message
        assert proven[1:] == (result.value, result.bound)
        require_same(proven[0], stated_schedule(schedule))
        links += gzip.decompress(path.read_bytes()).count(b'"link"')
        done[schedule.objective] += 1
    assert min(done[objective] for objective in OBJECTIVES) > 4
    assert links > 20


def test_the_checker_has_the_segments_of_the_package(certificates):
    """N*, sets, ends and costs are derived twice; bounds hold, whatever the links."""
    drawn = [
        *CASES,
        *(schedule for schedule, *_ in certificates),
        *of_every_kind(Random(2), draws(40)),
    ]
    for schedule in drawn:
        if schedule.obstacle or (schedule.is_latency and any(schedule.divided)):
            continue
        stated, fine = stated_schedule(schedule), pace_bounds(schedule)
        coarse = check_schedule.pace_bounds(stated)
        assert coarse.keys() == fine.keys()
        for edge, bound in fine.items():
            segment = Segment(schedule, *edge)
            own = check_schedule.Segment(stated, edge, stated.needed(edge[1]))
            assert (own.needed, own.sets) == ([*segment.needed], [*segment.problem.sets])
            assert coarse[edge] <= bound <= own.bound([])
            ones = [1] * len(own.sets)
            assert own.cost(ones) == segment.figures(ones).cost


def test_alterations_are_refused_or_leave_the_claim_true(certificates, tmp_path):
    """`benchmarks/schedules.py --part alterations` makes 2,000 of them."""
    random, seen = Random(3), {"refused": 0, "true": 0}
    path = tmp_path / "altered"
    for number in range(draws(240)):
        schedule, lines, optimum = certificates[number % len(certificates)]
        altered = altered_once(lines, random)
        own = stated_schedule(schedule)
        status, message, proven = examined(altered, path, lambda s, own=own: require_same(s, own))
        if status == check.REFUSED:
            assert "the checker fails" not in message, altered
            seen["refused"] += 1
        else:
            assert proven[2] <= optimum <= proven[1]
            seen["true"] += 1
    assert seen["refused"] > draws(100)


def altered_once(lines, random):
    """One integer somewhere behind the statement is another, or a line is missing."""
    altered, places = json.loads(json.dumps(lines)), []
    if random.random() < 0.1:
        del altered[random.randrange(2, len(altered))]
        return altered

    def walk(value):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(each, dict | list):
                walk(each)
            elif type(each) is int:
                places.append((value, key))

    walk(altered[2:])
    holder, key = random.choice(places)
    holder[key] += random.choice((-2, -1, 1, 2))
    return altered


def test_an_altered_statement_is_proven_for_itself_or_refused(certificates, tmp_path):
    """With a digest made anew the claim is about another schedule: it must be true of that one."""
    random, accepted = Random(4), 0
    for number in range(draws(120)):
        _, lines, _ = certificates[number % len(certificates)]
        altered = json.loads(json.dumps(lines))
        record = altered[1]["schedule"]
        holder = random.choice((record, *record["layers"]))
        names = [key for key, value in holder.items() if type(value) is int]
        holder[random.choice(names)] += random.choice((-1, 1))
        try:
            stated = check_schedule.Schedule(record)
        except check.Refused:
            continue
        altered[0]["digest"] = check.digest(stated.numbers())
        status, _, proven = examined(altered, tmp_path / "c")
        if status == check.ACCEPTED:
            assert proven[2] <= enumerated(stated)
            accepted += 1
    assert accepted > 0


def enumerated(stated):
    """The cheapest schedule of a statement: every cut, every allocation, simulated."""
    costs = {}
    for stop in range(1, len(stated.units) + 1):
        for start in range(stop):
            segment = check_schedule.Segment(stated, (start, stop), stated.needed(stop))
            if sum(segment.sets) > stated.crossbars:
                continue
            most = segment.problem(stated.crossbars, max(segment.needed)).largest
            costs[start, stop] = min(
                segment.cost(chosen)
                for chosen in map(list, product(*(range(1, r + 1) for r in most)))
                if sum(r * s for r, s in zip(chosen, segment.sets, strict=True)) <= stated.crossbars
            )
    return check_schedule.shortest(len(stated.units), costs)


def test_a_wrong_bound_is_not_certified(tmp_path):
    schedule = Schedule(xb.load_network("lenet-5"), 8, write_cycles=2, batch=3)
    result = xb.schedule(schedule)
    worse = xb.schedule(schedule, "filling")
    assert worse.value > result.value
    wrong = replace(worse, bound=result.value + 1, proof=xb.Proof.EXACT)
    with pytest.raises(VerificationError, match="that is wrong"):
        write_schedule_certificate(schedule, wrong, tmp_path / "c.gz")
    assert not [*tmp_path.iterdir()]
    with pytest.raises(UnsupportedError, match="even proves no bound"):
        write_schedule_certificate(schedule, xb.schedule(schedule, "even"), tmp_path / "c.gz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[1]["schedule"].update(crossbars=0), "crossbars must be at least 1"),
        (lambda lines: lines[1]["schedule"].update(batch=4), "the digest of the problem is not"),
        (lambda lines: lines[2]["claim"].update(value=415), "the plan takes 416, not 415"),
        (lambda lines: lines[2]["claim"].update(bound=417), "bound must be at most 416"),
        (lambda lines: lines[2]["claim"]["plan"].pop(), "end of the last segment"),
        (lambda lines: lines[2]["claim"]["plan"][0][2].append(1), "must be an array of 1"),
        (lambda lines: lines[2]["claim"]["plan"][0].__setitem__(2, [9]), "R of layer 0"),
        (lambda lines: lines[2]["claim"].update(plan=[[0, 5, [1] * 5]]), "does not fit the chip"),
        (lambda lines: lines.insert(3, {"segment": {"units": [0, 5], "links": 0}}), "does not fit"),
        (lambda lines: lines.append({"end": []}), "comes after the end of the proof"),
        (lambda lines: lines.pop(), "the certificate ends too early"),
        (lambda lines: lines[0].update(version=1), "not a certificate in the format"),
    ],
)
def test_what_is_refused(change, message, tmp_path):
    schedule = Schedule(xb.load_network("lenet-5"), 8, write_cycles=2, batch=3)
    lines = written(schedule, tmp_path / "c.gz")
    change(lines)
    status, said, _ = examined(lines, tmp_path / "altered")
    assert status == check.REFUSED
    assert message in said


def test_the_bound_needs_its_segments(certificates, tmp_path):
    """A certificate without the links of a segment proves less than it claims."""
    _, lines, _ = certificates[0]
    bare = [*lines[:3], {"end": []}]
    status, message, _ = examined(bare, tmp_path / "c")
    assert status == check.REFUSED
    assert "is proven, not" in message


def test_the_checker_stands_alone(tmp_path):
    """Two files, and the standard library."""
    folder = ROOT / "xbarmip" / "certificate"
    for name in ("check.py", "check_schedule.py"):
        shutil.copy(folder / name, tmp_path)
    schedule = Schedule(xb.load_network("lenet-5"), 8, write_cycles=2, batch=3)
    path = tmp_path / "c.gz"
    written(schedule, path)
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "check.py"), str(path)],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert "no schedule of 3 images takes less than 416 cycles" in run.stdout


def test_the_command_line(tmp_path, capsys):
    path = str(tmp_path / "c.gz")
    chip = ["lenet-5", "--crossbars", "8", "--write-cycles", "2", "--batch", "3"]
    assert main(["schedule", *chip, "--certificate", path]) == 0
    assert main(["check", path]) == 0
    assert main(["check", path, "--network", *chip]) == 0
    assert "lenet-5, 8 crossbars of 128x128 (digest" in capsys.readouterr().out
    for given, message in (
        ([*chip[:-1], "4"], "batch: 3 in the file, 4 wanted"),
        (chip[:3], "the file states another problem: a schedule of segments"),
        ([*chip[:3], "--write-cycles", "0"], "write: 2 in the file, 0 wanted"),
    ):
        assert main(["check", path, "--network", *given]) == 1
        assert message in capsys.readouterr().out
    for given, message in (
        (["--network", *chip, "--cores", "2"], "only one of both is allowed"),
        (["--write-cycles", "2"], "--write-cycles says what the problem is, and needs --network"),
    ):
        assert main(["check", path, *given]) == 2
        assert message in capsys.readouterr().err
