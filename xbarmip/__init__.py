"""Exact crossbar allocation for ReRAM-based CNN accelerators.

How many copies of its weights should each layer of a CNN get, so that inference is fastest within a
budget of crossbars? The problem is stated in Pyomo and solved three ways: by an exact dynamic
program, as a MILP by HiGHS, and by exhaustive search.

Names are loaded when they are first used: what `__init__.pyi` lists is all there is.
"""

import copyreg
import sys
from importlib import import_module
from types import ModuleType

import lazy_loader

from xbarmip.imports import when_imported

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

# Solvers of a script or notebook go to other processes with what they refer to, as `xb`: by name,
# which pickle knows of plain modules only.
if type(sys.modules[__name__]) is not ModuleType:
    copyreg.pickle(type(sys.modules[__name__]), lambda module: (import_module, (module.__name__,)))


# `SolverFactory("xbarmip_dp")` and its siblings are known as soon as there is a factory.
when_imported("pyomo.environ", lambda: import_module("xbarmip.questions.pyomo_door"))
