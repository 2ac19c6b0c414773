"""The window of a convolution or pooling node."""

from xbarmip.errors import InputError
from xbarmip.network.onnx.node import Node
from xbarmip.network.window import Window


def map_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of a (batch of 1, channels, rows, columns) tensor; one spatial axis is a map
    of one row.

    Raises
    ------
    InputError
        If the tensor has another form.
    """
    if len(shape) not in (3, 4):
        raise InputError(
            f"reads a tensor of shape {list(shape)}; must have one or two spatial axes "
            "after a batch axis and a channel axis"
        )
    if shape[0] != 1:
        raise InputError(
            f"reads a tensor of shape {list(shape)} with batch size {shape[0]}, must be 1"
        )
    return (1, shape[2]) if len(shape) == 3 else (shape[2], shape[3])


def sliding_window(node: Node, kernel: tuple[int, ...], size: tuple[int, int]) -> Window:
    """The window of `node`, which fits a map of `size` rows and columns.

    Raises
    ------
    InputError
        If a number is out of range, or no window fits.
    """
    window = _window(node, kernel, size)
    if min(window.size(size[0], 0), window.size(size[1], 1)) < 1:
        raise InputError(f"its window does not fit a map of {size[0]} x {size[1]}")
    return window


def pair(node: Node, attribute: str, count: int, default: int) -> tuple[int, int]:
    """An attribute with one integer for each of `count` spatial axes, as rows and columns."""
    values = node.integers(attribute, count, default)
    return (default, values[0]) if count == 1 else (values[0], values[1])


def pads_of(node: Node, count: int) -> tuple[int, int, int, int]:
    """Top, left, bottom and right pads of a node with `count` spatial axes."""
    values = node.integers("pads", 2 * count, 0)
    if count == 1:
        return 0, values[0], 0, values[1]
    return values[0], values[1], values[2], values[3]


def _window(node: Node, given: tuple[int, ...], size: tuple[int, int]) -> Window:
    """Window of `node` over a map of `size` rows and columns, `auto_pad` worked out.

    ONNX defines the size of automatically padded maps without regard to `ceil_mode`.
    """
    count = len(given)
    kernel = (1, int(given[0])) if count == 1 else (int(given[0]), int(given[1]))
    stride, dilation = pair(node, "strides", count, 1), pair(node, "dilations", count, 1)
    auto = node.text("auto_pad", "NOTSET") or "NOTSET"
    if auto == "NOTSET":
        ceil_mode = bool(node.integer("ceil_mode", 0))
        return Window(kernel, stride, pads_of(node, count), dilation, ceil_mode)
    if auto == "VALID":
        return Window(kernel, stride, dilation=dilation)
    if auto not in ("SAME_UPPER", "SAME_LOWER"):
        raise InputError(f"auto_pad {auto!r} is not one of NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    unpadded = Window(kernel, stride, dilation=dilation)
    small, large = zip(*(_same(unpadded, size[axis], axis) for axis in (0, 1)), strict=True)
    first, last = (small, large) if auto == "SAME_UPPER" else (large, small)
    return Window(kernel, stride, (*first, *last), dilation)


def _same(window: Window, n: int, axis: int) -> tuple[int, int]:
    """The smaller and the larger pad that give ceil(n / stride) outputs."""
    stride = window.stride[axis]
    outputs = -(-n // stride)
    reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
    total = max((outputs - 1) * stride + reach - n, 0)
    return total // 2, total - total // 2
