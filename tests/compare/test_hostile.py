"""Results files that were altered: refused in one line that names the place, never a traceback.

Run as a program, it alters as many files as it is told to and counts what became of them.
"""

import json
import sys
import tempfile
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from random import Random

import pytest

from tests.results import row, written
from xbarmip.cli.main import main
from xbarmip.compare.journal import read_records, read_rows
from xbarmip.compare.run import compare
from xbarmip.compare.suite import read_suite
from xbarmip.errors import InputError

SUITE = """format = "xbarmip-suite"
version = 1
name = "tiny"
description = "Two layers."
[[case]]
name = "pair"
size = 8
network.layers = [
  { name = "a", in_channels = 1, out_channels = 1, size = [1, 4], kernel = 1 },
  { name = "b", in_channels = 1, out_channels = 1, size = [1, 4], kernel = 1 },
]
crossbars = [1, 4]
"""
ODD = (
    None, True, False, 0, -1, 1, 2, 1.5, -2.5, 1e300, 10**30, 10**200, "", "x", "\x00", "\u202e",
    "OPTIMAL", "INFEASIBLE", "ANSWERED", [], [1], [[1, 2, 3]], {}, {"a": 1}, {"certified": "yes"},
    [None], "9" * 500, "<b>", "$\\x$", "2026-01-01",
)  # fmt: skip
RAW = ("NaN", "-Infinity", "1e999", "9" * 5000, '"\\ud800"', "[" * 5000, '{"a": 1, "a": 2}', "tru")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A suite with the results of two solvers."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tiny.toml").write_text(SUITE)
    compare(read_suite(folder / "tiny.toml"), ["dp", "exhaustive"], output=folder)
    return folder


def places(value, path=()):
    """All paths to values within a value of JSON."""
    yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))


def altered(random, lines):
    """The lines of a results file with something wrong with one of them."""
    number = random.randrange(len(lines))
    record = json.loads(lines[number])
    *path, last = random.choice([path for path in places(record) if path])
    holder = record
    for key in path:
        holder = holder[key]
    way = random.randrange(6)
    raw = ""
    if way == 0:
        del holder[last]
    elif way == 1 and isinstance(holder, dict):
        holder[random.choice(["x", "value", "digest", "name"])] = random.choice(ODD)
    elif way == 2:
        raw = random.choice(RAW)
        holder[last] = "@here@"
    elif way == 3:
        return [*lines[:number], damaged(random, lines[number]), *lines[number + 1 :]]
    else:
        holder[last] = random.choice(ODD)
    line = json.dumps(record).replace('"@here@"', raw or '"@here@"')
    return [*lines[:number], line, *lines[number + 1 :]]


def damaged(random, line):
    """A line with bytes that are cut off, doubled, or exchanged."""
    cut = random.randrange(len(line))
    return random.choice(
        [
            line[:cut],
            line[cut:],
            line[:cut] + chr(random.randrange(1, 0x250)) + line[cut + 1 :],
            line + line,
            "",
            "\0" * 40,
            random.choice(["[]", "3", "null", '"x"', "{}", "}{"]),
        ]
    )


def commands(folder):
    """Every command that reads results files."""
    known = folder / "known"
    known.mkdir(exist_ok=True)
    suite, results, good = folder / "tiny.toml", folder / "tiny.jsonl", folder / "good.jsonl"
    page = ["--markdown", folder / "x.md", "--csv", folder / "x.csv"]
    return (
        ["report", results, *page],
        ["merge", results, good, "--output", folder / "merged.jsonl"],
        ["regress", good, results],
        ["regress", results, good],
        ["suite", "record", suite, results, "--known", known],
    )


