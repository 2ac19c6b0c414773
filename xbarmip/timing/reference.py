"""The two objectives in plain Python integers, word for word as SPEC §4 and §5 define them.

Slow and unbounded: the definition that the compiled kernels are tested against, and the path that
takes over where 64 bits might not hold a value.
"""

from collections.abc import Sequence
from typing import NamedTuple

from xbarmip.exact import ceil_div
from xbarmip.network.graph import Network
from xbarmip.timing.rule import RuleView


def cycles(network: Network, allocation: Sequence[int]) -> int:
    """Cycles until the last output of the last sink (SPEC §4)."""
    finish: list[list[int]] = []
    into = _edges_into(network)
    for layer, r, edges in zip(network.layers, allocation, into, strict=True):
        times = [0]
        for step in range(1, ceil_div(layer.outputs, r) + 1):
            time = times[-1] + 1
            for edge in edges:
                wanted = network.clamped[edge](min(step * r, layer.outputs))
                if wanted:
                    producer = network.index[network.edges[edge].producer]
                    time = max(time, finish[producer][ceil_div(wanted, allocation[producer])])
            times.append(time)
        finish.append(times)
    return max(finish[network.index[name]][-1] for name in network.sinks)


class ClosedForm(NamedTuple):
    """Every quantity of the closed form under one allocation, by layer number.

    Attributes
    ----------
    demand : list of list of int
        demand[i][j], outputs of j that the first step of i needs.
    pre, op : list of int
        PreOp and Op, in steps.
    value : int
        The largest Op of a sink.
    """

    demand: list[list[int]]
    pre: list[int]
    op: list[int]
    value: int


def steps(view: RuleView, allocation: Sequence[int]) -> int:
    """Steps of the closed form under one rule (SPEC §5)."""
    return closed_form(view, allocation).value


def closed_form(view: RuleView, allocation: Sequence[int]) -> ClosedForm:
    """The closed form under one rule, with all that it is made of (SPEC §5)."""
    network, r = view.network, allocation
    into = _edges_into(network)
    demands: list[list[int]] = []
    pre: list[int] = []
    op: list[int] = []
    for i in range(len(r)):
        demand = [0] * i + [r[i]]
        for c in range(i, -1, -1):
            made = view.cap(c, ceil_div(demand[c], r[c]) * r[c])
            for edge in into[c] if made else ():
                j = network.index[network.edges[edge].producer]
                demand[j] = max(demand[j], view.need[edge](made))
        demands.append(demand)
        waits = [ceil_div(demand[k], r[k]) - 1 + pre[k] for k in range(i) if demand[k]]
        pre.append(max(0, *waits) if waits else 0)
        ends = [ceil_div(view.outputs[i], r[i]) + pre[i]]
        for edge in into[i]:
            tail = view.tail[edge]
            if tail is not None:
                behind = ceil_div(tail[0], r[i]) - ceil_div(tail[1], r[i])
                ends.append(op[network.index[network.edges[edge].producer]] + behind)
        op.append(max(ends))
    value = max(op[network.index[name]] for name in network.sinks)
    return ClosedForm(demands, pre, op, value)


def _edges_into(network: Network) -> list[list[int]]:
    into: list[list[int]] = [[] for _ in network.layers]
    for number, edge in enumerate(network.edges):
        into[network.index[edge.consumer]].append(number)
    return into
