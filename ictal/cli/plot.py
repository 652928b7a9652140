"""``ictal plot``: figures of a file, from its content alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ..simulator.fields import Param
from ..simulator.options import Option
from .options import AnyFile, ClockOption, DimsOption, Dt, Force, check_folder, command
from .output import Output, assumptions


@command
def plot(
    file: AnyFile,
    output: Annotated[Path | None, Param("Default: NAME-figures"), Option("DIR", "-o --output")] = None,
    dt: Dt = None,
    clock: ClockOption = None,
    dims: DimsOption = None,
    every: Annotated[bool, Param("Also every part: rasters, traces, maps, nulls"), Option("", "--all")] = False,
    caption: Annotated[bool, Param("Put the caption into the picture")] = False,
    animate: Annotated[bool, Param("Also a GIF of every bump on a ring")] = False,
    force: Force = False,
    *,
    out: Output,
) -> None:
    """Draw the overview of a run or a result as PNG and SVG; with --all its parts as well."""
    folder = output or Path(f"{file.stem}-figures")
    check_folder(folder, [], force)
    with out.progress("plot"):
        from ..simulator import Run
        from ..simulator.files.disk import make_folder
        from ..simulator.files.readers import is_result, open_run
        from ..simulator.files.result import load

        found = load(file) if is_result(file) else open_run(file, dt=dt, clock=clock, dims=dims)

        from ..analyses.figures.rings import films
        from ..analyses.figures.save import save_figures, save_films

        moving = films(found) if animate else {}
        first = None if every else found.overview()
        figures = found.pictures() if first is None else {first.name: first}
        make_folder(folder)
        written = save_figures(figures.values(), folder, force=force, captions=caption) + save_films(
            moving, folder, force=force
        )
    said = assumptions(dict(found.source)) if isinstance(found, Run) else []
    out.remark(
        {
            "kind": "figures", "file": str(file), "folder": str(folder), "files": [str(path) for path in written],
            "captions": {name: drawn.caption for name, drawn in figures.items()},
        },
        *said,
        *(f"wrote {path}" for path in written), *(f"\n{name}: {drawn.caption}" for name, drawn in figures.items()),
    )  # fmt: skip
