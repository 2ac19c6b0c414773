"""What the search reads of a problem, as flat integer arrays."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.measures.view import View
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.closed_form import NO_TAIL, closed_form_table
from xbarmip.timing.implied import independent_edges
from xbarmip.timing.pipeline import PipelineTable, pipeline_table
from xbarmip.timing.tables import NeedTable, by_consumer, need

NEVER = 2**60  # a deadline that binds nothing


class SearchTable(NamedTuple):
    """The view of a measure. Arrays are int64, by layer or by edge of `needs`.

    Attributes
    ----------
    closed_form : bool
        Whether the view is a closed form; else a pipeline.
    outputs, needed, cap : shape (layers,)
        Outputs of the view; of a pipeline those that the end waits for (N*), else the same; the
        most outputs that a step counts as made.
    sink : shape (layers,)
        1 for the ends of the view.
    needs : NeedTable
    tail_end, tail_begin : shape (edges,)
        The tail of an edge, NO_TAIL where there is none; see `View`. For a pipeline those of its
        closed form: it takes at least as long.
    offset : shape (layers + 1,)
        Output x of layer l has entry offset[l] + x in an array over all outputs. Entry 0 is free.
    asked : array
    asked_start : shape (edges,)
        For a pipeline the need maps, listed: asked[asked_start[e] + x] is the entry of the output
        that the first x outputs of the consumer need; 0 for none.
    twin : shape (layers,)
        For a pipeline the first of the layers that are asked for the same, as the inputs of a
        concatenation are: by the same consumers, through the same need maps. Else the layer itself.
    """

    closed_form: bool
    outputs: Array
    needed: Array
    cap: Array
    sink: Array
    needs: NeedTable
    tail_end: Array
    tail_begin: Array
    offset: Array
    asked: Array
    asked_start: Array
    twin: Array


def search_table(problem: Problem) -> SearchTable | None:
    """The table of a problem; None where 64 bits might not hold a value of the objective."""
    return _search_table(problem.view)


@lru_cache(maxsize=64)
def _search_table(view: View) -> SearchTable | None:
    if view.stalls:
        pipeline = pipeline_table(view)
        outputs, offset = pipeline.outputs, _offset(pipeline.outputs)
        asked, start = _asked(pipeline.needs, outputs, offset)
        kept = by_consumer(view, independent_edges(view))
        tails = [view.closed_form.tails[e] or (NO_TAIL, 0) for e in kept]
        return SearchTable(
            False,
            outputs,
            np.array(view.counted, dtype=np.int64),
            outputs,
            pipeline.sink,
            pipeline.needs,
            np.array([end for end, _ in tails], dtype=np.int64),
            np.array([begin for _, begin in tails], dtype=np.int64),
            offset,
            asked,
            start,
            _twins(pipeline, offset, asked, start),
        )
    closed = closed_form_table(view)
    if closed is None:
        return None
    none = np.zeros(0, dtype=np.int64)
    return SearchTable(
        True, closed.outputs, closed.outputs, *closed[1:],
        offset=_offset(closed.outputs), asked=none, asked_start=none,
        twin=np.arange(len(closed.outputs)),
    )  # fmt: skip


def _offset(outputs: Array) -> Array:
    return np.concatenate(([0], np.cumsum(outputs))).astype(np.int64)


@compiled
def _asked(needs, outputs, offset):  # type: ignore[no-untyped-def]
    """`asked` and `asked_start` of a table."""
    start = np.zeros(len(needs.producer), np.int64)
    size = 0
    for k in range(len(outputs)):
        for e in range(needs.into[k], needs.into[k + 1]):
            start[e] = size
            size += outputs[k] + 1
    asked = np.zeros(size, np.int64)
    for k in range(len(outputs)):
        for e in range(needs.into[k], needs.into[k + 1]):
            for x in range(1, outputs[k] + 1):
                wanted = need(needs, e, x)
                if wanted > 0:
                    asked[start[e] + x] = offset[needs.producer[e]] + wanted
    return asked, start


def _twins(pipeline: PipelineTable, offset: Array, asked: Array, start: Array) -> Array:
    """`twin` of a table; sinks have none."""
    needs, outputs = pipeline.needs, pipeline.outputs
    uses: list[list[tuple[int, bytes]]] = [[] for _ in outputs]
    for k in range(len(outputs)):
        for e in range(needs.into[k], needs.into[k + 1]):
            j, wanted = needs.producer[e], asked[start[e] : start[e] + outputs[k] + 1]
            uses[j].append((k, np.where(wanted > 0, wanted - offset[j], 0).tobytes()))
    twin, first = np.arange(len(outputs)), dict[tuple[tuple[int, bytes], ...], int]()
    for j in np.flatnonzero(pipeline.sink == 0).tolist():
        twin[j] = first.setdefault(tuple(uses[j]), j)
    return twin
