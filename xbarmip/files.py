"""Writing files whole, and saying in one line why one could not be written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from xbarmip.errors import InputError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file into one line that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: Exception) -> InputError:
    reason = (isinstance(error, OSError) and error.strerror) or error
    return InputError(f"output {str(path)!r}: cannot be written ({reason})")


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


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` when the block ends, and leaves no trace
    where it does not: a reader sees the old one or the new one.

    A link goes on to lead where it does; pipes and devices are written to as they are.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with writing(path):
        place = Path(os.path.realpath(path))
        special = path.exists() and not path.is_file()
        half = path if special else place.with_name(f".{place.name}.{os.getpid()}")
        file = half.open("wb")
    try:
        with file:
            yield file
        if not special:
            half.replace(place)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        if not special:
            half.unlink(missing_ok=True)


def written(path: Path, content: bytes) -> None:
    """Write a file in one go (see `replacing`)."""
    with replacing(path) as file:
        file.write(content)
