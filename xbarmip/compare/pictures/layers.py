"""What one allocation gives to each layer, and what a step of each layer takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xbarmip.compare.pictures.canvas import COLORS, new_figure
from xbarmip.exact import ceil_div
from xbarmip.problem import Problem
from xbarmip.text import for_picture
from xbarmip.timing.step_time import StepTime, step_time

_MARK = "#d55e00"
_SMALL = 14  # more layers than this get a smaller font


def layer_height(layers: int, panels: int = 1) -> float:
    """Inches of a figure with one line a layer in each panel."""
    return panels * (1.0 + (0.24 if layers <= _SMALL else 0.17) * layers)


def layer_axis(axes: Any, labels: Sequence[str]) -> None:
    """Names of the layers on the vertical axis, the first at the top."""
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels(
        list(map(for_picture, labels)), fontsize=8 if len(labels) <= _SMALL else 6.5
    )
    axes.set_ylim(len(labels) - 0.5, -0.5)


def layers_figure(
    problem: Problem, allocation: Mapping[str, int] | Sequence[int], width: float = 7.2
) -> Any:
    """Bars of the crossbars of each layer; below, of its step time, and what binds.

    Where the hardware does not say how long a step lasts, the bars below are the steps that each
    layer takes, and the layer with most of them is marked.

    Raises
    ------
    InputError
        On an allocation that does not fit the network, or without matplotlib.
    """
    chosen = problem.allocation(allocation)
    names = [layer.name for layer in problem.network.layers]
    figure, (above, below) = new_figure(width, layer_height(len(names), 2), rows=2)
    _crossbars(above, problem, chosen)
    hardware = problem.hardware
    if hardware is not None and hardware.has_step_time:
        _step_times(below, step_time(problem.network, hardware, chosen))
    else:
        _own_steps(below, problem, chosen)
    for axes in (above, below):
        layer_axis(axes, names)
        axes.grid(False, axis="y")
    return figure


def _crossbars(axes: Any, problem: Problem, chosen: Sequence[int]) -> None:
    each = [r * crossbars for r, crossbars in zip(chosen, problem.sets, strict=True)]
    axes.barh(range(len(each)), each, color=COLORS[0])
    for place, (r, size) in enumerate(zip(chosen, problem.sets, strict=True)):
        _beside(axes, place, each[place], f"{r} x {size}", "0.3")
    title = f"{for_picture(problem.network.name)}: {sum(each):,} of {problem.crossbars:,} crossbars"
    axes.set_title(title)
    axes.set(xlabel=f"crossbars of {problem.crossbar}: R x set", xlim=(0, max(each) * 1.15))


def _own_steps(axes: Any, problem: Problem, chosen: Sequence[int]) -> None:
    layers = problem.network.layers
    each = [ceil_div(layer.outputs, r) for layer, r in zip(layers, chosen, strict=True)]
    most = max(each)
    axes.barh(range(len(each)), each, color=[_MARK if n == most else COLORS[0] for n in each])
    for place, steps in enumerate(each):
        text, color = (f"{steps}  most", _MARK) if steps == most else (f"{steps}", "0.3")
        _beside(axes, place, steps, text, color)
    axes.set(xlabel="steps of the layer itself: outputs / R", xlim=(0, most * 1.15))


def _step_times(axes: Any, time: StepTime) -> None:
    """Bars stacked by memory level, in microseconds, and a line at the time of computation."""
    places = np.arange(len(time.layers))
    left = np.zeros(len(places))
    for level, name in enumerate(time.levels):
        width = np.array([float(layer.seconds[level] * 10**6) for layer in time.layers])
        axes.barh(
            places, width, left=left, color=COLORS[level % len(COLORS)], label=for_picture(name)
        )
        left += width
    compute, longest = float(time.compute * 10**6), float(time.seconds * 10**6)
    axes.axvline(compute, color="black", linewidth=1, linestyle="--", label="computation")
    binding = dict(time.binding)
    for place, layer in enumerate(time.layers):
        if layer.layer in binding:
            end = float(layer.total * 10**6)
            _beside(axes, place, end, f"binds at {for_picture(binding[layer.layer])}", _MARK)
    if not binding:
        axes.set_title("computation binds", fontsize="medium")
    axes.set(xlabel="time of a step, microseconds", xlim=(0, longest * 1.25))
    axes.legend(fontsize="small", edgecolor="none", loc="lower right")


def _beside(axes: Any, place: int, end: float, text: str, color: str) -> None:
    """A word at the end of a bar."""
    where = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
    axes.annotate(text, (end, place), color=color, fontsize=6.5, **where)
