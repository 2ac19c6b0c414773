"""Pictures of solutions for a report: the best known allocations of some instances."""

from collections.abc import Iterator
from typing import Any

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.instance import Instance
from xbarmip.compare.pictures.layers import layers_figure
from xbarmip.compare.pictures.pipeline import pipeline_figure
from xbarmip.compare.resume import refusal
from xbarmip.compare.suite import list_suites, read_suite
from xbarmip.problem import Problem

_SHOWN = 2  # instances of a suite
_LAYERS = 30  # more do not fit on a phone
_WIDTH = 4.4  # inches, as the charts


def solution_figures(comparison: Comparison) -> Iterator[tuple[str, Any]]:
    """Caption and figure of the pipeline and the layers, for the deepest networks of the suite.

    Only of suites that ship with the package: results files do not hold the networks themselves.
    """
    if comparison.suite not in list_suites():
        return
    instances = [
        each
        for each in read_suite(comparison.suite).instances
        if isinstance(each.problem, Problem) and len(each.problem.network.layers) <= _LAYERS
    ]
    shown: set[str] = set()
    for instance in sorted(instances, key=lambda each: -len(each.problem.network.layers)):
        network = instance.problem.network
        allocation = None if network.name in shown else _best(comparison, instance)
        if allocation is not None and len(shown) < _SHOWN:
            shown.add(network.name)
            yield (
                f"{instance.name}: which layer runs, waits or is done.",
                pipeline_figure(network, allocation, _WIDTH),
            )
            yield (
                f"{instance.name}: crossbars and steps of each layer.",
                layers_figure(instance.problem, allocation, _WIDTH),
            )


def _best(comparison: Comparison, instance: Instance) -> tuple[int, ...] | None:
    """The best allocation of rows that are of this problem."""
    rows = comparison.by_instance.get(instance.name, {}).values()
    confirmed = [row for row in rows if row.confirmed is not None and not refusal(instance, row)]
    best = min(confirmed, key=lambda row: row.confirmed or 0, default=None)
    if best is None or best.allocation is None:
        return None
    allocation: tuple[int, ...] = instance.problem.allocation(best.allocation)
    return allocation
