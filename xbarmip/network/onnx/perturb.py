"""Need maps held against onnxruntime: change one output of one layer, see what changes behind it.

The graph is cut at the results of all layers: each becomes an input of its own, so that a change in
one shows in the layers that read it, and no further. The run shares nothing with the reader but the
places of the layers. What it can show is bounded by floating point: a change that rounding
swallows is not seen, so a need map that asks for more than was seen is reported as loose, and only
one that asks for less, or an edge that is not there, as wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.need import NeedMap
from xbarmip.network.onnx.branches import take
from xbarmip.network.onnx.inference import first_line
from xbarmip.network.onnx.layers import Found
from xbarmip.network.onnx.model import parse
from xbarmip.network.onnx.reader import Reading, read_nodes
from xbarmip.network.window import Whole

_CHANGES = (1000.0, -1000.0, 3.0)  # saturating both ways, and too small to saturate
_NOISE = 2e-5  # of the largest change: what rounding of a resized place makes of no dependence
_RANDOM = 8  # positions of a layer that are changed, besides the first, the last and those needed


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where a need map and the run differ.

    Attributes
    ----------
    producer, consumer : str
    position : int
        The producer's output that was changed.
    stated, seen : int
        The consumer's first output that needs it, by the need map and by the run; 0 for none.
    whole : bool
        Whether the edge needs all of its producer by definition (SPEC §3).
    """

    producer: str
    consumer: str
    position: int
    stated: int
    seen: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What changing outputs of layers showed.

    Attributes
    ----------
    edges : int
        Pairs of a producer and a consumer whose need maps were tried.
    changes : int
        Outputs that were changed.
    wrong : tuple of Deviation
        A consumer changed earlier than stated.
    loose : tuple of Deviation
        A consumer changed later than stated, or not at all.
    """

    edges: int
    changes: int
    wrong: tuple[Deviation, ...]
    loose: tuple[Deviation, ...]


def verify_needs(
    path: Path,
    inputs: Mapping[str, Sequence[int]] | None = None,
    digital: bool = False,
    positions: int = _RANDOM,
) -> Verification:
    """Hold every need map of a file against runs of the file.

    Parameters
    ----------
    path : Path
        An ONNX file; weights that are missing are drawn.
    inputs, digital
        As for `read_onnx`.
    positions : int
        How many outputs of each layer to change at random, and for each edge how many of those that
        the need map says are the last of some output.

    Raises
    ------
    InputError
        If the file cannot be read or run, or onnxruntime is not installed.
    """
    reading = read_nodes(path, inputs=inputs, digital=digital)
    run = _Run(path, reading)
    by_producer: dict[str, dict[str, list[tuple[NeedMap, bool]]]] = {}
    network = reading.network
    for edge, need in zip(network.edges, network.clamped, strict=True):
        chain = (network[edge.producer].pool, *edge.through, network[edge.consumer].window)
        whole = any(isinstance(operator, Whole) for operator in chain)
        consumers = by_producer.setdefault(edge.producer, {})
        consumers.setdefault(edge.consumer, []).append((need, whole))
    random = Random(0)
    changes, wrong, loose = 0, [], []
    for producer in network.layers:
        consumers = by_producer.get(producer.name, {})
        for position in _chosen(random, network, producer.name, consumers, positions):
            changes += 1
            seen = run.first_changed(network.index[producer.name], position)
            for consumer, first in zip(network.layers, seen, strict=True):
                needs = consumers.get(consumer.name, [])
                stated, exact = _stated(needs, position, consumer.outputs)
                deviation = Deviation(
                    producer.name,
                    consumer.name,
                    position,
                    stated,
                    first,
                    any(whole for _, whole in needs),
                )
                if first and not 0 < stated <= first:
                    wrong.append(deviation)
                elif stated and exact and first != stated:
                    loose.append(deviation)
    pairs = sum(len(consumers) for consumers in by_producer.values())
    return Verification(pairs, changes, tuple(wrong), tuple(loose))


def _stated(needs: Sequence[tuple[NeedMap, bool]], position: int, outputs: int) -> tuple[int, bool]:
    """The first of the consumer's outputs that needs `position` or a later one, 0 for none; and
    whether it needs `position` itself.
    """
    firsts = [(first, need) for need, _ in needs if (first := need.first(position, outputs))]
    if not firsts:
        return 0, False
    stated = min(first for first, _ in firsts)
    return stated, any(need(stated) == position for first, need in firsts if first == stated)


def _chosen(
    random: Random,
    network: Network,
    producer: str,
    consumers: Mapping[str, list[tuple[NeedMap, bool]]],
    positions: int,
) -> list[int]:
    outputs = network[producer].outputs
    chosen = {1, outputs, *(random.randint(1, outputs) for _ in range(positions))}
    for consumer, needs in consumers.items():
        last = network[consumer].outputs
        tried = {1, last, *(random.randint(1, last) for _ in range(positions))}
        chosen |= {need(x) for need, _ in needs for x in tried}
    return sorted(chosen - {0})


class _Run:
    """The file, cut apart at its layers, and a first run of it."""

    def __init__(self, path: Path, reading: Reading) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise InputError(
                "holding need maps against runs needs onnxruntime: pip install 'xbarmip[verify]'"
            ) from None
        self._found = reading.found
        self._made = [f"{one.node.outputs[0]} (made)" for one in reading.found]
        rng = np.random.default_rng(0)
        proto, given = _cut(path, reading, rng)
        self._readers = _readers(proto, [one.node.outputs[0] for one in reading.found])
        self._run_options = onnxruntime.RunOptions()
        self._run_options.only_execute_path_to_fetches = True  # else it computes all layers
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
            wanted = {entry.name for entry in self._session.get_inputs()}
            self._given = {name: array for name, array in given.items() if name in wanted}
            self._plain = self._session.run(self._made, self._given)
        except Exception as error:  # onnxruntime raises what C++ gives it
            raise InputError(f"{path}: onnxruntime cannot run it: {first_line(error)}") from None

    def first_changed(self, layer: int, position: int) -> list[int]:
        """For every layer its first output that depends on an output of `layer`; 0 for none."""
        name = self._found[layer].node.outputs[0]
        first, behind = [0] * len(self._found), self._readers[name]
        if name not in self._given or not behind:
            return first
        plain = self._given[name]
        entries = np.zeros(plain.shape, dtype=bool)
        entries[_place(self._found[layer], position)] = True
        for change in _CHANGES:
            changed = np.where(entries, _changed(plain, change), plain)
            made = [self._made[i] for i in behind]
            given = {**self._given, name: changed}
            results = self._session.run(made, given, self._run_options)
            for i, result in zip(behind, results, strict=True):
                seen = _first_difference(result, self._plain[i], self._found[i])
                first[i] = min(filter(None, (first[i], seen)), default=0)
        return first


def _changed(plain: NDArray[Any], change: float) -> NDArray[Any]:
    if plain.dtype.kind == "f":
        return (plain + change).astype(plain.dtype)
    info = np.iinfo(plain.dtype)
    return np.full_like(plain, info.max if change > 0 else info.min)


def _place(found: Found, position: int) -> tuple[int | slice, ...]:
    """Where the values of one output lie in a layer's result."""
    sizes = [found.shape[axis] for axis in found.spatial]
    at = np.unravel_index(position - 1, sizes) if sizes else ()
    index: list[int | slice] = [slice(None)] * len(found.shape)
    for axis, i in zip(found.spatial, at, strict=True):
        index[axis] = int(i)
    return tuple(index)


