"""What `make site` makes of the pages, as far as it is done here (tools/site.py)."""

import json
import re
from importlib import import_module

import pytest

import xbarmip
from tests import ROOT
from tools import site

INDEX = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
API = sorted((ROOT / "docs").glob("api-*.md"))


def listed(nav):
    """The pages of a navigation, from top to bottom."""
    for entry in nav:
        for part in entry.values():
            yield from [part] if isinstance(part, str) else listed(part)


def test_the_navigation_is_the_index():
    nav = site.navigation(INDEX)
    titles = [title for part in nav for title in part]
    assert titles == ["Home", "Tutorial", "How to", "Reference", "Explanation", "Contributing"]
    pages = list(listed(nav))
    assert len(pages) == len(set(pages))
    assert "repository/CONTRIBUTING.md" in pages
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= set(pages)


def test_sections_groups_and_entries():
    index = (
        "# x\n\n- [no section](a.md)\n## A\n- [one](model.md): words\n### B\n- [`two`](cores.md)\n"
    )
    nav = site.navigation(index.replace("- [no section](a.md)\n", ""))
    assert nav == [
        {"Home": "index.md"},
        {"A": [{"one": "model.md"}, {"B": [{"two": "cores.md"}]}]},
    ]


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("docs/model.md", "model.md"),
        ("docs/pipeline.png", "pipeline.png"),
        ("docs/notebooks/x.ipynb", "notebooks/x.md"),
        ("README.md", "repository/README.md"),
        ("results/compare", "repository/results/compare/README.md"),
        ("results/benchmarks/growth.png", "repository/results/benchmarks/growth.png"),
        ("xbarmip/goal.py", "repository/xbarmip/goal.py.md"),
    ],
)
def test_where_a_file_is_on_the_site(path, page):
    assert site.page_of(ROOT / path) == page


def test_links_lead_to_where_the_site_has_their_targets():
    page, deep = ROOT / "docs" / "model.md", ROOT / "results" / "schedule" / "cases.md"
    out = "[a](../README.md#more) [b](cores.md#x) ![c](pipeline.png) [d](https://e.f) [e](none.md)"
    assert site.relinked(page, out) == out.replace("../README.md", "repository/README.md")
    assert site.relinked(deep, "[a](../../docs/model.md)") == "[a](../../../model.md)"
    assert site.relinked(deep, "[a](random.md)") == "[a](random.md)"


def test_files_that_are_no_pages_become_some():
    assert "- [random.md](random.md)" in site.as_page(ROOT / "results" / "compare")
    assert "`````python\n" in site.as_page(ROOT / "tools" / "site.py")


def test_a_published_page_has_its_certificates_and_a_button():
    folder = ROOT / "results" / "cim-mlc"
    part = site.certificates(folder / "page.md")
    assert 'class="check-all"' in part
    for path in json.loads((folder / "certificates.json").read_text(encoding="utf-8")):
        assert f'<a href="{path}">' in part, path
    assert site.certificates(folder / "cases.md") == ""
    assert site.certificates(ROOT / "docs" / "model.md") == ""


def test_a_notebook_becomes_a_page_with_its_results():
    cell = {"cell_type": "code", "source": ["1 + ", "1"]}
    svg = {"data": {"image/svg+xml": ["<svg>\n", "</svg>"], "text/plain": ["no"]}}
    table = {"data": {"text/html": ["<table>\n\n</table>"], "text/plain": ["no"]}}
    printed = {"text": ["so\n", "on\n"]}
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {**cell, "outputs": [svg, table, printed, {"data": {"text/plain": ["2"]}}]},
    ]
    page = site.notebook_page({"cells": cells}, "x.ipynb")
    assert page.startswith("# Title\n\n")
    assert "```python\n1 + 1\n```" in page
    assert '<div class="result"><svg> </svg></div>' in page
    assert '<div class="result"><table> </table></div>' in page
    assert "```text\nso\non\n```" in page
    assert "```text\n2\n```" in page
    assert "no" not in page.split()


def test_what_a_browser_would_ask_of_another_host():
    for asking in (
        '<script src="https://a.b/c.js">',
        "<img src=//a.b/c.png>",
        '<link href="https://a.b/c.css" rel="stylesheet">',
    ):
        assert site.FETCHED.search(asking), asking
    for own in ('<a href="https://a.b">', '<script src="assets/a.js">', '<img src="a.png">'):
        assert not site.FETCHED.search(own), own


def test_the_reference_names_all_that_is_public():
    pages = "".join(page.read_text(encoding="utf-8") for page in API)
    named = re.findall(r"^::: (\S+)$", pages, re.MULTILINE)
    assert len(named) == len(set(named))
    parts = ("certificate", "compare", "constraints", "hardware")
    public = {f"xbarmip.{name}" for name in xbarmip.__all__} - {"xbarmip.__version__"}
    for part in parts:
        names = import_module(f"xbarmip.{part}").__all__
        public |= {f"xbarmip.{part}.{name}" for name in names}
    tests = {f"xbarmip.contract.{name}" for name in dir(xbarmip.contract) if name[:6] == "check_"}
    folders = {f"xbarmip.{part}" for part in (*parts, "contract")}
    twice = {"xbarmip.Crossbar"}  # xbarmip.hardware.Crossbar
    assert set(named) == (public | tests) - folders - twice


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for text in (citation, (ROOT / "docs" / "citing.md").read_text(encoding="utf-8")):
        assert re.search(r"(?m)^ *version *[:=] *\{?([\d.]+)", text)[1] == xbarmip.__version__
        assert "10.1145/3631523" in text
