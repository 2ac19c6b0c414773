"""The results file: JSON Lines, appended record by record, so that a kill loses nothing finished.

Every line is one JSON object with a key `record`: "run" (what was started, on what machine),
"row" (one solver's answer to one instance, a `Row`) or "verdict". Each carries the `run` it belongs
to: several runs may append to the same file, also at the same time.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from xbarmip.compare.row import Row
from xbarmip.errors import InputError
from xbarmip.strict import known_keys, located


@dataclass(frozen=True, slots=True)
class Journal:
    """The results file of a suite, open for appending, and the summary beside it.

    Attributes
    ----------
    path : Path
        <folder>/<suite>.jsonl
    run : str
        The run that the records belong to.
    """

    path: Path
    run: str

    @classmethod
    def open(cls, folder: Path, suite: str, run: str) -> "Journal":
        """Make the folder and the file where they are missing; end a line that a kill cut off.

        Raises
        ------
        InputError
            If the folder or the file cannot be written.
        """
        path = folder / f"{suite}.jsonl"
        with _writing(path):
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab+") as file:
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":
                        file.write(b"\n")
        return cls(path, run)

    def write(self, record: str, facts: Mapping[str, Any]) -> None:
        """Append one record; it is with the operating system when this returns.

        One unbuffered write a line: runs that share a file do not cut into each other's lines.

        Raises
        ------
        InputError
            If it cannot be written: the disk is full, for instance.
        """
        line = json.dumps({"record": record, "run": self.run, **facts}, allow_nan=False) + "\n"
        data = line.encode()
        with _writing(self.path), self.path.open("ab", buffering=0) as file:
            if file.write(data) != len(data):
                raise OSError("only a part of the line fitted")

    def summarise(self, text: str) -> Path:
        """Write the summary, <suite>.md, in one go: a reader sees the old one or the new one."""
        path = self.path.with_suffix(".md")
        half = path.with_name(f".{path.name}.{self.run}")
        with _writing(path):
            half.write_text(text, encoding="utf-8")
            half.replace(path)
        return path


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file into one line that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise InputError(f"output {path}: cannot be written ({error})") from None


def read_records(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """The records of a results file, in order.

    A line that is no JSON, as a kill in the middle of a write leaves it, is passed over: what it
    was to say had not finished.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def read_rows(path: str | os.PathLike[str], run: str | None = None) -> tuple[Row, ...]:
    """The rows of a results file, of one run or of all.

    Raises
    ------
    InputError
        If the file cannot be read or a row has not the fields of a `Row`.
    """
    names = [field.name for field in fields(Row)]
    rows = []
    for record in read_records(path):
        if record.get("record") == "row" and run in (None, record.get("run")):
            record.pop("record")
            with located(str(path)):
                facts = dict(known_keys(record, names))
            rows.append(Row(**{**facts, "size": tuple(facts["size"])}))
    return tuple(rows)
