"""Log of the synchrony of layers over training: rows by step, as Recordings, and as a state to go on from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...analyses.layers.layer_synchrony import CKA
from ...simulator import InputError, Recording
from ...simulator.types import Floats
from .rows import Column

MAX_GRID = 50  # rows a record, of records that are not evenly spaced


@dataclass(eq=False)
class TrainingLog:
    """Rows of numbers by layer, side, set and step.

    Attributes:
        columns: of every row.
        shared: provenance of all recordings: numbers of samples and surrogates, seed.
        steps: of all records, measured or not.
        layers: names in order of depth.
        kinds: "LAYER WHEN" -> meaning of a unit there.
        most_units: when -> units that are measured of every layer where so many vary.
        rows: (layer, when, set) -> step -> one number a column, NaN where there is none.
        cka: (when, set) -> step -> one number a pair of layers.
        undefined: "LAYER WHEN SET MEASURE" -> first step and reason.
    """

    columns: tuple[Column, ...]
    shared: Mapping[str, object]
    steps: list[int] = field(default_factory=list)
    layers: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    most_units: dict[str, int] = field(default_factory=dict)
    rows: dict[tuple[str, str, str], dict[int, Floats]] = field(default_factory=dict)
    cka: dict[tuple[str, str], dict[int, Floats]] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)

    def advance(self, step: int) -> None:
        """Add a record at this step; a known step is measured again.

        Raises:
            InputError: a step before the last that was no record.
        """
        if step in self.steps:
            return
        if self.steps and step < self.steps[-1]:
            raise InputError(f"LayerSynchrony: steps must rise; got {step} after {self.steps[-1]}")
        self.steps.append(step)

    def in_words(self) -> str:
        """Return the steps in a few words."""
        return ", ".join(map(str, self.steps[:6])) + (f" … {self.steps[-1]}" if len(self.steps) > 6 else "")

    def recordings(self, source: Mapping[str, object] | None) -> dict[str, Recording]:
        """Return ``LAYER_WHEN_SET`` and ``cka_WHEN_SET``, on an even grid of steps.

        Raises:
            InputError: the steps lie on no such grid.
        """
        out = {}
        for (layer, when, of), rows in self.rows.items():
            labels = {
                "metric": [column.label for column in self.columns],
                "measure": [column.measure for column in self.columns],
                "statistic": [column.statistic for column in self.columns],
                "null": [column.null for column in self.columns],
                "unit": [column.unit for column in self.columns],
            }
            here = f"{layer} {when} {of} "
            about = {
                "layer": layer,
                "depth": self.layers.index(layer),
                "what_a_unit_is": self.kinds[f"{layer} {when}"],
                "most_units": self.most_units[when],
                "undefined": {k.removeprefix(here): v for k, v in self.undefined.items() if k.startswith(here)},
            }
            name = f"{layer}_{when}_{of}".replace("/", ":")
            out[name] = self._recording(rows, labels, {**about, "when": when, "set": of}, source)
        pairs = [(a, b) for at, a in enumerate(self.layers) for b in self.layers[at + 1 :]]
        for (when, of), rows in self.cka.items():
            labels = {
                "metric": [f"{a} – {b}" for a, b in pairs],
                "statistic": [CKA] * len(pairs),
                "layer_a": [a for a, _ in pairs],
                "layer_b": [b for _, b in pairs],
            }
            about = {CKA: "linear, debiased", "layers": list(self.layers), "most_units": self.most_units[when]}
            out[f"{CKA}_{when}_{of}"] = self._recording(rows, labels, {**about, "when": when, "set": of}, source)
        return out

    def _recording(
        self,
        rows: Mapping[int, Floats],
        labels: Mapping[str, ArrayLike],
        about: Mapping[str, object],
        source: Mapping[str, object] | None,
    ) -> Recording:
        dt = math.gcd(*np.diff(self.steps).tolist()) if len(self.steps) > 1 else 1
        n_rows = (self.steps[-1] - self.steps[0]) // dt + 1
        if n_rows > MAX_GRID * len(self.steps):
            raise InputError(f"LayerSynchrony: records must be evenly spaced, or nearly so; got {self.in_words()}")
        values = np.full((n_rows, len(next(iter(rows.values())))), np.nan)
        for step, row in rows.items():
            values[(step - self.steps[0]) // dt] = row
        valid = np.isfinite(values)
        return Recording(
            np.where(valid, values, 0.0),
            dt=float(dt),
            clock="step",
            quantity="synchrony over training",
            unit="1",
            t0=float(self.steps[0]),
            valid=None if valid.all() else valid,
            unit_labels={name: np.asarray(label) for name, label in labels.items()},
            source={**(source or {}), "probe": {**about, **self.shared}},
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the log as numbers, strings, lists and tensors."""
        return {
            "steps": list(self.steps),
            "layers": list(self.layers),
            "kinds": dict(self.kinds),
            "most_units": dict(self.most_units),
            "rows": [[*key, *_packed(rows)] for key, rows in self.rows.items()],
            "cka": [[*key, *_packed(rows)] for key, rows in self.cka.items()],
            "undefined": dict(self.undefined),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.steps = [int(step) for step in state["steps"]]
        self.layers, self.kinds = tuple(state["layers"]), dict(state["kinds"])
        self.most_units, self.undefined = dict(state["most_units"]), dict(state["undefined"])
        self.rows = {(a, b, c): _unpacked(steps, rows) for a, b, c, steps, rows in state["rows"]}
        self.cka = {(a, b): _unpacked(steps, rows) for a, b, steps, rows in state["cka"]}


def _packed(rows: Mapping[int, Floats]) -> list[Any]:
    import torch

    return [list(rows), torch.from_numpy(np.stack(list(rows.values())))]


def _unpacked(steps: Sequence[int], rows: Any) -> dict[int, Floats]:
    return {int(step): row for step, row in zip(steps, rows.numpy().copy(), strict=True)}
