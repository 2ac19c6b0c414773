"""Handing tasks to an executor and taking rows back, whatever happens to its workers."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED as FIRST
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait

from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.isolation.supervisor import Supervisor
from xbarmip.compare.recorder import record
from xbarmip.compare.row import Row
from xbarmip.compare.task import Task
from xbarmip.compare.worker import TRIES, equip, run_task
from xbarmip.exact import as_int
from xbarmip.solvers.protocol import Progress

_PAUSE = 0.2  # seconds until it is asked again whether there is a task
_END = object()


class LocalPool(ThreadPoolExecutor):
    """`jobs` tasks at a time on this machine: a thread with a supervisor for each.

    Parameters
    ----------
    jobs : int
    tell : callable, optional
        Called, from these threads, with a dict of facts during each search.
    """

    def __init__(self, jobs: int, tell: Progress | None = None) -> None:
        self._supervisors: list[Supervisor] = []
        self._lock = threading.Lock()
        self._tell = tell
        super().__init__(as_int(jobs, "jobs", 1), "xbarmip", self._equip)

    def _equip(self) -> None:
        supervisor = Supervisor(self._tell)
        with self._lock:
            self._supervisors.append(supervisor)
        equip(supervisor)

    def stop(self) -> None:
        """End all processes now."""
        with self._lock:
            for supervisor in self._supervisors:
                supervisor.stop()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads, then the processes that fork for them."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            for supervisor in self._supervisors:
                supervisor.close()


def run_tasks(
    tasks: Iterator[Task | None], executor: Executor, at_once: int | None = None
) -> Iterator[Row]:
    """The row of every task, as they are done.

    A task whose future fails (its worker is gone, say) is submitted again; after the last try its
    row says that it was lost.

    Parameters
    ----------
    tasks : iterator of Task or None
        Asked for the next one only when there is room for it; None for "nothing at present".
    executor : concurrent.futures.Executor
    at_once : int, optional
        Tasks that it has at a time; all by default.
    """
    running: dict[Future[Row], tuple[Task, int]] = {}
    more = True
    try:
        while more or running:
            idle = False
            while more and not idle and (at_once is None or len(running) < at_once):
                task = next(tasks, _END)
                more, idle = task is not _END, task is None
                if isinstance(task, Task):
                    running[executor.submit(run_task, task)] = (task, 1)
            done, _ = wait(running, _PAUSE if idle else None, FIRST)
            if idle and not running:
                time.sleep(_PAUSE)
            for future in done:
                task, tries = running.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                elif tries < TRIES:
                    running[executor.submit(run_task, task)] = (task, tries + 1)
                else:
                    message = f"{type(error).__name__}: {' '.join(str(error).split())}"
                    yield record(task, Ending(Outcome.LOST, message=message))
    finally:
        for future in running:
            future.cancel()
