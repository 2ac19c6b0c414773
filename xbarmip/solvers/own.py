"""Solvers that do not ship: module:Class, path/to/file.py:Class, those of installed packages.

Whatever goes wrong in such code is said in one line that names its file and line.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from importlib.util import find_spec
from inspect import getsourcefile, getsourcelines
from pathlib import Path
from types import ModuleType

from xbarmip.errors import InputError, VerificationError, XbarmipError, error_line
from xbarmip.solvers.protocol import Solver
from xbarmip.strict import suggestion

GROUP = "xbarmip.solvers"  # entry points by which a package brings solvers
_MEMBERS = ("name", "unsupported", "solve")


def plug_ins() -> dict[str, str]:
    """Where the solvers of installed packages are found, by name.

    Raises
    ------
    InputError
        If two packages bring a solver of one name.
    """
    found: dict[str, str] = {}
    for point in metadata.entry_points(group=GROUP):
        if found.setdefault(point.name, point.value) != point.value:
            raise InputError(
                f"two packages bring a solver {point.name!r}: {found[point.name]}, {point.value}"
            )
    return found


def own_class(name: str) -> type | None:
    """The class of a solver that does not ship; None where `name` is not the name of one.

    Raises
    ------
    InputError
        If it cannot be loaded, is not there, or lacks a member of `protocol.Solver`.
    """
    place, colon, member = (name if ":" in name else plug_ins().get(name, "")).rpartition(":")
    if not colon:
        return None
    what = f"solver {name!r}"
    with blamed(what, InputError):
        module = _of_file(Path(place)) if place.endswith(".py") else _of_name(place)
    kind = getattr(module, member, None)
    if not isinstance(kind, type):
        classes = [
            key
            for key, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        raise InputError(f"{what}: {place} has no class {member!r}{suggestion(member, classes)}")
    for wanted in _MEMBERS:
        if not hasattr(kind, wanted):
            raise InputError(
                f"{what}: class {member} ({defined_at(kind)}) has no {wanted!r}, which solvers have"
            )
    return kind


def defined_at(kind: type) -> str:
    """File and line of a class; its module where it has no file."""
    try:
        file, line = getsourcefile(kind), getsourcelines(kind)[1]
    except (OSError, TypeError):
        return kind.__module__
    return kind.__module__ if file is None else f"{Path(file).name}:{line}"


@contextmanager
def blamed(who: str, error: type[XbarmipError] = VerificationError) -> Iterator[None]:
    """Say of whose code it is what goes wrong in the block, on one line with file and line.

    Raises
    ------
    XbarmipError
        Of the kind `error`; what the package itself refuses passes as it is.
    """
    try:
        yield
    except XbarmipError:
        raise
    except Exception as problem:  # whatever code of somebody else does
        raise error(f"{who}: {error_line(problem)}") from problem


@contextmanager
def answering(solver: Solver) -> Iterator[None]:
    """`blamed` where a solver's class is not of this package, whose own faults go on as they are.

    Raises
    ------
    VerificationError
        Naming the solver and what it does instead of answering.
    """
    if type(solver).__module__.partition(".")[0] == __name__.partition(".")[0]:
        yield
    else:
        with blamed(f"solver {solver.name!r}"):
            yield


def _of_name(name: str) -> ModuleType:
    """A module by its name, also one in the working folder, as for `python -m`."""
    _search(os.getcwd())  # noqa: PTH109 (sys.path holds text)
    return import_module(name)


def _of_file(path: Path) -> ModuleType:
    """The module of a file, imported by the file's own name, as its neighbours would do it.

    So processes of comparisons find it as well, and what goes wrong in it has a file and a line.
    """
    if not path.is_file() or not path.stem.isidentifier():
        why = "is not a name that can be imported" if path.is_file() else "is not a file"
        raise InputError(f"solver: {str(path)!r} {why}")
    _search(str(path.resolve().parent))
    spec = find_spec(path.stem)
    if spec is None or spec.origin is None or not path.samefile(spec.origin):
        raise InputError(f"solver: {str(path)!r} has the name of another module: rename the file")
    return import_module(path.stem)


def _search(folder: str) -> None:
    """Look for modules in a folder, too, after all others; processes of comparisons do as well."""
    if folder not in sys.path:
        sys.path.append(folder)
