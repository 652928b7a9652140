"""Libraries of numba that compile the kernels in less time, to the same bits.

Numba optimises every function by itself and writes its machine code, and then does both again for the function that it
is a part of. Here a part is only translated into LLVM's language and linked: optimised once, as a part of its caller.
And the passes over single functions are left out, which those over the whole module do again.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as binding  # type: ignore[import-untyped,unused-ignore]
from numba.core import codegen, compiler
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import AnnotateTypes

llvm: Any = binding
_Library: Any = codegen.JITCodeLibrary
_register: Any = register_pass
_NAMES = (  # private ones of numba: where one is missing, it compiles as it does by itself
    "_optimize_functions",
    "_optimize_final_module",
    "_finalize_final_module",
    "_finalize_dynamic_globals",
    "get_pointer_to_function",
)


class _Whole(_Library):  # type: ignore[misc]
    """A library without passes over single functions."""

    def _optimize_functions(self, module: Any) -> None:
        module.data_layout = self._codegen._data_layout


class _Part(_Whole):
    """A library without machine code of its own, which is optimised as a part of its caller."""

    @property
    def codegen(self) -> Any:
        return _Codegen(self._codegen)

    def get_pointer_to_function(self, name: str) -> int:
        """Link all that it calls into it, and return 0: there is no machine code."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _Codegen:
    """A code generator for functions that have no environment, since they are called by compiled code alone."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def set_env(self, name: str, env: Any) -> None:
        """Leave the environment out."""


class _Begin(LoweringPass):
    """Give a function its library before it is translated."""

    _name: str
    kind: type

    def __init__(self) -> None:
        LoweringPass.__init__(self)  # type: ignore[no-untyped-call]

    def run_pass(self, state: Any) -> bool:
        library = self.kind(state.targetctx.codegen(), state.func_id.func_qualname)
        library.enable_object_caching()
        state["library"] = library
        return False


@_register(mutates_CFG=False, analysis_only=False)
class _BeginWhole(_Begin):
    _name, kind = "library_of_a_whole", _Whole


@_register(mutates_CFG=False, analysis_only=False)
class _BeginPart(_Begin):
    _name, kind = "library_of_a_part", _Part


class _Compiler(compiler.CompilerBase):
    """Numba's compiler with one of these passes."""

    begin: type

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        passes: Any = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)  # type: ignore[no-untyped-call]
        passes.add_pass_after(self.begin, AnnotateTypes)
        passes.finalize()
        return [passes]


class _CompilerOfWholes(_Compiler):
    begin = _BeginWhole


class _CompilerOfParts(_Compiler):
    begin = _BeginPart


class _CompilerOfLoops(_Compiler):
    begin = _BeginPart

    def define_pipelines(self) -> list[Any]:
        """Return the passes; the arrays that a loop is given do not overlap."""
        self.state.flags.noalias = True
        return super().define_pipelines()


_KNOWN = all(hasattr(_Library, name) for name in _NAMES)


def linked(compiled: Any) -> bytes:
    """Return the bitcode of a compiled function, numba's `CompileResult`, with all that it calls."""
    library = compiled._asdict()["library"]
    if _KNOWN:
        return bytes(library._final_module.as_bitcode())
    return bytes(llvm.parse_assembly(library.get_llvm_str()).as_bitcode())


WHOLE: dict[str, Any] = {"pipeline_class": _CompilerOfWholes} if _KNOWN else {}
PART: dict[str, Any] = {"pipeline_class": _CompilerOfParts} if _KNOWN else {}
LOOP: dict[str, Any] = {"pipeline_class": _CompilerOfLoops} if _KNOWN else {}
