"""A fork server that loads exhaustive search alone: a third of the seconds of one that is warm."""

from xbarmip.compare.isolation import serve
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.protocol import Limits, Watch


def main(fd, parent):
    """Serve as ever."""
    serve._warm_up = warm_up
    serve.main(fd, parent)


def warm_up():
    """Load what an honest solver needs in these tests."""
    Exhaustive().solve(Problem(load_network("lenet-5"), 14, 128), Watch(Limits()))
