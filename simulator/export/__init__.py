"""Export of files and results of Ictal to the formats of other tools."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .. import InputError
from ..files.disk import check_writable, write_errors
from ..files.readers import is_result, open_run
from ..files.result import contents
from ..kinds import Kind
from ..progress import shows_progress
from ..registry import Registry
from ..types import Shown
from .entries import Content, Exported, Format, choose

EXPORTS = Registry("format", "ictal.simulator.export", {
    "csv": ("csv_folder:CSV", "a folder with a table an entry, and attributes.json"),
    "nwb": ("nwb:NWB", "a file of Neurodata Without Borders, which pynwb reads"),
    "sonata": ("sonata:SONATA", "a file of spikes, as the SONATA specification has it"),
    "xarray": ("netcdf:NETCDF", "a netCDF4 file that xarray.open_datatree reads"),
}, "ictal.exports", ("suffix", "write"))  # fmt: skip


@shows_progress
def export(
    file: Kind | str | os.PathLike[str],
    to: str,
    path: str | os.PathLike[str] | None = None,
    *,
    entries: Sequence[str] | None = None,
    force: bool = False,
    progress: Shown = None,
) -> Exported:
    """Write a file of Ictal for other tools; in little memory, however large it is.

    Args:
        file: any file that Ictal wrote (.h5, .pt), the folder of a sweep, a Run or a result; or a file that `open_run`
            reads without more, such as .edf, which is read into memory.
        to: ``"csv"``: a folder with a table an entry, numbers that read back to the last bit, and ``attributes.json``.
            ``"nwb"``: one file of NWB: units, time series in seconds, epochs.
            ``"sonata"``: one file of spikes, timestamps [ms] and node_ids; other entries are left out.
            ``"xarray"``: one netCDF4 file that ``xarray.open_datatree`` reads. Or a format of `EXPORTS`.
        path: of the folder or file; None: ``NAME-csv``, ``NAME-sonata.h5``, ``NAME.nwb`` or ``NAME.nc`` in the current
            folder.
        entries: names of the entries; None: all.
        force: replace files that exist.
        progress: called as progress(done, total, entry); True shows it.

    Raises:
        InputError: an unknown format or entry, a file that cannot be read, an entry that the format
            cannot hold, no package for ``"xarray"`` or ``"nwb"``, or a path that exists or cannot be written.
    """
    form: Format = EXPORTS.load(to)
    where = f"the {file.kind}" if isinstance(file, Kind) else str(file)
    stem = file.kind if isinstance(file, Kind) else Path(file).stem
    target = Path(f"{stem}{form.suffix}" if path is None else path)
    if form.endings:
        if target.suffix.lower() not in form.endings:
            raise InputError(f"{target}: {to} is a file; want a name that ends in {form.endings[0]}")
        check_writable(target, force)
    if not isinstance(file, Kind) and os.path.exists(file) and target.exists() and os.path.samefile(file, target):
        raise InputError(f"{target}: is the file that is exported; choose another name")
    report = progress or (lambda done, total, entry: None)
    source = file if isinstance(file, Kind) or not os.path.exists(file) or is_result(file) else open_run(file)
    with contents(source) as (attrs, groups):
        content = Content(choose(attrs, groups, entries, where), attrs, where, entries is not None)
        with write_errors(target):
            return form.write(content, target, force, report)
