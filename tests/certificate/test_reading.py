"""Every list and number that the checker reads: which malformed form is refused, and how.

A row names a certificate, the place in it, what stands there instead, and words of the refusal.
"""

import json
import re
from copy import deepcopy

import pytest

from benchmarks.by_definition import seal
from benchmarks.older import in_older_form
from tests.small_certificates import CLOSED_FORM, PROBLEMS, certificate
from xbarmip.certificate import check

BASES = {
    "cycles": lambda: certificate(PROBLEMS["cycles"]),
    "steps": lambda: certificate(PROBLEMS["steps"]),
    "latency": lambda: certificate(PROBLEMS["latency"]),
    "joined": lambda: certificate(PROBLEMS["joined"]),
    "splits": lambda: certificate(PROBLEMS["latency"], searched=False),
}


@pytest.fixture(scope="module")
def bases():
    return {name: make() for name, make in BASES.items()}


def kind(line):
    """What a line is: the key of an object, "first", "line" of a label, "kept" if R are left."""
    if isinstance(line, dict) and any(line.get("round", {}).get("high", ())):
        return "kept"
    return "line" if isinstance(line, list) else "first" if "format" in line else next(iter(line))


def altered(records, place, to):
    """Records with something else, or a function of what is there, at a place.

    A place begins with the kind of a line, of which the first is meant; (kind, "line") is the first
    line after one of a kind.
    """
    records = deepcopy(records)
    at = next(n for n, line in enumerate(records) if kind(line) == place[0])
    keys = place[1:] if place[0] in ("first", "line") else place
    keys = ("round", *place[1:]) if place[0] == "kept" else keys
    path = [at, *keys]
    inner = records
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to(inner[path[-1]]) if callable(to) else to
    return seal(records) if place[0] == "problem" and "digest" in records[0] else records


