"""Parts of the step that not every network has.

The bitcode of the package holds all of them. `has_...` is a constant there that is set, and drops the code of a part,
when machine code is made for a network. Until then its arguments are empty arrays.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as binding  # type: ignore[import-untyped,unused-ignore]
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import types
from numba.extending import intrinsic

from ..native.target import OPEN
from .layout import (
    EVENTS,
    GATE,
    NOISE,
    OWN,
    OWN_NOISE,
    POISSON,
    SAMPLER,
    TRIGGER,
    Coupling,
    Individual,
    Inputs,
    Noise,
    Signals,
    State,
    Triggers,
)

_intrinsic: Any = intrinsic
_llvm: Any = binding
_yes = ctypes.c_int8(1)


def load_open(context: Any, builder: Any, name: str) -> Any:
    """Return a constant that is left open, as a bit."""
    name, byte = OPEN + name, ir.IntType(8)
    constant = builder.module.globals.get(name)
    if constant is None:
        constant = ir.GlobalVariable(builder.module, byte, name)
        constant.global_constant = True
    return builder.icmp_unsigned("!=", builder.load(constant), ir.Constant(byte, 0))


def _has(name: str) -> Callable[[], bool]:
    """Return the test for a part, named by the parameter of `advance`."""
    _llvm.add_symbol(OPEN + name, ctypes.addressof(_yes))  # for code that numba makes by itself

    def has(typing: Any) -> Any:
        return types.boolean(), lambda context, builder, _, __: load_open(context, builder, name)

    test: Callable[[], bool] = _intrinsic(has)
    return test


has_signals = _has("signals")
has_inputs = _has("inputs")
has_noisy = _has("noisy")
has_coupling = _has("coupling")
has_triggered = _has("triggered")
has_individual = _has("individual")
has_linear_cells = _has("linear_cells")
has_plain_cells = _has("plain_cells")

EMPTY: dict[str, Callable[[Any], Any]] = {  # in the order of the arguments of `advance`; for the precision of the cells
    "signals": lambda _: Signals(np.empty(0, SAMPLER), np.empty(0, np.int64)),
    "inputs": lambda _: Inputs(np.empty(0, POISSON), np.empty(0, EVENTS)),
    "noisy": lambda precision: Noise(np.empty(0, NOISE), np.empty(0, precision)),
    "coupling": lambda _: Coupling(np.empty(0), np.empty(0, GATE)),
    "triggered": lambda _: Triggers(np.empty(0, TRIGGER), np.empty(0, np.int32)),
    "individual": lambda _: Individual(
        np.empty(0, OWN), np.empty(0, np.int64), np.empty(0, OWN_NOISE), np.empty(0), np.empty(0, np.int64)
    ),
    "linear_cells": lambda _: False,
    "plain_cells": lambda _: False,
}


def whole(arguments: Sequence[Any]) -> Sequence[Any]:
    """Return the arguments of `advance` with empty tables in place of None."""
    tables, *rare = arguments[: 1 + len(EMPTY)]
    rest = arguments[1 + len(EMPTY) :]
    (state,) = (a for a in rest if isinstance(a, State))
    given = (make(state.y.dtype) if a is None else a for a, make in zip(rare, EMPTY.values(), strict=True))
    return (tables, *given, *rest)
