"""History of a training: metrics over optimiser steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...simulator import Clock, Recording, unknown

METRICS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "gap", "test_confidence", "weight_norm")
VALIDATION = ("val_loss", "val_accuracy")  # further columns with validation images


@dataclass(frozen=True, eq=False)
class History:
    """History of a training: one row of metrics every `dt` ticks of `clock`, the first before any training.

    Training loss (cross-entropy [nat]) and accuracy are taken over the whole training set and
    **its noisy labels**, in evaluation mode; gap = train accuracy − test accuracy. Test confidence is the mean of
    the largest class probability over the test images; the weight norm is √Σ w² over all parameters.

    Attributes:
        values: (records, metric), columns in the order of `metrics`.
        steps: (records,) optimiser steps done.
        clock: ``"epoch"`` with dt = 1, or ``"step"`` with dt = the steps between records.
        metrics: names of the columns: METRICS, and VALIDATION where there are validation images.
        notes: sentences on frozen parts of the model, and on settings and treatments that had no effect.
        kept: row of the weights that the model has: the last; with early stopping that of the lowest validation loss.
    """

    values: NDArray[np.float64]
    steps: NDArray[np.int64]
    clock: Clock
    dt: float
    metrics: tuple[str, ...] = METRICS
    kept: int = -1
    notes: tuple[str, ...] = ()

    def __getitem__(self, metric: str) -> NDArray[np.float64]:
        """Return one metric over the records, (records,)."""
        if metric not in self.metrics:
            raise unknown("metric", metric, self.metrics)
        return self.values[:, self.metrics.index(metric)]

    def final(self) -> dict[str, float]:
        """Metric -> its value for the weights after training: see `kept`."""
        return {name: float(self[name][self.kept]) for name in self.metrics}

    def recording(self, source: Mapping[str, object] | None = None) -> Recording:
        """Return the history as a Recording (time, metric); the unit label ``"metric"`` names the columns.

        The notes are among the ``"assumptions"`` of its source.
        """
        there = (source or {}).get("assumptions", ())
        said = [*(there if isinstance(there, list | tuple) else ()), *self.notes]
        return Recording(
            self.values,
            dt=self.dt,
            clock=self.clock,
            quantity="training metric",
            unit="1",
            unit_labels={"metric": np.array(self.metrics)},
            source={**(source or {}), **({"assumptions": list(dict.fromkeys(said))} if said else {})},
        )
