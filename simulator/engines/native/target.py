"""Machine code for this processor from LLVM's bitcode of a kernel.

The bitcode is that of numba before it is optimised. It holds all parts of a kernel and knows neither processor nor
operating system. Two kinds of constants are left open in it, and set here: `ictal_has_PART`, whether the network has a
part, and `ictal_has_fma`, whether the processor has fused multiply-adds.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Collection
from functools import cache, lru_cache
from typing import Any

import llvmlite.binding as binding  # type: ignore[import-untyped,unused-ignore]
from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import externals

llvm: Any = binding
OPEN = "ictal_has_"  # prefix of the constants that are left open
FUSES = "fma"
KERNEL = "ictal_kernel"  # name of the function in its bitcode


class UnresolvedError(Exception):
    """A function that the code calls is not in this process."""


@lru_cache(maxsize=1)
def machine() -> Any:
    """Return LLVM's target machine for this processor, or for the one that numba's variables name."""
    return _machine()


def _machine() -> Any:
    _name_functions()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    cpu, features = processor()
    # as numba does: code within the reach of 32 bits on x86, where the linker of LLVM's JIT places it
    reloc = "static" if target.name.startswith("x86") else "default"
    return target.create_target_machine(cpu, features, opt=3, reloc=reloc, codemodel="jitdefault", jit=True)


@lru_cache(maxsize=1)
def processor() -> tuple[str, str]:
    """Return name and features of the processor."""
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is None:
        features = llvm.get_host_cpu_features().flatten()
    return os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name(), features


def fuses(own: Any) -> bool:
    """Return whether a target machine has an instruction for `llvm.fma`: LLVM has no query for it."""
    module = ir.Module()
    module.triple = own.triple
    number = ir.DoubleType()
    function = ir.Function(module, ir.FunctionType(number, [number] * 3), "probe")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(builder.fma(*function.args))
    return re.search(r"\bfma\b", own.emit_assembly(llvm.parse_assembly(str(module)))) is None


def packed(bitcode: bytes, name: str, apart: Collection[str]) -> bytes:
    """Return the bitcode of one function of a module and of what it calls, a third as long: without its stack.

    `apart`: functions that are not to be inlined.
    """
    module = llvm.parse_bitcode(bitcode)
    for function in module.functions:
        if function.name in apart:
            function.add_function_attribute("noinline")
        if function.name == name:
            function.name, function.linkage = KERNEL, "external"
        elif not function.is_declaration:
            function.linkage = "internal"  # nothing else calls it: what is inlined or absent leaves no copy
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.add_dead_code_elimination_pass()
    passes.add_global_dead_code_eliminate_pass()  # addresses within this process, which numba leaves behind
    passes.run(module, _builder(machine(), 0))
    return bytes(module.as_bitcode())


def object_code(bitcode: bytes, absent: Collection[str], symbol: str) -> bytes:
    """Return the machine code of a kernel without the parts that are absent, as a function of the name `symbol`.

    Raises:
        RuntimeError: this LLVM cannot read the bitcode.
        UnresolvedError: the code calls a function that is not in this process.
    """
    own = machine()
    module = llvm.parse_bitcode(bitcode)
    module.triple, module.data_layout = own.triple, str(own.target_data)
    _close(module, {OPEN + name: 0 for name in absent} | {OPEN + FUSES: int(fuses(own))})
    module.get_function(KERNEL).name = symbol
    _optimise(module, own)
    _engine()  # only with one does LLVM look for functions in this process
    for function in module.functions:
        name = function.name
        if function.is_declaration and not name.startswith("llvm.") and llvm.address_of_symbol(name) is None:
            raise UnresolvedError(name)
    return bytes(own.emit_object(module))


def _close(module: Any, values: dict[str, int]) -> None:
    """Set the open constants of a module: 1 where no value is given."""
    names = [v.name for v in module.global_variables if v.name.startswith(OPEN)]
    text = "\n".join(f"@{name} = constant i8 {values.get(name, 1)}" for name in names)
    constants = llvm.parse_assembly(text)
    constants.triple, constants.data_layout = module.triple, module.data_layout
    module.link_in(constants)
    for name in names:
        module.get_global_variable(name).linkage = "internal"


def _optimise(module: Any, own: Any) -> None:
    """Drop what is absent, then run numba's passes: cheap ones that rotate loops, and all of -O3."""
    first = llvm.create_new_module_pass_manager()
    builder = _builder(own, 0)
    first.add_ipsccp_pass()
    first.add_global_opt_pass()
    first.add_global_dead_code_eliminate_pass()
    first.run(module, builder)
    cheap = builder.getModulePassManager()
    cheap.add_loop_rotate_pass()
    cheap.add_instruction_combine_pass()
    cheap.add_jump_threading_pass()
    cheap.run(module, builder)
    builder = _builder(own, 3)
    builder.getModulePassManager().run(module, builder)


def _builder(own: Any, level: int) -> Any:
    options = llvm.create_pipeline_tuning_options()
    options.speed_level, options.loop_vectorization, options.slp_vectorization = level, level > 0, False
    return llvm.create_pass_builder(own, options)


@lru_cache(maxsize=1)
def _engine() -> Any:
    own = _machine()  # the engine owns it
    empty = llvm.parse_assembly("")
    empty.triple = own.triple
    return llvm.create_mcjit_compiler(empty, own)


def _name_functions() -> None:
    """Give LLVM the addresses of the functions that kernels call: those of numba, for the same bits."""
    math: Any = externals.c_math_functions
    math.install(None)
    if sys.platform == "win32":
        aside = ctypes.cast(ctypes.windll.kernel32.SwitchToThread, ctypes.c_void_p).value
        llvm.add_symbol("sched_yield", aside)


@cache
def loaded(compiled: bytes, symbol: str) -> int:
    """Load machine code for good; return the address of its function."""
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(compiled))
    engine.finalize_object()
    return int(engine.get_function_address(symbol))
