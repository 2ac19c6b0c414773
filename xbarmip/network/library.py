"""Networks by name or by file."""

from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.data import find_file, shipped_names
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.json_format import read_json
from xbarmip.strict import suggestion

SUFFIXES = (".json", ".onnx", ".pt2")
WEIGHTS = (".pt", ".pth")  # what PyTorch writes that is no graph
ONNX_SCHEME = "onnx:"

Module = Any
Inputs = Mapping[str, Sequence[int]] | Sequence[Sequence[int]]


def list_networks() -> tuple[str, ...]:
    """Names of the networks that ship with the package, sorted."""
    return shipped_names("networks")


def list_onnx_models() -> tuple[str, ...]:
    """Names of the light models that ship with the onnx package, sorted, without `onnx:`."""
    folder = _onnx_folder()
    found = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    return tuple(sorted(file.removesuffix(".onnx") for file in found if file.endswith(".onnx")))


def load_network(
    network: "str | PathLike[str] | Module", inputs: Inputs | None = None, digital: bool = False
) -> Network:
    """Read a network.

    Parameters
    ----------
    network : str, path or torch.nn.Module
        A path that ends in .json, .onnx or .pt2 (a program that torch exported); `onnx:` and the
        name of a light model of the onnx package, for instance "onnx:light_resnet50"; the name of a
        shipped network; or a module of PyTorch, which its own exporter turns into an ONNX model.
    inputs : mapping of str to sequence of int, optional
        Shapes of inputs by name, where a file leaves sizes open, or to read it at other sizes. For
        a module the shapes of its arguments, in order: a sequence of shapes, or a mapping.
    digital : bool
        Whether products of two activations, as in attention, are read as digital units that need
        the whole of what they read; otherwise they are refused (SPEC §15).

    Raises
    ------
    InputError
        On an unknown name (the message lists the nearest ones), on a file that cannot be read, or
        one that breaks a rule.
    """
    if isinstance(network, str) and network.startswith(ONNX_SCHEME):
        return _load_onnx_model(network.removeprefix(ONNX_SCHEME), _by_name(inputs), digital)
    if not isinstance(network, str | PathLike) and hasattr(network, "named_parameters"):
        from xbarmip.network.torch_module import read_module  # torch is an extra

        return read_module(network, inputs, digital)
    if isinstance(network, str | PathLike) and Path(network).suffix.lower() in WEIGHTS:
        raise InputError(
            f"{str(network)!r}: files of torch.save hold weights or pickled code, not what reads "
            "what; in Python, with the module and an input x, "
            f"torch.onnx.export(module, (x,), {Path(network).stem + '.onnx'!r}) writes a file "
            "that is read"
        )
    file = find_file("networks", network, SUFFIXES)
    suffix = file.suffix.lower() if isinstance(file, Path) else ""
    if isinstance(file, Path) and suffix == ".onnx":
        return _read_onnx(file, _by_name(inputs), digital)
    if isinstance(file, Path) and suffix == ".pt2":
        from xbarmip.network.torch_module import read_exported

        return read_exported(file, _by_name(inputs), digital)
    if inputs or digital:
        what = "input sizes" if inputs else "digital units"
        raise InputError(f"{network}: {what} are only for ONNX and PyTorch files")
    return read_json(file)


def _by_name(inputs: Inputs | None) -> Mapping[str, Sequence[int]]:
    if inputs is not None and not isinstance(inputs, Mapping):
        raise InputError("inputs of a file must be a mapping of names to shapes")
    return inputs or {}


def _load_onnx_model(name: str, inputs: Mapping[str, Sequence[int]], digital: bool) -> Network:
    known = list_onnx_models()
    if name not in known:
        near = suggestion(ONNX_SCHEME + name, (ONNX_SCHEME + other for other in known))
        raise InputError(f"unknown network {ONNX_SCHEME + name!r}{near}")
    with as_file(_onnx_folder().joinpath(name + ".onnx")) as path:
        return _read_onnx(path, inputs, digital)


def _read_onnx(path: Path, inputs: Mapping[str, Sequence[int]], digital: bool) -> Network:
    from xbarmip.network.onnx.reader import read_onnx  # onnx takes a second to import

    return read_onnx(path, inputs=inputs, digital=digital)


def _onnx_folder() -> Traversable:
    return files("onnx").joinpath("backend", "test", "data", "light")
