"""Certificates of placements: accepted as they are, refused or still true when altered."""

import copy
import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from random import Random

import pytest

import xbarmip as xb
from tests.brute_cores import best_of_statement
from tests.sample import draws
from xbarmip.certificate import check, check_placement
from xbarmip.certificate.same import require_same
from xbarmip.constraint import Predicate
from xbarmip.cores.cases import random_variant
from xbarmip.cores.certificate import (
    certificate_lines,
    stated_chip,
    statement,
    write_placement_certificate,
)
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.solvers.protocol import StoppedError
from xbarmip.solvers.result import Status


@cache
def every():
    """Placements of every kind with their answers; those without a placement, too."""
    random, found = Random("certificates 1"), []
    while len(found) < 80:
        placement = random_variant(random)
        if all(part.width <= placement.capacity for part in placement.parts):
            found.append((placement, xb.place(placement)))
    return found


def answered():
    return [(placement, result) for placement, result in every() if result.layout is not None]


def without_placement():
    return [(placement, result) for placement, result in every() if result.layout is None]


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
    for placement, result in answered():
        record = placement_certificate(placement, result)
        chip, value, bound = prove(record)
        assert (value, bound) == (result.value, record["bound"])
        assert chip.numbers() == statement(placement)
        require_same(chip, stated_chip(placement))
        assert record["bound"] <= result.bound
        tight += record["bound"] == result.value
    assert tight > len(answered()) - 3, "which cores split copies share is seen by no price"


def test_a_bound_that_takes_several_cases():
    """No prices of all R at once refute the target; any case that is left out is missed."""
    placement = random_variant(Random(109))
    result = xb.place(placement)
    record = placement_certificate(placement, result)
    cases = record["refutation"]["cases"]
    assert (len(cases), [*cases[0]]) == (3, ["split"])
    chip, value, bound = prove(record)
    assert best_of_statement(chip.numbers()) == value == bound
    for left in range(3):
        less = copy.deepcopy(record)
        del less["refutation"]["cases"][left]
        with pytest.raises(check.Refused):
            prove(less)


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


def test_that_nothing_can_be_placed_is_proven():
    """By a refutation of the largest value there is; a smaller one proves nothing."""
    constrained = 0
    for placement, result in without_placement():
        record = placement_certificate(placement, result)
        chip, value, bound = prove(record)
        assert (value, bound) == (None, None)
        assert best_of_statement(chip.numbers()) is None
        assert check_placement.claim(chip, value, bound) == "there is no placement"
        constrained += bool(placement.constraints)
        with pytest.raises(check.Refused, match="or more is not refuted"):
            prove(altered(record, ("refutation", "value"), -1))
    assert min(constrained, len(without_placement()) - constrained) > 1


def test_altered_numbers_are_refused_or_leave_the_claim_true():
    """The statement of the chip is left alone: a change of it is another claim, tested below."""
    refused = accepted = 0
    for placement, result in answered()[:25]:
        record = placement_certificate(placement, result)
        least = best_of_statement(record["placement"])
        for path in numbers(record):
            if path[0] == "placement":
                continue
            for delta in (-1, 1, 7):
                try:
                    _, value, bound = prove(altered(record, path, delta))
                except check.Refused:
                    refused += 1
                else:
                    accepted += 1
                    assert bound <= least <= value, (path, delta)
    assert refused > 5 * accepted


def test_claims_that_are_too_good_are_refused():
    for placement, result in answered():
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
    """A wider core, another limit: what is then claimed is held against brute force."""
    accepted = 0
    for placement, result in filter(lambda each: small(each[0]), every()):
        record = placement_certificate(placement, result)
        for path in numbers(record["placement"]):
            for delta in (-1, 1):
                try:
                    proven = prove(signed(altered(record, ("placement", *path), delta)))
                except check.Refused:
                    continue
                accepted += 1
                assert not false(proven), (path, delta)
    assert accepted > 100


def signed(record):
    """The same with the digest of what it states now."""
    return record | {"digest": check.digest(record["placement"])}


