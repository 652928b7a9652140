"""`export`: what Ictal wrote, in the formats of other tools."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import InputError, unknown
from ..files.document import check_writable, first_line
from ..files.result import contents
from ..kinds import Kind
from ..types import Progress
from .entries import choose, name_of, spikes_of

FORMATS = {"csv": "-csv", "sonata": "-sonata.h5", "xarray": ".nc"}  # what the name of FILE.h5 becomes
_ENDINGS = {"sonata": (".h5", ".hdf5"), "xarray": (".nc",)}


@dataclass(frozen=True)
class Exported:
    """Result of `export`.

    Attributes:
        files: paths of the files.
        left_out: entries that the format cannot hold.
    """

    files: list[Path]
    left_out: list[str]


def export(
    file: Kind | str | os.PathLike[str],
    to: str,
    path: str | os.PathLike[str] | None = None,
    *,
    entries: Sequence[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write a file of Ictal for other tools; in little memory, however large it is.

    Args:
        file: any file that Ictal wrote (.h5, .pt), the folder of a sweep, a Run or a result.
        to: ``"csv"``: a folder with a table an entry, numbers that read back to the last bit, and ``attributes.json``.
            ``"sonata"``: one file of spikes, timestamps [ms] and node_ids; other entries are left out.
            ``"xarray"``: one netCDF4 file that ``xarray.open_datatree`` reads.
        path: of the folder or file; None: ``NAME-csv``, ``NAME-sonata.h5`` or ``NAME.nc`` in the current folder.
        entries: names of the entries; None: all.
        force: replace files that exist.
        progress: called as progress(done, total, entry).

    Raises:
        InputError: an unknown format or entry, a file that cannot be read or is not of Ictal, an entry that the format
            cannot hold, no package for ``"xarray"``, or a path that exists or cannot be written.
    """
    if to not in FORMATS:
        raise unknown("format", to, FORMATS)
    where = f"the {file.kind}" if isinstance(file, Kind) else str(file)
    stem = file.kind if isinstance(file, Kind) else Path(file).stem
    target = Path(f"{stem}{FORMATS[to]}" if path is None else path)
    if to in _ENDINGS:
        if target.suffix.lower() not in _ENDINGS[to]:
            raise InputError(f"{target}: {to} is a file; want a name that ends in {_ENDINGS[to][0]}")
        check_writable(target, force)
    if not isinstance(file, Kind) and os.path.exists(file) and target.exists() and os.path.samefile(file, target):
        raise InputError(f"{target}: is the file that is exported; choose another name")
    report = progress or (lambda done, total, entry: None)
    with contents(file) as (attrs, groups):
        chosen = choose(attrs, groups, entries, where)
        left_out: list[str] = []
        try:
            if to == "sonata":
                from .sonata import write_sonata

                spikes = spikes_of(chosen, where, asked=entries is not None)
                left_out = [name_of(group) for group in chosen if group not in spikes]
                files = write_sonata(spikes, target, force, report)
            elif to == "xarray":
                from .netcdf import write_netcdf

                files = write_netcdf(chosen, attrs, target, where, force, report)
            else:
                from .csv_folder import write_csv

                files = write_csv(chosen, attrs, target, where, force, report)
        except OSError as error:
            raise InputError(f"{target}: could not be written: {error.strerror or first_line(error)}") from error
    return Exported(files, left_out)
