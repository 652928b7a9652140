"""``ictal export``: a file of Ictal in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .options import Entries, Force, command
from .output import Output


@command
def export(
    file: Annotated[
        Path, Param("A file of ictal (.h5, .pt, a sweep), or any that is read, such as .edf"), Argument("FILE")
    ],
    to: Annotated[str, Param("Format: csv, nwb, sonata or xarray"), Option("FORMAT")],
    output: Annotated[
        Path | None, Param("Default: NAME-csv/, NAME-sonata.h5, NAME.nwb, NAME.nc"), Option("PATH", "-o --output")
    ] = None,
    entries: Entries = (),
    force: Force = False,
    *,
    out: Output,
) -> None:
    """Write a file for other tools: csv, NWB, SONATA or xarray."""
    from ..simulator.export import export as exported

    with out.progress(f"export to {to}") as report:
        found = exported(file, to, output, entries=list(entries) or None, force=force, progress=report)
    files = [str(path) for path in found.files]
    lost = [f"left out, as {to} cannot store it: {', '.join(found.left_out)}"] if found.left_out else []
    document = {"kind": "export", "file": str(file), "to": to, "files": files, "left_out": found.left_out}
    out.remark(document, *(f"wrote {path}" for path in files), *lost)
