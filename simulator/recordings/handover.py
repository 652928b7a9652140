"""Recordings and spikes handed over to matplotlib, NumPy, pandas, xarray and Neo."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..faces import Face
from ..registry import resolve

OBJECTS = "ictal.simulator.export.objects"


class RecordingFaces(Face):
    """Plots and conversions of a `Recording`."""

    kind = "recording"

    def plot(self: Any, ax: Any = None, *, image: bool | None = None) -> Any:
        """Draw the recording, of trials the first, and return the axes.

        Args:
            ax: axes of matplotlib, drawn with your settings; a new figure of pyplot if left out.
            image: draw units as rows of colours, or as lines; if left out lines for up to 7 units, and for channels of
                electrodes, on an ordered clock.

        Raises:
            InputError: `ax` is no axes of an open figure.
        """
        return self._drawn(ax, image=image)

    def to_pandas(self: Any) -> Any:
        """Return a DataFrame: rows are samples by time, columns units by their labels; NaN where not defined.

        Trials are levels of the index before the time, labels of times levels after it. `ictal.as_run` returns the
        same recording.

        Raises:
            InputError: pandas is not installed.
        """
        return resolve("frames:recording_frame", OBJECTS)(self)

    def to_xarray(self: Any, name: str = "activity") -> Any:
        """Return a DataArray (..., time, unit) with coordinates, quantity and unit; `ictal.as_run` reads it back.

        Raises:
            InputError: xarray is not installed.
        """
        return resolve("trees:array", OBJECTS)(self, name)

    def to_neo(self: Any, name: str = "activity") -> Any:
        """Return an AnalogSignal with units, sampling, start and names; `ictal.as_run` reads it back.

        Raises:
            InputError: neo is not installed; a clock other than seconds, trials, or values that are not defined.
        """
        return resolve("blocks:signal", OBJECTS)(self, name)

    def __array__(self: Any, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the values as NumPy asks for them: without a copy where none is needed, and then read-only."""
        return np.array(self.numpy(), dtype=dtype, copy=copy)  # type: ignore[call-overload,no-any-return,unused-ignore]


class SpikesFaces(Face):
    """Plots and conversions of `Spikes`."""

    kind = "spikes"

    def plot(self: Any, ax: Any = None) -> Any:
        """Draw the raster and return the axes; of very many spikes those of some units, which the axis says.

        Args:
            ax: axes of matplotlib, drawn with your settings; a new figure of pyplot if left out.

        Raises:
            InputError: `ax` is no axes of an open figure.
        """
        return self._drawn(ax)

    def to_pandas(self: Any) -> Any:
        """Return a DataFrame with a row a spike: ``time [s]``, ``unit``, and the labels of the unit.

        `ictal.as_run` returns the same spikes, silent units included.

        Raises:
            InputError: pandas is not installed.
        """
        return resolve("frames:spikes_frame", OBJECTS)(self)

    def to_xarray(self: Any) -> Any:
        """Return a Dataset with ``time`` [s] and ``unit_index`` over spikes; `ictal.as_run` reads it back.

        Raises:
            InputError: xarray is not installed.
        """
        return resolve("trees:dataset", OBJECTS)(self)

    def to_neo(self: Any, name: str = "spikes") -> list[Any]:
        """Return a SpikeTrain a unit, as Elephant takes them; `ictal.as_run` reads them back.

        Raises:
            InputError: neo is not installed.
        """
        found: list[Any] = resolve("blocks:trains", OBJECTS)(self, name)
        return found
