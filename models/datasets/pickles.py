"""Reading pickles of plain data without running anything that they name."""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.files.document import first_line

DAMAGE = (
    *(pickle.UnpicklingError, EOFError, ImportError, LookupError, TypeError, ValueError, AttributeError),
    *(ArithmeticError, MemoryError, RecursionError),
)  # what a damaged pickle raises


class _DType:
    """Stands for numpy.dtype: a type of numbers and its byte order."""

    __slots__ = ("plain",)

    def __init__(self, code: str | bytes, *flags: object) -> None:
        name = code.decode("latin1") if isinstance(code, bytes) else str(code)
        if not re.fullmatch("[biuf][1248]", name):
            raise pickle.UnpicklingError(f"it holds an array of {name!r}, which are no numbers")
        self.plain = np.dtype(name)

    def __setstate__(self, state: Any) -> None:
        self.plain = self.plain.newbyteorder(state[1])


class _Array:
    """Stands for numpy.ndarray: bytes and how they are to be read."""

    __slots__ = ("values",)

    def __init__(self, *begin: object) -> None:
        self.values: NDArray[Any] = np.empty(0, np.uint8)

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        content = data.encode("latin1") if isinstance(data, str) else data
        if not isinstance(content, bytes):
            raise pickle.UnpicklingError("it holds an array without content")
        self.values = np.frombuffer(content, dtype.plain).reshape(shape, order="F" if fortran else "C")


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes for Python 2 to read
            return lambda text, encoding: str(text).encode("latin1")
        if (module, name) not in _STANDS_FOR:
            raise pickle.UnpicklingError(f"it names {module}.{name}; only arrays of numbers, texts and lists are read")
        return _STANDS_FOR[module, name]


_STANDS_FOR: dict[tuple[str, str], type] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
}


def read_pickle(data: bytes, path: Path) -> dict[str, Any]:
    """A pickled dictionary of texts, numbers, bytes, lists and arrays of numbers, of Python 2 or 3.

    Nothing that the pickle names is imported or called; arrays are built from their bytes. Keys that are
    bytes become texts.

    Args:
        data: the pickle.
        path: where it comes from, for errors.

    Raises:
        InputError: it is damaged, holds anything else, or is no dictionary.

    >>> read_pickle(pickle.dumps({"labels": [1, 2], b"data": np.arange(3)}, protocol=2), Path("batch"))
    {'labels': [1, 2], 'data': array([0, 1, 2])}
    """
    try:
        found = _PlainUnpickler(io.BytesIO(data), encoding="latin1").load()
        plain = {_text(key): _values(value) for key, value in found.items()} if isinstance(found, dict) else None
    except DAMAGE as error:
        raise InputError(f"{path}: is not read as a pickle: {first_line(error)}") from None
    if plain is None:
        raise InputError(f"{path}: must hold a pickled dictionary; got {type(found).__name__}")
    return plain


def _text(key: object) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)


def _values(value: object) -> object:
    return value.values if isinstance(value, _Array) else value
