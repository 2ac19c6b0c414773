"""Computed rows on disk: every row is kept as soon as it is done."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xbarmip.errors import InputError
from xbarmip.files import written
from xbarmip.solvers.protocol import Progress

Row = dict[str, Any]
Work = Callable[[Progress | None], Row]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the reproduction: rows that are computed one by one.

    Attributes
    ----------
    name : str
        Also the name of its file.
    about : str
        What of the paper it is about.
    cases : callable
        Called with the seconds that each solve may take; returns what computes each row, by key.
    """

    name: str
    about: str
    cases: Callable[[float], Mapping[str, Work]]


class Store:
    """The rows of one part, in `<name>.json` of a folder.

    Raises
    ------
    InputError
        If the file is there and is none of this kind.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.json"
        self.rows: dict[str, Row] = {}
        if self._file.exists():
            try:
                self.rows = dict(json.loads(self._file.read_text(encoding="utf-8"))["rows"])
            except (OSError, ValueError, TypeError, KeyError):
                raise InputError(f"{self._file}: is not a file of `xbarmip reproduce`") from None

    def clear(self) -> None:
        """Forget all rows; the file stays until the first new one."""
        self.rows = {}

    def add(self, key: str, row: Row) -> None:
        """Keep a row: the file is replaced as a whole, so that a kill leaves the old or the new.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        self.rows[key] = row
        text = json.dumps({"rows": self.rows}, indent=1, allow_nan=False) + "\n"
        written(self._file, text.encode())
