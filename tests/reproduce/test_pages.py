"""The pages on what others published: rows, certificates, and a part of the numbers again."""

import json
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

import xbarmip as xb
from tests import ROOT
from tests.cli.test_cli import PAIR
from tools.site import FETCHED
from xbarmip.certificate import check
from xbarmip.certificate.same import require_same
from xbarmip.certificate.statement import stated_problem
from xbarmip.errors import VerificationError
from xbarmip.reproduce import claims
from xbarmip.reproduce.claims import FOLDER, Claim
from xbarmip.reproduce.page import files
from xbarmip.reproduce.records import as_json
from xbarmip.reproduce.run import reproduce
from xbarmip.reproduce.source import Part, Source
from xbarmip.reproduce.sources import SOURCES
from xbarmip.reproduce.store import Store

SAMPLE = 4  # certificates of each page that are checked here; benchmarks/page_certificates.py: all


def folder_of(source):
    return ROOT / "results" / source.folder


def kept(source):
    """The committed rows by part, read once."""
    return kept_of(source.name)


@cache
def kept_of(name):
    source = SOURCES[name]
    return {part.name: Store(folder_of(source), part.name, part.row).rows for part in source.parts}


def claims_of(source):
    """The claims of all committed rows by the file name of the certificate."""
    rows = kept(source)
    every = (part.claims(each.row) for part in source.parts for each in rows[part.name].values())
    return {name: claim for claims in every for name, claim in claims.items()}


@pytest.fixture(params=SOURCES)
def source(request):
    return SOURCES[request.param]


# --- what is committed ---------------------------------------------------------------------------


def test_every_part_is_complete_and_written_as_it_is_read(source):
    rows = kept(source)
    for part in source.parts:
        assert rows[part.name].keys() == part.cases(20).keys(), part.name
        stored = json.loads((folder_of(source) / f"{part.name}.json").read_text())["rows"]
        for key, each in rows[part.name].items():
            made = stored[key].pop("made")
            assert as_json(each.row) == stored[key], key
            assert made.items() <= as_json(each.made).items(), key


def page_files(source):
    """What the committed rows give, by file name, but for pictures."""
    rows = kept(source)
    complete = {p.name: {key: rows[p.name][key] for key in p.cases(20)} for p in source.parts}
    parts = tuple(replace(part, pictures={}) for part in source.parts)
    return files(replace(source, parts=parts), complete, folder_of(source))


def test_the_page_is_what_the_rows_give(source):
    made = page_files(source)
    check_html(made.pop("page.html").decode(), folder_of(source))
    for name, content in made.items():
        assert (folder_of(source) / name).read_bytes() == content, name
    assert "is not complete" not in made["page.md"].decode()
    for name in (name for part in source.parts for name in part.pictures):
        assert (folder_of(source) / name).read_bytes().startswith(b"\x89PNG"), name


def check_html(page, folder):
    """The page as HTML, which is not committed: all tags are closed, it asks no other host for
    anything, and it holds the certificates of its folder, byte by byte.
    """
    reader = Tags()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert not FETCHED.search(page)
    text = re.search(r'<script type="application/json" class="files">(.*?)</script>', page)[1]
    held = {each["name"]: b64decode(each["bytes"]) for each in json.loads(text)}
    assert held == {f"{FOLDER}/{p.name}": p.read_bytes() for p in (folder / FOLDER).iterdir()}
    assert all(f'<a href="{path}">' in page for path in held)


