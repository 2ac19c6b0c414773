"""Reports: tables, Markdown, CSV, and the page in a real browser, at the width of a phone."""

import csv
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html import escape, unescape
from io import StringIO
from pathlib import Path

import pytest

from tests.compare.analysis.test_analysis import ROWS
from tests.results import comparison, facts, failed, row, written
from xbarmip.cli.main import main
from xbarmip.compare.analysis.budgets import known_by_budget
from xbarmip.compare.instance import Suite
from xbarmip.compare.report.page import page
from xbarmip.compare.report.summary import headline, markdown, problems, run_facts
from xbarmip.compare.report.table import Table
from xbarmip.compare.report.tables import gap_table, instance_table, rows_csv
from xbarmip.compare.run import compare
from xbarmip.compare.suite import read_suite
from xbarmip.errors import InputError

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    BROWSER is None and "CI" not in os.environ, reason="no browser here"
)
HOSTILE = '<script>alert(1)</script> & | "quotes"'


def test_a_table_in_all_forms():
    table = Table(["name", "n"], [["a|b<", 1], ["c", None]], styles={"c": "red"})
    assert table.markdown() == "| name | n |\n| --- | ---: |\n| a\\|b\\< | 1 |\n| c |  |"
    html = table.html()
    assert '<th class="number">n</th>' in html
    assert '<td>a|b&lt;</td><td class="number">1</td>' in html
    assert '<td class="red">c</td><td class="number"></td>' in html


def test_counts_stand_beside_their_time_where_hardware_gives_it():
    """4 cycles of 21/10 us are 8.4 us; of two allocations with 4, the time is that of the faster.

    A latency is counted in ticks: here 70 of 1/10 us.
    """
    slow, fast = "3/1000000", "21/10000000"
    rows = [
        row("x", "a", value=4, unit_seconds=slow), row("x", "b", value=4, unit_seconds=fast),
        row("x", "c", value=5), row("y", "a", value=6),
        row("z", "a", value=70, objective="latency", unit_seconds="1/10000000"),
    ]  # fmt: skip
    found = comparison(rows)
    table = instance_table(found)
    assert [*table.columns][:5] == ["instance", "verdict", "value", "in us", "bound"]
    assert [line[3] for line in table.rows] == ["8.40", None, "7.00"]
    answers = ("4 ✓ of 3.00 us = 12.00 us,", "4 ✓ of 2.10 us = 8.40 us,", "5 ✓,")
    for said, shown in zip(answers, table.rows[0][6:], strict=True):
        assert shown.startswith(said)
    assert table.rows[2][6].startswith("70 ✓ = 7.00 us,")
    assert "<td>4</td><td>8.40</td>" in found._repr_html_()
    lines = csv.DictReader(StringIO(rows_csv((found,))))
    assert [line["unit_seconds"] for line in lines] == [slow, fast, "", "", "1/10000000"]
    untimed = comparison([row("y", "a", value=6)])
    assert "in us" not in instance_table(untimed).columns
    assert "in us" not in untimed._repr_html_()


def test_failures_are_counted_and_named():
    found = comparison(ROWS)
    assert headline(found) == "made: 3 instances: 3 AGREE; 1 TIMEOUT"
    assert problems(found) == ("z: TIMEOUT: b: because",)
    text = markdown(found)
    assert "| b | 3 | 1 | 2 | 1 | 0.50 % | 1.00 % | 1 |" in text
    assert "| z | AGREE | 7 | 7 | 0 | 7 ✓, 0.00 s | TIMEOUT | refused |" in text
    assert "2 GiB" in text
    assert gap_table(found).rows[1][:3] == ["b", 3, 1]


def test_limits_that_differ_are_named_with_their_solvers():
    short = {"seconds": 2.0, "memory_bytes": None, "threads": 2}
    rows = [row("x", "a", value=1), row("x", "b", value=1, limits=short)]
    assert run_facts(comparison(rows))[-2:] == (
        "limits of a: 60 s for each solver and instance, 2 GiB; 1 thread",
        "limits of b: 2 s for each solver and instance; 2 threads",
    )


def test_csv_has_every_row_and_can_be_read_back():
    odd = row('x,"y"\nz', "a", 1.0, 10, 10)
    lines = list(csv.DictReader(StringIO(rows_csv((comparison([*ROWS, odd]),)))))
    assert len(lines) == len(ROWS) + 1
    assert lines[-1]["instance"] == odd.instance
    assert (lines[0]["value"], lines[0]["confirmed"], lines[0]["seconds"]) == ("10", "10", "2.0")
    assert lines[7]["outcome"] == "TIMEOUT"
    assert lines[7]["value"] == ""


