"""``ictal export``: a file of Ictal in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Force, Json, Quiet, listed
from .output import Output


def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Any file of ictal (.h5, .pt), or the folder of a sweep.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="csv, sonata or xarray.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", readable=False, metavar="PATH", help="Default: NAME-csv/, NAME-sonata.h5, NAME.nc."
        ),
    ] = None,
    entries: Annotated[str, typer.Option(metavar="A,B", help="Only these entries of the file.")] = "",
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a file for other tools: csv, SONATA or xarray."""
    from ..simulator.export import export as exported

    out = Output(json, quiet)
    with out.progress(f"export to {to}") as report:
        found = exported(file, to, output, entries=listed(entries) or None, force=force, progress=report)
    files = [str(path) for path in found.files]

    def text() -> str:
        lines = [f"wrote {path}" for path in files]
        if found.left_out:
            lines.append(f"left out, as {to} cannot hold it: {', '.join(found.left_out)}")
        return "".join(f"{line}\n" for line in lines) if not quiet else ""

    out.result({"kind": "export", "file": str(file), "to": to, "files": files, "left_out": found.left_out}, text)
