"""What the process of a solver, its supervisor and the fork server tell each other, pickled.

The last word of a solver's process is an `Ending`.
"""

import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle

from xbarmip.compare.isolation.limits import Allowance
from xbarmip.solvers.protocol import Solver

_whole = threading.Lock()  # a solver may report from several threads


@dataclass(frozen=True, slots=True)
class Work:
    """What a solver's own process is given; `instance` is the problem's name."""

    instance: str
    problem: Any  # of a kind of `xbarmip.compare.kinds`
    solver: Solver
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Solving:
    """The solver is about to be called, in a process that holds `resident_bytes`."""

    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Compiling:
    """Machine code is being compiled or loaded."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """That is over."""


@dataclass(frozen=True, slots=True)
class Told:
    """The solver reports on its search."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The process has ended: its exit status (minus the signal), CPU seconds, and peak memory."""

    status: int
    cpu_seconds: float
    peak_bytes: int


def send(connection: Connection, message: object) -> None:
    """Send one message, with what only this process knows of its classes: `recv` reads it."""
    data = cloudpickle.dumps(message)
    with _whole:
        connection.send_bytes(data)
