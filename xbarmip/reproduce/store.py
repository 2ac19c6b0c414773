"""Computed rows on disk: each is kept as soon as it is done, with what made it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from xbarmip.compare.facts import code_facts, machine_facts
from xbarmip.compare.report.summary import code_words, machine_words
from xbarmip.compare.typed import anything, mapped, table
from xbarmip.files import written
from xbarmip.reproduce.records import as_json, reader
from xbarmip.solvers.protocol import Progress
from xbarmip.strict import located, parse_json, read_text

Work = Callable[[Progress | None], Any]  # computes a row


@dataclass(frozen=True, slots=True)
class Made:
    """How a row was made: by which versions and sources of the solvers, on which machine, within
    how many seconds for a proof, in how many.
    """

    by: str
    sources: str
    on: str
    limit: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A row, and how it was made."""

    row: Any
    made: Made

    def is_current(self, limit: float) -> bool:
        """Whether the solvers as they are made it, within this limit."""
        return (self.made.sources, self.made.limit) == (code_facts()["sources"], limit)


def compute(work: Work, limit: float, progress: Progress | None) -> Kept:
    """Compute a row."""
    begin = perf_counter()
    row, code = work(progress), code_facts()
    seconds = round(perf_counter() - begin, 1)
    by, on = code_words(code), machine_words(machine_facts())
    return Kept(row, Made(by, code["sources"], on, limit, seconds))


class Store:
    """The rows of one part by their keys, in `<name>.json` of a folder.

    Parameters
    ----------
    folder : Path
    name : str
        Of the part.
    kind : type
        What a row is: a dataclass, or several as alternatives.

    Raises
    ------
    InputError
        If the file is there and holds anything else.
    """

    def __init__(self, folder: Path, name: str, kind: Any) -> None:
        self._file = folder / f"{name}.json"
        self.rows: dict[str, Kept] = {}
        if self._file.exists():
            with located(f"{self._file}: is not a file of `xbarmip reproduce`"):
                found = table({"rows": mapped(mapped(anything))})(
                    parse_json(read_text(self._file)), ""
                )
                self.rows = _read(kind, found["rows"])

    def clear(self) -> None:
        """Forget all rows; the file stays until the first new one."""
        self.rows = {}

    def add(self, key: str, kept: Kept) -> None:
        """Keep a row: the file is replaced as a whole, so that a kill leaves the old or the new.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        self.rows[key] = kept
        written(self._file, _text(self.rows).encode())


def _text(rows: Mapping[str, Kept]) -> str:
    """A file of rows, one a line; how one was made is told as far as the row above differs."""
    lines: list[str] = []
    above: dict[str, Any] = {}
    for key, kept in rows.items():
        made = as_json(kept.made)
        told = {name: value for name, value in made.items() if above.get(name) != value}
        lines.append(f"{_compact(key)}:{_compact({**as_json(kept.row), 'made': told})}")
        above = made
    joined = ",\n".join(lines)
    return f'{{"rows":{{\n{joined}\n}}}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _read(kind: Any, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Kept]:
    """The rows of a file; what one does not tell of how it was made is as in the row above."""
    kept: dict[str, Kept] = {}
    above: dict[str, Any] = {}
    for key, entry in rows.items():
        told = mapped(anything)(entry.get("made"), f"{key}: made")
        above = {**above, **told}
        made = reader(Made)(above, f"{key}: made")
        row = reader(kind)({name: entry[name] for name in entry if name != "made"}, key)
        kept[key] = Kept(row, made)
    return kept