def outcome(arguments):
    """Exit status of a command; what it prints on stderr must be whole lines that say who."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(each) for each in arguments])
    assert status in (0, 1, 2), status
    text = err.getvalue()
    assert "Traceback" not in text
    if status == 2:
        assert text.startswith("xbarmip: error: ") and text.count("\n") == 1, text
    return status


def alter(made, folder, seed, extra=()):
    """Alter the results once, and run everything on them; the exit status of each command."""
    random = Random(f"results {seed}")
    good = (made / "tiny.jsonl").read_text()
    (folder / "good.jsonl").write_text(good)
    (folder / "tiny.toml").write_text(SUITE)
    text = "\n".join(altered(random, good.splitlines())) + "\n"
    (folder / "tiny.jsonl").write_bytes(text.encode("utf-8", "surrogatepass"))
    return [(arguments[0], outcome(arguments)) for arguments in (*commands(folder), *extra)]


@pytest.mark.parametrize("seed", range(60))
def test_altered_results_end_in_no_traceback(made, tmp_path, seed):
    alter(made, tmp_path, seed)


def test_resuming_altered_results_ends_in_no_traceback(made, tmp_path):
    """Without anything to run: rows that are refused are run anew."""
    for seed in range(3):
        folder = tmp_path / str(seed)
        folder.mkdir()
        resume = ["compare", folder / "tiny.toml", "--solvers", "exhaustive", "--resume"]
        alter(made, folder, f"resume {seed}", ([*resume, "--output", folder],))


FIELDS = {
    "value": (1.5, "value must be an integer, got 1.5"),
    "instance": ({"a": 1}, "instance must be a non-empty string, got {'a': 1}"),
    "size": ([8], "size must be a list of 2 values, got [8]"),
    "outcome": ("FINE", "outcome must be one of ANSWERED, REFUSED"),
    "seconds": (-1, "seconds must be a number of seconds >= 0, got -1"),
    "allocation": ({"a": "2"}, "allocation: a must be an integer, got '2'"),
    "limits": ({"seconds": "x"}, "limits: missing key"),
    "code": ({"python": 3}, "code: python must be a string, got 3"),
    "trace": ([[1, 2]], "trace must be a list of 3 values, got [1, 2]"),
    "certificate": (False, "certificate: must be a table of keys and values, got False"),
    "seed": (True, "seed must be an integer, got True"),
    "bound": (1, "breaks the rule: OPTIMAL: value == bound"),
    "confirmed": (None, "confirmed exactly where an allocation has no defect"),
    "status": ("INFEASIBLE", "breaks the rule: an allocation exactly with a solution"),
    "digest": (7, "digest must be a string, got 7"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_another_kind_is_named_with_file_line_and_value(tmp_path, name):
    value, message = FIELDS[name]
    path = written(tmp_path, [row("i", "a", value=2, bound=2)])
    lines = path.read_text().splitlines()
    path.write_text(f"{lines[0]}\n{json.dumps({**json.loads(lines[1]), name: value})}\n")
    with pytest.raises(InputError) as caught:
        read_rows(path)
    assert str(caught.value).startswith(f"{path}: line 2: ")
    assert message in str(caught.value)


LINES = {
    "no record": ("[1]", "a record must be a table, got [1]"),
    "an unknown kind": ('{"record": "verdict"}', "record must be one of run, row, got 'verdict'"),
    "no kind": ("{}", "record must be one of run, row, got None"),
    "NaN": ('{"record": "row", "value": NaN}', "NaN is not a finite number"),
    "infinite": ('{"record": "row", "value": 1e999}', "'1e999' is not a finite number"),
    "twice": ('{"record": "row", "record": "run"}', "key 'record' is given twice"),
    "half a character": ('{"record": "row", "x": "\\ud800"}', "half of a character"),
    "words": ("hello", "is not readable as JSON"),
    "too deep": ('{"a": ' + "[" * 10**5 + "]" * 10**5 + "}", "is not readable as JSON"),
    "too long": ('{"a": ' + "9" * 10**5 + "}", "is not readable as JSON"),
    "two records": ('{"record": "row"}{"record": "row"}', "Extra data"),
}


@pytest.mark.parametrize(("line", "message"), LINES.values(), ids=LINES)
def test_a_line_that_is_no_record_is_named(tmp_path, line, message):
    path = tmp_path / "x.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(InputError) as caught:
        list(read_records(path))
    assert str(caught.value).startswith(f"{path}: line 2: ")
    assert message in str(caught.value)


def test_a_kill_may_leave_any_beginning_of_a_line(tmp_path):
    path = written(tmp_path, [row("i}", '{"a\\', value=2, bound=2, message='"}\\"')])
    text = path.read_text()
    last = text.splitlines()[-1]
    whole = len(list(read_records(path)))
    for cut in range(len(last)):
        path.write_text(f"{text}{last[:cut]}\n{last}\n")
        assert len(list(read_records(path))) == whole + 1, last[:cut]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "made"
        source.mkdir()
        (source / "tiny.toml").write_text(SUITE)
        compare(read_suite(source / "tiny.toml"), ["dp", "exhaustive"], output=source)
        counts: Counter[tuple[str, int]] = Counter()
        target = Path(name) / "altered"
        target.mkdir()
        for seed in range(int(sys.argv[1])):
            counts.update(alter(source, target, f"by hand {seed}"))
        print(dict(counts))
