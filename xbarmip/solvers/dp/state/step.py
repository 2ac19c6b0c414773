"""One decision of a sweep, as kernels read it."""

from typing import NamedTuple

from xbarmip.compiled import inlined
from xbarmip.network.window import Array
from xbarmip.solvers.dp.state.bounds import spread_of

LAYER, SOURCE, LEAD = range(3)  # columns of `places`
ASK_AT, ASK, LATEST, WEIGHT = range(4)  # columns of `deadline_prices`
COLUMN, MULTIPLIER, SCALE, DIVISOR = range(4)  # columns of `limit_prices`
BEFORE, AFTER, LIMIT, LEAST, MOST, DIVIDED = range(6)  # columns of `sums`


class Step(NamedTuple):
    """A `Stage` with its budget and prices. Arrays are int64.

    Attributes
    ----------
    number, layer, slot : int
        As in `Stage`; `slot` is the layer's place in the frontier before, or -1.
    places : shape (places, 3)
        Of each place of the frontier afterwards the LAYER, its SOURCE, that is its place before (or
        -1), and its LEAD, the first place with an interchangeable layer.
    producers : shape (edges,)
        Place of each edge's producer.
    budget, limit, scale : int
        What remains of the budget when all layers after this one take the low ends of their
        windows; the whole budget, times `scale`; the price of a crossbar.
    price : shape (window,)
        Price of each R, from the low end of the window on.
    least, rest : int
        The least of these; what the layers to come cost at least.
    deadline_prices : shape (prices, 4), sorted
        Where paths enter the undecided layers: at the place ASK_AT they ask for output ASK (0: the
        end), which is due by LATEST in every label; a step less is worth WEIGHT.
    limit_prices : shape (prices, 4)
        What is left of a linear constraint, SCALE * what the limit at COLUMN has left, is worth
        MULTIPLIER * floor(that/DIVISOR).
    sums : shape (rows, 6)
        The rows (`Passage`) that the decision meets: column of labels for what is left of them
        BEFORE (-1: it begins here) and AFTER (-1: it ends here; several may go on in one), the
        LIMIT, what the layers to come weigh at LEAST, by what all their weights are DIVIDED, and
        what they weigh at MOST then.
    weights : shape (rows, largest R)
        What R = 1, 2, ... of the layer weighs.
    recalled : shape (memory,)
        For each R that labels remember afterwards its column before; -1 for the one decided now.
    alone : bool
        Whether nothing but the crossbars hangs on the layer's R.
    """

    number: int
    layer: int
    slot: int
    places: Array
    producers: Array
    budget: int
    limit: int
    scale: int
    price: Array
    least: int
    rest: int
    deadline_prices: Array
    limit_prices: Array
    sums: Array
    weights: Array
    recalled: Array
    alone: bool


@inlined
def joint_spread(bounds, step, place, slack):  # type: ignore[no-untyped-def]
    """`spread_of` the layer at a place and those at later ones that it leads: the largest of them.

    A pair that another implies for the largest R of all is implied for each of them.
    """
    places = step.places
    spread = spread_of(bounds, places[place, LAYER], slack)
    for other in range(place + 1, len(places)):
        if places[other, LEAD] == place:
            spread = max(spread, spread_of(bounds, places[other, LAYER], slack))
    return spread
