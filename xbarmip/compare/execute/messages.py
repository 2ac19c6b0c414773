"""What the process of a solver and its guard tell each other, pickled, over a socket."""

import pickle
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Any

import cloudpickle

_LENGTH = struct.Struct(">Q")
_CHUNK = 1 << 16
_whole = threading.Lock()  # a solver may report from several threads


@dataclass(frozen=True, slots=True)
class Born:
    """The nursery has forked a process."""

    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The process has ended: its exit status (minus the signal), CPU seconds, and peak memory."""

    status: int
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Solving:
    """The solver is about to be called, in a process that holds `resident_bytes`."""

    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Compiling:
    """Machine code is being compiled or loaded."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """That is over; `seconds` went into it since the process began to solve."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Told:
    """The solver reports on its search."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The solver cannot take the problem, for these reasons."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """The solver returned `answer`, whatever that is, after `seconds` of solving."""

    answer: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Raised:
    """The solver raised; `memory` where it ran out of it."""

    error: str
    memory: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Unsendable:
    """The solver returned something that cannot even be sent."""

    error: str
    seconds: float


Last = Refused | Answered | Raised | Unsendable


def send(connection: socket.socket, message: object) -> None:
    """Send one message: its length, then its pickle."""
    data = cloudpickle.dumps(message)
    with _whole:
        connection.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket) -> Any:
    """The next message of a connection that blocks.

    Raises
    ------
    EOFError
        If the other end has closed.
    """
    buffer = Buffer()
    while True:
        wanted = buffer.missing
        data = connection.recv(min(wanted, _CHUNK))
        if not data:
            raise EOFError
        for message in buffer.feed(data):
            return message


class Buffer:
    """Bytes as they come, cut into messages."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def missing(self) -> int:
        """Bytes up to the end of the message or of its length, whichever comes next."""
        if len(self._data) < _LENGTH.size:
            return _LENGTH.size - len(self._data)
        return _LENGTH.size + self._length - len(self._data)

    @property
    def _length(self) -> int:
        length: int = _LENGTH.unpack_from(self._data)[0]
        return length

    def feed(self, data: bytes) -> list[Any]:
        """Add what came; the messages that are whole now."""
        self._data += data
        messages = []
        while len(self._data) >= _LENGTH.size and not self.missing > 0:
            end = _LENGTH.size + self._length
            messages.append(pickle.loads(self._data[_LENGTH.size : end]))
            del self._data[:end]
        return messages
