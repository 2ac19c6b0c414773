"""What keeps a small ONNX file from taking all memory (docs/network-format.md, "Limits")."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import onnx

from xbarmip.errors import InputError
from xbarmip.limits import MOST_BYTES_ONNX, MOST_MEMORY_ONNX, MOST_NODES

_Function = tuple[str, str, str]  # domain, name, overload


@contextmanager
def fenced(path: Path) -> Iterator[None]:
    """Let the block take no more memory than reading the file at `path` may.

    The operating system refuses what is beyond, before it is taken, to ONNX's own code and to
    constant arithmetic as well; other threads live under the same limit meanwhile. Where the system
    has no such limit, the named ones below remain.

    Raises
    ------
    InputError
        If the file is a device or too large, or the block needs more memory.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path}: is a device or a pipe, must be a file")
    size = path.stat().st_size if path.exists() else 0  # what is missing fails when it is read
    if size > MOST_BYTES_ONNX:
        raise InputError(f"{path}: has {size} bytes, must be at most {MOST_BYTES_ONNX}")
    allowed = MOST_MEMORY_ONNX + 4 * size
    with _address_space(allowed):
        try:
            yield
        except MemoryError:
            raise InputError(
                f"{path}: needs too much memory to read; {allowed} bytes are allowed"
            ) from None


@contextmanager
def _address_space(more: int) -> Iterator[None]:
    """Let the process map at most `more` bytes beyond what it has mapped now."""
    try:
        import resource

        mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = mapped * resource.getpagesize() + more
    if soft != resource.RLIM_INFINITY and soft <= limit:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def check_unfolded(proto: onnx.ModelProto) -> None:
    """Refuse local functions that call themselves, or whose unfolding makes too many nodes.

    Raises
    ------
    InputError
        Naming the function, or the limit.
    """
    functions = {(f.domain, f.name, f.overload): f.node for f in proto.functions}
    calls = {
        key: {_called(node) for node in _with_nested(nodes)} & functions.keys()
        for key, nodes in functions.items()
    }
    try:
        callees_first = tuple(TopologicalSorter(calls).static_order())
    except CycleError as error:
        cycle: list[_Function] = error.args[1]
        raise InputError(f"its local function {cycle[0][1]!r} calls itself") from None
    sizes: dict[_Function, int] = {}
    for key in callees_first:
        sizes[key] = _unfolded(functions[key], sizes)
    if _unfolded(proto.graph.node, sizes) > MOST_NODES:
        raise InputError(f"has more than {MOST_NODES} nodes, its local functions unfolded")


def _unfolded(nodes: Sequence[onnx.NodeProto], sizes: dict[_Function, int]) -> int:
    """Nodes after the calls among `nodes` are replaced, as far as they matter to the limit."""
    return min(sum(sizes.get(_called(node), 1) for node in _with_nested(nodes)), MOST_NODES + 1)


def _called(node: onnx.NodeProto) -> _Function:
    return (node.domain, node.op_type, node.overload)


def _with_nested(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """The nodes and those of graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _with_nested(graph.node)
