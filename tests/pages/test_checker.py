"""The checker in JavaScript: it agrees with the one in Python, alone and in a browser."""

import json
import shutil
import subprocess
from itertools import islice
from random import Random

import pytest

from tests import ROOT
from tests.browser import Browser, needs_browser
from tests.small_certificates import CLOSED_FORM, PROBLEM, PROBLEMS, certificate
from xbarmip.certificate import check
from xbarmip.cli.main import main
from xbarmip.pages.checker import checker_fragment, checker_page
from xbarmip.reproduce.page import certificates_of, html

pytestmark = [pytest.mark.long, pytest.mark.around]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here")
CHECKER = ROOT / "xbarmip" / "certificate" / "checker.js"


def text(records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


@pytest.fixture
def checkers(monkeypatch):
    """The benchmark, whose module names are those of its folder."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return __import__("checkers")


def said(content, folder):
    """What the checker in JavaScript says of a file, and the exit status."""
    path = folder / "file"
    path.write_bytes(content)
    done = subprocess.run(["node", CHECKER, path], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.strip().removeprefix(f"{path}: "), done.returncode


@needs_node
@pytest.mark.parametrize("kind", PROBLEMS)
def test_what_is_proven_is_accepted(kind, tmp_path):
    records = certificate(PROBLEMS[kind])
    words, status = said(text(records), tmp_path)
    assert status == 0, words
    assert f"digest {records[0]['digest']}" in words
    value = records[2]["claim"]["value"]
    assert f"no allocation has less than {value} " in words
    lower = {**records[2]["claim"], "bound": value + 1, "value": value + 1}
    assert said(text([*records[:2], {"claim": lower}, *records[3:]]), tmp_path)[1] == 1


@needs_node
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"offset": 0', b'"offset": 0.0', "a number that is no integer"),
        (b'"offset": 0', b'"offset": 0e1', "a number that is no integer"),
        (b'"offset": 0', b'"offset": false', "offset: no integer"),
        (b'"offset": 0', b'"offset": 0, "offset": 0', "the key offset twice"),
        (b'"offset": 0', b'"offset": %d' % 2**1024, "more than 1024 bits"),
        (b'"offset": 0', b'"offset": NaN', "no JSON value"),
        (b'"offset": 0', b'"offset": 0, "more": 1', "unknown key more"),
        (b'"digest": "', b'"digest": "0', "where that of the problem is"),
        (b'"stalls": 1, ', b"", "no stalls"),
        (b'"version": 5', b'"version": 6', "version: 6 is unknown"),
        (b'"name": "a"', b'"name": "b"', "a name twice"),
        (b'{"proof"', b'{"spoof"', "no proof"),
        (b'"capped"', b'"\\u0063apped"', None),  # the same key in other letters
        (b'{"claim"', b' {"claim"', None),
        (b"\n", b"\r\n", None),
        (b"small", b"\xff", "not UTF-8"),
    ],
)
def test_a_file_is_read_in_one_way_only(old, new, why, tmp_path):
    content = text(certificate(PROBLEM))
    changed = content.replace(old, new)
    assert changed != content
    words, status = said(changed, tmp_path)
    assert status == (0 if why is None else 1), words
    assert why is None or (words.startswith("REFUSED: ") and why in words)
    path = tmp_path / "file"
    assert check.examine(str(path), None)[0] == (check.ACCEPTED if why is None else check.REFUSED)


@needs_node
def test_what_is_left_or_cut_off_is_refused(tmp_path):
    records = certificate(PROBLEM)
    assert "something behind the end" in said(text([*records, []]), tmp_path)[0]
    assert "ends too early" in said(text(records[:-1]), tmp_path)[0]
    assert said(b"", tmp_path)[1] == 1
    done = subprocess.run(["node", CHECKER, tmp_path / "none"], capture_output=True, check=False)
    assert done.returncode == 2


@needs_node
@pytest.mark.parametrize(
    "change",
    [
        {"low": [1, 1, 1, 1], "high": [1, 1, 1, 1]},  # what it drops is not refuted
        {"bound": {"scale": -1, "constraints": [0, 0], "paths": []}},
        {"bound": {"scale": 1, "constraints": [0], "paths": []}},
    ],
)
def test_a_step_of_a_proof_that_does_not_hold_is_refused(change, tmp_path):
    records = certificate({**PROBLEM, "view": {**CLOSED_FORM, "offset": 0}})
    record = {"bound": {"scale": 0, "constraints": [0, 0], "paths": []}, "low": [1] * 4}
    spoiled = {"round": {**record, "high": [4, 3, 4, 4], **change}}
    words, status = said(text([*records[:4], spoiled, *records[4:]]), tmp_path)
    assert status == 1, words
    path = str(tmp_path / "file")
    assert check.examine(path, None)[0] == check.REFUSED


@needs_node
@pytest.mark.parametrize("kind", ["allocations", "schedules", "placements"])
def test_both_checkers_agree_on_changed_certificates(kind, checkers):
    from mutations import certificates

    made, count = {
        "allocations": (certificates(Random("sample")), 200),
        "schedules": (checkers.schedules(), 60),
        "placements": (checkers.cores(), 60),
    }[kind]
    row, wrong = checkers.compared(islice(checkers.alterations(made, Random("sample")), count))
    assert wrong == []
    assert row["tried"] == count
    assert min(row["accepted"], row["refused"]) > count // 20, "the sample has both"


@needs_node
def test_both_checkers_agree_on_the_certificates_that_ship(checkers):
    """The smallest of them; `benchmarks/checkers.py` takes all."""
    kept = sorted(checkers.kept_certificates(ROOT / "results"), key=len)[:12]
    row, wrong = checkers.compared(kept)
    assert wrong == []
    assert row["accepted"] == len(kept) == 12


@needs_node
def test_the_benchmark_runs(checkers, tmp_path, capsys):
    assert checkers.main(["--smoke", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("disagreements 0") == 4
    rows = json.loads((tmp_path / "checkers.json").read_text("utf-8"))["rows"]
    assert [row["tried"] for row in rows] == [3, 40, 10, 10]


# --- in a browser

SHOWN = """(async () => {
  const section = document.querySelector(".certificates");
  const done = () => /accepted/.test(section.querySelector(".tally").textContent);
  const wait = async () => { while (!done()) await new Promise((next) => setTimeout(next, 20)); };
  %s;
  await wait();
  return {
    tally: section.querySelector(".tally").textContent,
    verdicts: [...section.querySelectorAll(".verdict")].map((one) => one.textContent),
    text: section.innerText, rows: section.querySelectorAll("table tr").length,
    width: document.documentElement.scrollWidth,
  };
})()"""
DROP = """const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(%s)], "<b>dropped</b>"));
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: files }))"""


@needs_browser
def test_a_page_checks_its_certificates_and_those_that_are_dropped(tmp_path):
    records = certificate(PROBLEM)
    good = text(records)
    bad = text([*records[:2], {"claim": {**records[2]["claim"], "bound": 99}}, *records[3:]])
    with Browser(tmp_path, 390) as browser:
        browser.open(checker_page({"small: 7 cycles": good, "a lie": bad}))
        browser.run("document.querySelector('.check-all').focus()")
        browser.press("Enter")
        found = browser.run(SHOWN % "")
        assert found["tally"] == "1 accepted, 1 refused"
        value = records[2]["claim"]["value"]
        assert found["verdicts"][0].startswith(f"Accepted: no allocation has less than {value}")
        assert found["verdicts"][1].startswith("Refused: bound: 99 is above the value")
        assert found["rows"] == 1 + 4, "the head and four layers"
        assert found["width"] <= 390
        browser.run("document.querySelector('.tally').textContent = ''")
        found = browser.run(SHOWN % (DROP % list(good)))
        assert found["tally"] == "1 accepted, 0 refused"
        assert "<b>dropped</b>" in found["text"]


@needs_browser
def test_a_compressed_certificate_in_a_part_of_another_page(tmp_path, capsys):
    path = tmp_path / "lenet.cert"
    assert main(["solve", "lenet-5", "--crossbars", "24", "--certificate", str(path)]) == 0
    capsys.readouterr()
    part = checker_fragment({"</script><script>alert(1)</script>": path.read_bytes()})
    with Browser(tmp_path, 1280) as browser:
        browser.open(f"<!doctype html><meta charset=utf-8><title>t</title><h1>Other</h1>{part}")
        found = browser.run(SHOWN % "section.querySelector('.check-all').click()")
    assert found["tally"] == "1 accepted, 0 refused"
    assert "</script><script>alert(1)</script>" in found["text"], "shown as text"


@needs_browser
def test_a_published_page_checks_its_own_certificates(tmp_path):
    folder = ROOT / "results" / "pimcomp"
    paths = json.loads((folder / "certificates.json").read_text("utf-8"))
    page = html("Published", "# Published", certificates_of(paths, folder))
    with Browser(tmp_path, 390) as browser:
        browser.open(page)
        found = browser.run(SHOWN % "section.querySelector('.check-all').click()")
    assert found["tally"] == f"{len(paths)} accepted, 0 refused"


def test_pages_load_nothing_and_hold_their_files():
    page = checker_page({"<a & b>": b"\x00\xff"})
    assert "http:" not in page
    assert "https:" not in page
    assert "src=" not in page
    assert "\\u003ca \\u0026 b\\u003e" in page
    assert page.count("</script>") == page.count("<script") == 2


def test_check_writes_a_page(tmp_path, capsys):
    good, page = tmp_path / "good", tmp_path / "page.html"
    good.write_bytes(text(certificate(PROBLEM)))
    assert main(["check", str(good), "--page", str(page)]) == 0
    assert capsys.readouterr().out.endswith(f"written: {page}\n")
    assert str(good) in page.read_text("utf-8")
    assert main(["check", "--page", str(page)]) == 0
    assert "good" not in page.read_text("utf-8").partition('class="files"')[2].partition("<")[0]
    assert main(["check"]) == 2
    assert "check needs a FILE, or --page" in capsys.readouterr().err
    assert main(["check", str(good), "--page", str(tmp_path / "no" / "page.html")]) == 2
