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
from tests.brute_cores import best_of_figures
from tests.sample import draws
from xbarmip.certificate import check, check_placement
from xbarmip.certificate.same import require_same
from xbarmip.constraints import LargestDuplication
from xbarmip.cores.cases import random_placement
from xbarmip.cores.certificate import (
    certificate_lines,
    stated_chip,
    statement,
    write_placement_certificate,
)
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


def placement_certificate(placement, result):
    """The entries of a certificate's lines side by side, so that a path leads to each."""
    first, stated, claim, refutation = json.loads(json.dumps(certificate_lines(placement, result)))
    return {**first, **stated, **claim["claim"], **refutation}


def lines_of(record):
    """The lines again."""
    head = ("format", "version", "digest")
    claim = {key: record[key] for key in record if key not in (*head, "placement", "refutation")}
    return [
        {key: record[key] for key in head if key in record},
        *({key: record[key]} for key in ("placement",) if key in record),
        {"claim": claim},
        *({key: record[key]} for key in ("refutation",) if key in record),
    ]


def prove(record):
    return check_placement.prove(iter(enumerate(lines_of(record), start=1)))


def write(record, path):
    path.write_text("\n".join(map(json.dumps, lines_of(record))), encoding="utf-8")


def test_certificates_are_accepted():
    tight = 0
    for placement, result in ANSWERED:
        record = placement_certificate(placement, result)
        chip, value, bound = prove(record)
        assert (value, bound) == (result.value, record["bound"])
        assert chip.numbers() == statement(placement)
        require_same(chip, stated_chip(placement))
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
            if path[0] == "placement":
                continue
            for delta in (-1, 1, 7):
                changed = altered(record, path, delta)
                try:
                    prove(changed)
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
                prove(altered(record, (key,), delta))
        refutation = record["refutation"]
        if refutation is not None and record["bound"] == result.bound == result.value:
            better = altered(record, ("refutation", "value"), 1 if result.unit is None else 10**9)
            better["bound"] = better["refutation"]["value"] + 1
            with pytest.raises(check.Refused):
                prove(better)


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
            changed["placement"].update(change)
            try:
                prove(signed(changed))
            except check.Refused:
                continue
            other = xb.place(replace(placement, **change), "exhaustive").value
            assert true_claim(changed, other)


def signed(record):
    """The same with the digest of what it states now."""
    return record | {"digest": check.digest(record["placement"])}


BY_HAND = signed(
    {
        "format": check_placement.FORMAT,
        "version": 2,
        "placement": {
            "name": "one",
            "cores": 2,
            "crossbars_per_core": 2,
            "split": 0,
            "layers": [
                {"name": "a", "outputs": 8, "blocks": 1, "width": 1, "window": 3, "channels": 1}
            ],
            "objective": {"tick": None, "product": 1, "value": 0},
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
)
DIGEST = BY_HAND["digest"]


def test_a_certificate_by_hand():
    """8 windows on two cores, 4 products each: loads as prices refute 3."""
    assert check.words(*prove(BY_HAND)) == (
        f"the problem that the file states (1 layer, 2 cores of 2 crossbars, digest {DIGEST}): "
        "no placement takes less than 4 products; the given one takes 4"
    )


def with_entry(record, path, value):
    """A copy with another value at a path, its digest that of what it states then."""
    changed = copy.deepcopy(record)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed if path == ("digest",) or path == ("placement",) else signed(changed)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "xbarmip-certificate", "not a certificate in the format xbarmip-placement-c"),
        (("version",), 1, "not a certificate in the format"),
        (("version",), True, "version must be an integer of at most"),
        (("digest",), "0" * 64, "the digest of the problem is not 000"),
        (("more",), 1, "claim must be an object with value bound layout"),
        (("placement",), [], "placement must be an object with name cores"),
        (("placement", "name"), 1, "name of the placement must be a string"),
        (("placement", "cores"), True, "cores must be an integer of at most 1024 bits, got True"),
        (("placement", "cores"), 2.0, "cores must be an integer of at most 1024 bits, got 2.0"),
        (("placement", "cores"), 10**9, "cores must be at most 65536, got 1000000000"),
        (("placement", "cores"), 2**1100, "cores must be an integer of at most 1024 bits"),
        (("placement", "split"), False, "split must be an integer"),
        (("placement", "split"), 2, "split must be at most 1, got 2"),
        (("placement", "layers"), [], "1 to 4096 layers"),
        (("placement", "layers", 0, "width"), 3, "layer 0: a row block is wider than a core"),
        (("placement", "layers", 0, "window"), 0, "window of layer 0 must be at least 1, got 0"),
        (("placement", "layers", 0, "more"), 0, "layer 0 must be an object with name outputs"),
        (("placement", "layers"), BY_HAND["placement"]["layers"] * 2, "two layers have the same"),
        (("placement", "objective", "tick"), [2, 4], r"tick must be in lowest terms, got \[2, 4\]"),
        (("placement", "objective", "tick"), [0, 1], "tick must be at least 1, got 0"),
        (("placement", "objective", "product"), 2, "without a tick products alone are counted"),
        (("layout", "duplication"), [9], "R of layer 0 is more than its outputs"),
        (("layout", "duplication"), [4, 1], "duplication must be an array of 1"),
        (("layout", "cores"), [[]], "cores of a layout must be an array of 2"),
        (("layout", "cores", 0), [], "the row blocks that are placed are not those of all"),
        (("layout", "cores", 0, 1), [0, 0, 1], "core 0: shares out of order"),
        (("layout", "cores", 0, 1), [0, 1], "core 0: share must be an array of 3"),
        (("layout", "cores", 0, 1), [0, 1, 0], "core 0: an empty share"),
        (("layout", "cores", 0, 1), [0, 1, 2], "core 0: a copy of layer 0 is split"),
        (("layout", "cores", 0, 1), [0, 4, 1], "core 0: layer 0 has no copy 4"),
        (("layout", "cores", 0, 1), [1, 0, 1], "core 0: there is no layer 1"),
        (("layout", "cores", 0), [[0, 0, 1], [0, 1, 1], [0, 2, 1]], "core 0 holds 3 crossbars of"),
        (("value",), 3, "the layout takes 4, not 3"),
        (("bound",), 3, "a bound of 4 is proven, not 3"),
        (("refutation",), None, "a bound of 1 is proven, not 4"),
        (("refutation", "bound"), None, "bound of a refutation must be a string"),
        (("refutation", "prices"), [], "prices must be an array of 1"),
        (("refutation", "prices"), [[[3, 3], [2, 2]]], "prices of layer 0 are out of order"),
        (("refutation", "prices"), [[[3, 3], [3, 9]]], "prices of layer 0 are out of order"),
        (("refutation", "prices"), [[[2, 3], [3, 3]]], "a price is above the slope"),
        (("refutation", "prices"), [[[3, 3]]], "the layers cost 0, 2 cores may cost 6"),
        (("refutation", "slope"), [1], "slope must be an array of 2"),
        (("refutation", "grain"), 0, "grain must be at least 1, got 0"),
    ],
)
def test_what_is_refused(path, value, message):
    with pytest.raises(check.Refused, match=message):
        prove(with_entry(BY_HAND, path, value))


