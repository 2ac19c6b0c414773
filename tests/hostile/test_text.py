"""Names out of files are text in every medium: no markup, formula or command comes of any."""

import csv
import json
import re
from dataclasses import replace
from html import unescape
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from tests.compare.report.test_report import browsed, needs_browser
from tests.hostile_names import NAMES
from tests.results import comparison, facts, failed, row
from tests.sample import draws
from xbarmip.cli.main import main
from xbarmip.cli.output import print_rich, table
from xbarmip.cli.progress import describe
from xbarmip.compare.analysis.load import load
from xbarmip.compare.journal import Journal
from xbarmip.compare.known import known_path
from xbarmip.compare.pictures.canvas import new_figure, png, svg
from xbarmip.compare.pictures.layers import layers_figure
from xbarmip.compare.pictures.pipeline import pipeline_figure
from xbarmip.compare.report.page import page
from xbarmip.compare.report.summary import markdown
from xbarmip.compare.report.table import Table, as_csv
from xbarmip.network.json_format import from_dict
from xbarmip.problem import Problem
from xbarmip.text import (
    for_anchor,
    for_csv,
    for_file_name,
    for_html,
    for_markdown,
    for_picture,
    for_terminal,
    visible,
)

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ANY_TEXT = st.one_of(st.text(), st.text(alphabet="\\`*_{}[]<>()#+-.!|&~$=:/ \n1a"))


def network(names, title):
    layers = [
        {"name": name, "in_channels": 1, "out_channels": 1, "size": [1, 4], "kernel": 1}
        for name in names
    ]
    return {"format": "xbarmip-network", "version": 1, "name": title, "layers": layers}


# --- one medium at a time -------------------------------------------------------------------------


def test_what_does_not_print_is_seen():
    assert visible("größe ✓ 层") == "größe ✓ 层"
    assert visible("\x1b[31m\n\u202e\ud800\xa0\\n") == r"\x1b[31m\n\u202e\ud800\xa0\n"


@settings(deadline=None, max_examples=draws(500))
@given(ANY_TEXT)
def test_every_text_is_on_one_line_of_characters_that_print(text):
    assert visible(text).isprintable()
    assert unescape(for_html(text)) == visible(text)
    assert not set(for_html(text)) & set("<>\"'")
    assert re.fullmatch(r"[\w.~%-]*", for_anchor(text), re.ASCII)
    assert "/" not in for_file_name(text)
    assert "\\" not in for_file_name(text)


def texts(tokens):
    """The kinds of all tokens, and what their text says in all."""
    kinds = [token.type for token in tokens if token.type != "inline"]
    inner = [one for token in tokens for one in token.children or ()]
    return [*kinds, *(one.type for one in inner if one.content)], "".join(
        one.content for one in inner
    )


MARKDOWN_PLACES = {
    "paragraph": ("{}", ["paragraph_open", "paragraph_close", "text"]),
    "heading": ("# {}", ["heading_open", "heading_close", "text"]),
    "item": (
        "- {}",
        ["bullet_list_open", "list_item_open", "paragraph_open", "paragraph_close",
         "list_item_close", "bullet_list_close", "text"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("form", "kinds"), MARKDOWN_PLACES.values(), ids=MARKDOWN_PLACES)
@settings(deadline=None, max_examples=draws(1000))
@given(text=ANY_TEXT)
def test_markdown_is_plain_text_wherever_it_stands(form, kinds, text):
    shown = visible(text).strip()
    if shown:
        found, said = texts(MARKDOWN.parse(form.format(for_markdown(text))))
        assert (list(dict.fromkeys(found)), said) == (kinds, shown)


@settings(deadline=None, max_examples=draws(300))
@given(ANY_TEXT, ANY_TEXT)
def test_a_markdown_table_keeps_its_cells(one, other):
    tokens = MARKDOWN.parse(Table(["a", "b"], [[one, other]]).markdown())
    cells = [token for token in tokens if token.type == "inline"]
    assert [texts([cell])[1] for cell in cells] == ["a", "b", *(
        visible(text).strip() for text in (one, other)
    )]  # fmt: skip


def test_markdown_stays_readable():
    for text in ("light_resnet50@128x128/x1.5", "0.50 %", "+3", "-7 (of 9)", "2 ✓, ≥ 1, 0.50 s"):
        assert for_markdown(text) == text
    assert for_markdown("see https://x") == r"see https\://x"


def test_csv_computes_nothing_and_is_read_back():
    lines = list(csv.reader(StringIO(as_csv(["name", "=n"], [[name, -1] for name in NAMES]))))
    assert lines[0] == ["name", "'=n"]
    for name, (cell, number) in zip(NAMES, lines[1:], strict=True):
        assert cell[:1] not in tuple("=+-@\t\r")
        assert cell.removeprefix("'") == name.replace("\ud800", "\\ud800")
        assert number == "-1"
    assert for_csv("a=1\nb") == "a=1\nb"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "ascii"])
