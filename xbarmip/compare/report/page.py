"""One self-contained page for a browser: tables and charts; it loads nothing from anywhere."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from importlib.resources import files
from itertools import combinations
from typing import Any

from xbarmip.compare.analysis.budgets import known_by_budget
from xbarmip.compare.analysis.curves import solved_seconds
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.pictures.canvas import svg
from xbarmip.compare.pictures.charts import (
    budgets_figure,
    cactus_figure,
    closeness_figure,
    profile_figure,
    scatter_figure,
)
from xbarmip.compare.report.solutions import solution_figures
from xbarmip.compare.report.summary import (
    headline,
    notes,
    problems,
    refusals,
    run_facts,
    uncertified,
)
from xbarmip.compare.report.tables import gap_table, instance_table, solver_table
from xbarmip.text import for_anchor, for_html

_SCATTERS = 3  # the solvers that prove most are drawn against each other


def page(comparisons: Sequence[Comparison]) -> str:
    """The page of some suites.

    Raises
    ------
    InputError
        If matplotlib, which draws the charts, is not installed.
    """
    parts = [_section(comparison) for comparison in comparisons]
    contents = "".join(
        f'<li><a href="#{_id(comparison)}">{for_html(headline(comparison))}</a></li>'
        for comparison in comparisons
    )
    title = f"Comparison: {', '.join(comparison.suite for comparison in comparisons)}"
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{for_html(title)}</title>\n<style>{_resource('page.css')}</style></head>\n"
        f"<body><h1>{for_html(title)}</h1>\n<ul>{contents}</ul>\n"
        + "\n".join(parts)
        + f"\n<script>{_resource('page.js')}</script></body></html>\n"
    )


def _resource(name: str) -> str:
    return files("xbarmip.compare.report").joinpath(name).read_text(encoding="utf-8")


def _id(comparison: Comparison) -> str:
    return f"suite-{for_anchor(comparison.suite)}"


def _section(comparison: Comparison) -> str:
    parts = [
        f'<section id="{_id(comparison)}"><h2>{for_html(comparison.suite)}</h2>',
        f"<p>{for_html(comparison.description)}</p>",
        f'<p class="headline">{for_html(headline(comparison))}</p>',
        _listed("Disagreements and failures", problems(comparison), opened=True),
        f"<h3>Solvers</h3>{solver_table(comparison).html()}",
        _listed("Refused", refusals(comparison)),
        _listed("Not certified", uncertified(comparison)),
        "<h3>Gaps</h3><p>To the smallest value that any solver found and the evaluation confirms."
        f"</p>{gap_table(comparison).html()}",
        f'<h3>Charts</h3><div class="charts">{"".join(_charts(comparison))}</div>',
        _pictures("Solutions", solution_figures(comparison)),
        _pictures("Budgets", _budget_figures(comparison)),
        '<h3>Instances</h3><p><input type="search" placeholder="filter" '
        'aria-label="filter instances"></p>' + instance_table(comparison).html(),
        _listed("Notes", notes(comparison)),
        _listed("What was run", run_facts(comparison)),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _pictures(title: str, figures: Iterable[tuple[str, Any]]) -> str:
    """Captioned pictures under a title; nothing where there is none."""
    drawn = "".join(_chart(caption, figure) for caption, figure in figures)
    return f'<h3>{title}</h3><div class="charts">{drawn}</div>' if drawn else ""


def _budget_figures(comparison: Comparison) -> Iterator[tuple[str, Any]]:
    """One picture for each objective with networks on several budgets."""
    for objective, frontiers in known_by_budget(comparison).items():
        words = f"Best known {objective} by budget; hollow where not proven."
        yield words, budgets_figure(frontiers, objective)


def _listed(title: str, lines: Iterable[str], opened: bool = False) -> str:
    """A list that can be folded away; nothing where it is empty."""
    items = "".join(f"<li>{for_html(line)}</li>" for line in lines)
    state = " open" if opened else ""
    return f"<details{state}><summary>{title}</summary><ul>{items}</ul></details>" if items else ""


def _charts(comparison: Comparison) -> list[str]:
    made = [
        _chart(
            "Performance profile: of the instances that any solver proves, the share that each "
            "proves within a multiple of the fastest one's time.",
            profile_figure(comparison),
        ),
        _chart("Instances proven within a time each.", cactus_figure(comparison)),
    ]
    for within in (Fraction(1, 100), Fraction(0)):
        words = "at the best known value" if not within else "within 1 % of the best known value"
        made.append(
            _chart(
                f"Share of the instances whose value is {words}, by time.",
                closeness_figure(comparison, within),
            )
        )
    times = solved_seconds(comparison)
    provers = sorted(filter(times.get, times), key=lambda label: -len(times[label]))[:_SCATTERS]
    for one, other in combinations(provers, 2):
        words = f"Time to proof, {one} against {other}, where both prove the instance."
        made.append(_chart(words, scatter_figure(comparison, one, other)))
    return made


def _chart(caption: str, figure: Any) -> str:
    return f"<figure>{svg(figure)}<figcaption>{for_html(caption)}</figcaption></figure>"
