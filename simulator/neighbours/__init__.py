"""Objects of other libraries that name their axes, as Runs; none of the libraries is imported."""

from __future__ import annotations

from typing import Any

from .. import Run
from ..export.objects import returned
from ..recordings.dims import Dims
from .of_nest import is_events

WITH_TIMES = ("neo", "mne", "pynwb", "brian2", "nest")
LIBRARIES = ("xarray", "pandas", *WITH_TIMES)
QUANTITIES = "brian2.units"  # arrays with a unit of Brian2, which have no times


def are_trains(data: object) -> bool:
    """Return whether this is a list of spike trains of Neo."""
    if not isinstance(data, list | tuple):
        return False
    return bool(data) and all(library_of(x) == "neo" and type(x).__name__.startswith("SpikeTrain") for x in data)


def library_of(data: object) -> str:
    """Return the library whose object this is; that of a list of spike trains is Neo; "" for all others.

    A dictionary of events is one of NEST.

    >>> library_of([1.0]), library_of("rec.edf")
    ('', '')
    """
    if isinstance(data, list | tuple) or type(data) is dict:
        return "neo" if are_trains(data) else "nest" if is_events(data) else ""
    modules = [kind.__module__ for kind in type(data).__mro__]
    if any(module.startswith(QUANTITIES) for module in modules):
        return ""
    return next((name for module in modules if (name := module.partition(".")[0]) in LIBRARIES), "")


def run_of(data: Any, library: str, dt: float | None, clock: str | None, dims: Dims | None, lazy: bool = False) -> Run:
    """Return the Run of an object of one of `LIBRARIES`.

    Args:
        data: the object.
        library: its name, from `library_of`.
        dt, clock: where the object has no times of its own.
        dims: of an xarray object whose names of axes say nothing.
        lazy: whether values may stay where they are and be read in pieces.

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

        return of_mne.read(data, lazy)
    if library == "brian2":
        from . import of_brian2

        return of_brian2.read(data)
    if library == "nest":
        from . import of_nest

        return of_nest.read(data)
    from . import of_nwb

    return of_nwb.read(data)
