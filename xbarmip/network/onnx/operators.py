"""Which rule each operator without weights follows.

A rule gets an `Operation` whose operands have at least one source among them, and returns the
operator's outputs; outputs that nothing understands (masks, indices) are left out.
"""

from collections.abc import Callable
from dataclasses import replace

from xbarmip.network.onnx import axes, spatial, statistics
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value, join

Rule = Callable[[Operation], tuple[Value, ...]]


def _element_wise(operation: Operation) -> tuple[Value, ...]:
    """One operand and constants; LRN reads across channels only."""
    return (replace(operation.sole(), shape=operation.shape()),)


def _join(operation: Operation) -> tuple[Value, ...]:
    """Operands that are repeated to one size, constants or 1x1 maps among them."""
    sourced = [value for value in operation.operands if value.sources]
    return (join(sourced, operation.shape(), operation.node.label),)


def _all(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


RULES: dict[str, Rule] = {
    **_all(
        _element_wise,
        "Abs Acos Acosh Asin Asinh Atan Atanh Cast CastLike Ceil Celu Clip Cos Cosh "
        "DequantizeLinear Dropout Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf "
        "IsNaN LRN LeakyRelu Log Mish Neg Not PRelu QuantizeLinear Reciprocal Relu Round Selu "
        "Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu",
    ),
    **_all(
        _join,
        "Add And Div Equal Expand Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or "
        "Pow Sub Sum Where Xor",
    ),
    **_all(spatial.pool, "AveragePool LpPool MaxPool"),
    **_all(spatial.global_pool, "GlobalAveragePool GlobalLpPool GlobalMaxPool"),
    **_all(
        statistics.reduce,
        "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "
        "ReduceSum ReduceSumSquare",
    ),
    **_all(statistics.arg_reduce, "ArgMax ArgMin"),
    **_all(statistics.softmax, "Hardmax LogSoftmax Softmax"),
    **_all(statistics.trailing_norm, "LayerNormalization RMSNormalization"),
    **_all(statistics.map_norm, "GroupNormalization InstanceNormalization"),
    **_all(axes.reshape, "Flatten Reshape Squeeze Unsqueeze"),
    "BatchNormalization": statistics.batch_norm,
    "Concat": axes.concat,
    "Gather": axes.gather,
    "LpNormalization": statistics.axis_norm,
    "MeanVarianceNormalization": statistics.mean_variance_norm,
    "Pad": spatial.pad,
    "Slice": spatial.strided_slice,
    "SpaceToDepth": spatial.space_to_depth,
    "Split": axes.split,
    "Transpose": axes.transpose,
}
"""The rule of every operator that is understood and holds no weights."""

KEEPING_SHAPE = frozenset(
    name for name, rule in RULES.items() if rule in (_element_wise, *statistics.NORMALISING)
)
"""Operators whose first output has the shape of the first input."""
