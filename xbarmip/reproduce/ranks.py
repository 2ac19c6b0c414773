"""How well one quantity ranks as another does: Spearman's coefficient, its interval, pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import atanh, sqrt, tanh

CONFIDENCE = 0.95
FEWEST = 4  # observations for an interval


@dataclass(frozen=True, slots=True)
class Ranked:
    """Of so many observations: the coefficient, its interval, and pairs in the wrong order.

    Attributes
    ----------
    count, pairs : int
        Observations, and pairs of them.
    wrong, equal : int
        Pairs that the two order differently, and pairs that the first holds for equal and the
        second does not.
    coefficient : float or None
        None where one of both is constant.
    low, high : float or None
        Bounds of the interval; None where there is none.
    """

    count: int
    pairs: int
    wrong: int
    equal: int
    coefficient: float | None
    low: float | None
    high: float | None


def ranked(predicted: Sequence[float], observed: Sequence[float]) -> Ranked:
    """How well `predicted` ranks as `observed` does.

    The interval is that of Bonett and Wright (Psychometrika 65(1), 2000): Fisher's transform of the
    coefficient r with the variance (1 + r^2 / 2) / (n - 3). It needs four observations, and an
    |r| below 1.
    """
    from scipy.stats import norm, spearmanr  # of an extra

    both = list(combinations(zip(predicted, observed, strict=True), 2))
    signs = [((a > b) - (a < b)) * ((c > d) - (c < d)) for (a, c), (b, d) in both]
    equal = sum(a == b and c != d for (a, c), (b, d) in both)
    constant = len(set(predicted)) < 2 or len(set(observed)) < 2
    r = None if constant else float(spearmanr(predicted, observed).statistic)
    low = high = None
    if r is not None and len(predicted) >= FEWEST and abs(r) < 1 - 1e-9:
        half = norm.ppf((1 + CONFIDENCE) / 2) * sqrt((1 + r * r / 2) / (len(predicted) - 3))
        low, high = tanh(atanh(r) - half), tanh(atanh(r) + half)
    return Ranked(len(predicted), len(both), signs.count(-1), equal, r, low, high)
