"""Table 4: how close the closed form is to the pipeline, on random allocations."""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

import numpy as np

from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.steps import rule_view
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.reproduce.source import case_key, figures, step_cases
from xbarmip.reproduce.store import Row, Work
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.draws import fitted, shares
from xbarmip.solvers.heuristics.random_search import RandomSearch, pruned
from xbarmip.solvers.heuristics.woho import WohoProportional
from xbarmip.solvers.protocol import Progress
from xbarmip.timing.closed_form import steps_many
from xbarmip.timing.pipeline import cycles_many

SEED = 1
RULES = ("pipeline", "published")
NETWORKS = ("alexnet", "vgg-a", "vgg-e", "resnet-18", "mobilenet-v1")
Draw = Callable[[Problem, Random], Allocation]
_BATCH = 500  # allocations between two reports


def _free(problem: Problem, random: Random) -> Allocation:
    return tuple(random.randint(1, layer.outputs) for layer in problem.network.layers)


def _cut(problem: Problem, random: Random) -> Allocation:
    return fitted(problem, [random.randint(1, most) for most in problem.largest])


def _log_cut(problem: Problem, random: Random) -> Allocation:
    return fitted(problem, [max(1, round(most ** random.random())) for most in problem.largest])


def _copies(problem: Problem, random: Random) -> Allocation:
    """One copy more of a random layer, until none fits."""
    spare = problem.crossbars - problem.smallest_budget
    chosen, growing = [1] * len(problem.sets), list(range(len(problem.sets)))
    while growing:
        i = random.choice(growing)
        if problem.sets[i] <= spare and chosen[i] < problem.largest[i]:
            chosen[i] += 1
            spare -= problem.sets[i]
        else:
            growing.remove(i)
    return tuple(chosen)


def _near(factor: float, problem: Problem, random: Random) -> Allocation:
    woho = WohoProportional().allocation(problem)
    wanted = (round(r * factor ** random.uniform(-1, 1)) for r in woho)
    pairs = zip(wanted, problem.largest, strict=True)
    return fitted(problem, [min(most, max(1, r)) for r, most in pairs])


def _pruned(problem: Problem, random: Random) -> Allocation:
    guide = WohoProportional().allocation(problem)
    return pruned(problem, random, RandomSearch().draws, guide)


DRAWS: Mapping[str, tuple[str, Draw]] = {
    "free": ("each R uniform from 1 to the layer's outputs, no budget", _free),
    "cut": ("each R uniform up to its largest, all cut in proportion to fit", _cut),
    "log-cut": ("each R log-uniform up to its largest, all cut in proportion to fit", _log_cut),
    "shares": ("the crossbars beyond one copy each shared out, all ways equally likely", shares),
    "copies": ("one copy more of a random layer, again and again, until none fits", _copies),
    "near": (
        "WoHo-proportional, each R times 1/2 to 2, cut in proportion to fit",
        partial(_near, 2),
    ),
    "nearer": ("the same, each R times 2/3 to 3/2", partial(_near, 1.5)),
    "pruned": ("of five of `shares` the one whose R point most as WoHo-proportional ones", _pruned),
}


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network, published budget on crossbars of 128x128, and draw."""
    made: dict[str, Work] = {}
    for name in NETWORKS:
        budgets = [
            each.problem
            for each in step_cases()
            if each.problem.network.name == name and each.problem.crossbar.rows == 128
        ]
        for draw in DRAWS:
            for problem in sorted(budgets, key=lambda each: each.crossbars):
                key = f"{case_key(name, problem.crossbars, 128)}/{draw}"
                if draw == "free":
                    key = f"{name}/{draw}"
                made.setdefault(key, partial(_row, problem, draw))
    return made


def _row(problem: Problem, draw: str, progress: Progress | None) -> Row:
    random, count = Random(SEED), figures()["accuracy"]["allocations"]
    errors: dict[str, list[Array]] = {rule: [] for rule in RULES}
    for first in range(0, count, _BATCH):
        if progress is not None:
            progress({"instance": f"{problem.network.name} {draw}", "allocations": first})
        rows = range(min(_BATCH, count - first))
        allocations = np.array([DRAWS[draw][1](problem, random) for _ in rows], dtype=np.int64)
        exact = cycles_many(CYCLES.view(problem.network), allocations)
        for rule in RULES:
            modelled = steps_many(rule_view(problem.network, rule), allocations)
            errors[rule].append(100 * np.abs(modelled - exact) / exact)
    budget = None if draw == "free" else problem.crossbars
    return {
        "network": problem.network.name,
        "draw": draw,
        "crossbars": budget,
        **{rule: _shares(np.concatenate(found)) for rule, found in errors.items()},
    }


def _shares(errors: Any) -> dict[str, float]:
    """Percentages of allocations by error, in percent; mean accuracy and largest error."""
    within, over = errors <= 1, errors > 5
    return {
        "within 1": round(100 * float(within.mean()), 2),
        "1 to 5": round(100 * float((~within & ~over).mean()), 2),
        "over 5": round(100 * float(over.mean()), 2),
        "accuracy": round(100 - float(errors.mean()), 2),
        "worst": round(float(errors.max()), 2),
    }