def test_a_placement_of_too_many_numbers_is_refused_at_once():
    """Outputs without end make neither a list of copies nor a menu without end."""
    huge = with_entry(BY_HAND, ("placement", "layers", 0, "outputs"), 2**200)
    with pytest.raises(check.Refused, match="are not those of all copies"):
        prove(with_entry(huge, ("layout", "duplication"), [2**200]))
    far = with_entry(BY_HAND, ("refutation", "slope"), None)
    far = with_entry(far, ("placement", "layers", 0, "outputs"), 2**100)
    far["refutation"] |= {"value": 2**99 - 1, "prices": [[[2**98, 1]]]}
    far |= {"value": 2**99, "bound": 2**99}
    with pytest.raises(check.Refused, match="the knapsack of a core is too large"):
        prove(far)


ODD = (0, 1, -1, 2**64, 2**1100, 1.5, True, None, "", "x", [], {}, [0], [[1, 1]])


def damaged(record, random):
    """One random change: an entry that is another, gone, doubled, or moved."""
    changed = copy.deepcopy(record)
    place, key, holder = changed, None, None
    while isinstance(place, dict | list) and place and (holder is None or random.random() < 0.9):
        holder, key = (
            place,
            random.choice([*place] if isinstance(place, dict) else range(len(place))),
        )
        place = holder[key]
    kind = random.randrange(5)
    if kind == 0:
        holder[key] = random.choice(ODD)
    elif kind == 1 and type(place) is int:
        holder[key] += random.choice([-2, -1, 1, 2, 10])
    elif kind == 2:
        del holder[key]
    elif kind == 3 and isinstance(holder, list):
        holder.insert(random.randint(0, len(holder)), copy.deepcopy(place))
    elif isinstance(holder, list):
        random.shuffle(holder)
    else:
        holder["more"] = place
    if random.random() < 0.8 and isinstance(changed.get("placement"), dict | list):
        changed["digest"] = check.digest(changed["placement"])
    return changed


def optimum(statement):
    """The least core interval of the chip that a certificate states, by brute force."""
    layers = [(layer["outputs"], layer["blocks"], layer["width"]) for layer in statement["layers"]]
    chip = statement["cores"], statement["crossbars_per_core"]
    return best_of_figures(layers, *chip, split=statement["split"])[0]


def test_random_changes_are_refused_or_leave_the_claim_true(tmp_path):
    """Also in the statement: no false claim passes, and the checker never falls over."""
    random = Random("changes")
    some = [
        placement_certificate(placement, result)
        for placement, result in ANSWERED
        if not placement.is_period and placement.chip * placement.capacity < 12
    ]
    outcomes = {check.ACCEPTED: 0, check.REFUSED: 0}
    path = tmp_path / "c"
    for _ in range(draws(2000)):
        changed = damaged(random.choice(some), random)
        write(changed, path)
        status, said, proven = check.examine(str(path))
        outcomes[status] += 1
        assert "the checker fails" not in said, changed
        if proven is not None and not changed["placement"]["objective"]["value"]:
            scale = changed["placement"]["objective"]["product"]
            least = optimum(changed["placement"]) * scale
            assert proven[2] <= least <= proven[1], changed
    assert outcomes[check.REFUSED] > draws(1000)
    assert outcomes[check.ACCEPTED] > draws(50)


def test_the_checker_runs_alone(tmp_path):
    """Without the package, by the standard library."""
    placement, result = ANSWERED[0]
    write_placement_certificate(placement, result, tmp_path / "c.json")
    wrong = placement_certificate(placement, result) | {"value": result.value + 1}
    write(wrong, tmp_path / "wrong.json")
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
