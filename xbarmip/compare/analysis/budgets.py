"""What is known of a network on several budgets: its frontier, as far as a suite holds it."""

from collections import defaultdict
from dataclasses import dataclass

from xbarmip.compare.comparison import Comparison

_FEWEST = 3  # budgets; fewer make no frontier


@dataclass(frozen=True, slots=True)
class Known:
    """The best confirmed values of one network on crossbars of one size, by budget.

    Attributes
    ----------
    label : str
        Network and size, as alexnet@128x128.
    points : tuple of (int, int, bool)
        Crossbars, value, and whether a bound meets it; by ascending crossbars.
    """

    label: str
    points: tuple[tuple[int, int, bool], ...]


def known_by_budget(comparison: Comparison) -> dict[str, list[Known]]:
    """By objective, each network with values on three or more budgets, all else being equal.

    Instances with constraints beside the budget are left out, and those without a value.
    """
    verdicts = {verdict.instance: verdict for verdict in comparison.verdicts}
    found: dict[tuple[str, str], dict[int, tuple[int, bool]]] = defaultdict(dict)
    for each in comparison.instances:
        verdict = verdicts.get(each.name)
        if verdict is not None and verdict.value is not None and not each.constraints:
            label = f"{each.network}@{each.size[0]}x{each.size[1]}"
            met = verdict.bound == verdict.value
            found[each.objective, label][each.crossbars] = verdict.value, met
    frontiers: dict[str, list[Known]] = defaultdict(list)
    for (objective, label), values in found.items():
        if len(values) >= _FEWEST:
            points = tuple((budget, *values[budget]) for budget in sorted(values))
            frontiers[objective].append(Known(label, points))
    return dict(frontiers)
