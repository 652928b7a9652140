"""Measures of activations within a training step: on their device, under autograd, finite where they are undefined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...analyses.measures import get
from ...analyses.measures.arrays import live_units, z_scores
from ...analyses.measures.base import Measure
from ...simulator import InputError


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


@dataclass(frozen=True, eq=False)
class Layerwise:
    """The layers of one pass, those of one shape together.

    Attributes:
        layers: their names.
        groups: places among the names, and what these layers do (layer, sample, unit).
    """

    layers: tuple[str, ...]
    groups: tuple[tuple[tuple[int, ...], Tensor], ...]

    @property
    def form(self) -> object:
        """Key under which passes can be measured together: layers, shapes, dtypes, devices."""
        return self.layers, tuple((places, x.shape, x.dtype, x.device) for places, x in self.groups)

    @property
    def size(self) -> int:
        """Number of values."""
        return sum(x.numel() for _, x in self.groups)


def gathered(activations: Mapping[str, Tensor]) -> Layerwise:
    """Copies of layers (sample, unit); half precision becomes single."""
    layers = [x if x.dtype == torch.float64 else x.float() for x in activations.values()]
    groups: dict[object, list[int]] = defaultdict(list)
    for place, x in enumerate(layers):
        groups[x.shape, x.dtype, x.device].append(place)
    stacked = ((tuple(places), torch.stack([layers[k] for k in places])) for places in groups.values())
    return Layerwise(tuple(activations), tuple(stacked))


def batch_values(activations: Mapping[str, Tensor], measures: Sequence[Measure]) -> tuple[Tensor, Tensor]:
    """Every measure of every layer of one pass, and whether it is defined there.

    Layers of one shape go through the kernel together; autocast is off meanwhile, half precision becomes single.

    Args:
        activations: layer -> (sample, unit), at least one.
        measures: of batches (`measure_of_batches`).

    Returns:
        Two tensors (measure, layer) on the device of the first layer: values, 0 where undefined, with zero gradient;
        and booleans. Undefined: fewer samples or varying units than the measure needs; values that are not finite,
        or whose fourth powers overflow or vanish in their precision.
    """
    values, defined = measured([gathered(activations)], measures)
    return values[:, 0], defined[:, 0]


def measured(passes: Sequence[Layerwise], measures: Sequence[Measure]) -> tuple[Tensor, Tensor]:
    """Return `batch_values` of several passes of one form, (measure, pass, layer), to the same bits."""
    if not passes[0].layers:
        none = torch.empty(len(measures), len(passes), 0)
        return none, none.bool()
    columns: dict[int, tuple[Tensor, Tensor]] = {}
    for number, (places, one) in enumerate(passes[0].groups):
        x = one[None] if len(passes) == 1 else torch.stack([each.groups[number][1] for each in passes])
        with torch.autocast(x.device.type, enabled=False):
            values, defined = _together(x, measures)
        if len(places) == len(passes[0].layers):
            return values, defined
        columns |= {place: (values[..., k], defined[..., k]) for k, place in enumerate(places)}
    first = passes[0].groups[0][1]
    parts = [[part.to(first.device) for part in columns[place]] for place in range(len(columns))]
    return torch.stack([value.to(first.dtype) for value, _ in parts], -1), torch.stack([flag for _, flag in parts], -1)


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
    """Layers (pass, layer, sample, unit) -> values and whether they are defined, both (measure, pass, layer)."""
    values, defined = [], []
    seen = x.detach()
    if x.shape[-2] >= min(measure.min_times for measure in measures) and x.shape[-1]:
        low, high = seen.amin(-2), seen.amax(-2)  # aminmax takes ten times as long
        sound = _in_range(low, high)
        if not torch.is_grad_enabled() and all(measure.of_z for measure in measures):
            z, live = z_scores(seen, low, high)
            z.masked_fill_(~sound[..., None, None], 0.0)
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
            value = _pass_by_pass(measure.of_z, z, mask)
        else:
            value = _pass_by_pass(measure.kernel, torch.where(known[..., None, None], x, 0.0), mask)
        values.append(torch.where(known, value, 0.0))
        defined.append(known)
    return torch.stack(values), torch.stack(defined)


def _pass_by_pass(kernel: Callable[[Tensor, Tensor], Tensor], x: Tensor, mask: Tensor) -> Tensor:
    """A kernel on (pass, layer, …): the bits of a matrix product depend on how many are made at once."""
    if len(x) == 1:
        return kernel(x[0], mask[0])[None]
    return torch.stack([kernel(*each) for each in zip(x, mask, strict=True)])


def _none_of(x: Tensor) -> Tensor:
    """Zeros with the graph of x, whose gradient is 0 even where x is not finite."""
    return torch.where(torch.zeros_like(x, dtype=torch.bool), x, 0.0)


def _in_range(low: Tensor, high: Tensor) -> Tensor:
    """Return whether fourth powers of a layer neither overflow nor vanish, (…, layer): the bounds of `scale_reason`."""
    limit = float(torch.finfo(low.dtype).max) ** 0.22
    spread = (high - low).amax(-1)
    largest = torch.maximum(-low, high).amax(-1)
    sound: Tensor = (largest <= limit) & (spread >= 1 / limit)
    return sound
