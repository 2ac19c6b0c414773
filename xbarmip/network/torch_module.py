"""Networks of PyTorch: torch's own exporter makes an ONNX model of them, which is then read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xbarmip.errors import InputError
from xbarmip.network.graph import Network

_HINT = (
    "install it (pip install 'xbarmip[torch]'), or export the network where torch is: "
    "torch.onnx.export(module, example_inputs, 'network.onnx')"
)


def read_module(module: Any, inputs: Any, digital: bool = False) -> Network:
    """Read a torch.nn.Module.

    Parameters
    ----------
    module : torch.nn.Module
        It is read as in inference, whatever its mode is.
    inputs : sequence of shapes, or mapping of str to shape
        The shapes of its arguments, in order.
    digital : bool
        As for `load_network`.

    Raises
    ------
    InputError
        If shapes are missing, torch cannot export the module, or the model cannot be read.
    """
    torch = _torch("a module of PyTorch")
    shapes = list(inputs.values() if isinstance(inputs, Mapping) else inputs or ())
    name = type(module).__name__
    if not shapes:
        raise InputError(f"{name}: give the shapes of its inputs, as in inputs=[(1, 3, 224, 224)]")
    training = module.training
    module.eval()
    try:
        examples = tuple(torch.zeros(tuple(shape)) for shape in shapes)
        return _read(torch, module, examples, name, Path(), {}, digital)
    finally:
        module.train(training)


def read_exported(path: Path, inputs: Mapping[str, Sequence[int]], digital: bool) -> Network:
    """Read a program that `torch.export.save` wrote.

    Raises
    ------
    InputError
        If torch is not installed, or the program cannot be read.
    """
    torch = _torch(str(path))
    try:
        program = torch.export.load(path)
    except Exception as error:  # torch raises what it likes
        raise InputError(f"{path}: is not an exported program of torch ({_line(error)})") from None
    return _read(torch, program, (), path.stem, path, inputs, digital)


def _read(
    torch: Any,
    module: Any,
    examples: tuple[Any, ...],
    name: str,
    path: Path,
    inputs: Mapping[str, Sequence[int]],
    digital: bool,
) -> Network:
    from xbarmip.network.onnx.reader import read_proto

    what = str(path) if path.name else name
    try:
        exported = torch.onnx.export(module, examples, dynamo=True, optimize=False, verbose=False)
        proto = exported.model_proto
    except Exception as error:  # exporters raise what they like
        raise InputError(f"{what}: torch cannot export it to ONNX ({_line(error)})") from None
    source = f"PyTorch {path.name or name}"
    return read_proto(proto, what, name, source, Path(), inputs, digital).network


def _torch(what: str) -> Any:
    try:
        import torch
        import torch.export
        import torch.onnx
    except ImportError:
        raise InputError(f"{what}: reading it needs torch; {_HINT}") from None
    return torch


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
