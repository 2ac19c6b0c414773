"""What README and docs show is run: commands, Python, links.

A fenced block says by its language what it is: `console` holds `$ xbarmip ...` commands, each
followed by its output, whole or with `...` for what is left out (seconds may differ); `python` is
run as it stands; `sh` holds commands that `.ci/run` runs. The blocks of a page share a folder and
their Python names, from top to bottom.
"""

import re
import shlex
import signal
from dataclasses import replace
from doctest import ELLIPSIS, OutputChecker

import pytest

from tests import ROOT
from xbarmip.cli.main import main
from xbarmip.compare.suite import read_suite
from xbarmip.solvers.registry import solve

pytestmark = pytest.mark.long

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = {page.name: page for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS)}
FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
SHOWN = ("json", "toml", "text")  # no commands in these


def blocks(text):
    """Language and content of every fenced block."""
    found = FENCE.findall(text)
    assert text.count("```") == 2 * len(found), "a fence is indented or not closed"
    return found


def commands(content):
    """(command line, output that is shown) of a console block."""
    first, *parts = re.split(r"^\$ ", content, flags=re.MULTILINE)
    assert not first, f"output without a command: {first!r}"
    return [part.partition("\n")[::2] for part in parts]


BOXES = str.maketrans(
    dict.fromkeys("┏┳┓┡╇┩├┼┤└┴┘", "+") | dict.fromkeys("━─", "-") | dict.fromkeys("┃│", "|")
)


def same(shown, printed):
    """Whether the output that a page shows is what was printed, seconds apart.

    A page may show tables as a terminal does; here they are printed in ASCII.
    """
    shown, printed = (re.sub(r"\d+\.\d+ s\b", "0.0 s", text) for text in (shown, printed))
    shown = shown.translate(BOXES)
    return OutputChecker().check_output(shown, printed, ELLIPSIS)


@pytest.fixture
def own_interrupts():
    """Handlers of Ctrl-C that a page's libraries install do not outlive it (dask_jobqueue)."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.around
@pytest.mark.usefixtures("own_interrupts", "own_modules")
@pytest.mark.parametrize("page", PAGES)
def test_commands_do_what_the_page_shows(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for language, content in blocks(PAGES[page].read_text(encoding="utf-8")):
        if language == "console":
            for line, shown in commands(content):
                program, *arguments = shlex.split(line)
                assert program == "xbarmip", line
                status = main(arguments)
                out, err = capsys.readouterr()
                assert (status, err) == (0, ""), line
                assert not shown or same(shown, out), f"$ {line}\n{out}"
        elif language == "python":
            exec(compile(content, page, "exec"), names)
        elif language == "sh":
            run_by_ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
            for line in content.splitlines():
                command = line.partition("#")[0].strip()
                assert any(command and own.strip().startswith(command) for own in run_by_ci), line
        else:
            assert language in SHOWN, f"a block of {page} has the language {language!r}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in LINK.findall(PAGES[page].read_text(encoding="utf-8")):
        assert (PAGES[page].parent / target).exists(), target


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert {page.name for page in DOCS} - {"index.md"} == set(LINK.findall(index)) & set(PAGES)
    assert "../CONTRIBUTING.md" in LINK.findall(index)


SECTION = re.compile(r"^## §(\d+) ", re.MULTILINE)
SOURCES = ("xbarmip/**/*.py", "tests/**/*.py", "benchmarks/*", "docs/*.md", "*.md")


def cited(text):
    """Numbers of the sections that a text names: §n, also in a list or with SPEC before."""
    return {int(number) for number in re.findall(r"§(\d+)", text)}


def test_every_section_that_is_cited_exists():
    stated = SECTION.findall((ROOT / "docs" / "specification.md").read_text(encoding="utf-8"))
    assert stated == [str(number) for number in range(1, len(stated) + 1)]
    files = [path for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file()]
    found = {path: cited(path.read_text(encoding="utf-8", errors="replace")) for path in files}
    assert sum(map(bool, found.values())) > 50
    known = set(map(int, stated))
    assert {path: numbers - known for path, numbers in found.items() if numbers - known} == {}
    assert cited("SPEC §4 and §5") == {4, 5}
    assert cited(f"§{len(stated) + 1}") - known


def readme_rows():
    """(network, crossbars, size, published, value, bound, difference, cycles) of the results."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    return [row for row in rows if len(row) == 8 and row[1].isdigit()]


@pytest.mark.around
def test_the_results_in_the_readme_are_what_is_solved():
    rows = readme_rows()
    stated = {
        (p.network.name, str(p.crossbars), f"{p.crossbar.rows}x{p.crossbar.columns}"): instance
        for instance in read_suite("published").instances
        if (p := instance.problem).rule == "published"
    }
    assert sorted(tuple(row[:3]) for row in rows) == sorted(stated)
    for name, crossbars, size, published, value, bound, difference, fewest in rows:
        instance = stated[name, crossbars, size]
        found = solve(instance.problem)
        assert [str(found.value), str(found.bound)] == [value, bound], name
        assert (str(instance.published), f"{found.value - instance.published:+}") == (
            published,
            difference,
        )
        pipeline = solve(replace(instance.problem, objective="cycles", rule=None))
        assert pipeline.value == pipeline.bound == int(fewest)


def test_the_checks_can_fail():
    assert commands("$ xbarmip a\none\ntwo\n$ xbarmip b\n") == [
        ("xbarmip a", "one\ntwo\n"),
        ("xbarmip b", ""),
    ]
    assert same("44 steps (dp, 0.01 s)\n...\nend\n", "44 steps (dp, 12.34 s)\nx\nend\n")
    assert not same("44 steps (dp, 0.01 s)\n", "45 steps (dp, 0.01 s)\n")
    with pytest.raises(AssertionError):
        blocks("- ```console\n  $ xbarmip a\n  ```\n```json\n```\n")