class Tags(HTMLParser):
    """The tags that are open; closing another than the last fails."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag == "img"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()


def test_pictures_are_drawn(source):
    for part in (part for part in source.parts if part.pictures):
        section = part.section({k: each.row for k, each in kept(source)[part.name].items()})
        for name, draw in part.pictures.items():
            assert draw(section).startswith(b"\x89PNG"), name


def test_certificates_are_those_that_are_claimed_and_listed(source):
    folder = folder_of(source)
    listed = json.loads((folder / "certificates.json").read_text())
    there = sorted(f"{FOLDER}/{path.name}" for path in (folder / FOLDER).iterdir())
    assert listed == there
    assert {Path(path).name for path in there} <= claims_of(source).keys()


def sampled(source):
    """Files of certificates, small ones first; the largest third is left to the benchmark."""
    paths = sorted((folder_of(source) / FOLDER).iterdir(), key=lambda path: path.stat().st_size)
    paths = paths[: -(-2 * len(paths) // 3)]
    return paths[:: max(1, len(paths) // SAMPLE)][:SAMPLE]


def test_a_sample_of_the_certificates_is_accepted_for_the_problem_that_is_claimed(source):
    claims = claims_of(source)
    for path in sampled(source):
        claim = claims[path.name]
        own = stated_problem(claim.problem)
        status, _, proven = check.examine(
            str(path), lambda stated, own=own: require_same(stated, own)
        )
        assert status == check.ACCEPTED
        assert f"{claim.value}" in check.claim(*proven)


def test_certificates_are_accepted_by_the_checker_alone(tmp_path):
    """The file of the checker, copied to where no package is."""
    small = [sampled(source)[0] for source in SOURCES.values()]
    alone = tmp_path / "check.py"
    shutil.copy(check.__file__, alone)
    command = [sys.executable, "-I", str(alone), *map(str, small)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": accepted: ") == len(small)


# --- how certificates get there ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    value: int


def small(tmp_path, value, allocation):
    """A source of one row, which claims an optimum of a pair of layers on four crossbars."""
    (tmp_path / "pair.json").write_text(json.dumps(PAIR))
    problem = xb.Problem(xb.load_network(tmp_path / "pair.json"), 4, 8)
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "page.md.j2").write_text(
        "{% if p %}{{ p.value }}: {{ 'a.cert' | certificate }}, {{ uncertified | length }} without"
        "{% endif %}"
    )
    part = Part(
        "p", "", Row, lambda seconds: {"a": lambda progress: Row(value)},
        lambda rows: rows["a"], claims=lambda row: {"a.cert": Claim(problem, value, allocation)},
    )  # fmt: skip
    published = {"unprinted": [], "remarks": {}}
    return Source("small", "small", "Small", (part,), lambda: published, templates)


def test_a_claim_gets_its_certificate(tmp_path):
    source, folder = small(tmp_path, 2, (2, 2)), tmp_path / "out"
    reproduce(source, folder)
    assert check.examine(str(folder / FOLDER / "a.cert"))[0] == check.ACCEPTED
    assert json.loads((folder / "certificates.json").read_text()) == [f"{FOLDER}/a.cert"]
    assert (folder / "page.md").read_text() == "2: [a.cert](certificates/a.cert), 0 without\n"
    (folder / FOLDER / "a.cert").unlink()
    assert reproduce(source, folder, []).computed == {"p": 0}
    assert (folder / "page.md").read_text() == "2: none, 1 without\n"
    assert reproduce(source, folder, keep=True).computed == {"p": 1}
    assert (folder / FOLDER / "a.cert").exists()
    assert reproduce(source, folder, keep=True).computed == {"p": 0}


def test_a_certificate_that_takes_too_long_is_left_out(tmp_path):
    source, folder = small(tmp_path, 2, (2, 2)), tmp_path / "out"
    reproduce(source, folder)
    reproduce(source, folder, time_limit=0)
    assert not (folder / FOLDER / "a.cert").exists()
    assert (folder / "page.md").read_text() == "2: none, 1 without\n"


def test_a_certificate_that_is_too_large_is_left_out(tmp_path, monkeypatch):
    source, folder = small(tmp_path, 2, (2, 2)), tmp_path / "out"
    monkeypatch.setattr(claims, "MOST_BYTES", 100)
    reproduce(source, folder)
    assert [*(folder / FOLDER).iterdir()] == []
    assert (folder / "page.md").read_text() == "2: none, 1 without\n"


def test_certificates_are_written_for_kept_rows(tmp_path):
    source, folder = small(tmp_path, 2, (2, 2)), tmp_path / "out"
    reproduce(source, folder, time_limit=0)
    row = (folder / "p.json").read_bytes()
    assert reproduce(source, folder, certificates=True).computed == {"p": 0}
    assert check.examine(str(folder / FOLDER / "a.cert"))[0] == check.ACCEPTED
    assert (folder / "page.md").read_text() == "2: [a.cert](certificates/a.cert), 0 without\n"
    assert (folder / "p.json").read_bytes() == row


def test_a_claim_that_is_made_no_more_leaves_no_certificate(tmp_path):
    source, folder = small(tmp_path, 2, (2, 2)), tmp_path / "out"
    reproduce(source, folder)
    silent = replace(source.parts[0], claims=lambda row: {} if row.value == 5 else {"b.cert": None})
    (folder / FOLDER / "b.cert").write_text("of the row as it was")
    silent = replace(silent, cases=lambda seconds: {"a": lambda progress: Row(5)})
    reproduce(replace(source, parts=(silent,)), folder)
    assert [path.name for path in (folder / FOLDER).iterdir()] == ["a.cert"]


def test_a_wrong_claim_makes_no_row(tmp_path):
    with pytest.raises(VerificationError):
        reproduce(small(tmp_path, 4, (2, 1)), tmp_path / "out")
    assert not (tmp_path / "out" / "p.json").exists()
