"""What ONNX itself finds out about a model."""

import onnx
from onnx import shape_inference

from xbarmip.errors import InputError


def infer_shapes(proto: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shapes that ONNX's own inference knows to the last axis."""
    try:
        graph = shape_inference.infer_shapes(proto, data_prop=True).graph
    except MemoryError:
        raise
    except Exception as error:  # whatever C++ gives
        raise InputError(f"its shapes cannot be inferred: {first_line(error)}") from error
    shapes = {}
    for entry in (*graph.value_info, *graph.output):
        tensor = entry.type.tensor_type
        dims = tuple(dim.dim_value for dim in tensor.shape.dim)
        if tensor.HasField("shape") and all(n > 0 for n in dims):
            shapes[entry.name] = dims
    return shapes


def first_line(error: Exception) -> str:
    """The first line of an exception's message that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
