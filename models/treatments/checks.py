"""Fields that several treatments have: words, bounds and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import torch

from ...simulator import InputError
from ...simulator.fields import Param, check
from ..monitoring.batch_measures import measure_of_batches

if TYPE_CHECKING:
    from .base import Task


def patterns(value: Any, what: str) -> Any:
    """Return one pattern, or several, as a tuple."""
    given: Any = check(what, tuple[str, ...], (value,) if isinstance(value, str) else value)
    if given and "" not in given:
        return given
    raise InputError(f"{what}: must name at least one module; got {value!r}")


def differentiable(value: Any, what: str) -> Any:
    """Return the name of a measure of samples that has a gradient."""
    return measure_of_batches(what, str(value), differentiable=True).name


Patterns = Annotated[tuple[str, ...], Param("patterns of module names; auto: the activation functions", to=patterns)]
Units = Annotated[int | None, Param("units of a layer that are measured, drawn at random; none: all", ge=2)]
Target = Annotated[float, Param("target of the synchrony, a value of the measure [1]", ge=-1, le=1)]
MeasureName = Annotated[
    str, Param("measure of synchrony: si_3, mean_squared_correlation, or another with a gradient", to=differentiable)
]


def check_sequence(treatment: Any, task: Task) -> None:
    """Refuse several processes: each would keep different weights or examples of a task, and they would part.

    Raises:
        InputError: more than one process trains.
    """
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1:
        raise InputError(
            f"{type(treatment).__name__}: works in one process alone; {distributed.get_world_size()} train together: "
            "start it without torchrun"
        )


def without_sequence(treatment: Any) -> str:
    """Return the sentence that a treatment against forgetting met no earlier task."""
    return (
        f"{type(treatment).__name__}: it did nothing: no task came before; it acts from the second task of a "
        "sequence on"
    )
