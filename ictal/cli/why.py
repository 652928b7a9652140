"""``ictal why``: the parts of one value of synchrony."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..analyses.why.settings import Reference, WhySettings
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .options import Band, Bin, ClockOption, DimsOption, Dt, Force, Hdf5, Line, Sd, check_folder, check_hdf5, command
from .output import Output, assumptions, number
from .tables import on_lines, table

if TYPE_CHECKING:
    from ..analyses.why.result import WhyResult


@command
def why(
    *,
    file: Annotated[
        Path,
        Param("A run (.h5), an EEG (.edf, .bdf), a trained network (.pt), or an array: .npy, .npz, .csv"),
        Argument("FILE"),
    ],
    measure: Annotated[
        str, Param("Value to take apart: chi_c, mean_correlation, si_3, mean_squared_correlation or lambda1_fraction")
    ] = "chi_c",
    corner: Annotated[
        float | None,
        Param("Frequency between slow and fast [cycles per tick; Hz]; default 1 Hz, or 60 cycles a recording"),
    ] = None,
    dt: Dt = None,
    clock: ClockOption = None,
    dims: DimsOption = None,
    band: Band = None,
    window: Annotated[
        tuple[float, float] | None, Param("The only part of the time axis to read [ticks]"), Option("START STOP")
    ] = None,
    nulls: Annotated[int, Param("Surrogates of the value: 0, or at least 199")] = WhySettings.nulls,
    reference: Annotated[Reference, Param("Whether the units can have a common reference")] = "auto",
    entry: Annotated[str | None, Param("This entry of the file; default eeg, or the only one")] = None,
    units: Annotated[int | None, Param("Only N units, chosen at random")] = None,
    bin: Bin = WhySettings.bin,
    sd: Sd = WhySettings.sd,
    label: Annotated[str, Param("Time label that holds the classes")] = WhySettings.label,
    all_channels: Annotated[bool, Param("Keep copies and channels of poor quality")] = False,
    seed: Annotated[int, Param("Seed of surrogates and of the choice of units", ge=0)] = 0,
    output: Hdf5 = None,
    plot: Annotated[
        Path | None, Param("Also write the figure as PNG and SVG into this folder"), Option("DIR", record="never")
    ] = None,
    html: Annotated[Path | None, Param("Also write a page"), Option("FILE.html", record="never")] = None,
    force: Force = False,
    line: Line,
    out: Output,
) -> None:
    """Take a value of synchrony apart: classes, slow, fast, groups, chance.

    The parts add up to the value that `ictal measure` prints with the same options.
    """
    check_hdf5(output, force)
    if plot is not None:
        check_folder(plot, [], force)

    from ..verbs.why import why as api

    with out.progress("why") as report:
        found = api(
            file, measure, corner=corner, band=band, window=window, nulls=nulls, reference=reference, entry=entry,
            dt=dt, clock=clock, dims=dims, units=units, bin=bin, sd=sd, label=label, all_channels=all_channels,
            seed=seed, command=line, progress=report,
        )  # fmt: skip
        written: list[Path] = []
        if plot is not None:
            from ..analyses.figures.save import save_figures
            from ..simulator.files.disk import make_folder

            make_folder(plot)
            written += save_figures(found.drawings().values(), plot, force=force)
        if html is not None:
            written.append(found.html(html, force=force))
    notes = [*assumptions(found.config, found.config["source"]), *(f"wrote {path}" for path in written)]
    facts = {"file": str(file), **({"files": [str(path) for path in written]} if written else {})}
    out.found(found, lambda: _told(found), output, force, notes, **facts)


def _told(found: WhyResult) -> str:
    """Return the sentences, the parts, and the cross table."""
    sentences = on_lines(found.sentence, *found.says.splitlines())
    if not all(part.told for part in found.parts):
        return sentences
    chance = any(math.isfinite(part.chance) for part in found.parts)
    names = [row.pairs for row in found.sets]
    columns = ["part", "value", "95 %", "without it", *(["chance"] if chance else [])]
    columns += names if len(names) > 1 else []
    rows = []
    for part in found.parts:
        cells = {cell.pairs: number(cell.value) for cell in found.cells if cell.part == part.part}
        interval = f"{number(part.low)} … {number(part.high)}" if math.isfinite(part.low) else "–"
        row = [
            part.part,
            number(part.value),
            interval,
            number(part.without),
            *([number(part.chance)] if chance else []),
        ]
        rows.append([*row, *((cells.get(name, "–") for name in names) if len(names) > 1 else ())])
    value = found.value
    total = [found.config["measure"], number(value.value), "–", "–", *(["–"] if chance else [])]
    rows.append([*total, *((number(row.value) for row in found.sets) if len(names) > 1 else ())])
    drawn = table(columns, rows)
    if value.null_kind:
        middle = (
            "" if value.tested == value.value else f", beside {number(value.tested)} of the part that all shifts cover"
        )
        null = f"null 95 % {number(value.null_low)} … {number(value.null_high)}, p {number(value.p)}{middle}"
        drawn += on_lines(null, value.remark)
    elif value.no_null:
        drawn += on_lines(f"no null: {value.no_null}")
    return sentences + drawn + on_lines(*(f"{row.pairs}: units {row.units}" for row in found.sets[1:]))
