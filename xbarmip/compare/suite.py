"""Reading suites: TOML files that state instances (docs/comparing.md)."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.compare.case import CaseReader
from xbarmip.compare.family import read_family
from xbarmip.compare.instance import Instance, Suite
from xbarmip.compare.integer_suite import read_integer_suite
from xbarmip.data import find_file, shipped_names
from xbarmip.errors import InputError
from xbarmip.limits import MOST_INSTANCES
from xbarmip.strict import as_text, check_format, known_keys, located, parse_toml, read_text, short

FORMAT = "xbarmip-suite"
VERSION = 1
_DEFAULTS: Mapping[str, Any] = {"size": 128, "objectives": ["cycles"], "constraints": []}


def list_suites() -> tuple[str, ...]:
    """Names of the suites that ship with the package, sorted."""
    return shipped_names("suites")


def read_suite(name_or_path: str | PathLike[str]) -> Suite:
    """Read a suite.

    Parameters
    ----------
    name_or_path : str or path
        A path that ends in .toml, or in .json for a suite that is given as integers alone; or else
        the name of a shipped suite.

    Raises
    ------
    InputError
        On an unknown name, an unreadable file, a key that is unknown or missing, a value out of
        range, or a network that cannot be read; the message names the file, the case and the key.
    """
    file = find_file("suites", name_or_path, (".toml", ".json"))
    if isinstance(file, Path) and file.suffix.lower() == ".json":
        return read_integer_suite(file)
    text = read_text(file)
    with located(str(file)):
        return _suite(parse_toml(text), file.parent if isinstance(file, Path) else None)


def _suite(data: Mapping[str, Any], folder: Path | None) -> Suite:
    check_format(data, FORMAT, VERSION)
    required = ("format", "version", "name", "description")
    table = known_keys(data, required, ("defaults", "case", "family"))
    name, description = (as_text(table[key], key) for key in ("name", "description"))
    with located("defaults"):
        defaults = {**_DEFAULTS, **known_keys(table.get("defaults", {}), (), _DEFAULTS)}
    cases = CaseReader(folder, defaults)
    instances: list[Instance] = []
    for number, entry in enumerate(_entries(table, "case"), start=1):
        with _where(entry, "case", number):
            _add(instances, cases.read(entry))
    for number, entry in enumerate(_entries(table, "family"), start=1):
        with _where(entry, "family", number):
            _add(instances, read_family(entry, defaults))
    return Suite(name, description, tuple(instances))


def _add(instances: list[Instance], more: Iterator[Instance]) -> None:
    instances += islice(more, MOST_INSTANCES + 1 - len(instances))
    if len(instances) > MOST_INSTANCES:
        raise InputError(f"a suite has at most {MOST_INSTANCES} instances, this one has more")


def _entries(table: Mapping[str, Any], key: str) -> list[Any]:
    entries = table.get(key, [])
    if not isinstance(entries, list):
        raise InputError(f"{key} must be an array of tables, [[{key}]], got {short(entries)}")
    return entries


def _where(entry: Any, kind: str, number: int) -> AbstractContextManager[None]:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return located(f"{kind} {name!r}" if isinstance(name, str) else f"{kind} number {number}")
