"""Fork servers that outlive a comparison, so that tests share the seconds that one takes to start.

A child is forked for every task as ever; what was forked, killed or left behind for one task can no
more meet another than within one comparison. A server is kept only where a comparison came to its
own end and left nothing running. What is tested about servers themselves is marked `own_server`.

A child that is given a solver out of a test imports the module of that test. What such modules
import takes most of the time of a task, so a server that is kept loads it before it forks.
"""

import os
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from xbarmip.compare.isolation import serve
from xbarmip.compare.isolation.server import ForkServer

_STARTER = ThreadPoolExecutor(1)  # a fork server dies with the thread that started it
_IDLE: dict[tuple, list["Kept"]] = defaultdict(list)
_NAMES_THE_TEST = "PYTEST_CURRENT_TEST"
_IMPORTED_BY_TESTS = ("pytest", "onnx", "tests.compare.test_run")


def main(fd, parent):
    """What the process of a server that is kept runs."""
    for name in _IMPORTED_BY_TESTS:
        import_module(name)
    serve.main(fd, parent)


class Kept(ForkServer):
    """A fork server that waits for the next comparison instead of leaving."""

    module = __name__

    def __init__(self, threads):
        self.told_to_leave = False
        self.place = place(threads)
        _STARTER.submit(super().__init__, threads).result()

    @property
    def pid(self):
        return self._process.pid

    @property
    def idle(self):
        """Whether it lives, has nothing more to say, and nothing runs below it."""
        return self._process.poll() is None and not self.control.poll(0) and not self.below

    def end(self):
        self.told_to_leave = True
        super().end()

    def close(self):
        if self.told_to_leave or sys.exc_info()[0] is not None or not self.idle:
            super().close()
        else:
            _IDLE[self.place].append(self)


def place(threads):
    """What a fork server hands on to its children."""
    inherited = {key: value for key, value in os.environ.items() if key != _NAMES_THE_TEST}
    return threads, tuple(sys.path), tuple(sorted(inherited.items()))


def kept_or_new(threads):
    """What stands in for `ForkServer`."""
    waiting = _IDLE[place(threads)]
    while waiting:
        server = waiting.pop()
        if server.idle:
            return server
        ForkServer.close(server)
    return Kept(threads)


def kept():
    """Process ids of those that wait."""
    return {server.pid for waiting in _IDLE.values() for server in waiting}


def close_all():
    """End those that wait."""
    for waiting in _IDLE.values():
        while waiting:
            ForkServer.close(waiting.pop())