def test_the_page_holds_everything_and_loads_nothing():
    named = [facts("x", note=HOSTILE), facts("y"), facts("z"), facts(HOSTILE)]
    found = comparison([*ROWS, row(HOSTILE, "a", 1.0, 2, 1)], named)
    text = page([found])
    assert "<script>alert" not in text
    assert text.count(escape(HOSTILE)) == 2
    assert text.count("<svg") == 5, "two on proofs, two on values, one pair"
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", text)
    assert all(link.startswith("#") for link in links)
    loaded = re.findall(r"@import|url\((?!#)", text)
    assert loaded == []
    assert page([found]) == text, "the same results give the same page"


def test_a_suite_without_proofs_has_a_page_too():
    assert page([comparison([failed("x", "a", "CRASHED")])]).count("<svg") == 4


def test_networks_on_several_budgets_are_drawn():
    budgets = {"x": 10, "y": 20, "z": 40}
    made = [replace(facts(name), crossbars=budget) for name, budget in budgets.items()]
    other = replace(facts("w"), crossbars=80, constraints=("one more",))
    rows = [
        row("x", "a", 1.0, 9, 9), row("y", "a", 1.0, 7, 6), row("z", "a", 1.0, 3, 3),
        row("w", "a", 1.0, 2, 2),
    ]  # fmt: skip
    found = comparison(rows, [*reversed(made), other])
    (known,) = known_by_budget(found)["cycles"]
    assert known.label == "net@8x8"
    assert known.points == ((10, 9, True), (20, 7, False), (40, 3, True))
    assert page([found]).count("Best known cycles by budget; hollow where not proven.") == 1
    assert known_by_budget(comparison(rows[:2], made)) == {}


def test_solutions_of_a_shipped_suite_are_drawn():
    instances = [x for x in read_suite("published").instances if x.name.startswith("alexnet@128/")]
    found = compare(Suite("published", "Some.", tuple(instances[:2])), ["woho", "greedy"])
    text = page([found])
    assert text.count("which layer runs, waits or is done.") == 1, "one of each network"
    assert text.count("crossbars and steps of each layer.") == 1
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", text)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    lies = [replace(row, confirmed=1, value=1) for row in found.rows]
    assert "which layer runs" not in page([replace(found, rows=tuple(lies))])


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(InputError, match="extra `plot`"):
        page([comparison(ROWS)])


PROBE = """<body><iframe id="phone" width="390" height="800" srcdoc="{page}"></iframe>
<pre id="found"></pre><script>
document.getElementById("phone").addEventListener("load", () => {{
  const page = document.getElementById("phone").contentDocument, body = page.body;
  const table = page.querySelector("p:has(input) + .wide table");
  const names = () => [...table.tBodies[0].rows].filter((row) => !row.hidden)
    .map((row) => row.cells[0].textContent);
  const heads = table.querySelectorAll("th");
  const found = {{
    width: page.documentElement.scrollWidth,
    charts: [...page.querySelectorAll("figure svg")].map((svg) => svg.getBoundingClientRect())
      .map((box) => [Math.round(box.width), Math.round(box.height)]),
    letters: Math.min(...[...page.querySelectorAll("svg text")]
      .map((text) => text.getBoundingClientRect().height)),
    outside: [...body.querySelectorAll("*")].filter((one) => !one.closest(".wide"))
      .filter((one) => one.getBoundingClientRect().right > 391).length,
    pinned: page.defaultView.getComputedStyle(table.tBodies[0].rows[0].cells[0]).position,
    before: names(),
  }};
  heads[2].click(); found.up = names();
  heads[2].click(); found.down = names();
  const input = page.querySelector("input");
  input.value = "UNDECIDED"; input.dispatchEvent(new Event("input"));
  found.filtered = names();
  document.getElementById("found").textContent = JSON.stringify(found);
}});
</script></body>"""


def seen(content, folder):
    """What a browser makes of a page in a frame as wide as a phone."""
    return browsed(PROBE.format(page=escape(content)), folder)


def browsed(content, folder):
    """What the script of a page leaves in its element `found`, in a browser."""
    (folder / "probe.html").write_text(content, encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000",
            f"--user-data-dir={folder / 'profile'}", "--dump-dom", f"file://{folder}/probe.html",
        ],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return json.loads(unescape(re.search(r'<pre id="found">(.*?)</pre>', done.stdout)[1]))


