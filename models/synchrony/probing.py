"""Samples of the synchrony of layers: fixed images, all layers in one pass, units that vary."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...analyses.measures.arrays import live_units
from ...simulator import InputError, Recording
from ..datasets import Dataset, stratified
from ..probe.layers import Activity, Layers
from ..probe.passing import activities

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class ProbeSet:
    """Images (n, ...) that are shown at every record, and their classes (n,)."""

    inputs: NDArray[Any]
    classes: NDArray[np.int64]


def probe_sets(data: Dataset, sets: Sequence[str], n: int, labels: str, seed: int) -> dict[str, ProbeSet]:
    """Return the images of every set, n of them or as many as the smallest set has, every class at its share.

    Raises:
        InputError: a set without images, or with fewer than 8.
    """
    pools = {name: (getattr(data, f"x_{name}", ()), getattr(data, f"y_{name}", ())) for name in sets}
    for name, (x, _) in pools.items():
        if len(x) < 8:
            hint = "; set some apart: load_data(n_val=…), --n-val" if name == "val" else ""
            raise InputError(f"LayerSynchrony.sets: {name!r} must have at least 8 images; got {len(x)}{hint}")
    n = min(n, *(len(x) for x, _ in pools.values()))
    out = {}
    for name, (x, y) in pools.items():
        clean = np.asarray(data.y_train_clean if name == "train" else y)
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        chosen = stratified(rng, clean, n, f"LayerSynchrony.n_probe: the {name} set")
        out[name] = ProbeSet(x[chosen], clean[chosen] if labels == "clean" else np.asarray(y)[chosen])
    return out


def probed(
    model: nn.Module, inputs: NDArray[Any], sides: Sequence[Layers], batch_size: int
) -> list[dict[str, Activity]]:
    """Return the activities (sample, unit) of layers, for each of `sides`; of a sequence at its last time point."""
    found = activities(model, inputs, sides, batch_size)
    return [{name: _last(taken) for name, taken in by_name.items()} for by_name in found]


def _last(taken: Activity) -> Activity:
    if taken.values.ndim < 3:
        return taken
    return replace(taken, values=taken.values[:, -1], about={**taken.about, "unit": "sequence, last time point"})


def measured_units(
    name: str, by_set: Mapping[str, Activity], classes: Mapping[str, NDArray[Any]], n_units: int, seed: int
) -> tuple[dict[str, Recording], dict[str, float]]:
    """Return recordings (sample, unit) by set of n units that vary on every set, and the share that varies on each.

    The units are the first that vary in an order drawn once; fewer if fewer vary.

    Raises:
        InputError: activations that are not finite.
    """
    arrays = {of: np.asarray(taken.values.numpy()) for of, taken in by_set.items()}
    for of, values in arrays.items():
        if not np.isfinite(values).all():
            raise InputError(f"LayerSynchrony: the activations of {name} on the {of} set must be finite")
    live = {of: np.asarray(live_units(values)) for of, values in arrays.items()}
    total = next(iter(arrays.values())).shape[1]
    order = np.random.default_rng([seed, zlib.crc32(name.encode())]).permutation(total)
    everywhere = np.logical_and.reduce(list(live.values()))
    chosen = order[everywhere[order]][:n_units]
    chosen = np.sort(chosen if chosen.size else order[:n_units])
    recordings = {
        of: Recording(
            values[:, chosen],
            dt=1.0,
            clock="sample",
            quantity="activation",
            unit="1",
            time_labels={"class": classes[of]},
        )
        for of, values in arrays.items()
    }
    return recordings, {of: float(flags.mean()) for of, flags in live.items()}
