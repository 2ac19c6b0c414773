"""Certificates of placements: accepted as they are, refused or still true when altered."""

import copy
import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

import xbarmip as xb
from xbarmip.constraints import LargestDuplication
from xbarmip.cores import check
from xbarmip.cores.cases import random_placement
from xbarmip.cores.certificate import placement_certificate, write_placement_certificate
from xbarmip.cores.problem import Placement
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.hardware.preset import Hardware, MemoryLevel


def drawn(count, seed):
    """Placements with their answers, some of a period, some with copies that may be split."""
    random, found = Random(f"certificates {seed}"), []
    while len(found) < count:
        placement = replace(random_placement(random), split=random.random() < 0.3)
        if random.random() < 0.4:
            hardware = Hardware(
                "h",
                "drawn",
                placement.problem.crossbar,
                input_bits=8,
                product_ns=Fraction(random.randint(1, 30)),
                memory=(MemoryLevel("m", Fraction(10**9)),),
            )
            placement = replace(placement, hardware=hardware, objective="period")
        result = xb.place(placement)
        if result.layout is not None:
            found.append((placement, result))
    return found


ANSWERED = drawn(60, 1)


def test_certificates_are_accepted():
    tight = 0
    for placement, result in ANSWERED:
        record = json.loads(json.dumps(placement_certificate(placement, result)))
        words = check.check_record(record)
        assert f"on {placement.chip} cores of {placement.capacity}: {result.value} " in words
        assert record["bound"] <= result.bound
        tight += record["bound"] == result.value
    assert tight > len(ANSWERED) // 2


def numbers(record, path=()):
    """Paths to all integers and rationals of a record."""
    if isinstance(record, bool) or record is None:
        return
    if isinstance(record, dict | list):
        items = record.items() if isinstance(record, dict) else enumerate(record)
        for key, value in items:
            yield from numbers(value, (*path, key))
    elif isinstance(record, int):
        yield path


def altered(record, path, delta):
    changed = copy.deepcopy(record)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += delta
    return changed


def true_claim(record, optimum):
    """Whether an altered certificate of the same chip claims what exhaustive search says."""
    return record["value"] >= optimum and record["bound"] <= optimum


def test_altered_numbers_are_refused_or_leave_the_claim_true():
    """The statement of the chip is left alone: a change of it is another claim, tested below."""
    refused = accepted = 0
    for placement, result in ANSWERED[:25]:
        record = placement_certificate(placement, result)
        optimum = xb.place(placement, "exhaustive").value
        for path in numbers(record):
            if path[0] == "statement":
                continue
            for delta in (-1, 1, 7):
                changed = altered(record, path, delta)
                try:
                    check.check_record(changed)
                except check.Refused:
                    refused += 1
                else:
                    accepted += 1
                    assert true_claim(changed, optimum), (path, delta)
    assert refused > 5 * accepted


def test_claims_that_are_too_good_are_refused():
    for placement, result in ANSWERED:
        record = placement_certificate(placement, result)
        for key, delta in (("value", -1), ("bound", 1), ("bound", -1)):
            with pytest.raises(check.Refused):
                check.check_record(altered(record, (key,), delta))
        refutation = record["refutation"]
        if refutation is not None and record["bound"] == result.bound == result.value:
            better = altered(record, ("refutation", "value"), 1 if result.unit is None else 10**9)
            better["bound"] = better["refutation"]["value"] + 1
            with pytest.raises(check.Refused):
                check.check_record(better)


def test_altered_chips_are_refused_or_their_claim_is_true():
    """A wider core or a shorter layer: what is then claimed is held against exhaustive search."""
    for placement, result in ANSWERED[:20]:
        if placement.is_period:
            continue
        record = placement_certificate(placement, result)
        for change in (
            {"cores": placement.chip + 1},
            {"crossbars_per_core": placement.capacity + 1},
        ):
            changed = copy.deepcopy(record)
            changed["statement"].update(change)
            try:
                check.check_record(changed)
            except check.Refused:
                continue
            other = xb.place(replace(placement, **change), "exhaustive").value
            assert true_claim(changed, other)