def written(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def twice(values):
    return [values[0], *values]


def backwards(values):
    return values[::-1]


def longer(values):
    return [*values, values[-1]]


def without(key):
    return lambda value: {k: each for k, each in value.items() if k != key}


def one_edge_twice(problem):
    view = {**problem["view"], "tails": [None] * 5}
    return {**problem, "edges": longer(problem["edges"]), "view": view}


def more(value):
    return {**value, "extra": 0}


HUGE, INTEGER, ARRAY = 2**1100, "must be an integer of at most 1024 bits", "must be an array"
LAYER, EDGE, VIEW = ("problem", "layers", 1), ("problem", "edges", 1), ("problem", "view")
CONSTRAINT, TIME = ("problem", "constraints", 0), ("problem", "time")
BOUND, PATHS, STEP = ("bound",), ("bound", "paths"), (*TIME, "layers", 3)

FIRST = [
    ("cycles", ("first", "format"), "other", "not a certificate in the format"),
    ("cycles", ("first", "format"), None, "not a certificate in the format"),
    ("cycles", ("first", "version"), 6, "not a certificate in the format"),
    ("cycles", ("first", "version"), 3.0, f"version {INTEGER}"),
    ("cycles", ("first", "version"), True, f"version {INTEGER}"),
    ("cycles", ("first",), more, "first line must be an object with format version digest, got"),
    ("cycles", ("first",), without("digest"), "first line must be an object with format version"),
]
WHOLE = [
    ("cycles", ("problem",), more, "problem must be an object with"),
    ("cycles", ("problem",), without("time"), "problem must be an object with"),
    ("cycles", ("problem",), [], "problem must be an object with"),
    ("cycles", ("problem", "name"), 5, "name of the problem must be a string"),
    ("cycles", ("problem", "measure"), None, "measure must be a string"),
    ("cycles", ("problem", "crossbars"), 9.0, f"crossbars {INTEGER}"),
    ("cycles", ("problem", "crossbars"), True, f"crossbars {INTEGER}"),
    ("cycles", ("problem", "crossbars"), "9", f"crossbars {INTEGER}"),
    ("cycles", ("problem", "crossbars"), HUGE, f"crossbars {INTEGER}"),
    ("cycles", ("problem", "crossbars"), 0, "crossbars must be at least 1, got 0"),
    ("cycles", ("problem", "layers"), {}, f"layers {ARRAY}"),
    ("cycles", ("problem", "layers"), [], "a problem has 1 to"),
    ("cycles", ("problem", "layers"), twice, "two layers have the same name"),
    ("cycles", LAYER, more, "layer must be an object with"),
    ("cycles", (*LAYER, "name"), 5, "name of a layer must be a string"),
    ("cycles", (*LAYER, "outputs"), 0, "outputs of a layer must be at least 1"),
    ("cycles", (*LAYER, "outputs"), False, f"outputs of a layer {INTEGER}"),
    ("cycles", (*LAYER, "outputs"), 2**60, "the layers have more than"),
    ("cycles", (*LAYER, "outputs"), 5, "an edge does not fit the outputs of layer 1"),
    ("cycles", (*LAYER, "set"), -1, "set of a layer must be at least 1"),
    ("cycles", (*LAYER, "set"), None, f"set of a layer {INTEGER}"),
    ("cycles", (*LAYER, "end"), 2, "end of a layer must be at most 1"),
    ("cycles", (*LAYER, "end"), False, f"end of a layer {INTEGER}"),
    ("cycles", ("problem", "layers", 3, "end"), 0, "nothing waits for layer 3"),
]
EDGES = [
    ("cycles", ("problem", "edges"), None, f"edges {ARRAY}"),
    ("cycles", ("problem", "edges"), backwards, "comes after"),
    (
        "cycles",
        ("problem",),
        one_edge_twice,
        "edges: (3, 2, 2, [1, 2], [1, 2], 0, ...) occurs twice",
    ),
    ("cycles", EDGE, more, "edge must be an object with"),
    ("cycles", (*EDGE, "producer"), -1, "producer of an edge must be at least 0"),
    ("cycles", (*EDGE, "producer"), 2, "consumer of an edge must be at least 3, got 2"),
    ("cycles", (*EDGE, "consumer"), 0, "consumer of an edge must be at least 1"),
    ("cycles", (*EDGE, "consumer"), 99, "an edge leads to layer 99, which does not exist"),
    ("cycles", (*EDGE, "consumer"), HUGE, f"consumer of an edge {INTEGER}"),
    ("cycles", (*EDGE, "width"), 0, "width of an edge must be at least 1"),
    ("cycles", (*EDGE, "width"), 9, "an edge needs more outputs than layer 0 has"),
    ("cycles", (*EDGE, "rows"), [], "an edge needs rows"),
    ("cycles", (*EDGE, "rows"), [1, 2, 3], "an edge does not fit the outputs of layer 2"),
    ("cycles", (*EDGE, "rows"), [1, 2.5], f"rows of an edge {INTEGER}"),
    ("cycles", (*EDGE, "rows", 1), 3, "an edge needs more outputs than layer 0 has"),
    ("cycles", (*EDGE, "columns"), [2, 1], "columns that do not fall"),
    ("cycles", (*EDGE, "columns"), [], "columns that do not fall"),
    ("cycles", (*EDGE, "columns"), "12", f"columns of an edge {ARRAY}"),
    ("cycles", (*EDGE, "columns", 0), True, f"columns of an edge {INTEGER}"),
    ("cycles", (*EDGE, "growth"), -1, "growth of an edge must be at least 0"),
]
VIEWS = [
    ("cycles", VIEW, more, "view must be an object with"),
    ("cycles", VIEW, None, "view must be an object with"),
    ("cycles", (*VIEW, "stalls"), 2, "stalls of a view must be at most 1"),
    ("cycles", (*VIEW, "stalls"), True, f"stalls of a view {INTEGER}"),
    ("cycles", (*VIEW, "capped"), 2, "capped of a view must be at most 1"),
    ("cycles", (*VIEW, "capped"), 0, "a view that stalls must be capped"),
    ("cycles", (*VIEW, "counted"), longer, f"counted of a view {ARRAY} of 4"),
    ("cycles", (*VIEW, "counted", 0), -1, "counted of a view must be at least 0"),
    ("steps", (*VIEW, "counted", 0), 5, "counted of layer 0 must be at most 4"),
    ("cycles", (*VIEW, "counted", 0), 3, "counted of layer 0 must be at least 4"),
    ("cycles", (*VIEW, "counted", 3), 3, "counted of layer 1 must be at most 3"),
    ("cycles", (*VIEW, "counted", 3), 0, "no output of an end counts"),
    ("steps", (*VIEW, "counted", 3), 0, "no output of an end counts"),
    ("cycles", (*VIEW, "tails"), longer, f"tails of a view {ARRAY} of 4"),
    ("cycles", (*VIEW, "tails", 1), [4, 0], "a view that stalls must be capped, and has no tails"),
    ("steps", (*VIEW, "tails", 1), [4], f"tail of an edge {ARRAY} of 2"),
    ("steps", (*VIEW, "tails", 1), [3, 4], "begin of a tail must be at most 3"),
    ("steps", (*VIEW, "tails", 1), [4, -1], "tail of an edge must be at least 0"),
    ("steps", (*VIEW, "tails", 1), [4, 1.0], f"tail of an edge {INTEGER}"),
    ("steps", (*VIEW, "offset"), -1, "offset of a view must be at least 0"),
    ("steps", (*VIEW, "offset"), None, f"offset of a view {INTEGER}"),
]
CONSTRAINTS = [
    ("cycles", ("problem", "constraints"), {}, f"constraints {ARRAY}"),
    ("cycles", CONSTRAINT, more, "constraint must be an object with"),
    ("cycles", (*CONSTRAINT, "name"), [], "name of a constraint must be a string"),
    ("cycles", (*CONSTRAINT, "limit"), 6.5, f"limit of a constraint {INTEGER}"),
    ("cycles", (*CONSTRAINT, "limit"), HUGE, f"limit of a constraint {INTEGER}"),
    ("cycles", (*CONSTRAINT, "weights"), None, f"weights of a constraint {ARRAY}"),
    ("cycles", (*CONSTRAINT, "weights"), [], "a constraint must have a layer"),
    ("cycles", (*CONSTRAINT, "weights"), twice, "layers of a constraint: 0 occurs twice"),
    ("cycles", (*CONSTRAINT, "weights"), backwards, "layers of a constraint: 0 comes after 2"),
    ("cycles", (*CONSTRAINT, "weights", 0), longer, f"weights of a layer {ARRAY} of 2"),
    ("cycles", (*CONSTRAINT, "weights", 0, 0), 4, "layer of a weight must be at most 3"),
    ("cycles", (*CONSTRAINT, "weights", 0, 0), -1, "layer of a weight must be at least 0"),
    ("cycles", (*CONSTRAINT, "weights", 0, 1), longer, f"weights of a layer {ARRAY} of 4"),
    ("cycles", (*CONSTRAINT, "weights", 0, 1, 0), True, f"weights of a layer {INTEGER}"),
]
TIMES = [
    ("latency", TIME, more, "time must be an object with"),
    ("latency", (*TIME, "tick"), [1], f"tick {ARRAY} of 2"),
    ("latency", (*TIME, "tick"), [0, 1], "tick must be at least 1"),
    ("latency", (*TIME, "tick"), [2, 4], "tick must be in lowest terms"),
    ("latency", (*TIME, "compute"), -1, "compute of a step time must be at least 0"),
    ("latency", (*TIME, "layers"), twice, f"step times {ARRAY} of 4"),
    ("latency", STEP, more, "step time of a layer must be an object with"),
    ("latency", (*STEP, "own"), longer, f"own of a step time {ARRAY} of 4"),
    ("latency", (*STEP, "own", 0), -1, "own of a step time must be at least 0"),
    ("latency", (*STEP, "times"), [1], f"times of a step time {ARRAY} of 4"),
    ("latency", (*STEP, "times", 0), -1, "times of a step time must be at least 0"),
    ("latency", (*STEP, "producers"), twice, "producers of a step time: 1 occurs twice"),
    ("latency", (*STEP, "producers"), [[1, 9], [1, 1]], "producers of a step time: 1 occurs twice"),
    ("latency", (*STEP, "producers"), backwards, "producers of a step time: 1 comes after 2"),
    ("latency", (*STEP, "producers", 0), [1, 1, 1], f"producer of a step time {ARRAY} of 2"),
    ("latency", (*STEP, "producers", 0, 0), 3, "producer of a step time must be at most 2"),
    ("latency", (*STEP, "producers", 0, 0), -1, "producer of a step time must be at least 0"),
    ("latency", (*STEP, "producers", 0, 1), 0, "weight of a producer must be at least 1"),
    ("latency", (*STEP, "producers", 0, 1), HUGE, f"weight of a producer {INTEGER}"),
]
READS = (*STEP, "reads")
DEEP = 1
for _ in range(70):
    DEEP = {"join": [{"concat": [DEEP, 2]}, 2]}
JOINS = [
    ("joined", READS, None, "what a layer reads must be an integer, join or concat, got None"),
    ("joined", READS, [1, 2], "what a layer reads must be an integer, join or concat, got"),
    ("joined", READS, {"add": [1, 2]}, "what a layer reads must be an integer, join or concat"),
    ("joined", READS, {"join": [1, 2], "concat": []}, "what a layer reads must be an integer"),
    ("joined", READS, True, "what a layer reads must be an integer, join or concat, got True"),
    ("joined", READS, {"join": 1}, f"join {ARRAY}"),
    ("joined", READS, {"join": [1]}, "a join needs two parts or more, of another kind, and at"),
    (
        "joined",
        READS,
        {"join": [1, {"join": [1, 2]}]},
        "a join needs two parts or more, of another",
    ),
    ("joined", READS, DEEP, "a join needs two parts or more, of another kind, and at most 64"),
    ("joined", READS, {"join": [2, 1]}, "parts of a join: (0, 1) comes after (0, 2)"),
    ("joined", READS, {"join": [1, 1, 2]}, "parts of a join: (0, 1) occurs twice"),
    (
        "joined",
        READS,
        {"join": [{"concat": [1, 2]}, 1]},
        "parts of a join: (0, 1) comes after (1, 'concat'",
    ),
    ("joined", READS, {"join": [1, 2, 3]}, "a layer reads 3, which is not among its producers"),
    ("joined", READS, {"join": [0, 1]}, "a layer reads 0, which is not among its producers"),
    ("joined", (*STEP, "producers"), [[0, 1], [1, 1], [2, 2]], "other layers than its producers"),
    ("joined", READS, {"concat": [1, 2]}, "is stated only where there is a join"),
    ("joined", READS, 1, "a layer reads other layers than its producers"),
]
CLAIMS = [
    ("cycles", ("claim",), more, "claim must be an object with"),
    ("cycles", ("claim", "value"), 3, "the allocation takes 4, not 3"),
    ("cycles", ("claim", "value"), 4.0, f"value {INTEGER}"),
    ("cycles", ("claim", "value"), None, f"value {INTEGER}"),
    ("cycles", ("claim", "bound"), None, f"bound {INTEGER}"),
    ("cycles", ("claim", "bound"), 5, "bound must be at most 4"),
    ("cycles", ("claim", "bound"), 0, "bound must be at least 1"),
    ("cycles", ("claim", "allocation"), None, "a value needs an allocation"),
    ("cycles", ("claim", "allocation"), longer, f"allocation {ARRAY} of 4"),
    ("cycles", ("claim", "allocation", 0), 0, "R of layer 0 must be at least 1"),
    ("cycles", ("claim", "allocation", 1), 4, "R of layer 1 must be at most 3"),
    ("cycles", ("claim", "allocation", 0), True, f"allocation {INTEGER}"),
    ("cycles", ("claim", "allocation"), [1, 3, 1, 4], "the allocation takes more than 9 crossbars"),
    ("cycles", ("claim", "allocation"), [3, 1, 3, 1], "the allocation breaks constraint 1"),
]
PROOFS = [
    ("cycles", ("proof",), more, "proof must be an object with"),
    ("cycles", ("proof", "edges"), twice, "edges of a proof: 0 occurs twice"),
    ("cycles", ("proof", "edges"), backwards, "edges of a proof: 2 comes after 3"),
    ("cycles", ("proof", "edges"), [0, 4], "edges of a proof must be at most 3"),
    ("cycles", ("proof", "edges"), [-1], "edges of a proof must be at least 0"),
    ("cycles", ("proof", "order"), [3, 2, 1, 1], "order of a proof: 1 occurs twice"),
    ("cycles", ("proof", "order"), backwards, "is decided before its consumer"),
    ("cycles", ("proof", "order"), [3, 2, 1], f"order of a proof {ARRAY} of 4"),
    ("cycles", ("proof", "order", 0), 4, "order of a proof must be at most 3"),
    ("latency", ("link",), more, "link must be an object with"),
    ("latency", ("link", "refuted"), 0, "count that a link refutes must be at least 1"),
    ("latency", ("link", "refuted"), 1.0, f"count that a link refutes {INTEGER}"),
    ("splits", ("round",), more, "round must be an object with"),
    ("splits", ("round", "low"), [1], f"low of a round {ARRAY} of 4"),
    ("splits", ("round", "low", 0), 0, "low of a round must be at least 1"),
    ("splits", ("round", "low", 0), 5, "a round has R = 5 of layer 0, which is 4 at most"),
    ("splits", ("round", "high"), longer, f"high of a round {ARRAY} of 4"),
    ("splits", ("round", "high", 0), -1, "high of a round must be at least 0"),
    ("splits", ("round", "high", 1), 4, "a round has R = 4 of layer 1, which is 3 at most"),
    ("splits", ("kept", "high", 0), 1, "a round drops R = 2 of layer 0, which it does not refute"),
    ("splits", ("round", "high"), [4, 3, 4, 4], "a round drops no R"),
    ("splits", ("split",), [3], f"split {ARRAY} of 2"),
    ("splits", ("split", 0), 4, "layer of a split must be at most 3"),
    ("splits", ("split", 1), 0, "R of a split must be at least 1"),
    ("splits", ("split", 1), 4, "R of a split must be at most 2"),
]
BOUNDS = [
    ("cycles", BOUND, more, "bound must be an object with"),
    ("cycles", (*BOUND, "scale"), -1, "scale of a bound must be at least 0"),
    ("cycles", (*BOUND, "constraints"), longer, f"multipliers of a bound {ARRAY} of 2"),
    ("cycles", (*BOUND, "constraints", 0), -1, "multipliers of a bound must be at least 0"),
    ("cycles", PATHS, {}, f"paths of a bound {ARRAY}"),
    ("cycles", PATHS, twice, "paths of a bound: [3, [[4, 2]]] occurs twice"),
    ("cycles", PATHS, backwards, "paths of a bound: "),
    ("cycles", (*PATHS, 0), longer, f"path of a bound {ARRAY} of 2"),
    ("cycles", (*PATHS, 0, 0), 0, "multiplier of a path must be at least 1"),
    ("cycles", (*PATHS, 0, 1), [3], f"path {ARRAY} of 2"),
    ("cycles", (*PATHS, 0, 1, 0), 4, "sink of a path must be at most 3"),
    ("cycles", (*PATHS, 0, 1, 0), 2, "a path begins at layer 2, which ends nothing"),
    ("cycles", (*PATHS, 0, 1, 1), 5, f"moves of a path {ARRAY}"),
    ("cycles", (*PATHS, 0, 1, 1, 0), [4], f"move of a path {ARRAY} of 2"),
    ("cycles", (*PATHS, 0, 1, 1, 0, 0), 5, "output on a path must be at most 4"),
    ("cycles", (*PATHS, 0, 1, 1, 0, 0), 0, "output on a path must be at least 1"),
    ("cycles", (*PATHS, 0, 1, 1, 0, 1), 4, "a path takes edge 4, which the proof leaves out"),
    ("cycles", (*PATHS, 0, 1, 1, 0, 1), -1, "edge of a path must be at least 0"),
    ("cycles", (*PATHS, 0, 1, 1, 0, 1), 0, "edge 0 in layer 3, to which it does not lead"),
    ("steps", (*PATHS, 0, 1), longer, f"path {ARRAY} of 3"),
    ("steps", (*PATHS, 0, 1, 1), None, f"tails of a path {ARRAY}"),
    ("steps", (*PATHS, 0, 1, 1), [0], "edge 0 in layer 3, to which it does not lead"),
    ("steps", (*PATHS, 0, 1, 2), None, f"waits of a path {ARRAY}"),
    ("steps", (*PATHS, 0, 1, 2), [3], f"wait of a path {ARRAY}"),
    ("steps", (*PATHS, 0, 1, 2), [[9]], "a path takes edge 9, which the proof leaves out"),
]
STAGES = [
    ("cycles", ("stage",), {"bounds": [0], "keep": []}, f"bounds of a stage {ARRAY}"),
    ("cycles", ("stage",), [0, 0], "bounds of a stage: 0 occurs twice"),
    ("cycles", ("stage",), [1], "bounds of a stage must be at most 0"),
    ("cycles", ("line",), lambda line: {"line": line}, f"line of a label {ARRAY}"),
    ("cycles", ("line", 0), -3, "line of a label must be at least -1"),
    ("cycles", ("line", 0), 5, "R of a label that a stage keeps must be at most 4"),
    ("cycles", ("line", 0), 0, "R of a label that a stage keeps must be at least 1"),
    ("cycles", ("line", 0), 3, "its line names an R that does not exist"),
    ("cycles", ("line",), [3], "its line names an R that does not exist"),
    ("cycles", ("line", 1), -2, "line of a label must be at least -1"),
    ("cycles", ("line", 1), 2.0, f"line of a label {INTEGER}"),
    ("cycles", ("line", 2), 2, "its line names a label that is not kept"),
    ("cycles", ("line",), lambda line: [1, 1, *line[1:]], "a number for an R that needs none"),
    ("cycles", ("line", 2), 0, "R = 3 is neither refuted, nor kept or dominated"),
]
TABLE = [
    *FIRST, *WHOLE, *EDGES, *VIEWS, *CONSTRAINTS, *TIMES, *JOINS, *CLAIMS, *PROOFS, *BOUNDS,
    *STAGES,
]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "place", "to", "words"),
    [pytest.param(*row, id=f"{n} {'.'.join(map(str, row[1]))}") for n, row in enumerate(TABLE)],
)
def test_each_malformed_part_is_refused_by_name(base, place, to, words, bases, tmp_path):
    path = written(tmp_path / "c", altered(bases[base], place, to))
    with pytest.raises(check.Refused) as refused:
        check.check(path)
    message = str(refused.value)
    assert words in message
    assert message.isprintable()
    assert len(message) < 400


