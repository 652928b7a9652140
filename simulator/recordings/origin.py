"""Origin of a run: its network, its settings and its final state."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Origin:
    """All that runs a network again to the same bits, or goes on from its end.

    Attributes:
        settings: seed, engine, precision, duration [s], t0 [s], signal_dt [s]; JSON-able.
        read: returns the `Network`; of a file it is read when it is asked for.
        state: of the engine at the end, by name; empty where the engine has none.
        stored: the groups of the file that it was read from, by name.
    """

    settings: Mapping[str, Any]
    read: Callable[[], Any]
    state: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def network(self) -> Any:
        """The network.

        Raises:
            InputError: it cannot be read, or is not the one that was stored.
        """
        return self.read()

    @property
    def end(self) -> float:
        """Time at which the run ended [s]."""
        return float(self.settings["t0"]) + float(self.settings["duration"])

    @property
    def step(self) -> int:
        """Time steps of the state."""
        return int(np.asarray(self.state["step"])[0])
