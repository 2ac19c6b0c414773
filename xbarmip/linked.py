"""Kernels that other kernels alone call: compiled as far as their callers link them in.

numba optimises each kernel and makes machine code of it, then links the kernel into every caller,
and does both there again. What only callers reach is never run by itself, so that machine code of
its own is work for nothing: a seventh of all compiling. Such a kernel stops short of it here, and
what is kept of it is the code that callers link in.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Codegen:
    """What makes code, for a kernel that has no place in memory to note an environment in.

    Code asks for its environment where it prints or hands objects to Python: no kernel does.
    """

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Note nothing."""


class _Library(JITCodeLibrary):
    """The code of one kernel: its callers optimise it and make machine code of it, with theirs."""

    _finalized: bool

    @property
    def codegen(self) -> Any:
        return _Codegen(self._codegen)

    def _optimize_final_module(self) -> None:
        """Leave it to the callers."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True

    def get_pointer_to_function(self, _: str) -> int:
        """No machine code, no address."""
        return 0

    def serialize_using_object_code(self) -> tuple[str, str, bytes]:
        """What is kept; a process that loads it to compile a caller makes machine code of it."""
        module: Any = self._get_module_for_linking()  # type: ignore[no-untyped-call]
        return self.name, "bitcode", module.as_bitcode()


class Linked(Compiler):
    """numba's compiler, up to what callers link in."""

    def define_pipelines(self) -> Any:
        """The passes of numba, over a library of the kind above."""
        state: Any = self.state
        codegen: Any = state.targetctx.codegen()
        state.library = _Library(codegen, state.func_id.func_qualname)  # type: ignore[no-untyped-call]
        return super().define_pipelines()  # type: ignore[no-untyped-call]