def test_the_certificates_of_the_table_are_accepted(bases, tmp_path):
    for records in bases.values():
        assert check.check(written(tmp_path / "c", records))


def test_another_digest_is_refused(bases, tmp_path):
    records = deepcopy(bases["cycles"])
    for digest in ("", "0" * 64, records[0]["digest"].upper()):
        records[0]["digest"] = digest
        with pytest.raises(check.Refused, match="the digest of the problem is not"):
            check.check(written(tmp_path / "c", records))
    records[0]["digest"] = 5
    with pytest.raises(check.Refused, match="digest must be a string"):
        check.check(written(tmp_path / "c", records))


LIMITS = [
    ("MOST_BYTES", 200, "cycles", "line 2 is longer than 200 bytes"),
    ("MOST_IN_FILE", 500, "cycles", "the file is longer than 500 bytes"),
    ("MOST_LAYERS", 3, "cycles", "a problem has 1 to 3 layers"),
    ("MOST_EDGES", 3, "cycles", "more than 3 edges"),
    ("MOST_OUTPUTS", 15, "cycles", "the layers have more than 15 outputs"),
    ("MOST_CHOICES", 14, "cycles", "more than 14 values of R"),
    ("MOST_TERMS", 15, "cycles", "a bound has more than 15 values of R and legs of paths"),
    ("MOST_IN_LABELS", 5, "cycles", "the labels of a stage have more than 5 numbers"),
    ("MOST_IN_LABELS", 3, "cycles", "the lines of a stage have more than 3 numbers"),
    ("MOST_IN_LABELS", 2, "version 4", "a label has more than 2 numbers"),
    ("MOST_HALVES", 1, "splits", "more than 1 windows are left to be refuted"),
]


