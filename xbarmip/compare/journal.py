"""The results file: JSON Lines, appended record by record, so that a kill loses nothing finished.

Every line is one JSON object with a key `record`: "run" (what was started, on which instances) or
"row" (one solver's answer to one instance, a `Row`). Each carries the `run` that it belongs to:
several runs may append to the same file, also at the same time. Verdicts are not written: they
follow from these.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xbarmip.compare.row import Row
from xbarmip.compare.typed import anything, mapped, one_of
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.files import writing, written
from xbarmip.plain import plain
from xbarmip.strict import located, parse_json
from xbarmip.text import for_file_name

RUN, ROW = "run", "row"
KINDS = (RUN, ROW)


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
        """Make the folder and the file where they are missing.

        Raises
        ------
        InputError
            If the folder or the file cannot be written.
        """
        path = folder / f"{for_file_name(suite)}.jsonl"
        with writing(path):
            folder.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()
        return cls(path, run)

    def write(self, record: str, facts: Mapping[str, Any]) -> None:
        """Append one record; it is on the disk when this returns.

        Raises
        ------
        InputError
            If it cannot be written: the disk is full, for instance.
        """
        line = json.dumps({"record": record, "run": self.run, **plain(facts)}) + "\n"
        append(self.path, line.encode())

    def summarise(self, text: str) -> Path:
        """Write the summary, <suite>.md, in one go: a reader sees the old one or the new one."""
        path = self.path.with_suffix(".md")
        written(path, text.encode())
        return path


def append(path: Path, data: bytes) -> None:
    """Append whole lines to a file that others append to at the same time.

    The file is locked meanwhile. A line that a kill cut off is ended first, whoever wrote it, so
    that it spoils no other.

    Raises
    ------
    InputError
        If they cannot be written.
    UnsupportedError
        If the system has no such lock.
    """
    with writing(path), path.open("rb+", buffering=0) as file, _locked(file.fileno()):
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                data = b"\n" + data
        if file.write(data) != len(data):
            raise OSError("only part of the line could be written")
        os.fsync(file.fileno())


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Hold the file's lock; unlike flock, this one also works over NFS."""
    try:
        import fcntl
    except ImportError:
        raise UnsupportedError(
            "adding to a results file needs the module fcntl, to lock it; this system has none"
        ) from None
    fcntl.lockf(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN)


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a results file.

    Attributes
    ----------
    kind : str
        Of `KINDS`.
    facts : dict
        Its keys and values but for `record`.
    line : str
        As it stands in the file.
    number : int
        Of the line, from 1.
    where : str
        File and line number, for messages.
    """

    kind: str
    facts: dict[str, Any]
    line: str
    number: int
    where: str


def read_records(path: str | os.PathLike[str], seen: int = 0) -> Iterator[Record]:
    """The records of a results file, in order, those on the first `seen` lines left out.

    A line that ends in the middle of a record, as a kill in the middle of a write leaves it, is
    passed over: what it was to say had not finished. Any other line must be a record.

    Raises
    ------
    InputError
        If the file cannot be read, or a line is not a record; the message names file and line.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise InputError(f"{path}: cannot be read ({reason})") from None
    for number, raw in enumerate(lines[seen:], start=seen + 1):
        where = f"{path}: line {number}"
        line = raw.decode(errors="replace").strip("\0 \t\r")
        if line and not _cut_off(line):
            with located(where):
                yield Record(*_record(line), line, number, where)


def _record(line: str) -> tuple[str, dict[str, Any]]:
    facts = mapped(anything)(parse_json(line), "a record")
    return one_of(KINDS)(facts.pop("record", None), "record"), facts


def _cut_off(line: str) -> bool:
    """Whether a line begins as a record and ends within it: in a string, or in an open bracket.

    So does every proper beginning of a JSON object, and no whole one.
    """
    strings = line.replace("\\\\", "").replace('\\"', "").split('"')
    outside = strings[::2]
    depth = sum(part.count("{") - part.count("}") for part in outside)
    return line.startswith("{") and (depth > 0 or len(strings) % 2 == 0)


def read_rows(path: str | os.PathLike[str], run: str | None = None) -> tuple[Row, ...]:
    """The rows of a results file, of one run or of all.

    Raises
    ------
    InputError
        If the file cannot be read or holds what no results file holds.
    """
    rows = []
    for record in read_records(path):
        if record.kind == ROW and run in (None, record.facts.get("run")):
            with located(record.where):
                rows.append(Row.from_dict(record.facts))
    return tuple(rows)