@pytest.mark.around
@needs_browser
def test_the_page_in_a_browser_at_the_width_of_a_phone(tmp_path):
    long = "a-very-long-name-of-a-network-without-any-space-in-it@128x128/x1.5/steps/published"
    rows = [*ROWS, row(long, "a", 1.0, 2, 1), row(long, "b", 1.0, 3, 1)]
    found = seen(page([comparison(rows)]), tmp_path)
    assert found["width"] <= 390, "nothing but a table in its box scrolls sideways"
    assert found["outside"] == 0
    assert len(found["charts"]) == 5
    assert all(300 <= width <= 390 and 200 <= height <= 400 for width, height in found["charts"])
    assert found["letters"] >= 8, "pixels"
    assert found["pinned"] == "sticky"
    assert found["before"] == ["x", "y", "z", long]
    assert found["up"] == [long, "z", "x", "y"]
    assert found["down"] == ["y", "x", "z", long]
    assert found["filtered"] == [long]


@pytest.mark.around
@needs_browser
def test_a_page_of_several_suites_in_a_browser(tmp_path):
    found = seen(page([comparison(ROWS)] * 5), tmp_path)
    assert found["width"] <= 390
    assert found["outside"] == 0
    assert found["letters"] >= 8
    assert len(found["charts"]) > 20


# --- the commands ---------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clean = [each for each in ROWS if not each.failed]
    return written(tmp_path / "one", clean), written(tmp_path / "two", ROWS, run="r2")


def test_report_writes_all_forms(files, capsys):
    options = ("--markdown", "r.md", "--csv", "r.csv", "--html", "r.html")
    assert main(["report", str(files[0]), *options]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "made: 3 instances: 3 AGREE" in out
    assert "gaps to the best known values" in out
    assert "written: r.md" in out
    assert Path("r.md").read_text().startswith("# Comparison made\n")
    assert Path("r.csv").read_text().count("\n") == len(ROWS)
    assert Path("r.html").read_text().startswith("<!doctype html>")
    assert main(["report", str(files[0]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["counts"]["AGREE"] == 3


def test_report_of_failures_is_status_1(files, capsys):
    assert main(["report", *map(str, files)]) == 1
    assert capsys.readouterr().err == "xbarmip: made: z: TIMEOUT: b: because\n"


def test_merge_and_regress(files, capsys):
    assert main(["merge", *map(str, files), "--output", "all.jsonl"]) == 0
    assert capsys.readouterr().out == f"written: all.jsonl, {2 * len(ROWS) + 1} records\n"
    assert main(["merge", "all.jsonl", "--output", "again.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 2 * len(ROWS) + 1
    assert main(["regress", "all.jsonl", "again.jsonl"]) == 0
    assert "no answer changed" in capsys.readouterr().out
    assert main(["regress", str(files[0]), str(files[1]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == [["made", "z", "b"]]


def test_a_worse_answer_is_status_1(tmp_path, capsys):
    old = written(tmp_path / "one", [row("x", "a", 1, 10, 10)])
    new = written(tmp_path / "two", [row("x", "a", 1, 10, 9)])
    options = ("--markdown", str(tmp_path / "r.md"), "--csv", str(tmp_path / "r.csv"))
    assert main(["regress", str(old), str(new), *options]) == 1
    out = capsys.readouterr().out
    assert "worse: made: x: a: was OPTIMAL, is FEASIBLE" in out
    assert out.endswith("r.csv\n")
    text = (tmp_path / "r.md").read_text()
    assert "- worse: made: x: a: was OPTIMAL, is FEASIBLE\n" in text
    assert "| made | a | 0 |  |  | no instance that both proved |" in text
    lines = list(csv.DictReader(StringIO((tmp_path / "r.csv").read_text())))
    assert [line["verdict"] for line in lines] == ["worse", "worse", "time"]
    assert lines[1]["what"] == "bound was 10, is 9"


BAD = {
    "no file": (("report", "none.jsonl"), "none.jsonl: cannot be read"),
    "a folder that is not there": (
        ("report", "one/made.jsonl", "--html", "no/r.html"),
        "no/r.html",
    ),
    "a folder as file": (("report", "one/made.jsonl", "--csv", "one"), "is a folder"),
    "merge into nowhere": (("merge", "one/made.jsonl", "--output", "no/all.jsonl"), "no/all.jsonl"),
    "no output": (("merge", "one/made.jsonl"), "--output"),
    "one file": (("regress", "one/made.jsonl"), "NEW.jsonl"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD.keys())
def test_bad_arguments(files, capsys, arguments, message):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
