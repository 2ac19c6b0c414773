"""What a decision asks of producers; kinds of view share it."""

from xbarmip.compiled import inner
from xbarmip.solvers.dp.state.bounds import earliest
from xbarmip.solvers.dp.state.stairs import D, X
from xbarmip.solvers.dp.table import LEADER
from xbarmip.timing.tables import PRODUCER, need


@inner
def hand_on(net, early, high, choice, deadline, handed):  # type: ignore[no-untyped-def]
    """Ask the producers of a layer for what its first outputs need; False where that is too late.

    `choice` is the layer and how many outputs, `early` and `high` as in `earliest`. One pair for
    each edge goes to `handed`, which takes them in descending order; of equal x the last, which has
    the earliest deadline, stays. Of interchangeable producers (see `Net`) only the first is asked.
    """
    k, made = choice
    begin = net.into[k]
    for e in range(begin, net.into[k + 1]):
        j = net.edge[e, PRODUCER]
        wanted = need(net, e, made) if net.layer[j, LEADER] == j else 0
        if wanted > 0:
            # earliest time of what is wanted > deadline
            if earliest(net, early, high, j, wanted) > deadline:
                return False
            at = handed.counts[e - begin]
            if at == 0 or handed.pairs[e - begin, at - 1, X] != wanted:
                at += 1
                handed.counts[e - begin] = at
            handed.pairs[e - begin, at - 1, X] = wanted
            handed.pairs[e - begin, at - 1, D] = deadline
    return True
