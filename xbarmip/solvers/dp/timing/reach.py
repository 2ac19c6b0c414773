"""What an output asks of the layers that come before it."""

from xbarmip.compiled import compiled
from xbarmip.solvers.dp.state.bounds import least_made, most
from xbarmip.solvers.dp.table import CAP
from xbarmip.timing.tables import PRODUCER, need


@compiled
def reach_back(net, windows, slack, output, upper, reach):  # type: ignore[no-untyped-def]
    """Fill `reach` with the outputs of each layer that an output, (layer, x), asks for.

    At most (`upper`) or at least, over all R that `slack` allows; 0 for layers not touched.
    """
    j, x = output
    for c in range(len(reach)):
        reach[c] = 0
    reach[j] = x
    for c in range(j, -1, -1):
        wanted, cap = reach[c], net.layer[c, CAP]
        if wanted == 0:
            continue
        low, high = windows.low[c], most(windows, c, slack)
        if upper:
            made = min(wanted + high - 1, (-(-wanted // low)) * high)
        else:
            made = least_made(wanted, low, high, cap)
        made = min(made, cap)
        for e in range(net.into[c], net.into[c + 1]) if made > 0 else range(0):
            p = net.edge[e, PRODUCER]
            reach[p] = max(reach[p], need(net, e, made))
