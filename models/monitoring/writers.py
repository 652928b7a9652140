"""Scalars of a monitor in the logs of others: TensorBoard, Weights & Biases, MLflow, Lightning, accelerate."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ...simulator import InputError

WANTED = (
    "add_scalar (a SummaryWriter of TensorBoard), log_metrics or log_metric (mlflow, a logger of Lightning), or "
    "log (a run of Weights & Biases, an Accelerator)"
)


def write_scalars(values: Mapping[str, float], writer: Any, step: int, given: int | None) -> None:
    """Write scalars by the method that a writer has.

    Args:
        values: name -> value.
        writer: of TensorBoard, Weights & Biases, MLflow, Lightning or accelerate; what it is, its methods say.
        step: of the scalars.
        given: the same if the caller named it; else None, and a run of Weights & Biases keeps its own step, since it
            drops what is behind it.

    Raises:
        InputError: a writer without the method it needs.
    """
    if add := _method(writer, "add_scalar", "", 0.0, 0):
        for name, value in values.items():
            add(name, value, step)
    elif log_metrics := _method(writer, "log_metrics", {}, step=0):
        log_metrics(dict(values), step=step)
    elif log_metric := _method(writer, "log_metric", "", 0.0, step=0):
        for name, value in values.items():
            log_metric(name, value, step=step)
    elif log := _method(writer, "log", {}, step=0):
        log(dict(values), step=given)
    else:
        name = writer.__name__ if inspect.ismodule(writer) or isinstance(writer, type) else type(writer).__name__
        raise InputError(f"Monitor.log.writer: must have {WANTED}; got {name}, which has none that takes scalars")


def _method(writer: Any, name: str, *args: Any, **kwargs: Any) -> Callable[..., Any] | None:
    """Return a method that can be called with these arguments; None where there is none."""
    method: Any = None if isinstance(writer, type) else getattr(writer, name, None)
    if not callable(method):
        return None
    try:
        signature = inspect.signature(method)
        signature.bind(*args, **kwargs)
    except (TypeError, ValueError):  # another method of this name, such as log of a logger of Python
        return None
    if next(iter(signature.parameters), "") == "run_id":  # a client of MLflow, which has no run of its own
        return None
    return method  # type: ignore[no-any-return]
