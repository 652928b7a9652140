"""Synchrony over training as a Run stores it: of every layer in order of depth, each value with its null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import Clock, InputError, Recording, Run, unknown
from ...simulator.types import Floats

VALUE, AFTER_SHUFFLE = "value", "after shuffle"
NULL_STATISTICS = ("null mean", "null sd", "null low", "null high", "p")
LIVE = "live_share"  # share of the layer's probed units that vary: 1 − dead
UNITS = "n_units"  # units that are measured
AMPLITUDE = "amplitude"  # root mean square over the samples and the units that are measured
CKA = "cka"


@dataclass(frozen=True, eq=False)
class Null:
    """Statistics of surrogates of one kind, each (time, layer), NaN where none were drawn."""

    mean: Floats
    sd: Floats
    low: Floats  # 2.5 and 97.5 % of the surrogates
    high: Floats
    p: Floats  # (1 + k)/(1 + n)


@dataclass(frozen=True, eq=False)
class LayerValues:
    """One measure of every layer over training.

    Attributes:
        measure: its name.
        when: "pre" or "post", before or after what the layer does.
        of: the probe set, "train", "test" or "val".
        layers: names in order of depth.
        times: (time,) [ticks of clock].
        clock: "step" or "epoch".
        values: (time, layer), NaN where nothing was measured.
        n_units: (time, layer), units that are measured: fewer once too few vary.
        nulls: kind of surrogate -> Null.
        unit: of the values.
        source: of the first layer's recording: number of samples, most units, surrogates, seed.
    """

    measure: str
    when: str
    of: str
    layers: tuple[str, ...]
    times: Floats
    clock: Clock
    values: Floats
    n_units: Floats
    nulls: Mapping[str, Null]
    unit: str = "1"
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measured(self) -> NDArray[np.intp]:
        """Indices of the records at which every layer has a value."""
        return np.flatnonzero(np.isfinite(self.values).all(axis=1))


@dataclass(frozen=True, eq=False)
class LayerSimilarity:
    """Linear CKA (debiased) between the activations of layers: matrices (time, layer, layer), NaN where not taken."""

    when: str
    of: str
    layers: tuple[str, ...]
    times: Floats
    clock: Clock
    matrices: Floats


def is_synchrony(entry: object) -> bool:
    """Return whether an entry of a Run holds synchrony over training."""
    return isinstance(entry, Recording) and "probe" in entry.source and "statistic" in entry.unit_labels


def parts(run: Run) -> list[tuple[str, str]]:
    """The (when, set) for which a Run holds synchrony over training, in the order of its entries."""
    return list(dict.fromkeys((a["when"], a["set"]) for e in _entries(run) if "layer" in (a := _about(e))))


def measures_in(run: Run) -> list[str]:
    """The measures over training that a Run holds, in their order."""
    names: dict[str, None] = {}
    for entry in _entries(run):
        if "layer" in _about(entry):
            names |= dict.fromkeys(map(str, entry.unit_labels["measure"]))
    return list(names)


def layer_synchrony(run: Run, measure: str, *, when: str = "post", of: str = "test") -> LayerValues:
    """Read one measure of every layer over training from the entries of `LayerSynchrony`.

    Raises:
        InputError: the Run holds no synchrony over training, or not this measure, set or side of the layers.
    """
    found = _of(run, "layer", when, of)
    known = measures_in(run)
    if measure not in known:
        raise unknown("measure over training", measure, known)
    found.sort(key=lambda entry: int(_about(entry)["depth"]))
    first = found[0]
    kinds = dict.fromkeys(
        str(kind)
        for name, kind in zip(first.unit_labels["measure"], first.unit_labels["null"], strict=True)
        if name == measure and kind
    )
    nulls = {k: Null(*(_columns(found, measure, s, k) for s in NULL_STATISTICS)) for k in kinds}
    at = int(np.flatnonzero(first.unit_labels["measure"] == measure)[0])
    return LayerValues(
        measure,
        when,
        of,
        tuple(str(_about(entry)["layer"]) for entry in found),
        first.times,
        first.clock,
        _columns(found, measure, VALUE, ""),
        _columns(found, UNITS, VALUE, ""),
        nulls,
        str(first.unit_labels["unit"][at]),
        dict(_about(first)),
    )


def layer_similarity(run: Run, *, when: str = "post", of: str = "test") -> LayerSimilarity:
    """Read the CKA between the layers' activations over training from the entries of `LayerSynchrony`.

    Raises:
        InputError: the Run holds none for this set or side of the layers.
    """
    (entry,) = _of(run, CKA, when, of)[:1]
    layers = tuple(str(name) for name in _about(entry)["layers"])
    columns = np.where(_valid(entry), entry.numpy(), np.nan)
    matrices = np.full((entry.n_times, len(layers), len(layers)), np.nan)
    matrices[:, range(len(layers)), range(len(layers))] = np.where(np.isfinite(columns[:, :1]), 1.0, np.nan)
    for column, a, b in zip(columns.T, entry.unit_labels["layer_a"], entry.unit_labels["layer_b"], strict=True):
        matrices[:, layers.index(str(a)), layers.index(str(b))] = column
        matrices[:, layers.index(str(b)), layers.index(str(a))] = column
    return LayerSimilarity(when, of, layers, entry.times, entry.clock, matrices)


def _entries(run: Run) -> list[Recording]:
    """Return the entries of synchrony over training.

    Raises:
        InputError: one lacks a label or a setting that `LayerSynchrony` writes.
    """
    found = [entry for entry in run.values() if isinstance(entry, Recording) and is_synchrony(entry)]
    for entry in found:
        about, of_layer = _about(entry), "layer" in _about(entry)
        labels = ("measure", "null", "unit") if of_layer else ("layer_a", "layer_b")
        lacking = [name for name in labels if name not in entry.unit_labels]
        lacking += [name for name in ("when", "set", *(["depth"] if of_layer else [])) if name not in about]
        if lacking and (of_layer or CKA in about):
            raise InputError(f"run: {entry.quantity}: synchrony over training lacks its {lacking[0]!r}: damaged")
    return found


def _about(entry: Recording) -> Mapping[str, Any]:
    about = entry.source["probe"]
    return about if isinstance(about, Mapping) else {}


def _of(run: Run, kind: str, when: str, of: str) -> list[Recording]:
    every = [entry for entry in _entries(run) if kind in _about(entry)]
    if not every:
        what = "synchrony over training" if kind == "layer" else "CKA between layers"
        raise InputError(f"run: holds no {what}; record it with LayerSynchrony, or ictal train --synchrony")
    for key, wanted in (("when", when), ("set", of)):
        known = dict.fromkeys(str(_about(entry)[key]) for entry in every)
        if wanted not in known:
            raise unknown(f"{key} of synchrony over training", wanted, known)
    found = [entry for entry in every if (_about(entry)["when"], _about(entry)["set"]) == (when, of)]
    if not found:
        raise InputError(f"run: holds no synchrony {when} of the {of} set")
    return found


def _columns(entries: list[Recording], measure: str, statistic: str, kind: str) -> Floats:
    out = np.full((entries[0].n_times, len(entries)), np.nan)
    for at, entry in enumerate(entries):
        labels = entry.unit_labels
        chosen = (labels["measure"] == measure) & (labels["statistic"] == statistic) & (labels["null"] == kind)
        if chosen.any():
            column = int(np.flatnonzero(chosen)[0])
            out[:, at] = np.where(_valid(entry)[:, column], entry.numpy()[:, column], np.nan)
    return out


def _valid(entry: Recording) -> NDArray[np.bool_]:
    return np.ones(entry.values.shape, dtype=bool) if entry.valid is None else np.asarray(entry.valid, dtype=bool)
