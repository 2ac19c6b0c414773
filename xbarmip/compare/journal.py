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

from xbarmip.compare.files import writing, written
from xbarmip.compare.row import Row
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.strict import located
from xbarmip.text import for_file_name


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
        line = json.dumps({"record": record, "run": self.run, **facts}, allow_nan=False) + "\n"
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
            raise OSError("only a part of the line fitted")
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
    rows = []
    for record in read_records(path):
        if record.get("record") == "row" and run in (None, record.get("run")):
            record.pop("record")
            with located(str(path)):
                rows.append(Row.from_dict(record))
    return tuple(rows)
