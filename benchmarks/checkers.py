"""Both checkers on the same certificates: those of results/, and random single changes to many.

The one in Python and the one in JavaScript share nothing but the document of the format. Needs
Node. Run from anywhere: python benchmarks/checkers.py [--count N]. Writes checkers.md and
checkers.json in results/certificates.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from bench import ROOT, Report, options
from mutations import KINDS, certificates, changed, text_of, written
from older import in_any_form

import xbarmip as xb
from xbarmip.certificate import check
from xbarmip.cores.cases import random_variant
from xbarmip.cores.certificate import certificate_lines
from xbarmip.cores.door import place
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.schedules.cases import random_schedule
from xbarmip.schedules.certificate import write_schedule_certificate
from xbarmip.schedules.problem import Schedule

COLUMNS = (
    "certificates", "tried", "accepted", "refused", "disagreements", "python_seconds",
    "node_seconds",
)  # fmt: skip
CHECKER = str(files("xbarmip").joinpath("certificate", "checker.js"))
EACH = 10  # files of one certificate
BATCH = 500  # files of one run of Node
BEGIN = b'{"format":"xbarmip-'
NAMES = ("name", "measure")  # no part of a problem
Records = list[Any]
OUTCOMES = {check.ACCEPTED: "accepted", check.REFUSED: "refused", check.UNREADABLE: "unreadable"}


def main(argv: Sequence[str] | None = None) -> int:
    """Try every group; the exit status says whether the checkers ever disagreed."""
    parser = options("Two checkers of certificates.", 60.0)
    parser.set_defaults(output=ROOT / "results" / "certificates")
    parser.add_argument("--count", type=int, default=10000, help="changes (default: 10000)")
    arguments = parser.parse_args(argv)
    if arguments.smoke:
        arguments.count = 60
    report = Report("checkers", "Two checkers on the same certificates", COLUMNS, arguments)
    found = False
    for name, contents in _groups(arguments):
        row, wrong = compared(contents)
        report.add({"certificates": name, **row})
        found |= bool(wrong)
        for content, python, node in wrong[:3]:
            print(f"Python {python}, JavaScript {node}: {content!r}", file=sys.stderr)
    return 1 if found else 0


def _groups(arguments: Namespace) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The files of every group: two thirds of the changes are to problems of allocations."""
    kept, sixth = [*kept_certificates(ROOT / "results")], arguments.count // 6
    if kept:
        yield "of results/", kept[:3] if arguments.smoke else kept
    for name, made, tried in (
        ("allocations, changed", certificates(Random("c")), arguments.count - 2 * sixth),
        ("schedules, changed", schedules(), sixth),
        ("placements, changed", cores(), sixth),
    ):
        yield name, islice(alterations(made, Random(name)), tried)


def kept_certificates(folder: Path) -> Iterator[bytes]:
    """The certificates that stand in a folder, as they are."""
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        packed = content.startswith(b"\x1f\x8b")
        text = gzip.decompress(content) if packed else content
        if text[:60].replace(b" ", b"").startswith(BEGIN):
            yield content


# --- changed certificates


def alterations(made: Iterable[Records], random: Random) -> Iterator[bytes]:
    """Certificates as files, each as it is and then with random single changes."""
    for each in made:
        records = each if "placement" in each[1] else in_any_form(each, random)
        yield text_of(records)
        for _ in range(EACH - 1):
            yield altered(records, random)


def altered(records: Records, random: Random) -> bytes:
    """A certificate with one random change; the digest follows, as it would in earnest."""
    if "problem" in records[1] or "shared" in records[1]:
        return written(records, random)[1]
    return text_of(sealed(changed(records, random)[1]))


def sealed(records: Records) -> Records:
    """Records of a schedule or a placement with the digest of what they state, if they state it."""
    head, second = records[:2]
    if not isinstance(head, dict) or not isinstance(second, dict):
        return records
    stated = second.get("placement", second.get("schedule"))
    text = json.dumps(_nameless(stated), sort_keys=True, separators=(",", ":"))
    return [{**head, "digest": sha256(text.encode()).hexdigest()}, *records[1:]]


def _nameless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nameless(each) for key, each in value.items() if key not in NAMES}
    return [_nameless(each) for each in value] if isinstance(value, list) else value


def schedules(seed: str = "schedules") -> Iterator[Records]:
    """Certificates of random small schedules of every kind; those that have a proof in them."""
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.gz"
        while True:
            schedule = some_schedule(random)
            try:
                write_schedule_certificate(schedule, xb.schedule(schedule), path)
            except (InputError, UnsupportedError):  # no plan, or a layer is divided
                continue
            lines = gzip.decompress(path.read_bytes()).splitlines()
            if len(lines) > 8:
                yield [json.loads(line) for line in lines]


def some_schedule(random: Random) -> Schedule:
    """A small schedule: of any objective and rule, memory off the chip free or not."""
    objective, rule = random.choice(KINDS)
    schedule = random_schedule(random, "steps" if "steps" in objective else "cycles")
    level = MemoryLevel("bus", Fraction(random.randint(1, 40) * 10**8), "isaac-inter-tile")
    hardware = Hardware(
        "drawn", "drawn", schedule.crossbar, crossbars_per_tile=random.randint(1, 9), input_bits=8,
        compute_ns=Fraction(random.randint(1, 40)), memory=(level,),
        off_chip_GB_per_s=Fraction(random.randint(1, 30), 10),
    )  # fmt: skip
    kept = random.random() < 0.5
    return replace(
        schedule, objective=objective, rule=rule, hardware=hardware, off_chip=kept, write_cycles=1
    )


def cores(seed: str = "cores") -> Iterator[Records]:
    """Certificates of random small placements; now and then that there is none."""
    random = Random(seed)
    while True:
        placement = random_variant(random)
        with suppress(UnsupportedError):  # prices do not always show that there is none
            yield certificate_lines(placement, place(placement))


# --- the two checkers


def compared(contents: Iterable[bytes]) -> tuple[dict[str, Any], list[tuple[bytes, str, str]]]:
    """What both say of some files: a row of the report, and the files on which they differ."""
    row = dict.fromkeys(COLUMNS[1:], 0)
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        rest = iter(contents)
        while batch := [*islice(rest, BATCH)]:
            paths = [Path(folder) / str(number) for number in range(len(batch))]
            for path, content in zip(paths, batch, strict=True):
                path.write_bytes(content)
            start = time.perf_counter()
            python = [by_python(str(path)) for path in paths]
            between = time.perf_counter()
            node = by_node(paths)
            row["python_seconds"] += between - start
            row["node_seconds"] += time.perf_counter() - between
            for each, (one, other) in zip(batch, zip(python, node, strict=True), strict=True):
                row["tried"] += 1
                row["accepted"] += one == other == "accepted"
                row["refused"] += one == other == "refused"
                if one != other:
                    row["disagreements"] += 1
                    wrong.append((each, one, other))
    return row, wrong


def by_python(path: str) -> str:
    """The outcome by the checker in Python."""
    try:
        return OUTCOMES[check.examine(path)[0]]
    except Exception as error:
        return f"crash: {error!r}"


def by_node(paths: Sequence[Path]) -> list[str]:
    """The outcomes by the checker in JavaScript."""
    command = ["node", CHECKER, "--json", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [json.loads(line)["status"] for line in done.stdout.splitlines()]
    missing = len(paths) - len(found)
    return [*found, *[f"crash: {done.stderr.strip()[-200:]}"] * missing]


if __name__ == "__main__":
    sys.exit(main())
