"""The files that ship with the package: networks, hardware presets, suites, published figures.

In an installed wheel they lie inside the package; in a checkout, beside it.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike, fspath
from pathlib import Path

from xbarmip.errors import InputError
from xbarmip.strict import suggestion

SUFFIX = {
    "networks": ".json",
    "hardware": ".toml",
    "suites": ".toml",
    "known": ".json",
    "published": ".toml",
}
_WORD = {
    "networks": "network",
    "hardware": "hardware preset",
    "suites": "suite",
    "known": "suite with best known values",
    "published": "set of figures",
}


def _folder(kind: str) -> Traversable:
    package = files("xbarmip")
    installed = package.joinpath("instances")
    if installed.is_dir():
        return installed.joinpath(kind)
    return Path(str(package)).parent / "instances" / kind


def shipped_names(kind: str) -> tuple[str, ...]:
    """Names of the shipped files of a kind, sorted.

    Parameters
    ----------
    kind : str
        "networks", "hardware", "suites", "known" or "published".
    """
    folder, suffix = _folder(kind), SUFFIX[kind]
    found = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    return tuple(sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix)))


def find_file(
    kind: str, name_or_path: str | PathLike[str], suffixes: tuple[str, ...]
) -> Path | Traversable:
    """The file that a user means: a path if it ends in one of `suffixes`, else a shipped one.

    Raises
    ------
    InputError
        On a name that is not shipped; the message lists the nearest ones. Whether a path exists
        shows when it is read.
    """
    word = _WORD[kind]
    name = fspath(name_or_path) if isinstance(name_or_path, PathLike) else name_or_path
    if not isinstance(name, str):
        raise InputError(f"{word} must be a name or a path, got {name_or_path!r}")
    if name.lower().endswith(suffixes):
        return Path(name)
    names = shipped_names(kind)
    if name not in names:
        raise InputError(
            f"unknown {word} {name!r}{suggestion(name, names)} "
            f"(a file name must end in {' or '.join(suffixes)})"
        )
    return _folder(kind).joinpath(name + SUFFIX[kind])
