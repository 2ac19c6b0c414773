"""Which rule each operator without weights follows.

A rule gets an `Operation` and returns the operator's outputs; outputs that nothing understands
(masks, statistics) are left out.
"""

from dataclasses import replace

from xbarmip.network.onnx import axes, indexed, resize, spatial, statistics
from xbarmip.network.onnx.operation import Operation, Rule
from xbarmip.network.onnx.value import Value, broadcast_shape, join


def _element_wise(operation: Operation) -> tuple[Value, ...]:
    """Operands that are repeated to one size, constants among them."""
    operands = operation.operands
    return (join(operands, broadcast_shape(value.shape for value in operands)),)


def _first(operation: Operation) -> tuple[Value, ...]:
    """The first operand, each entry for itself, with parameters that are constants or, as scales
    of dynamic quantisation, single values.
    """
    return (operation.with_scales(operation.value(0)),)


def _of(rule: Rule, *positions: int, every: int = 0) -> Rule:
    """A quantised operator: `rule` of some operands, or of every so manieth one from the third on;
    the others are scales and zero points.
    """

    def quantised(operation: Operation) -> tuple[Value, ...]:
        inputs = operation.node.inputs
        chosen = inputs[2::every] if every else tuple(inputs[at] for at in positions)
        return rule(replace(operation, node=replace(operation.node, inputs=chosen)))

    return quantised


def _all(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


RULES: dict[str, Rule] = {
    **_all(
        _first,
        "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast CastLike Ceil Celu Cos Cosh "
        "DequantizeLinear Dropout Elu Erf Exp EyeLike Floor Gelu HardSigmoid HardSwish Identity "
        "IsInf IsNaN LRN LeakyRelu Log Mish Neg Not QuantizeLinear RandomNormalLike "
        "RandomUniformLike Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus "
        "Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu "
        "com.microsoft.DequantizeLinear com.microsoft.Gelu com.microsoft.FastGelu "
        "com.microsoft.QLinearLeakyRelu com.microsoft.QLinearSigmoid com.microsoft.QuantizeLinear "
        "com.microsoft.QuickGelu onnx.brevitas.Quant onnx.brevitas.BipolarQuant "
        "qonnx.custom_op.general.BipolarQuant qonnx.custom_op.general.IntQuant "
        "qonnx.custom_op.general.Quant qonnx.custom_op.general.Trunc",
    ),
    **_all(
        _element_wise,
        "Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Clip Div Equal Greater GreaterOrEqual "
        "Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow Sub Sum Where Xor "
        "com.microsoft.BiasGelu",
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
    **_all(
        statistics.trailing_norm,
        "LayerNormalization RMSNormalization SimplifiedLayerNormalization",
    ),
    **_all(axes.squeeze, "Squeeze"),
    **_all(axes.unsqueeze, "Unsqueeze"),
    **_all(resize.resize, "Resize Upsample"),
    **_all(_of(_element_wise, 0, 3), "com.microsoft.QLinearAdd com.microsoft.QLinearMul"),
    "com.microsoft.QLinearAveragePool": _of(spatial.pool, 0),
    "com.microsoft.QLinearConcat": _of(axes.concat, every=3),
    "com.microsoft.QLinearGlobalAveragePool": _of(spatial.global_pool, 0),
    "BatchNormalization": statistics.batch_norm,
    "Concat": axes.concat,
    "CumSum": axes.cumulative_sum,
    "DepthToSpace": axes.depth_to_space,
    "DynamicQuantizeLinear": statistics.quantised_by_range,
    "Expand": axes.expand,
    "Flatten": axes.flatten,
    "Gather": axes.gather,
    "GatherElements": indexed.gather_elements,
    "GatherND": indexed.gather_nd,
    "GroupNormalization": statistics.group_norm,
    "InstanceNormalization": statistics.map_norm,
    "LpNormalization": statistics.axis_norm,
    "MeanVarianceNormalization": statistics.mean_variance_norm,
    "Pad": axes.pad,
    "Reshape": axes.reshape,
    "ScatterElements": indexed.scatter_elements,
    "ScatterND": indexed.scatter_nd,
    "Slice": axes.strided_slice,
    "SpaceToDepth": axes.space_to_depth,
    "Split": axes.split,
    "Tile": axes.tile,
    "Transpose": axes.transpose,
}
"""The rule of every operator that is understood and holds no weights."""
