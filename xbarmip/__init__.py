"""Exact crossbar allocation for ReRAM-based CNN accelerators.

How many copies of its weights should each layer of a CNN get, so that inference is fastest within a
budget of crossbars? The problem is stated in Pyomo and solved three ways: by an exact dynamic
program, as a MILP by HiGHS, and by exhaustive search.
"""

from xbarmip.compare.run import compare
from xbarmip.cores.door import place
from xbarmip.cores.problem import Placement
from xbarmip.errors import InputError, UnsupportedError, VerificationError, XbarmipError
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.model.hooks import add_condition, add_expression
from xbarmip.model.statement import build_model
from xbarmip.model.verify import verify
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.library import list_networks, load_network
from xbarmip.network.window import Broadcast, Whole, Window
from xbarmip.problem import Problem
from xbarmip.solvers.conflict import Conflict, conflict
from xbarmip.solvers.dp.frontier import Frontier, Point, frontier
from xbarmip.solvers.explain import explain
from xbarmip.solvers.pyomo_door import PyomoSolver
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.closed_form import steps
from xbarmip.timing.pipeline import cycles

__all__ = [
    "Broadcast",
    "Conflict",
    "Crossbar",
    "Edge",
    "Frontier",
    "InputError",
    "Layer",
    "Network",
    "Placement",
    "Point",
    "Problem",
    "Proof",
    "PyomoSolver",
    "Result",
    "Status",
    "Stop",
    "UnsupportedError",
    "VerificationError",
    "Whole",
    "Window",
    "XbarmipError",
    "add_condition",
    "add_expression",
    "build_model",
    "compare",
    "conflict",
    "cycles",
    "explain",
    "frontier",
    "list_networks",
    "load_network",
    "place",
    "solve",
    "steps",
    "verify",
]
