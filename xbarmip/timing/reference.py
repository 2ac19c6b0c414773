"""The pipeline and the closed form in plain Python integers, word for word as SPEC §4, §5 say.

Slow and unbounded: the definition that the compiled kernels are tested against, and the path that
takes over where 64 bits might not hold a value.
"""

from collections.abc import Sequence
from typing import NamedTuple

from xbarmip.exact import ceil_div
from xbarmip.measures.view import View


def cycles(view: View, allocation: Sequence[int]) -> int:
    """Cycles until the last output of the last end (SPEC §4)."""
    finish: list[list[int]] = []
    for outputs, r, edges in zip(view.outputs, allocation, view.into, strict=True):
        times = [0]
        for step in range(1, ceil_div(outputs, r) + 1):
            time = times[-1] + 1
            for edge in edges:
                wanted = view.need[edge](min(step * r, outputs))
                if wanted:
                    producer = view.edges[edge][0]
                    time = max(time, finish[producer][ceil_div(wanted, allocation[producer])])
            times.append(time)
        finish.append(times)
    return max(times[-1] for times, end in zip(finish, view.ends, strict=True) if end)


class ClosedForm(NamedTuple):
    """Every quantity of the closed form under one allocation, by layer number.

    Attributes
    ----------
    demand : list of list of int
        demand[i][j], outputs of j that the first step of i needs.
    pre, op : list of int
        PreOp and Op, in steps.
    value : int
        The largest Op of an end.
    """

    demand: list[list[int]]
    pre: list[int]
    op: list[int]
    value: int


def steps(view: View, allocation: Sequence[int]) -> int:
    """Steps of a closed form (SPEC §5)."""
    return closed_form(view, allocation).value


def closed_form(view: View, allocation: Sequence[int]) -> ClosedForm:
    """A closed form with all that it is made of (SPEC §5)."""
    r, into = allocation, view.into
    demands: list[list[int]] = []
    pre: list[int] = []
    op: list[int] = []
    for i in range(len(r)):
        demand = [0] * i + [r[i]]
        for c in range(i, -1, -1):
            made = view.cap(c, ceil_div(demand[c], r[c]) * r[c])
            for edge in into[c] if made else ():
                j = view.edges[edge][0]
                demand[j] = max(demand[j], view.need[edge](made))
        demands.append(demand)
        waits = [ceil_div(demand[k], r[k]) - 1 + pre[k] for k in range(i) if demand[k]]
        pre.append(max(0, *waits) if waits else 0)
        ends = [ceil_div(view.outputs[i], r[i]) + pre[i]]
        for edge in into[i]:
            tail = view.tails[edge]
            if tail is not None:
                behind = ceil_div(tail[0], r[i]) - ceil_div(tail[1], r[i])
                ends.append(op[view.edges[edge][0]] + behind)
        op.append(max(ends))
    value = max(each for each, end in zip(op, view.ends, strict=True) if end)
    return ClosedForm(demands, pre, op, value)
