"""Compiling all kernels beforehand, by solving small problems of each kind."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from random import Random
from typing import Any

import numpy as np

from xbarmip.clock import before_each_kernel
from xbarmip.compiled import KERNELS
from xbarmip.constraints import TileGranularity
from xbarmip.cores.bounds.knapsack import dearest
from xbarmip.cores.bounds.patterns import Patterns
from xbarmip.cores.door import place
from xbarmip.cores.menu import target
from xbarmip.cores.problem import Placement
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.bounds.interior import Rows, minimise
from xbarmip.solvers.dp.primal.constrained import ConstrainedExchange
from xbarmip.solvers.dp.primal.exchange import Exchange
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.registry import EXACT, solve, solver_class

KINDS = (("cycles", None), ("steps", "pipeline"))  # views whose steps stall, and closed forms
NETWORK, CROSSBARS = "vgg-a", 3000  # where `dp` needs all that it has
TINY = Shape(layers=3)


def warm(progress: Callable[[int, int], None] | None = None) -> None:
    """Compile every kernel, or load it where it is kept.

    Parameters
    ----------
    progress : callable, optional
        Called before each kernel that is compiled with the number of those that are ready, and of
        all.
    """

    def tell() -> None:
        if progress is not None:
            ready = sum(bool(kernel.signatures) for kernel in KERNELS)
            progress(ready, len(KERNELS))

    with before_each_kernel(tell):
        for objective, rule in KINDS:
            solve(Problem(load_network(NETWORK), CROSSBARS, 128, objective, rule))
        tiny = Problem(random_network(Random(1), TINY), 20, 8, "steps", "published")
        solve(tiny, "published-dp")
        _warm_constraints()
        _warm_deep()
        _warm_placements()


def all_kernels() -> list[Any]:
    """Every kernel that there is, compiled or not."""
    import_module("xbarmip.cores.pack")
    for name in (*EXACT, "published-dp"):
        solver_class(name)
    return KERNELS


def _warm_constraints() -> None:
    """Exchanges under constraints that go over many layers."""
    free = Problem(load_network("lenet-5"), 60)
    problem = replace(free, constraints=TileGranularity(8).on(free))
    table = search_table(problem)
    assert table is not None
    search = ConstrainedExchange(table, problem, lambda *_, **__: None)
    search.look(Goal(target=100, budget=60), 1, search.starts)


def _warm_deep() -> None:
    """The linear program of deep networks, and exchanges between neighbours."""
    problem = Problem(load_network("lenet-5"), 60)
    table = search_table(problem)
    assert table is not None
    search = Exchange(table, problem, lambda *_, **__: None)
    search.deep = True
    search.look(Goal(target=1000, budget=1), 1, [(1,) * table.layers])
    one, start = np.ones(1), np.array([0, 1])
    rows = Rows(start, np.zeros(1, dtype=np.int64), one)
    minimise((rows, one, one), 2 * one, 1e-2, lambda: None)


def _warm_placements() -> None:
    """Those of copies in cores: packing, and knapsacks of floats and of integers."""
    placement = Placement(load_network("lenet-5"), 3, 8)
    best = place(placement, "longest-first")
    place(placement, "search")
    Patterns().run(placement, target(placement, best.value or placement.most))
    dearest(1, 1, [1], [1], [1])
