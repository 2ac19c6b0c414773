"""Fingerprints of code that a user wrote: the same code with the same captured values, the same.

A function is its bytecode, defaults, captured variables and the global names that it uses; a class
its members and bases; any other object what it would be pickled as. Each of these is followed in
turn, through all modules of the user's own. What Python, this package or an installed one defines
stands as its name and version: that code is told apart by versions, and the package's own sources
are part of every task's key anyway.
"""

import copyreg
import enum
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

_PLAIN = (type(None), bool, float, complex, str, bytes, type(...), type(NotImplemented))
_SLOTS = (MemberDescriptorType, GetSetDescriptorType, WrapperDescriptorType)
_MADE = frozenset(  # members of a class that say nothing, or nothing that its functions do not
    (
        *("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__"),
        *("__dataclass_fields__", "__dataclass_params__", "__abstractmethods__", "_abc_impl"),
        *("__firstlineno__", "__static_attributes__", "__parameters__", "__orig_bases__"),
    )
)


class UnknowableError(Exception):
    """Something in what was to be fingerprinted cannot be looked into; the message names it."""


def fingerprint(value: object) -> str:
    """Sixty-four hexadecimal digits that differ where the code or data of `value` does.

    Raises
    ------
    UnknowableError
        Naming the type of an object that does not say what it is made of.
    """
    try:
        return _Walk().of(value)
    except RecursionError:
        raise UnknowableError(f"{type(value).__name__}: too deeply nested") from None


def _shipped(module: str | None) -> bool:
    """Whether a module is Python's, this package's or an installed one, and not the user's."""
    top = (module or "builtins").partition(".")[0]
    if top in sys.stdlib_module_names or top == __package__:
        return True
    file = getattr(sys.modules.get(str(module)), "__file__", None) or ""
    return bool({"site-packages", "dist-packages"} & set(PurePath(file).parts))


def _public_name(value: Any) -> str:
    """Module, name and version of something that is shipped."""
    module = value.__module__ or "builtins"
    version = getattr(sys.modules.get(module.partition(".")[0]), "__version__", "")
    return f"{module}.{value.__qualname__} {version}"


class _Walk:
    """One fingerprint: what has been seen, by identity, and what is under way."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}
        self._alive: list[object] = []  # so that no identity is given away twice

    def of(self, value: object) -> str:
        """The digest of a value: of its kind and the digests of its parts."""
        if isinstance(value, _PLAIN):
            return _digest((type(value).__name__, repr(value)))
        if type(value) is int:
            return _digest(("int", hex(value)))
        if id(value) not in self._known:
            self._alive.append(value)
            self._known[id(value)] = "a part of itself"
            self._known[id(value)] = _digest(self._parts(value))
        return self._known[id(value)]

    def _parts(self, value: Any) -> Iterator[str]:
        for kind, take in self._ways:
            if isinstance(value, kind):
                yield kind.__name__
                yield from take(value)
                return
        for inner in ("py_func", "__wrapped__"):  # compiled by numba; cached by functools
            if hasattr(value, inner):
                yield type(value).__name__
                yield self.of(getattr(value, inner))
                return
        yield from self._reduced(value)

    @property
    def _ways(self) -> Iterable[tuple[type, Callable[[Any], Iterable[str]]]]:
        each = partial(map, self.of)
        return (
            (ModuleType, self._module),
            (CodeType, self._code),
            (FunctionType, self._function),
            (MethodType, lambda m: each((m.__func__, m.__self__))),
            (BuiltinFunctionType, self._builtin),
            (enum.Enum, lambda e: each((type(e), e.name, e.value))),
            (type, self._class),
            (property, lambda p: each((p.fget, p.fset, p.fdel))),
            (staticmethod, lambda m: each((m.__func__,))),
            (classmethod, lambda m: each((m.__func__,))),
            (partial, lambda p: each((p.func, p.args, p.keywords))),
            (np.ndarray, lambda a: each((a.dtype.str, a.shape, a.tolist()))),
            (tuple, lambda t: (self.of(type(t)), *each(t)) if type(t) is not tuple else each(t)),
            *((kind, lambda s: sorted(each(s))) for kind in (set, frozenset)),
            *((kind, lambda s: (s.__name__,)) for kind in _SLOTS),
            (list, each),
            (dict, lambda d: sorted(self.of(k) + self.of(v) for k, v in d.items())),
        )

    def _module(self, module: ModuleType) -> Iterator[str]:
        name = module.__name__
        if _shipped(name):
            yield f"{name} {getattr(module, '__version__', '')}"
            return
        for key, value in sorted(vars(module).items()):
            if not key.startswith("__"):
                yield key
                yield self.of(value)

    def _code(self, code: CodeType) -> Iterator[str]:
        yield from map(repr, (code.co_code, code.co_names, code.co_varnames, code.co_freevars))
        yield from map(repr, (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount))
        yield repr((code.co_flags, code.co_cellvars, getattr(code, "co_exceptiontable", b"")))
        yield from map(self.of, code.co_consts)

    def _function(self, function: FunctionType) -> Iterator[str]:
        if _shipped(function.__module__):
            yield _public_name(function)
        else:
            yield self.of(function.__code__)
            for name in sorted(set(_names(function.__code__))):
                if name in function.__globals__:
                    yield name
                    yield self.of(function.__globals__[name])
        yield self.of((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                yield self.of(cell.cell_contents)
            except ValueError:
                yield "empty"

    def _builtin(self, function: Any) -> Iterator[str]:
        yield function.__qualname__
        if not isinstance(function.__self__, ModuleType):
            yield self.of(function.__self__)

    def _class(self, kind: type) -> Iterator[str]:
        if _shipped(kind.__module__):
            yield _public_name(kind)
            return
        yield kind.__qualname__
        yield from map(self.of, kind.__bases__)
        for name, member in sorted(vars(kind).items()):
            if name not in _MADE:
                yield name
                yield self.of(member)

    def _reduced(self, value: Any) -> Iterator[str]:
        try:
            registered = copyreg.dispatch_table.get(type(value))
            parts = registered(value) if registered else value.__reduce_ex__(4)
        except Exception as error:  # whatever an object of the user's does
            raise UnknowableError(f"{type(value).__name__}: {error}") from None
        yield self.of(type(value))
        if isinstance(parts, str):
            yield parts
            return
        made, arguments, *rest = parts
        yield self.of((made, arguments))
        for more in rest:
            yield self.of(list(more) if isinstance(more, Iterator) else more)


def _names(code: CodeType) -> Iterator[str]:
    """Global names that code uses, that of functions inside included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _digest(parts: Iterable[str]) -> str:
    digest = sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
