"""One task from beginning to end, as any executor can run it: the row that comes of it."""

import threading

from xbarmip.compare.execute.certify import with_certificate
from xbarmip.compare.execute.ending import Ending, Outcome
from xbarmip.compare.execute.guard import Guard
from xbarmip.compare.execute.nursery import LostError
from xbarmip.compare.execute.task import Task
from xbarmip.compare.recorder import record
from xbarmip.compare.row import Row

TRIES = 3

_own = threading.local()


def equip(guard: Guard) -> None:
    """Give this thread its guard; without, it gets one of its own at its first task."""
    _own.guard = guard


def run_task(task: Task) -> Row:
    """Run a task in a process of its own, check what it answers, and certify it if asked to.

    Where the process that forks is lost, the task is run again.
    """
    guard: Guard = getattr(_own, "guard", None) or Guard()
    equip(guard)
    for _ in range(TRIES):
        try:
            row = record(task, guard.run(task))
            return with_certificate(row, task, guard) if task.certify else row
        except LostError as error:
            lost = str(error)
    return record(task, Ending(Outcome.LOST, message=f"{lost}, {TRIES} times"))
