"""Comparing solvers on suites of instances: `xbarmip.compare(...)` runs one.

The package is also the function: `import xbarmip as xb; xb.compare("ladder")`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


class _Callable(ModuleType):
    """A module that can be called: the name `xbarmip.compare` is both a package and a function."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        from xbarmip.compare.run import compare

        return compare(*arguments, **settings)

    def __reduce__(self) -> tuple[Any, ...]:
        """By name, as pickle does with plain modules."""
        return import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Callable
