"""Compiling kernels, with machine code kept for exactly the sources it came from.

numba files machine code under the outermost function and looks only at that function's file for
changes: after an edit to a kernel that others call, the old code would go on running. So the code
is kept in a folder that is named by a digest of all sources of the package.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import config, njit


def _folder() -> str:
    digest = sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(caches) / "xbarmip" / digest.hexdigest()[:16])


_FOLDER = _folder()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile `function` at its first call; keep the code in the user's cache folder.

    Where NUMBA_CACHE_DIR is set, numba's own setting holds.
    """
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = before or _FOLDER  # type: ignore[attr-defined]
    try:
        return njit(cache=True)(function)
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]
