"""Writing files whole, and saying in one line why one could not be written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xbarmip.errors import InputError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file into one line that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise InputError(f"output {str(path)!r}: cannot be written ({reason})") from None


def check_writable(path: Path) -> None:
    """Refuse, before any work, a file that could not be written after it.

    Raises
    ------
    InputError
        If the path is a folder or its folder does not exist.
    """
    if path.is_dir() or not path.parent.is_dir():
        why = "is a folder" if path.is_dir() else "its folder does not exist"
        raise InputError(f"output {str(path)!r}: cannot be written ({why})")


def written(path: Path, content: bytes) -> None:
    """Write a file in one go: a reader sees the old one or the new one.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}")
    with writing(path):
        try:
            half.write_bytes(content)
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