BY_HAND = signed(
    {
        "format": check_placement.FORMAT,
        "version": 3,
        "placement": {
            "name": "one",
            "cores": 2,
            "crossbars_per_core": 2,
            "split": 0,
            "layers": [
                {"name": "a", "outputs": 8, "blocks": 1, "width": 1, "window": 3, "channels": 1}
            ],
            "constraints": [],
            "objective": {"tick": None, "product": 1, "value": 0},
        },
        "layout": {"duplication": [4], "cores": [[[0, 0, 1], [0, 1, 1]], [[0, 2, 1], [0, 3, 1]]]},
        "value": 4,
        "bound": 4,
        "refutation": {
            "value": 3,
            "cases": [
                {"bound": "volume", "prices": [[[2, 2], [3, 3]]], "slope": [0, 1], "grain": 1}
            ],
        },
    }
)
DIGEST = BY_HAND["digest"]
CASE = ("refutation", "cases", 0)
FEW = {"name": "few", "limit": 4, "weights": [[0, [1, 2, 3, 4]]]}


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
        (("version",), 2, "not a certificate in the format"),
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
        ((*CASE, "bound"), None, "bound of case 0 must be a string"),
        ((*CASE, "prices"), [], "prices of case 0 must be an array of 1"),
        ((*CASE, "prices"), [[[3, 3], [2, 2]]], "prices of layer 0 are out of order"),
        ((*CASE, "prices"), [[[3, 3], [3, 9]]], "prices of layer 0 are out of order"),
        ((*CASE, "prices"), [[[2, 3], [3, 3]]], "a price is above the slope"),
        ((*CASE, "prices"), [[[3, 3]]], "the layers cost 0, 2 cores may cost 6"),
        ((*CASE, "slope"), [1], "slope of case 0 must be an array of 2"),
        ((*CASE, "grain"), 0, "grain of case 0 must be at least 1, got 0"),
        (("refutation", "cases"), [], "refutation of 3: not all cases are closed"),
        (CASE, {"split": [0, 3]}, "refutation of 3: not all cases are closed"),
        (CASE, {"split": [0, 0]}, "case 0: R of a split must be at least 1, got 0"),
        (CASE, {"split": [1, 1]}, "case 0: layer of a split must be at most 0, got 1"),
        (CASE, {"split": [0]}, "case 0: split must be an array of 2"),
        (CASE, {"split": [0, 3], "more": 1}, "case 0 must be an object with bound prices"),
        (("refutation", "cases"), BY_HAND["refutation"]["cases"] * 2, "case 1: none is open"),
        (("layout",), None, "without a layout value and bound are null"),
        (("placement", "constraints"), None, "constraints must be an array"),
        (("placement", "constraints"), [FEW | {"limit": 3}], "the layout breaks constraint 0"),
        (("placement", "constraints"), [FEW | {"weights": []}], "a constraint must have a layer"),
        (("placement", "constraints"), [FEW | {"weights": [[0, [1, 2, 3]]]}], "an array of 4"),
        (("placement", "constraints"), [FEW | {"weights": [[1, [1] * 4]]}], "must be at most 0"),
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
    far = with_entry(BY_HAND, (*CASE, "slope"), None)
    far = with_entry(far, ("placement", "layers", 0, "outputs"), 2**100)
    far["refutation"]["value"] = 2**99 - 1
    far["refutation"]["cases"][0]["prices"] = [[[2**98, 1]]]
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


def false(proven):
    """Whether a claim is not what brute force finds of the chip that it is about."""
    chip, value, bound = proven
    least = best_of_statement(chip.numbers())
    return least is not None if value is None else least is None or not bound <= least <= value


def small(placement):
    return placement.chip * placement.capacity < 12


def test_random_changes_are_refused_or_leave_the_claim_true(tmp_path):
    """Also in the statement: no false claim passes, and the checker never falls over."""
    random = Random("changes")
    some = [placement_certificate(*each) for each in every() if small(each[0])]
    outcomes = {check.ACCEPTED: 0, check.REFUSED: 0}
    path = tmp_path / "c"
    for _ in range(draws(1000)):
        changed = damaged(random.choice(some), random)
        write(changed, path)
        status, said, proven = check.examine(str(path))
        outcomes[status] += 1
        assert "the checker fails" not in said, changed
        assert proven is None or not false(proven), changed
    assert outcomes[check.REFUSED] > draws(500)
    assert outcomes[check.ACCEPTED] > draws(40)


def test_the_checker_runs_alone(tmp_path):
    """Without the package, by the standard library."""
    placement, result = answered()[0]
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
    """A constraint that is not linear, by name; an answer that says nothing."""
    placement, result = answered()[0]
    name = placement.parts[0].name
    odd = replace(placement, constraints=(Predicate("odd", (name,), lambda r: r % 2 == 1),))
    with pytest.raises(UnsupportedError, match="constraint 'odd' is not linear: certificates"):
        placement_certificate(odd, result)
    unknown = replace(result, status=Status.UNKNOWN, value=None, layout=None, allocation=None)
    with pytest.raises(InputError, match="nothing to certify: search found no placement"):
        placement_certificate(placement, unknown)


def test_a_bound_that_is_not_proven_is_noted(tmp_path):
    """No time for cases leaves what the search knew; where the whole is asked for, no file."""
    placement, result = next(each for each in answered() if each[1].bound > 1)
    path = tmp_path / "c"
    assert write_placement_certificate(placement, result, path).note == ""
    unknown = replace(result, refutation=None)
    assert write_placement_certificate(placement, unknown, path).note == ""
    made = write_placement_certificate(placement, unknown, path, time_limit=0)
    assert made.note == f"its bound is 1: prices do not prove that of {result.bound}"
    assert check.examine(str(path))[2][1:] == (result.value, 1)
    with pytest.raises(StoppedError):
        write_placement_certificate(placement, unknown, tmp_path / "d", time_limit=0, whole=True)
    assert not (tmp_path / "d").exists()
