"""Networks by name or by file."""

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path

from xbarmip.data import find_file, shipped_names
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.json_format import read_json
from xbarmip.strict import suggestion

SUFFIXES = (".json", ".onnx")
ONNX_SCHEME = "onnx:"


def list_networks() -> tuple[str, ...]:
    """Names of the networks that ship with the package, sorted."""
    return shipped_names("networks")


def list_onnx_models() -> tuple[str, ...]:
    """Names of the light models that ship with the onnx package, sorted, without `onnx:`."""
    folder = _onnx_folder()
    found = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    return tuple(sorted(file.removesuffix(".onnx") for file in found if file.endswith(".onnx")))


def load_network(name_or_path: str | PathLike[str]) -> Network:
    """Read a network.

    Parameters
    ----------
    name_or_path : str or path
        A path that ends in .json or .onnx; `onnx:` and the name of a light model of the onnx
        package, for instance "onnx:light_resnet50"; or else the name of a shipped network.

    Raises
    ------
    InputError
        On an unknown name (the message lists the nearest ones), on a file that cannot be read, or
        one that breaks a rule.
    """
    if isinstance(name_or_path, str) and name_or_path.startswith(ONNX_SCHEME):
        return _load_onnx_model(name_or_path.removeprefix(ONNX_SCHEME))
    file = find_file("networks", name_or_path, SUFFIXES)
    if isinstance(file, Path) and file.suffix.lower() == ".onnx":
        return _read_onnx(file)
    return read_json(file)


def _load_onnx_model(name: str) -> Network:
    known = list_onnx_models()
    if name not in known:
        near = suggestion(ONNX_SCHEME + name, (ONNX_SCHEME + other for other in known))
        raise InputError(f"unknown network {ONNX_SCHEME + name!r}{near}")
    with as_file(_onnx_folder().joinpath(name + ".onnx")) as path:
        return _read_onnx(path)


def _read_onnx(path: Path) -> Network:
    from xbarmip.network.onnx.reader import read_onnx  # onnx takes a second to import

    return read_onnx(path)


def _onnx_folder() -> Traversable:
    return files("onnx").joinpath("backend", "test", "data", "light")
