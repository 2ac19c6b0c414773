"""Measures: what a problem minimises, one file each (SPEC §11).

Every module of this package is imported, so that a measure that is put here is known.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