def _by_position(array: NDArray[Any], found: Found) -> NDArray[Any]:
    """A layer's result: everything else by positions in raster order."""
    rest = [axis for axis in range(array.ndim) if axis not in found.spatial]
    positions = prod(array.shape[axis] for axis in found.spatial)
    return array.transpose((*rest, *found.spatial)).reshape(-1, positions)


def _first_difference(result: NDArray[Any], before: NDArray[Any], found: Found) -> int:
    difference = np.abs(result.astype(np.float64) - before.astype(np.float64))
    difference = np.where(np.isfinite(difference), difference, np.inf)
    finite = difference[np.isfinite(difference)]
    level = _NOISE * finite.max(initial=0)
    by_position = _by_position(difference > level, found).any(axis=0)
    return int(by_position.argmax()) + 1 if by_position.any() else 0


def _cut(
    path: Path, reading: Reading, rng: np.random.Generator
) -> tuple[onnx.ModelProto, dict[str, NDArray[Any]]]:
    """The model with every layer's result as an input and, newly made, as an output; and values."""
    proto = parse(path)
    for chosen in reading.model.branches:
        take(proto.graph, chosen)
    graph, results = proto.graph, {one.node.outputs[0]: one for one in reading.found}
    types = _types(proto, reading)
    _draw_weights(proto, path.parent, reading.network.layers, rng)
    for node in graph.node:
        node.name = ""  # onnxruntime takes no two nodes with one name
        for place, name in enumerate(node.output):
            if name in results:
                node.output[place] = f"{name} (made)"
    stored = {tensor.name for tensor in graph.initializer}
    kept = [entry for entry in graph.input if entry.name in reading.model.inputs]
    shapes = {**reading.model.inputs, **{name: one.shape for name, one in results.items()}}
    kinds = {entry.name: entry.type.tensor_type.elem_type for entry in kept} | types
    del graph.input[:], graph.output[:], graph.value_info[:]
    given = {}
    for name, shape in shapes.items():
        if name not in stored:
            graph.input.append(helper.make_tensor_value_info(name, kinds[name], shape))
            given[name] = _drawn(kinds[name], shape, rng)
    for name in results:
        made = helper.make_tensor_value_info(f"{name} (made)", types[name], None)
        graph.output.append(made)
    return proto, given


