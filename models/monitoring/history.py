"""Values of a monitor: layers over passes, on their device until they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PENDING = 256  # rows that wait on the device before they are fetched together


@dataclass(frozen=True, eq=False)
class MonitorRow:
    """One record: the passes before it, the layers, and values (measure, layer), NaN where undefined."""

    step: int
    layers: tuple[str, ...]
    values: NDArray[np.float64]


class MonitorLog:
    """The latest `history` records.

    >>> log = MonitorLog(2)
    >>> for step in range(3):
    ...     log.add(step, ("relu",), torch.tensor([[step / 2]]))
    >>> log.table()[1:]
    (('relu',), array([[[0.5],
            [1. ]]]))
    """

    def __init__(self, history: int) -> None:
        self._rows: deque[MonitorRow] = deque(maxlen=history)
        self._waiting: list[tuple[int, tuple[str, ...], Tensor]] = []

    def add(self, step: int, layers: tuple[str, ...], values: Tensor) -> None:
        """Add a record: values (measure, layer), on any device, NaN where undefined."""
        self._waiting.append((step, layers, values))
        if len(self._waiting) >= PENDING:
            self._fetch()

    def last(self) -> MonitorRow | None:
        """The last record, None before the first."""
        self._fetch()
        return self._rows[-1] if self._rows else None

    def table(self) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.float64]]:
        """Steps (time,), layers by their first call, values (measure, time, layer) with NaN where undefined."""
        self._fetch()
        layers = tuple(dict.fromkeys(name for row in self._rows for name in row.layers))
        n_measures = max((len(row.values) for row in self._rows), default=0)
        values = np.full((n_measures, len(self._rows), len(layers)), np.nan)
        for k, row in enumerate(self._rows):
            values[:, k, [layers.index(name) for name in row.layers]] = row.values
        return np.array([row.step for row in self._rows], dtype=np.int64), layers, values

    def state_dict(self) -> dict[str, Any]:
        """All records as tensors and names."""
        steps, layers, values = self.table()
        return {"steps": torch.tensor(steps), "layers": list(layers), "values": torch.tensor(values)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put these records in place of all."""
        self._waiting.clear()
        self._rows.clear()
        values, layers = state["values"].cpu().numpy(), tuple(state["layers"])
        self._rows.extend(MonitorRow(int(step), layers, values[:, k]) for k, step in enumerate(state["steps"].tolist()))

    def _fetch(self) -> None:
        for layers, group in groupby(self._waiting, key=lambda row: row[1]):
            rows = list(group)
            values = torch.stack([row[2] for row in rows]).to("cpu", torch.float64).numpy()
            self._rows.extend(MonitorRow(row[0], layers, values[k]) for k, row in enumerate(rows))
        self._waiting.clear()