def test_a_terminal_is_sent_no_command(encoding, monkeypatch):
    stream = TextIOWrapper(BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    print_rich(table(["name", "$\x1b"], [[name, 1] for name in NAMES]))
    print_rich(Table(["name", "\x1b"], [[name, 1] for name in NAMES]).rich("\x1b[2J"))
    stream.flush()
    said = stream.buffer.getvalue().decode(encoding)
    assert all(line.isprintable() for line in said.split("\n"))
    assert "[bold red]rich[/]" in said
    widths = {len(line) for line in said.split("\n") if line[:1] == "|"}
    assert len(widths) <= 2 or encoding == "utf-8", "columns stay in line"


def test_a_terminal_says_what_its_encoding_lacks_in_other_words():
    ascii_only = TextIOWrapper(BytesIO(), encoding="ascii")
    assert for_terminal("7 ✓, ≥ 3, größe", ascii_only) == r"7 ok, >= 3, gr\xf6\xdfe"


def test_the_line_of_progress_is_one_line():
    console = Console(file=StringIO(), force_terminal=True)
    console.print(for_terminal(describe({"instance": "a\n\x1b[2J", "best": 3})), markup=False)
    assert "\x1b[2J" not in console.file.getvalue()


def test_a_file_name_leads_nowhere_else(tmp_path):
    for name in (*NAMES, "..", "/etc/passwd", "a\\..\\b", ""):
        path = Journal.open(tmp_path / "out", name, "r").path
        assert path.parent == tmp_path / "out"
        assert path.exists()
        assert known_path(name, tmp_path).parent == tmp_path
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert known_path("größe-1_a@b.c", tmp_path).name == "größe-1_a@b.c.json"


def drawn_words(figure):
    """What the texts of a picture say, as its SVG holds them; and that a PNG can be made."""
    assert png(figure).startswith(b"\x89PNG")
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg(figure)).iter()
            if each.tag.endswith("}text") or each.tag == "text"]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_picture_draws_names_as_they_are():
    figure, axes = new_figure(9, 6)
    for name in NAMES:
        axes.plot([1, 2], label=for_picture(name))
        figure.text(0, 0, for_picture(name))
    axes.legend()
    said = [text.strip() for text in drawn_words(figure)]
    for name in NAMES:
        assert said.count(visible(name).strip()) == 2, name


@pytest.mark.filterwarnings("ignore:Glyph")
def test_pictures_of_a_network_draw_its_names_whatever_the_user_has_set():
    matplotlib = pytest.importorskip("matplotlib")
    made = from_dict(network(NAMES[:8], "$\\foo{$"))
    problem = Problem(made, 40)
    with matplotlib.rc_context({"text.usetex": True, "text.parse_math": True}):
        for figure in (pipeline_figure(made, [1] * 8), layers_figure(problem, [1] * 8)):
            said = " ".join(drawn_words(figure))
            assert "$\\foo{$: " in said
            assert all(visible(name) in said for name in NAMES[:8])


# --- whole reports --------------------------------------------------------------------------------


def hostile_comparisons():
    """Two suites in which everything that has a name has a hostile one."""
    made = []
    for suite in NAMES[:2]:
        rows = []
        for number, name in enumerate(NAMES):
            rows.append(row(name, NAMES[0], 1.0 + number, 5, 5, network=name))
            rows.append(row(name, name, 2.0, 6, 5, network=name, message=name))
            rows.append(replace(failed(name, NAMES[-1], "RAISED"), message=name))
        named = [facts(name, note=name) for name in NAMES]
        found = comparison(rows, named)
        parts = {**found.facts, "run": NAMES[1], "code": {**found.facts["code"], "python": suite}}
        made.append(replace(found, suite=suite, description=suite, facts=parts))
    return made


