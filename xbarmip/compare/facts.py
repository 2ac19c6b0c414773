"""Facts about where a row was made: the code, the libraries, the machine."""

import os
import platform
import subprocess
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import xbarmip.solvers.registry
from xbarmip.compiled import sources_of

_LIBRARIES = ("numpy", "numba", "pyomo", "highspy", "networkx", "onnx")
_CPUINFO = Path("/proc/cpuinfo")


@cache
def code_facts() -> dict[str, Any]:
    """Version, commit and sources of this package, and the versions of what it stands on.

    `sources` is a digest of every source that the solvers come from; `commit` ends in "+" where
    files of the package differ from it, and is None outside a checkout.
    """
    registry = Path(xbarmip.solvers.registry.__file__)
    folders = (registry.parents[1] / name for name in ("solvers", "cores", "schedules"))
    solvers = sorted(source for folder in folders for source in folder.rglob("*.py"))
    return {
        "xbarmip": _version("xbarmip"),
        "commit": _commit(registry.parents[1]),
        "sources": sources_digest(*solvers),
        "python": platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
    }


@cache
def sources_digest(*modules: Path) -> str:
    """A digest of some modules and all that they import from this package."""
    digest = sha256()
    for source in sorted({source for module in modules for source in sources_of(module)}):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def machine_facts() -> dict[str, Any]:
    """The machine: its name, system, processor, processors that may be used, memory."""
    return {
        "host": platform.node(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit(package: Path) -> str | None:
    if not (package.parent / ".git").exists():
        return None
    commit, changes = (
        _git(package, "rev-parse", "HEAD"),
        _git(package, "status", "--porcelain", "--untracked-files=no", "."),
    )
    return None if commit is None else commit + ("+" if changes else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
