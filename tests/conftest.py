"""What every test begins with, and the order in which they run."""

import gc
import os
import signal
import sys

import pytest

from tests import fork_servers
from xbarmip.compare.isolation import supervisor
from xbarmip.measures import registry

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs them behind


@pytest.fixture(autouse=True)
def _measures_that_ship(monkeypatch):
    """Measures that a test registers are gone after it."""
    monkeypatch.setattr(registry, "_MEASURES", dict(registry._MEASURES))


@pytest.fixture(autouse=True)
def _servers_that_are_kept(request, monkeypatch):
    """Comparisons share the process that forks solvers, but in tests of that process."""
    if request.node.get_closest_marker("own_server") is None:
        monkeypatch.setattr(supervisor, "ForkServer", fork_servers.kept_or_new)


@pytest.fixture
def own_modules(tmp_path, monkeypatch):
    """What is imported from the test's folder is forgotten after it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture(scope="session", autouse=True)
def _servers_are_ended():
    yield
    fork_servers.close_all()


def pytest_collection_finish():
    """What is imported by now stays: searches for garbage leave it out, and are seldom.

    They took a fifth of the time of tests that build many models.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def pytest_collection_modifyitems(items):
    """Those marked `long` begin, whole files dealt to the workers in turn, so that none ends last.

    With `--dist worksteal` each worker begins with its own part of the list, cut into as many
    pieces as there are workers. What a file prepares for all its tests is prepared once.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("long")]
    files = list(dict.fromkeys(item.path for item in long))
    rest = [item for item in items if not item.get_closest_marker("long")]
    size = -(-len(items) // workers)
    dealt = []
    for number in range(workers):
        mine = files[number::workers]
        first = [item for path in mine for item in long if item.path == path]
        left = len(rest) if number == workers - 1 else max(0, size - len(first))
        dealt += [*first, *rest[:left]]
        rest = rest[left:]
    items[:] = dealt