@pytest.mark.parametrize(("limit", "most", "base", "words"), LIMITS)
def test_limits_are_named(limit, most, base, words, bases, tmp_path, monkeypatch):
    records = bases[base] if base in bases else in_older_form(bases["cycles"])
    path = written(tmp_path / "c", records)
    monkeypatch.setattr(check, limit, most)
    with pytest.raises(check.Refused, match=words):
        check.check(path)


def test_bounds_together_are_limited(bases, tmp_path, monkeypatch):
    path = written(tmp_path / "c", by_numbers(bases["cycles"], 0, 1, 2))
    monkeypatch.setattr(check, "MOST_TERMS", 30)
    with pytest.raises(check.Refused, match="bounds have more than 30 values of R and legs"):
        check.check(path)


def test_waits_by_many_edges_are_limited(tmp_path, monkeypatch):
    """Each layer is small, and each output waits by many edges."""
    record = deepcopy(PROBLEMS["cycles"])
    record["edges"].append({**record["edges"][-1], "columns": [2, 2]})
    record["view"]["tails"].append(None)
    path = written(tmp_path / "c", certificate(record))
    assert check.check(path)
    monkeypatch.setattr(check, "MOST_OUTPUTS", 19)
    with pytest.raises(check.Refused, match="or 19 outputs that wait by edges"):
        check.check(path)


