"""Tables for papers, and the command that makes a number again."""

import csv
import json
import re
import shlex
import shutil
import subprocess
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.test_cli import PAIR
from tests.hostile_names import NAMES
from xbarmip.compare.report.table import FORMS, Table

SOLVE = ("solve", "pair.json", "--crossbars", "3", "--solver", "exhaustive")
COMMANDS = {
    "solve": SOLVE,
    "frontier": ("frontier", "pair.json", "--up-to", "4", "--hardware", "isaac-like"),
    "front": ("frontier", "pair.json", "--crossbars", "4", "--against", "interval"),
    "score": ("score", "pair.json", "--crossbars", "3", "--allocation", "given.csv"),
    "compare": ("compare", "first", "--solvers", "exhaustive"),
    "report": ("report", "results/first.jsonl"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))
    Path("given.csv").write_text("layer,R\na,2\nb,1\n")


def needs(name, run):
    if name == "report":
        run(*COMMANDS["compare"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_writes_every_form(name, run):
    needs(name, run)
    for ending in FORMS:
        said = run(*COMMANDS[name], "--table", f"t{ending}")
        assert f"written: t{ending}" in said
    tex, md, plain = (Path(f"t{ending}").read_text() for ending in FORMS)
    rows = list(csv.reader(StringIO(plain)))
    body = tex.partition("\\midrule\n")[2].partition("\\bottomrule")[0].splitlines()
    assert len(body) == len(rows) - 1 == len([x for x in md.splitlines() if x[:1] == "|"]) - 2 > 0
    assert all(line.count(" & ") == len(rows[0]) - 1 and line.endswith(r" \\") for line in body)
    assert f"xbarmip {shlex.join([*COMMANDS[name], '--table', 't.tex'])}" in tex
    assert shlex.join([*COMMANDS[name], "--table", "t.md"]) in md


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_is_named_that_makes_the_numbers_again(name, run):
    needs(name, run)
    said = run(*COMMANDS[name], "--reproduce")
    command = re.search(r"Python [\d.]+: xbarmip (.*)\n", said)[1]
    assert shlex.split(command) == list(COMMANDS[name])
    for word in COMMANDS[name]:
        if Path(word).is_file():
            assert f"sha256 of {word}: {sha256(Path(word).read_bytes()).hexdigest()}" in said
    if name not in ("compare", "report"):
        again = json.loads(run(*shlex.split(command), "--json"))
        assert f"digest of the problem: {again['digest']}" in said


@pytest.mark.parametrize("name", ["solve", "frontier", "front", "score", "compare"])
def test_json_says_what_made_it(name, run):
    found = json.loads(run(*COMMANDS[name], "--json"))
    assert found["xbarmip"] == "0.1.0" and found["python"].startswith("3.")
    assert found["command"] == shlex.join(["xbarmip", *COMMANDS[name], "--json"])
    rows = found["rows"] if name == "compare" else [found]
    for row in rows:
        assert len(row["digest"]) == 64 and row["seconds"] >= 0
    assert found["compile_seconds"] >= 0
    if name in ("solve", "score"):
        assert "options" in found


def test_a_table_of_nothing_is_not_written(run, capsys):
    from xbarmip.cli.main import main

    assert main(["solve", "pair.json", "--crossbars", "1", "--table", "t.tex"]) == 0
    assert "t.tex: not written" in capsys.readouterr().err
    assert not Path("t.tex").exists()


REFUSED = {
    "ending": ((*SOLVE, "--table", "t.pdf"), "the name must end in .tex, .md, .csv"),
    "folder": ((*SOLVE, "--table", "none/t.tex"), "its folder does not exist"),
    "several networks": (
        ("solve", "pair.json", "pair.json", "--crossbars", "6", "--share", "sum", "--reproduce"),
        "--reproduce is for one network",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_is_refused_first(name, run):
    arguments, message = REFUSED[name]
    assert message in run(*arguments, status=2)


def test_a_comment_of_markdown_ends_where_it_should(run):
    text = FORMS[".md"](Table(["a"], [[1]]), ("--> <b>",))
    assert text.count("-->") == 1 and text.endswith("\n-->\n")


DOCUMENT = r"""\documentclass{article}
\usepackage{booktabs}
\begin{document}
\tiny
\input{hostile}
\input{answer}
\end{document}
"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_latex_compiles(run):
    """Whatever names are, on their own in every cell, first in a row and last."""
    western = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ"
    every = "".join(map(chr, range(33, 0x250)))
    names = [*NAMES, western, every, "[1em]x", "*", "a\\\\b", "$x^2$", "}{", "#1", "%"]
    table = Table(["*", r"\input{x}", "n"], [[name, name, 1] for name in names])
    Path("hostile.tex").write_text(FORMS[".tex"](table, names), encoding="utf-8")
    run(*SOLVE, "--table", "answer.tex")
    Path("paper.tex").write_text(DOCUMENT)
    call = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert Path("paper.pdf").stat().st_size > 1000


@pytest.mark.parametrize(
    ("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_pictures_are_what_their_name_says(ending, begins, run):
    call = ("plot", "pair.json", "--crossbars", "3", "--allocation", "2,1", "--layers")
    run(*call, f"one.{ending}")
    run(*call, f"two.{ending}")
    one, two = (Path(f"{name}.{ending}").read_bytes() for name in ("one", "two"))
    assert one == two and one.startswith(begins)
    drawn = {
        "frontier": ("pair.json", "--up-to", "4"),
        "place": ("lenet-5", "--cores", "4", "--crossbars-per-core", "12"),
        "schedule": ("pair.json", "--crossbars", "3", "--write-cycles", "4"),
        "bandwidth": ("lenet-5", "--crossbars", "12", "--hardware", "isaac-like", "--scale", "1,2"),
    }
    for command, arguments in drawn.items():
        run(command, *arguments, "--plot", f"{command}.{ending}")
        assert Path(f"{command}.{ending}").read_bytes().startswith(begins), command
    assert "must end in .png, .svg, .pdf" in run(*call, "one.gif", status=2)


def test_cycles_stand_beside_their_time(run):
    """The arithmetic is that of the JSON: count times step time."""
    call = ("solve", "pair.json", "--hardware", "isaac-like", "--crossbars", "3")
    found = json.loads(run(*call, "--json"))
    step, latency = found["tstep_us"], found["latency_us"]
    assert f"{found['value']} cycles of {step:,.2f} us = {latency:,.2f} us, OPTIMAL" in run(*call)
    assert run(*call).count("own steps: ") == 1
    frontier = run("frontier", "pair.json", "--hardware", "isaac-like", "--up-to", "3")
    assert f"{latency:,.2f}" in frontier and "cycles in us" in frontier
    scored = ("score", "pair.json", "--hardware", "isaac-like", "--allocation", "given.csv")
    for budget in ("3", "2"):  # also one that the allocation does not keep
        said = run(*scored, "--crossbars", budget)
        assert f"{found['value']} cycles of {step:,.2f} us = {latency:,.2f} us; " in said
    goal = run(*call, "--then", "crossbars")
    assert f"cycles {found['value']} of {step:,.2f} us = {latency:,.2f} us, then crossbars" in goal
    assert " us " not in run("solve", "pair.json", "--crossbars", "3")
