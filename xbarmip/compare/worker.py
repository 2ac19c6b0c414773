"""One task from beginning to end, as any executor can run it: the row that comes of it."""

import threading

from xbarmip.compare.certify import with_certificate
from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.isolation.server import LostError
from xbarmip.compare.isolation.supervisor import Supervisor
from xbarmip.compare.recorder import record
from xbarmip.compare.row import Row
from xbarmip.compare.task import Task

TRIES = 3

_own = threading.local()


def equip(supervisor: Supervisor) -> None:
    """Give this thread its supervisor; without, it gets one of its own at its first task."""
    _own.supervisor = supervisor


def run_task(task: Task) -> Row:
    """Run a task in a process of its own, check what it answers, and certify it if asked to.

    Where the process that forks is lost, the task is run again.
    """
    supervisor: Supervisor = getattr(_own, "supervisor", None) or Supervisor()
    equip(supervisor)
    for _ in range(TRIES):
        try:
            row = record(task, supervisor.run(task.work))
            return with_certificate(row, task, supervisor) if task.certify else row
        except LostError as error:
            lost = str(error)
    return record(task, Ending(Outcome.LOST, message=f"{lost}, {TRIES} times"))
