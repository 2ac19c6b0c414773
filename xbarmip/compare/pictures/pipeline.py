"""The pipeline of one allocation over time: which layer runs, waits, is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xbarmip.compare.pictures.canvas import new_figure, require_matplotlib, svg
from xbarmip.compare.pictures.layers import layer_axis, layer_height
from xbarmip.measures.cycles import CYCLES
from xbarmip.network.graph import Network
from xbarmip.network.window import Array
from xbarmip.problem import checked_allocation
from xbarmip.text import for_picture
from xbarmip.timing.pipeline import schedule

RUNS, WAITS, DONE = (0.0, 0.447, 0.698), (0.957, 0.871, 0.702), (0.949, 0.949, 0.949)
_COLUMNS = 800  # more cycles than this share columns


def activity(
    network: Network, allocation: Sequence[int], columns: int = _COLUMNS
) -> tuple[Any, Array]:
    """How busy each layer is in each column of time, and when it is done.

    Returns
    -------
    share : float array, shape (layers, columns)
        Share of the column's cycles in which the layer takes a step: 0 or 1 where each column is
        one cycle, which holds up to as many cycles as there may be columns.
    end : int array, shape (layers,)
        Cycle of the layer's last step.
    """
    finishes = schedule(CYCLES.view(network), allocation)
    end = np.array([finish[-1] for finish in finishes])
    last = int(end.max())
    times = np.arange(last + 1)
    edges = np.linspace(0, last, min(last, columns) + 1)
    busy = [np.interp(edges, times, np.searchsorted(f, times, side="right")) for f in finishes]
    return np.clip(np.diff(busy, axis=1) / edges[1], 0, 1), end


def pipeline_figure(
    network: Network,
    allocation: Mapping[str, int] | Sequence[int],
    width: float = 7.2,
    in_time: str = "",
) -> Any:
    """A Gantt chart, one line a layer, so many inches wide; `in_time` follows the cycles.

    A step ends with the cycle in which the pipeline simulation lets it end, and takes that cycle.
    From the start to its last step a layer that does not run waits for its producers.

    Raises
    ------
    InputError
        On an allocation that does not fit the network, or without matplotlib.
    """
    chosen = checked_allocation(network, allocation)
    share, end = activity(network, chosen)
    layers, last = len(chosen), int(end.max())
    colors = _mixed(WAITS, RUNS, share)
    middles = (np.arange(share.shape[1]) + 0.5) * last / share.shape[1]
    colors[middles[None, :] > end[:, None]] = DONE
    figure, axes = new_figure(width, layer_height(layers))
    axes.imshow(
        colors, aspect="auto", interpolation="nearest", extent=(0, last, layers - 0.5, -0.5)
    )
    labels = [f"{layer.name}  R={r}" for layer, r in zip(network.layers, chosen, strict=True)]
    layer_axis(axes, labels)
    axes.hlines(np.arange(layers - 1) + 0.5, 0, last, color="white", linewidth=1.5)
    axes.grid(False)
    axes.set_title(f"{for_picture(network.name)}: {last:,} cycles{in_time}")
    axes.set_xlabel("cycles")
    patch = require_matplotlib().patches.Patch
    names = {"runs": RUNS, "waits": WAITS, "done": DONE}
    handles = [patch(facecolor=color, edgecolor="0.7", label=n) for n, color in names.items()]
    figure.legend(handles=handles, loc="outside lower right", ncols=3, frameon=False)
    return figure


@dataclass(frozen=True)
class Pipeline:
    """The pipeline of an allocation, as a picture that shows itself in a notebook.

    Attributes
    ----------
    network : Network
    allocation : mapping or sequence of int
        R of every layer, by name or in layer order.

    Raises
    ------
    InputError
        On an allocation that does not fit the network.
    """

    network: Network
    allocation: Mapping[str, int] | Sequence[int]

    def __post_init__(self) -> None:
        checked_allocation(self.network, self.allocation)

    def _repr_svg_(self) -> str:
        return svg(pipeline_figure(self.network, self.allocation))


def _mixed(none: tuple[float, ...], full: tuple[float, ...], share: Any) -> Any:
    """Colours from `none` at share 0 to `full` at share 1, shape (*share.shape, 3)."""
    return np.array(none) + share[..., None] * (np.array(full) - np.array(none))