# --- paths by their numbers


def by_numbers(records, *numbers):
    """The bound twice, the second time by numbers."""
    at = next(n for n, line in enumerate(records) if "bound" in line)
    bound = records[at]["bound"]
    paths = [[m, n] for (m, _), n in zip(bound["paths"], numbers, strict=True)]
    return [*records[: at + 1], {"bound": {**bound, "paths": paths}}, *records[at + 1 :]]


def test_paths_by_numbers(bases, tmp_path):
    for base in ("cycles", "steps", "latency"):
        new = check.check(written(tmp_path / "c", bases[base]))
        assert check.check(written(tmp_path / "c", by_numbers(bases[base], 0, 1, 2))) == new


NUMBERS = [
    ((0, 1, 3), "number of a path must be at most 2, got 3"),
    ((-1, 0, 1), "number of a path must be at least 0, got -1"),
    ((0, 1, 1), "paths of a bound: .* occurs twice"),
    ((0, 2, 1), "paths of a bound: .* comes after"),
    ((0, 1, True), f"path {ARRAY} of 2, got True"),
    ((0, 1, 2.0), f"path {ARRAY} of 2, got 2.0"),
]


@pytest.mark.parametrize(("numbers", "words"), NUMBERS)
def test_numbers_of_no_path(numbers, words, bases, tmp_path):
    with pytest.raises(check.Refused, match=words):
        check.check(written(tmp_path / "c", by_numbers(bases["cycles"], *numbers)))


