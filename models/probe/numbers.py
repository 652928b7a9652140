"""Arrays of numbers that a caller gives, as dense tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...simulator.errors import InputError

_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)  # of which torch knows few operations


def as_tensor(what: str, values: Any) -> Tensor:
    """Return values as a dense tensor; wide unsigned integers as int64.

    Raises:
        InputError: they are no array of numbers, or have no values.

    >>> as_tensor("attack.y", [0, 1]).dtype
    torch.int64
    """
    if isinstance(values, Tensor):
        if values.layout != torch.strided or values.is_meta:
            kind = "on the device meta" if values.is_meta else f"of layout {str(values.layout).removeprefix('torch.')}"
            raise InputError(f"{what}: must be a dense tensor with values; got one {kind}")
        return values.long() if values.dtype in _UNSIGNED else values
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        raise InputError(f"{what}: must be an array of numbers; got {type(values).__name__}") from None
    if array.dtype.kind not in "biufc" or np.ma.is_masked(values):
        kind = f"values of type {array.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        kind = "masked values" if np.ma.is_masked(values) else kind
        raise InputError(f"{what}: must be an array of numbers; got {kind}")
    wide = array.dtype.kind == "u" and array.dtype.itemsize > 1
    long = array.dtype in (np.longdouble, np.clongdouble)
    dtype = np.dtype(np.int64) if wide else np.dtype(np.float64) if long else array.dtype.newbyteorder("=")
    return torch.tensor(array.astype(dtype))


def as_labels(what: str, values: Any, n: int) -> Tensor:
    """Return n labels as int64.

    Raises:
        InputError: they are not n integers from 0 on.

    >>> as_labels("attack.y", [0, 2], 2).tolist()
    [0, 2]
    """
    y = as_tensor(what, values)
    real = not y.is_complex()
    if y.shape == (n,) and real and not y.is_floating_point() and y.dtype != torch.bool and int(y.min()) >= 0:
        return y.long()
    raise InputError(
        f"{what}: must be {n} labels, integers from 0 on, one an image (one-hot: y.argmax(1)); got "
        f"{str(y.dtype).removeprefix('torch.')} of shape {tuple(y.shape)}"
        + (f" from {y.min().item()} on" if y.shape == (n,) and n and real else "")
    )


def several(what: str, values: Any, example: str) -> list[Any]:
    """Return a list of values.

    Raises:
        InputError: they are a text, or one value.

    >>> several("evaluate.noise", (0.1, 0.2), "(0.1, 0.2)")
    [0.1, 0.2]
    """
    if not isinstance(values, str | bytes):
        try:
            return list(values)
        except TypeError:
            pass
    got = repr(values) if isinstance(values, str | bytes | int | float | None) else type(values).__name__
    raise InputError(f"{what}: must be a list, e.g. {example}; got {got}")
