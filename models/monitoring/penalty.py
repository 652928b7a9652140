"""A penalty on the synchrony of hidden layers: the measure's own kernel, within a training step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ...simulator import InputError
from ...simulator.fields import Param, checked
from ..probe.choice import say
from .batch_measures import batch_values, drawn, measure_of_batches
from .monitor import Monitor, check_units
from .passes import is_transformed

Activations = Tensor | Sequence[Tensor] | Mapping[str, Tensor]


def desync_penalty(
    source: Monitor | Activations,
    target: float = 0.3,
    weight: float = 1.0,
    *,
    measure: str = "si_3",
    units: int | None = 256,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Return the distance of the synchrony of hidden layers from a target, as a term of the loss.

    .. math:: \text{weight} \sum_\ell (SI_\ell - \text{target})^2

    SI is the kernel that measures recordings, on the same live units. A layer on which it is not defined adds 0
    with zero gradient: fewer than 3 samples, fewer than 2 units that vary, values that are not finite or whose
    fourth powers overflow or vanish; where no layer adds anything, a warning says so. Half precision is measured in
    single. Under DistributedDataParallel every process measures its own part of the batch, and the gradient is that
    of the mean of their penalties.

    Args:
        source: a Monitor, whose last training pass is meant; or activations (sample, unit) with their graph, of one
            layer, several, or by name.
        target: the synchrony that is aimed at.
        weight: >= 0.
        measure: ``"si_3"``; ``"mean_squared_correlation"``, the cheap one: through the sample × sample Gram matrix;
            or any other differentiable measure that needs no order and no labels.
        units: at most so many units of a layer, drawn anew at every call; None: all.
        generator: draws the units of bare activations; a Monitor has its own.

    Returns:
        A scalar on the device of the first layer, float32, or float64 where the activations are.

    Raises:
        InputError: an argument that cannot be; a monitor that saw no training pass; more than `units` units
            and no generator.

    >>> h = torch.tensor([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]], requires_grad=True)  # correlation 1
    >>> round(float(desync_penalty(h, target=0.3, weight=2.0).detach()), 4)
    0.98
    """
    kernel = measure_of_batches("desync_penalty.measure", measure, differentiable=True)
    for name, value, bounds in (("target", target, Param("")), ("weight", weight, Param("", ge=0))):
        checked(f"desync_penalty.{name}", float, bounds, value)
    check_units("desync_penalty.units", units)
    activations = _activations(source, units, generator)
    values, defined = batch_values(activations, (kernel,))
    _say_idle(activations, defined[0], measure, kernel.min_times)
    return distance(values[0], defined[0], float(target), float(weight))


def _say_idle(activations: Mapping[str, Tensor], defined: Tensor, measure: str, least: int) -> None:
    """Warn of a penalty that is defined in no layer."""
    if torch.compiler.is_compiling() or is_transformed():
        return
    most = max(len(x) for x in activations.values())
    if most < least:
        say(f"desync_penalty: {measure} needs {least} samples, and the batch has {most}: the penalty is 0")
    elif not defined.is_cuda and not defined.any():  # a GPU would have to be waited for
        say(
            f"desync_penalty: {measure} is defined in no layer of the batch (fewer than 2 units vary, or values are "
            "not finite or out of range): the penalty is 0"
        )


def distance(values: Tensor, defined: Tensor, target: float, weight: float) -> Tensor:
    """Weight times the squared distances from the target, summed over the layers where they are defined."""
    return weight * torch.where(defined, values - target, 0.0).square().sum()


def _activations(
    source: Monitor | Activations, units: int | None, generator: torch.Generator | None
) -> dict[str, Tensor]:
    if isinstance(source, Monitor):
        return source.activations(units)
    if isinstance(source, Tensor):
        named: dict[str, Tensor] = {"0": source}
    elif isinstance(source, Mapping):
        named = dict(source)
    elif isinstance(source, Sequence) and not isinstance(source, str):
        named = {str(k): x for k, x in enumerate(source)}
    else:
        raise InputError(f"desync_penalty.source: must be a Monitor or activations; got {type(source).__name__}")
    if not named:
        raise InputError("desync_penalty.source: must hold at least one layer; got none")
    for name, x in named.items():
        if not isinstance(x, Tensor) or x.ndim != 2 or not x.is_floating_point():
            what = f"{x.dtype} {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
            raise InputError(
                f"desync_penalty.source[{name!r}]: must be floats (sample, unit), of a convolution e.g. "
                f"x.mean((2, 3)); got {what}"
            )
    if generator is None:
        wide = max(x.shape[1] for x in named.values())
        if units is not None and wide > units:
            raise InputError(
                f"desync_penalty.generator: {wide} units are more than units={units}, and the choice among them is "
                "random; give generator=torch.Generator(), or units=None for all"
            )
        return named
    return drawn(named, units, generator)
