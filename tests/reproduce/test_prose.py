"""What templates may call, what becomes of what they insert, and what deviates."""

from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from tests import ROOT
from xbarmip.reproduce.compared import Compared, Excess, percent_above
from xbarmip.reproduce.prose import (
    bounded,
    environment,
    fixed,
    listed,
    marked,
    remark,
    rendered,
    signed,
    unwrapped,
)
from xbarmip.reproduce.source import Source
from xbarmip.solvers.result import Status


@pytest.fixture
def said(tmp_path):
    """What a template says, of a source that prints all networks but one."""
    published = {"unprinted": ["b"], "remarks": {"steps of": "short.", "steps of a": "long."}}
    within = environment(Source("it", "it", "title", (), lambda: published, tmp_path))

    def say(template, **context):
        (tmp_path / "it.j2").write_text(template)
        return rendered("it.j2", within, **context)

    return say


def test_numbers_as_text():
    assert [fixed(x) for x in (1.26, 2, None)] == ["1.3", "2.0", ""]
    assert [signed(x) for x in (1.26, -0.04, -2)] == ["+1.3", "0.0", "-2.0"]
    assert [signed(x, 0, "+") for x in (3.0, 0.0, -2.0)] == ["+3", "+0", "-2"]
    assert [listed(list(x)) for x in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    open_, proven = (SimpleNamespace(status=each, bound=3) for each in (Status.FEASIBLE, "OPTIMAL"))
    assert (bounded(4, open_), bounded(4, proven)) == ("4 (≥ 3)", "4")
    assert percent_above(105, 100) == pytest.approx(5)
    assert Excess.over(iter([0, 3, 0])) == Excess(mean=1, worst=3, none=2)


def test_templates_may_wrap_their_lines():
    text = "# a\n\n\n\nwords\n  more\n\n- item\n  goes on\n- item\n\n"
    assert unwrapped(f"\n{text}| a |\n  b |\n| --- | --- |\n![x](y)\n\n") == (
        "# a\n\nwords more\n\n- item goes on\n- item\n\n| a | b |\n| --- | --- |\n![x](y)\n"
    )


def test_what_is_inserted_is_text_and_not_markdown(said):
    assert said("x {{ a }} y", a="*|<b>") == "x \\*\\|\\<b\\> y\n"
    assert said("| {{ a }} | {{ b }} |", a=None, b=3) == "|  | 3 |\n"
    assert said("words\n{{ a }}", a="- words") == "words \\- words\n"
    macro = "{% macro m(x) %}`{{ x }}`{% endmacro %}{{ m('a*b') }}"
    assert said(macro) == "`a\\*b`\n"  # escaped once
    assert said("{% for x in 'abc' %}{{ x }}{{ loop | joint }}{% endfor %}") == "a, b and c\n"


def test_a_name_that_is_not_there_is_an_error(said):
    for template in ("{{ a }}", "{{ b.c }}", "{% if a %}{% endif %}"):
        with pytest.raises(UndefinedError):
            said(template, b=Excess(1, 2, 3))


def test_networks_that_are_not_printed_are_marked(said):
    assert marked("a/4096x128", ["b"]) == "a/4096x128"
    assert marked("b", ["b"]) == "b *"
    assert said("{{ case | marked }}", case="b/2048x128") == "b/2048x128 \\*\n"
    text = (ROOT / "results" / "published" / "page.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| mobilenet-v1")]
    assert len(rows) > 6
    assert all(line.split("|")[1].rstrip().endswith(" \\*") for line in rows)


def test_deviations_are_explained_or_called_unexplained(said):
    compared = [
        Compared("steps of a", 100, 101),
        Compared("steps of b", 100, 100.4),  # as printed
        Compared("steps of c", 100, 102, read=True),
        Compared("steps of d", 100, 103, read=True),
        Compared("left", 2.10, 2.3, digits=2),
    ]
    assert [each.agrees for each in compared] == [False, True, True, False, False]
    template = "{% from 'deviations.md.j2' import deviations %}{{ deviations(compared) }}"
    text = said(template, compared=compared)
    assert text.startswith("2 of 5 published numbers come out: equal as printed, or within 2 ")
    assert text.splitlines()[2:] == [
        "- steps of a: published 100, ours 101 (+1.0 percent): long.",
        "- steps of d: published 100, ours 103 (+3.0 percent): short.",
        "- left: published 2.10, ours 2.30 (+9.5 percent): unexplained.",
    ]
    assert said(template, compared=compared[1:3]).endswith("read off a plot.\n")
    assert remark("steps of", {}) == "unexplained."
