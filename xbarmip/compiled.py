"""Compiling kernels, with machine code kept for exactly the sources it came from.

numba files machine code under the outermost function and looks only at that function's file for
changes: after an edit to a kernel that others call, the old code would go on running. So the code
of a module's kernels is kept in a folder that is named by a digest of the module and of all that it
imports from this package, directly or not.
"""

import os
import re
import warnings
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from numba import config, njit

_settings: Any = config
_ROOT = Path(__file__).parent.parent
_IMPORT = re.compile(r"^ *(?:from|import) (xbarmip[\w.]*)(?: import (\([^)]*\)|.*))?", re.MULTILINE)


@cache
def _imported(source: Path) -> frozenset[Path]:
    """The package's files that `source` imports, a module itself or names out of one."""
    found = set()
    for module, names in _IMPORT.findall(source.read_text(encoding="utf-8")):
        for dotted in (module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))):
            file = _ROOT.joinpath(*dotted.split(".")).with_suffix(".py")
            if file.is_file():
                found.add(file)
    return frozenset(found)


def sources_of(source: Path) -> list[Path]:
    """`source` with all that it imports from this package, directly or not, sorted."""
    found, open_files = {source}, [source]
    while open_files:
        new = _imported(open_files.pop()) - found
        found |= new
        open_files.extend(new)
    return sorted(found)


@cache
def _folder(source: Path) -> Path | None:
    """Where the code of a module's kernels is kept; None where it cannot be.

    Code that checks indices is apart from code that does not: numba would take one for the other.
    """
    digest = sha256(b"checked" if _settings.BOUNDSCHECK else b"")
    for file in sources_of(source):
        digest.update(file.read_bytes())
    try:
        folder = _caches() / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(b"there is room")
    except (OSError, RuntimeError):  # the latter where nothing says which folder is the user's
        return None
    return folder


def _caches() -> Path:
    named = _settings.CACHE_DIR or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named).absolute() / "xbarmip"


@cache
def _warn() -> None:
    """Say so, once a process."""
    warnings.warn(
        "compiled kernels cannot be kept, so that every process compiles them anew, for a minute "
        "or more: no cache folder can be written. NUMBA_CACHE_DIR names one.",
        RuntimeWarning,
        stacklevel=3,
    )


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """Compile `function` at its first call; keep the code in the user's cache folder.

    Where NUMBA_CACHE_DIR is set, it is kept below that instead. Where it cannot be kept, a warning
    says so, and it lasts as long as the process. Kernels must not divide by 0, which is not looked
    for: a kernel that may raise counts references to all its arrays, over and over.
    """
    folder = _folder(Path(function.__code__.co_filename))
    if folder is None and not _settings.DISABLE_JIT:
        _warn()
    before, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder or "")
    try:
        return njit(cache=folder is not None, error_model="numpy", **options)(function)
    finally:
        _settings.CACHE_DIR = before


inlined = partial(compiled, forceinline=True)  # into its callers: tables are dear to hand over
