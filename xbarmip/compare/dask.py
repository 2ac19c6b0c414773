"""Dask as the engine beyond one machine: the extra `dask`."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from xbarmip.errors import InputError

_CONNECT_SECONDS = 30


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler as an executor.

    The scheduler gives the tasks of a worker that is lost to others.

    Parameters
    ----------
    address : str
        As `dask scheduler` prints it: tcp://HOST:PORT.

    Raises
    ------
    InputError
        If dask.distributed is not installed or no scheduler answers at the address.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise InputError(
            "a scheduler needs dask.distributed, which is not installed; it comes with the extra "
            "`dask`: pip install 'xbarmip[dask]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"scheduler {address!r}: cannot be reached ({reason})") from None
    with client:
        yield client.get_executor(pure=False)
