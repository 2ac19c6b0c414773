"""The window of a convolution or pooling node."""

from xbarmip.errors import InputError
from xbarmip.network.onnx.node import Node
from xbarmip.network.window import Window


def sliding_window(node: Node, kernel: tuple[int, ...], size: tuple[int, int]) -> Window:
    """The window of `node`, which fits a map of `size` rows and columns.

    Raises
    ------
    InputError
        If there are not two spatial axes, a number is out of range, or no window fits.
    """
    window = _window(node, kernel, size)
    if min(window.size(size[0], 0), window.size(size[1], 1)) < 1:
        raise InputError(f"its window does not fit a map of {size[0]} x {size[1]}")
    return window


def _window(node: Node, kernel: tuple[int, ...], size: tuple[int, int]) -> Window:
    """Window of `node` over a map of `size` rows and columns, `auto_pad` worked out.

    ONNX defines the size of automatically padded maps without regard to `ceil_mode`.
    """
    if len(kernel) != 2:
        raise InputError(f"kernel {list(kernel)}: only two spatial axes are understood")
    kernel = (int(kernel[0]), int(kernel[1]))
    stride, dilation = node.pair("strides", 1), node.pair("dilations", 1)
    auto = node.text("auto_pad", "NOTSET") or "NOTSET"
    if auto == "NOTSET":
        pads = tuple(int(p) for p in node.attributes.get("pads", (0, 0, 0, 0)))
        if len(pads) != 4:
            raise InputError(f"pads {list(pads)}: two spatial axes have four")
        top, left, bottom, right = pads
        ceil_mode = bool(node.integer("ceil_mode", 0))
        return Window(kernel, stride, (top, left, bottom, right), dilation, ceil_mode)
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
