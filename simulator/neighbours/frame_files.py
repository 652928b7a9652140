"""Parquet and Feather, which pandas reads with pyarrow."""

from __future__ import annotations

from pathlib import Path

from .. import InputError, Run
from ..recordings.dims import Dims
from . import of_pandas
from .packages import reading


def read_frame(source: Path, *, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Read a table as `of_pandas.read` reads its DataFrame.

    Raises:
        InputError: one line: pandas or pyarrow is not installed or cannot read the file, or as of a DataFrame.
    """
    what = "Parquet" if source.suffix.lower() == ".parquet" else "Feather"
    try:
        import pandas
        import pyarrow  # noqa: F401
    except ImportError:
        raise InputError(f"{source}: {what} is read by pandas with pyarrow: pip install pandas pyarrow") from None
    notes: list[str] = []
    with reading(source, what, "pandas", notes):
        frame = pandas.read_parquet(source) if what == "Parquet" else pandas.read_feather(source)
    try:
        return of_pandas.read(frame, dt, clock, dims)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