def test_a_path_has_a_number_in_its_own_proof_alone(bases, tmp_path):
    records = deepcopy(bases["latency"])
    records[-1]["round"]["bound"]["paths"] = [[1, 0]]
    with pytest.raises(check.Refused, match="number of a path must be at most -1, got 0"):
        check.check(written(tmp_path / "c", records))


# --- version 4: paths in full, and lists of what stages keep

KEEP = ("stage", "keep")
VERSION_4 = [
    ("cycles", ("stage",), more, "stage must be an object with"),
    ("cycles", ("stage",), [0], "stage must be an object with"),
    ("cycles", ("stage", "bounds"), [0, 0], "bounds of a stage: 0 occurs twice"),
    ("cycles", KEEP, None, f"keep of a stage {ARRAY}"),
    ("steps", KEEP, twice, "keep of a stage: (1, 2) occurs twice"),
    ("steps", KEEP, backwards, "keep of a stage: (1, 2) comes after (1, 4)"),
    ("cycles", (*KEEP, 0), longer, f"label that a stage keeps {ARRAY} of 2"),
    ("cycles", (*KEEP, 0, 0), 2, "number of a label that a stage keeps must be at most 1"),
    ("cycles", (*KEEP, 0, 0), 0, "number of a label that a stage keeps must be at least 1"),
    ("cycles", (*KEEP, 0, 1), 99, "R of a label that a stage keeps must be at most 4"),
    ("cycles", (*KEEP, 0, 1), 0, "R of a label that a stage keeps must be at least 1"),
    ("cycles", (*KEEP, 0, 1), 2.0, f"R of a label that a stage keeps {INTEGER}"),
    ("cycles", ("line", 1), -1, "line of a label must be at least 0"),
    ("cycles", ("line", 1), 1, "a number for an R that needs none"),
    ("cycles", ("line", 2), 2, "its line names a label that is not kept"),
    ("cycles", ("line", 0), 4, "its line names an R that does not exist"),
    ("cycles", (*PATHS, 0, 1), 0, f"path {ARRAY} of 2"),
]


