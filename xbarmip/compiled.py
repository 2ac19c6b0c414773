"""Compiling kernels, with machine code kept for exactly the sources it came from.

numba files machine code under the outermost function and looks only at that function's file for
changes: after an edit to a kernel that others call, the old code would go on running. So the code
of a module's kernels is kept in a folder that is named by a digest of the module and of all that it
imports from this package, directly or not.

To compile takes far longer than to run, so what a kernel is made of is kept small. Kernels fill the
arrays that they are given, and neither make nor return any: then nothing counts references. Those
that other kernels alone call have no door to Python. Each of the two takes a quarter off the time
that the compiler needs; arguments of a few arrays instead of dozens halve what is left.
"""

import os
import re
import sys
import warnings
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, cast

from numba import config, njit
from numba.core import event
from numba.core.dispatcher import Dispatcher
from numba.core.runtime.nrt import rtsys
from numba.core.types import unliteral

from xbarmip.clock import compiling_begins, compiling_ends
from xbarmip.linked import Linked

_settings: Any = config
KERNELS: list[Any] = []  # all that were made so far
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
    return sorted(found, key=str)


@cache
def _digest_of(file: Path) -> bytes:
    return sha256(file.read_bytes()).digest()


@cache
def _folder(source: Path) -> Path | None:
    """Where the code of a module's kernels is kept; None where it cannot be.

    Code that checks indices is apart from code that does not: numba would take one for the other.
    """
    digest = sha256(b"checked" if _settings.BOUNDSCHECK else b"")
    for file in sources_of(source):
        digest.update(_digest_of(file))
    try:
        folder = cache_folder() / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(b"there is room")
    except (OSError, RuntimeError):  # the latter where nothing says which folder is the user's
        return None
    return folder


def cache_folder() -> Path:
    """Below which all machine code is kept."""
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


def making(function: Callable[..., Any], **options: Any) -> Any:
    """Compile `function` at its first call; keep the code in the user's cache folder.

    It may make arrays and return them. Where NUMBA_CACHE_DIR is set, the code is kept below that
    instead. Where it cannot be kept, a warning says so, and it lasts as long as the process.
    Kernels must not divide by 0, which is not looked for: a kernel that may raise counts references
    to all its arrays, over and over.
    """
    folder = _folder(Path(function.__code__.co_filename))
    if folder is None and not _settings.DISABLE_JIT:
        _warn()
    jit: Any = njit  # some of the options are not in its signature
    before, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder or "")
    try:
        kernel = jit(
            cache=folder is not None,
            error_model="numpy",
            no_cfunc_wrapper=True,
            nogil=True,
            **options,
        )(function)
    finally:
        _settings.CACHE_DIR = before
    if folder is not None and not _settings.DISABLE_JIT:
        kernel._cache.load_overload = partial(_load, kernel._cache)
    KERNELS.append(kernel)
    return _without_literals(kernel)


def kept(kernel: Any) -> bool | None:
    """Whether machine code of a kernel is kept; None where none can be."""
    folder = _folder(Path(kernel.py_func.__code__.co_filename))
    return None if folder is None else any(folder.rglob(f"*.{kernel.py_func.__qualname__}-*.nbi"))


def _load(cache: Any, signature: Any, target: Any) -> Any:
    """Load the machine code of one signature without what only the compiler needs.

    numba first lists all functions that it can compile, SciPy's among them, which takes longer than
    to load all kernels of a solve; where nothing is kept, the compiler has it done.
    """
    rtsys.initialize(target)  # what counts references, that machine code is linked with
    with cache._guard_against_spurious_io_errors():
        return cache._load_overload(signature, target)


def _without_literals(kernel: Any) -> Any:
    """The same kernel, compiled once for all integers, not anew for each that is written out."""
    if isinstance(kernel, Dispatcher):
        jit: Any = kernel
        compile_for, plain = jit.compile, cast(Any, unliteral)
        jit.compile = lambda types: compile_for(tuple(map(plain, types)))
    return kernel


compiled = partial(making, _nrt=False)  # makes no arrays, and returns numbers alone
inner = partial(compiled, no_cpython_wrapper=True, pipeline_class=Linked)  # called by kernels alone
inlined = partial(inner, forceinline=True)  # into its callers: for a few lines in an inner loop


class _Listener(event.Listener):
    """Stops the clock while numba compiles, and says at the first time what is being waited for."""

    said = False

    def on_start(self, _: event.Event) -> None:
        if not self.said:
            self.said = True
            print(
                "xbarmip: compiling the kernels, once; `xbarmip warm` does it beforehand",
                file=sys.stderr,
                flush=True,
            )
        compiling_begins()

    def on_end(self, _: event.Event) -> None:
        compiling_ends()


event.register("numba:compile", _Listener())  # type: ignore[no-untyped-call]