PROBE = """<pre id="found"></pre><script>
addEventListener("load", () => {
  const all = [...document.querySelectorAll("*")];
  const links = [...document.querySelectorAll("a")].map((link) => {
    link.click();
    const reached = document.querySelector(":target");
    return reached && reached.querySelector("h2").textContent;
  });
  document.getElementById("found").textContent = JSON.stringify({
    ran: window.ran ?? null,
    scripts: document.scripts.length - 1,
    handlers: all.filter((one) => [...one.attributes].some((at) => at.name.startsWith("on")))
      .length,
    loads: all.filter((one) => one.hasAttribute("src")).length,
    title: document.title,
    links,
    cells: [...document.querySelectorAll("td:first-child")].map((cell) => cell.textContent),
  });
});
</script></body>"""


def probed(content, folder):
    """What a browser makes of a page by itself."""
    return browsed(content.replace("</body>", PROBE), folder)


@pytest.mark.around
@needs_browser
@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_browser_runs_nothing_and_every_link_leads_somewhere(tmp_path):
    content = page(hostile_comparisons())
    found = probed(content, tmp_path)
    assert found["ran"] is None
    assert (found["scripts"], found["handlers"], found["loads"]) == (1, 0, 0)
    assert found["title"] == f"Comparison: {NAMES[0]}, {NAMES[1]}"
    assert found["links"] == list(NAMES[:2])
    assert {visible(name) for name in NAMES} <= set(found["cells"])


@pytest.mark.around
@needs_browser
def test_the_browser_would_tell(tmp_path):
    """A page that lets one name through is seen to run it."""
    content = page([comparison([row("x", "a", 1.0, 2, 1)])]).replace("Made up", NAMES[1])
    found = probed(content, tmp_path)
    assert found["ran"] == 1
    assert found["handlers"] == 1


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_hostile_results_file_is_reported_in_every_form(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = []
    for found in hostile_comparisons():
        instances = [each.as_dict() for each in found.instances]
        lines.append({"record": "run", **found.facts, "suite": found.suite, "instances": instances})
        lines += [
            {"record": "row", **each.as_dict(), "suite": found.suite, "run": NAMES[1]}
            for each in found.rows
        ]
    # halves of characters are refused in a results file
    text = "".join(json.dumps(line).replace(r"\ud800", r"\ufffd") + "\n" for line in lines)
    Path("in.jsonl").write_text(text)
    assert len(load(["in.jsonl"])) == 2
    options = ("--markdown", "r.md", "--csv", "r.csv", "--html", "r.html")
    assert main(["report", "in.jsonl", *options]) == 1, "some rows are failures"
    out, err = capsys.readouterr()
    assert all(line.isprintable() for line in (out + err).split("\n"))
    assert "<script>window" not in Path("r.html").read_text("utf-8")
    with Path("r.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2 * (3 * len(NAMES) - 2), "two stand twice"
    kinds = {token.type for token in MARKDOWN.parse(Path("r.md").read_text("utf-8"))}
    inner = {one.type for token in MARKDOWN.parse(Path("r.md").read_text("utf-8"))
             for one in token.children or ()}  # fmt: skip
    assert "html_block" not in kinds
    assert inner == {"text"}


def test_a_suite_with_dollars_in_its_names_is_compared_and_drawn(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("m.json").write_text(json.dumps(network(["$x^$", "b$\\q$"], "$\\foo{$")))
    Path("math.toml").write_text(
        'format = "xbarmip-suite"\nversion = 1\nname = "math"\ndescription = "d"\n'
        '[[case]]\nname = "$\\\\foo{$ a"\nnetwork = "m.json"\ncrossbars = [3, 4, 6]\n'
    )
    assert main(["compare", "math.toml", "--solvers", "dp,exhaustive", "--output", "out"]) == 0
    assert main(["report", "out/math.jsonl", "--html", "r.html"]) == 0
    assert "written: r.html" in capsys.readouterr().out
    assert "$\\foo{$@128x128" in Path("r.html").read_text("utf-8")
    text = markdown(load(["out/math.jsonl"])[0])
    assert r"\$\\foo{\$ a/4/cycles" in text
