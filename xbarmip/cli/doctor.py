"""`xbarmip doctor`: what is installed, where kernels are kept, and what is missing."""

import platform
import re
from argparse import Namespace, _SubParsersAction
from importlib import metadata
from typing import Any

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, table, warn
from xbarmip.cli.parser import Parser, add_command
from xbarmip.errors import XbarmipError
from xbarmip.version import __version__

_NEED = re.compile(r"^([\w.-]+)(?:\[([\w,-]+)\])?[^;]*(?:;.*extra == ['\"]([\w-]+)['\"])?")


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    add_command(commands, "doctor", COMMANDS["doctor"], run)


def run(arguments: Namespace) -> int:
    """Look, print, and end with status 1 where something is in the way."""
    wanted = needs(metadata.requires("xbarmip") or [])
    libraries = {name: _installed(name) for name in wanted.pop("")}
    complaints = [f"library {name} is missing" for name, found in libraries.items() if not found]
    facts: dict[str, Any] = {"xbarmip": __version__, "python": platform.python_version()}
    facts |= {"system": platform.platform(), "libraries": libraries}
    facts["extras"] = {
        extra: [name for name in names if not _installed(name)] for extra, names in wanted.items()
    }
    facts |= _kernels(complaints) if not complaints else {}
    if arguments.json:
        print_json({**facts, "complaints": complaints})
    else:
        print_rich(table(("what", "found"), _rows(facts), text=2))
    for complaint in complaints:
        warn(complaint)
    return int(bool(complaints))


def needs(required: list[str]) -> dict[str, list[str]]:
    """Libraries by the extra that they come with, "" for none; extras of extras are spelled out."""
    found: dict[str, list[str]] = {"": []}
    inner: dict[str, list[str]] = {}
    for line in required:
        if match := _NEED.match(line):
            name, extras, extra = match[1], match[2], match[3] or ""
            found.setdefault(extra, [])
            if name == "xbarmip":
                inner[extra] = extras.split(",")
            else:
                found[extra].append(name)
    for extra, parts in inner.items():
        found[extra] += [name for part in parts for name in found.get(part, [])]
    return found


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _kernels(complaints: list[str]) -> dict[str, Any]:
    """Cache, kernels, processes and solvers of other packages; what is wrong with them is added."""
    from xbarmip.compare.isolation.processes import require_processes
    from xbarmip.compiled import cache_folder, kept
    from xbarmip.solvers.own import plug_ins
    from xbarmip.warm import all_kernels

    kernels = [each for each in all_kernels() if hasattr(each, "py_func")]  # not interpreted ones
    plugged, refused = {}, ""
    folder = cache_folder()
    if kernels and kept(kernels[0]) is None:
        complaints.append(f"cache folder {folder} cannot be written: each process compiles anew")
    try:
        plugged = plug_ins()
    except XbarmipError as error:
        complaints.append(str(error))
    try:
        require_processes()
    except XbarmipError as error:  # of the system, which is as it is
        refused = str(error)
    return {
        "cache": str(folder),
        "kernels_compiled": sum(bool(kept(each)) for each in kernels),
        "kernels": len(kernels),
        "compare_refused": refused,
        "plug_ins": plugged,
    }


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    libraries = facts["libraries"].items()
    rows = [(name, str(facts[name])) for name in ("xbarmip", "python", "system")]
    rows += [(f"library {name}", version or "missing") for name, version in libraries]
    for extra, missing in facts["extras"].items():
        rows.append(
            (f"extra {extra}", f"missing: {', '.join(missing)}" if missing else "installed")
        )
    if "cache" in facts:
        compiled, of = facts["kernels_compiled"], facts["kernels"]
        rows.append(("cache folder", facts["cache"]))
        hint = "" if compiled == of else "; `xbarmip warm` compiles the rest"
        hint = hint if of else ": they are interpreted, as NUMBA_DISABLE_JIT asks for"
        rows.append(("kernels compiled", f"{compiled} of {of}{hint}"))
        rows.append(("compare", facts["compare_refused"] or "works here"))
        rows += [(f"solver {name}", where) for name, where in facts["plug_ins"].items()]
    return rows
