"""Random allocations within a budget, in Python integers: a seed gives the same everywhere."""

from random import Random

from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation


def shares(problem: Problem, random: Random) -> Allocation:
    """Cut what is left beyond one copy each at uniform points, one part for each layer.

    All ways of sharing it out are equally likely. A layer leaves what buys no whole copy, or more
    copies than it has outputs.
    """
    spare = problem.crossbars - problem.smallest_budget
    cuts = sorted(random.randint(0, spare) for _ in problem.sets[1:])
    parts = zip([0, *cuts], [*cuts, spare], strict=True)
    return tuple(
        min(most, 1 + (end - begin) // each)
        for (begin, end), each, most in zip(parts, problem.sets, problem.largest, strict=True)
    )


def fitted(problem: Problem, wanted: list[int]) -> Allocation:
    """`wanted`, R >= 1 of every layer, with copies beyond the first cut in proportion to fit.

    Rounded down, the cut copies take no more than what is spare. What fits is returned as it is.
    """
    spare = problem.crossbars - problem.smallest_budget
    extra = problem.crossbars_used(wanted) - problem.smallest_budget
    if extra <= spare:
        return tuple(wanted)
    return tuple(1 + (r - 1) * spare // extra for r in wanted)
