"""Measures of activations within a training step: on their device, under autograd, finite where they are undefined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..analyses.measures import get
from ..analyses.measures.arrays import live_units, z_scores
from ..analyses.measures.base import Measure
from ..simulator import InputError


def measure_of_batches(what: str, name: str, *, differentiable: bool = False) -> Measure:
    """The measure of this name, if samples without order and without labels are all that it needs.

    Raises:
        InputError: there is none of that name; it needs more; it has no gradient and one is wanted.

    >>> measure_of_batches("Monitor.measures", "kuramoto_r1")
    Traceback (most recent call last):
        ...
    ictal.simulator.errors.InputError: Monitor.measures: must need no order, band, labels or spikes; got 'kuramoto_r1'
    """
    measure = get(name)
    bare = measure.takes == "values" and not measure.inputs and measure.needs <= {"stationary"}
    if not bare or measure.shuffle_control:
        raise InputError(f"{what}: must need no order, band, labels or spikes; got {name!r}")
    if differentiable and not measure.differentiable:
        raise InputError(f"{what}: must have a gradient; got {name!r}")
    return measure


def readings(activations: Mapping[str, Tensor], measures: Sequence[Measure]) -> tuple[Tensor, Tensor]:
    """Every measure of every layer, and whether it is defined there.

    Layers of one shape go through the kernel together; autocast is off meanwhile, half precision becomes single.

    Args:
        activations: layer -> (sample, unit), at least one.
        measures: of batches (`measure_of_batches`).

    Returns:
        Two tensors (measure, layer) on the device of the first layer: values, 0 where undefined, with zero gradient;
        and booleans. Undefined: fewer samples or varying units than the measure needs; values that are not finite,
        or whose fourth powers overflow or vanish in their precision.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    layers = [x if x.dtype == torch.float64 else x.float() for x in activations.values()]
    for place, x in enumerate(layers):
        groups[x.shape, x.dtype, x.device].append(place)
    columns: dict[int, tuple[Tensor, Tensor]] = {}
    first = layers[0]
    for places in groups.values():
        with torch.autocast(layers[places[0]].device.type, enabled=False):
            values, defined = _together(torch.stack([layers[k] for k in places]), measures)
        if len(groups) == 1:
            return values, defined
        columns |= {place: (values[:, k], defined[:, k]) for k, place in enumerate(places)}
    parts = [[part.to(first.device) for part in columns[place]] for place in range(len(layers))]
    return torch.stack([value.to(first.dtype) for value, _ in parts], 1), torch.stack([flag for _, flag in parts], 1)


def drawn(activations: Mapping[str, Tensor], units: int | None, generator: torch.Generator) -> dict[str, Tensor]:
    """At most `units` units of every layer, drawn without replacement; layers of one width get the same draw."""
    chosen: dict[tuple[int, torch.device], Tensor] = {}
    out = {}
    for name, x in activations.items():
        n = x.shape[-1]
        if units is None or n <= units:
            out[name] = x
            continue
        if (n, x.device) not in chosen:
            index = torch.randperm(n, generator=generator, device=generator.device)[:units]
            chosen[n, x.device] = index.to(x.device, non_blocking=True)
        out[name] = x.index_select(-1, chosen[n, x.device])
    return out


def _together(x: Tensor, measures: Sequence[Measure]) -> tuple[Tensor, Tensor]:
    """Layers (layer, sample, unit) -> values and whether they are defined, both (measure, layer)."""
    values, defined = [], []
    seen = x.detach()
    if x.shape[-2] >= min(measure.min_times for measure in measures) and x.shape[-1]:
        low, high = seen.amin(-2), seen.amax(-2)  # aminmax takes ten times as long
        sound = _in_range(low, high)
        if not torch.is_grad_enabled() and all(measure.of_z for measure in measures):
            z, live = z_scores(seen, low, high)
            z.masked_fill_(~sound[:, None, None], 0.0)
        else:
            z, live = None, live_units(seen)
    for measure in measures:
        if x.shape[-2] < measure.min_times or not x.shape[-1]:
            values.append(_none_of(x).sum((-2, -1)))
            defined.append(torch.zeros_like(values[-1], dtype=torch.bool))
            continue
        mask = live if measure.refine is None else measure.refine(seen, live)
        known = sound & (mask.sum(-1) >= measure.min_units)
        if z is not None and measure.of_z is not None:
            value = measure.of_z(z, mask)
        else:
            value = measure.kernel(torch.where(known[:, None, None], x, 0.0), mask)
        values.append(torch.where(known, value, 0.0))
        defined.append(known)
    return torch.stack(values), torch.stack(defined)


def _none_of(x: Tensor) -> Tensor:
    """Zeros with the graph of x, whose gradient is 0 even where x is not finite."""
    return torch.where(torch.zeros_like(x, dtype=torch.bool), x, 0.0)


def _in_range(low: Tensor, high: Tensor) -> Tensor:
    """Whether fourth powers of a layer neither overflow nor vanish, (layer,): the bounds of `scale_reason`."""
    limit = float(torch.finfo(low.dtype).max) ** 0.22
    spread = (high - low).amax(-1)
    largest = torch.maximum(-low, high).amax(-1)
    sound: Tensor = (largest <= limit) & (spread >= 1 / limit)
    return sound