def _readers(proto: onnx.ModelProto, results: list[str]) -> dict[str, list[int]]:
    """The layers, by place, that a path in the graph leads to from each layer's result."""
    reads: dict[str, set[str]] = {name: {name} for name in results}
    for node in proto.graph.node:
        above: set[str] = set().union(*(reads.get(name, set()) for name in node.input))
        for name in node.output:
            reads[name] = above
    behind: dict[str, list[int]] = {name: [] for name in results}
    for i, name in enumerate(results):
        for above_name in reads.get(f"{name} (made)", ()):
            behind[above_name].append(i)
    return behind


def _types(proto: onnx.ModelProto, reading: Reading) -> dict[str, int]:
    """Element types of the layers' results, as ONNX infers them; else floats."""
    try:
        inferred = onnx.shape_inference.infer_shapes(proto).graph
    except Exception:  # then the run will say what is wrong
        inferred = proto.graph
    known = {entry.name: entry.type.tensor_type.elem_type for entry in inferred.value_info}
    known |= {entry.name: entry.type.tensor_type.elem_type for entry in inferred.output}
    names = [one.node.outputs[0] for one in reading.found]
    return {name: known.get(name) or TensorProto.FLOAT for name in names}


def _drawn(kind: int, shape: Sequence[int], rng: np.random.Generator) -> NDArray[Any]:
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    if dtype.kind == "f":
        return rng.uniform(1, 2, shape).astype(dtype)
    return np.ones(shape, dtype)


def _draw_weights(
    proto: onnx.ModelProto, folder: Path, layers: Sequence[Layer], rng: np.random.Generator
) -> None:
    """Positive weights for every layer, so that nothing hides a change; other missing ones, and
    those that are all 0, as the scales of untrained normalisations are.
    """
    weights = {layer.weight: layer for layer in layers}
    for tensor in _floats(proto):
        if tensor.name in weights:
            layer = weights[tensor.name]
            taps = prod(layer.kernel) * layer.in_channels // layer.groups
            values = rng.uniform(0.5, 1.5, tuple(tensor.dims)) / taps
        elif tensor.data_location == TensorProto.EXTERNAL or _silent(tensor):
            values = rng.uniform(0.5, 1.5, tuple(tensor.dims))
        else:
            continue
        name, dtype = tensor.name, helper.tensor_dtype_to_np_dtype(tensor.data_type)
        tensor.CopyFrom(numpy_helper.from_array(values.astype(dtype), name))
    onnx.external_data_helper.load_external_data_for_model(proto, str(folder))


def _silent(tensor: TensorProto) -> bool:
    """Whether it holds a 0 for each channel."""
    return len(tensor.dims) == 1 < tensor.dims[0] and not numpy_helper.to_array(tensor).any()


def _floats(proto: onnx.ModelProto) -> Iterator[TensorProto]:
    kinds = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
    yield from (tensor for tensor in proto.graph.initializer if tensor.data_type in kinds)
