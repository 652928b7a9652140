"""Objects of other libraries that name their axes, as Runs; none of the libraries is imported."""

from __future__ import annotations

from typing import Any

from ...simulator import Run
from ...simulator.export.objects import returned
from ...simulator.recordings.dims import Dims

WITH_TIMES = ("neo", "mne", "pynwb")
LIBRARIES = ("xarray", "pandas", *WITH_TIMES)


def are_trains(data: object) -> bool:
    """Return whether this is a list of spike trains of Neo."""
    if not isinstance(data, list | tuple):
        return False
    return bool(data) and all(library_of(x) == "neo" and type(x).__name__.startswith("SpikeTrain") for x in data)


def library_of(data: object) -> str:
    """Return the library whose object this is; that of a list of spike trains is Neo; "" for all others.

    >>> library_of([1.0]), library_of("rec.edf")
    ('', '')
    """
    if isinstance(data, list | tuple):
        return "neo" if are_trains(data) else ""
    modules = (kind.__module__.partition(".")[0] for kind in type(data).__mro__)
    return next((module for module in modules if module in LIBRARIES), "")


def run_of(data: Any, library: str, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Return the Run of an object of one of `LIBRARIES`.

    Args:
        data: the object.
        library: its name, from `library_of`.
        dt, clock: where the object has no times of its own.
        dims: of an xarray object whose names of axes say nothing.

    Raises:
        InputError: axes or times that cannot be told, or an object without activity.
    """
    if (dt, clock, dims) == (None, None, None) and (own := returned(data, library)) is not None:
        return own
    if library == "xarray":
        from . import of_xarray

        return of_xarray.read(data, dt, clock, dims)
    if library == "pandas":
        from . import of_pandas

        return of_pandas.read(data, dt, clock, dims)
    if library == "neo":
        from . import of_neo

        return of_neo.read(data)
    if library == "mne":
        from . import of_mne

        return of_mne.read(data)
    from . import of_nwb

    return of_nwb.read(data)