BY_HAND = {
    "format": check.FORMAT,
    "version": 1,
    "statement": {
        "network": "one",
        "cores": 2,
        "crossbars_per_core": 2,
        "split": False,
        "layers": [
            {"name": "a", "outputs": 8, "blocks": 1, "width": 1, "window": 3, "channels": 1}
        ],
        "objective": {"kind": "core-interval", "unit_s": None, "product_s": None, "value_s": None},
    },
    "layout": {"duplication": [4], "cores": [[[0, 0, 1], [0, 1, 1]], [[0, 2, 1], [0, 3, 1]]]},
    "value": 4,
    "bound": 4,
    "refutation": {
        "bound": "volume",
        "value": 3,
        "prices": [[[2, 2], [3, 3]]],
        "slope": [0, 1],
        "grain": 1,
    },
}


def test_a_certificate_by_hand():
    """8 windows on two cores, 4 products each: loads as prices refute 3."""
    assert check.check_record(BY_HAND) == (
        "one on 2 cores of 2: 4 products, and no placement takes less"
    )


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "xbarmip-certificate", "not a xbarmip-placement-certificate"),
        (("statement", "cores"), True, "cores must be an integer >= 1"),
        (("statement", "cores"), 10**9, "the chip is too large"),
        (("statement", "cores"), 2**300, "cores is too large"),
        (("statement", "layers"), [], "layers must be a list that is not empty"),
        (("statement", "layers", 0, "width"), 3, "a row block is wider than a core"),
        (("statement", "objective", "unit_s"), "1/2", "a core interval has no times"),
        (("statement", "objective", "kind"), "period", "unit_s must be a positive rational"),
        (("layout", "duplication"), [9], "R of a is more than its outputs"),
        (("layout", "cores", 0), [], "the row blocks that are placed are not those of all"),
        (("layout", "cores", 0, 1), [0, 0, 1], "core 0: shares out of order"),
        (("layout", "cores", 0, 1), [1, 0, 1], "core 0: no such layer"),
        (("layout", "cores", 0), [[0, 0, 1], [0, 1, 1], [0, 4, 1]], "core 0 holds 3 crossbars of"),
        (("value",), 3, "the layout takes 4, 3 is claimed"),
        (("bound",), 3, "bound 3 is claimed, 4 is proven"),
        (("refutation",), None, "bound 4 is claimed, 1 is proven"),
        (("refutation", "prices"), [[[3, 3], [2, 2]]], "prices of a are out of order"),
        (("refutation", "prices"), [[[2, 3], [3, 3]]], "a price is above the slope"),
        (("refutation", "prices"), [[[3, 3]]], "the layers cost 0, 2 cores may cost 6"),
        (("refutation", "grain"), 0, "grain must be an integer >= 1"),
    ],
)
def test_what_is_refused(path, value, message):
    record = copy.deepcopy(BY_HAND)
    place = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(check.Refused, match=message):
        check.check_record(record)


def test_files_that_are_none(tmp_path):
    file = tmp_path / "c.json"
    for text, message in (
        ("{", "is no JSON"),
        ('{"format": 1, "format": 1}', "a key is given twice"),
        ("[]", "certificate must be a table"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(check.Refused, match=message):
            check.check(file)
    file.write_bytes(b"\xff")
    with pytest.raises(check.Refused, match="is no UTF-8 text"):
        check.check(file)


def test_the_checker_runs_alone(tmp_path):
    """Without the package, by the standard library."""
    placement, result = ANSWERED[0]
    write_placement_certificate(placement, result, tmp_path / "c.json")
    wrong = placement_certificate(placement, result) | {"value": result.value + 1}
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    command = [sys.executable, "-I", "-S", check.__file__, "c.json", "wrong.json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    accepted, refused = done.stdout.splitlines()
    assert accepted.startswith("c.json: accepted: ")
    assert refused.startswith("wrong.json: REFUSED: ")


def test_what_has_no_certificate():
    placement, result = ANSWERED[0]
    constrained = replace(placement, constraints=(LargestDuplication(99),))
    with pytest.raises(
        UnsupportedError, match="'largest-duplication' cannot stand in a certificate"
    ):
        placement_certificate(constrained, result)
    nothing = Placement(placement.network, 1, 1, placement.problem.crossbar)
    with pytest.raises(InputError, match="nothing to certify: search found no placement"):
        placement_certificate(nothing, xb.place(nothing))