@pytest.mark.parametrize(("base", "place", "to", "words"), VERSION_4)
def test_what_version_4_cannot_say(base, place, to, words, bases, tmp_path):
    records = altered(in_older_form(bases[base]), place, to)
    with pytest.raises(check.Refused, match=re.escape(words)):
        check.check(written(tmp_path / "c", records))


def test_version_4_is_read(bases, tmp_path):
    for records in bases.values():
        new = check.check(written(tmp_path / "c", records))
        assert check.check(written(tmp_path / "c", in_older_form(records))) == new


# --- version 2: the order of lists was free in it, but nothing could stand twice either


def older(record, objective="cycles", rule=None):
    """A problem as version 2 states it."""
    kept = {key: each for key, each in record.items() if key not in ("measure", "view")}
    return {**kept, "objective": objective, "rule": rule, "tails": []}


def in_version_3(records):
    first, *rest = in_older_form(records)
    return [{**first, "version": 3}, *rest]


@pytest.mark.parametrize("base", ["cycles", "steps", "latency", "splits"])
def test_version_3_is_read(base, bases, tmp_path):
    """It is version 4 without joins."""
    new = check.check(written(tmp_path / "c", bases[base]))
    assert check.check(written(tmp_path / "c", in_version_3(bases[base]))) == new


@pytest.mark.parametrize("write", [in_version_3, lambda records: in_version_2(records, "latency")])
def test_joins_are_of_version_4(write, bases, tmp_path):
    records = write(bases["joined"])
    with pytest.raises(
        check.Refused, match="step time of a layer must be an object with own times"
    ):
        check.check(written(tmp_path / "c", records))


def test_too_many_ways_to_pick_a_part():
    """Eleven joins of two layers side by side have 2048."""
    pairs = [{"join": [2 * n, 2 * n + 1]} for n in range(11)]
    assert len(check.picks({"concat": pairs[:10]})) == 1024
    with pytest.raises(check.Refused, match="have more than 1024 ways to pick a part"):
        check.picks({"concat": pairs})
    with pytest.raises(check.Refused, match="have more than 1024 ways to pick a part"):
        check.picks({"join": [*range(1025)]})


def in_version_2(records, objective, rule=None):
    first = {"format": check.FORMAT, "version": 2}
    problem = older(records[1]["problem"], objective, rule)
    return [first, {"problem": problem}, *in_older_form(records)[2:]]


@pytest.mark.parametrize(
    ("base", "objective"), [("cycles", "cycles"), ("latency", "latency"), ("splits", "latency")]
)
def test_version_2_is_read(base, objective, bases, tmp_path):
    """The digest is that of later versions."""
    new = check.check(written(tmp_path / "c", bases[base]))
    assert check.check(written(tmp_path / "c", in_version_2(bases[base], objective))) == new


def test_a_closed_form_in_version_2(bases, tmp_path):
    record = deepcopy(PROBLEMS["steps"])
    record["view"]["offset"] = 0
    records = certificate(record)
    new = check.check(written(tmp_path / "c", records))
    old = in_version_2(records, "steps", "pipeline")
    assert check.check(written(tmp_path / "c", old)) == new
    old[1]["problem"]["edges"].reverse()  # then paths by number are others
    with pytest.raises(check.Refused):
        check.check(written(tmp_path / "c", old))
    old = in_version_2(records, "steps", "published")
    old[1]["problem"]["tails"] = [0, 0, 0, 3]
    view = check.Problem(old[1]["problem"], 2).numbers()["view"]
    tails = [[0, 0], [0, 0], [3, 0], [3, 0]]
    assert view == {**CLOSED_FORM, "capped": 0, "tails": tails, "offset": 0}


VERSION_2 = [
    (("problem", "objective"), "odd", "objective odd by rule None: unknown"),
    (("problem", "objective"), [], r"objective \[\] by rule None: unknown"),
    (("problem", "rule"), "pipeline", "objective latency by rule pipeline: unknown"),
    (("problem", "tails"), [0], "tails must be an array of 0"),
    (("problem", "tails"), None, "tails must be an array of 0"),
    (("problem", "objective"), "cycles", "the objective needs no time"),
    (("problem", "time"), None, "time must be an object"),
    ((*STEP, "producers"), [[1, 1000], [1, 1]], "producers of a step time: 1 occurs twice"),
    ((*CONSTRAINT, "weights"), twice, "layers of a constraint: 0 occurs twice"),
    (KEEP, twice, r"keep of a stage: \(1, 2\) occurs twice"),
    (PATHS, twice, "paths of a bound: .* occurs twice"),
]


@pytest.mark.parametrize(("place", "to", "words"), VERSION_2)
def test_what_version_2_cannot_say(place, to, words, bases, tmp_path):
    records = in_version_2(bases["latency"], "latency")
    path = written(tmp_path / "c", altered(records, place, to))
    with pytest.raises(check.Refused, match=words):
        check.check(path)


def test_lists_of_version_2_are_in_any_order(bases, tmp_path):
    records = in_version_2(bases["latency"], "latency")
    for place in (PATHS, (*CONSTRAINT, "weights"), (*STEP, "producers")):
        records = altered(records, place, backwards)
    assert check.check(written(tmp_path / "c", records))
