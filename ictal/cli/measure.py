"""``ictal measure``: measures of a file, each beside its null."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    BIN,
    SD,
    Band,
    Bin,
    ClockOption,
    Dt,
    Force,
    Json,
    Names,
    PhaseBand,
    Quiet,
    Sd,
    command_line,
    listed,
)
from .output import Output, number, table
from .sliding import noted, remarks, window_of, windows_table

if TYPE_CHECKING:
    from ..analyses.values import Measurements


def measure(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A run (.h5), an EEG (.edf, .bdf), a trained network (.pt), or an array: .npy, .npz, .csv.",
        ),
    ],
    measures: Names = "",
    dt: Dt = None,
    clock: ClockOption = None,
    band: Band = None,
    phase_band: PhaseBand = None,
    nulls: Annotated[
        int | None,
        typer.Option(metavar="N", help="Surrogates a value: 0, or at least 199. Default 0, of sliding windows 199."),
    ] = None,
    window: Annotated[
        str,
        typer.Option(
            "--window",
            metavar="LENGTH | START STOP",
            help="Sliding windows, or only this part of the time axis [ticks].",
        ),
    ] = "",
    step: Annotated[
        float | None, typer.Option(metavar="S", help="From one sliding window to the next; default half a window.")
    ] = None,
    entries: Annotated[str, typer.Option(metavar="A,B", help="Only these entries of the file.")] = "",
    units: Annotated[int | None, typer.Option(metavar="N", help="Only N units of each, chosen at random.")] = None,
    bin: Bin = None,
    sd: Sd = None,
    seed: Annotated[int, typer.Option(metavar="K", help="Seed of surrogates and of the choice of units.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", readable=False, metavar="FILE.h5", help="Also write HDF5.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure the synchrony in a file, or its course over time."""
    from ..simulator.errors import InputError
    from ..simulator.files.document import check_writable

    if output is not None:
        if output.suffix not in (".h5", ".hdf5", ".nc"):
            raise InputError(f"{output}: what is written is HDF5; want a name that ends in .h5")
        check_writable(output, force)

    part = window_of(window)
    if step is not None and not isinstance(part, float):
        raise InputError("--step: belongs to sliding windows; say --window LENGTH, one number")

    options: list[tuple[str, object]] = [
        ("--measures", ",".join(listed(measures))),
        ("--dt", dt),
        ("--clock", clock),
        ("--band", band),
        ("--phase-band", phase_band),
        ("--nulls", nulls),
        ("--window", tuple(window.split()) or None),
        ("--step", step),
        ("--entries", ",".join(listed(entries))),
        ("--units", units),
        ("--bin", bin if bin != BIN else None),
        ("--sd", sd if sd != SD else None),
        ("--seed", seed or None),
    ]
    out = Output(json, quiet)
    command = command_line(["measure", file], options)
    if isinstance(part, float):
        only = listed(entries)
        if len(only) > 1:
            raise InputError(f"--entries: sliding windows read one entry; got {', '.join(only)}")

        from ..verbs.eeg import measure_over_time

        with out.progress("measure") as report:
            course = measure_over_time(
                file, listed(measures) or None, window=part, step=step, band=band, phase_band=phase_band, dt=dt,
                clock=clock, nulls=199 if nulls is None else nulls, entry=only[0] if only else None, units=units,
                bin=BIN if bin is None else bin, sd=SD if sd is None else sd, seed=seed, command=command,
                progress=report,
            )  # fmt: skip
        if output is not None:
            course.save(output, force=force)
        out.result({"file": str(file), **course.to_json()}, lambda: windows_table(course))
        remarks(out, course)
        if output is not None:
            out.note(f"wrote {output}; ictal plot {output} draws it")
        return

    from ..verbs import measure as api

    with out.progress("measure") as report:
        found = api.measure(
            file,
            listed(measures) or None,
            band=band,
            phase_band=phase_band,
            dt=dt,
            clock=clock,
            nulls=nulls or 0,
            window=part,
            entries=listed(entries) or None,
            units=units,
            bin=BIN if bin is None else bin,
            sd=SD if sd is None else sd,
            seed=seed,
            command=command,
            progress=report,
        )
    if output is not None:
        found.save(output, force=force)
    out.result({"file": str(file), **found.to_json()}, lambda: measured(found))
    if found.skipped:
        missing = dict.fromkeys(s.measure for s in found.skipped if s.measure not in {r.measure for r in found.rows})
        if missing:
            out.note(f"not defined here: {', '.join(missing)} (why: --json)")
    noted(out, found.config, found.config["source"])
    if output is not None:
        out.note(f"wrote {output}")


def measured(found: Measurements) -> str:
    """The rows as a table; below it, why rows that want a null have none."""
    nulls = any(row.null_kind or row.no_null for row in found.rows)
    notes = any(row.after_shuffle is not None for row in found.rows)
    columns = ["entry", "measure", "value", "unit", *(["null 95 %", "p"] if nulls else []), "units", "samples"]
    rows = []
    alone: dict[str, list[str]] = {}
    for row in found.rows:
        null = [f"{number(row.null_low)} … {number(row.null_high)}", number(row.p)] if row.null_kind else ["–", "–"]
        cells = [row.entry, row.measure, number(row.value), row.unit, *(null if nulls else [])]
        note = "" if row.after_shuffle is None else f"after a shuffle {number(row.after_shuffle)}"
        rows.append([*cells, f"{row.n_live}/{row.n_units}", str(row.n_times), *([note] if notes else [])])
        if row.no_null and row.measure not in alone.setdefault(row.no_null, []):
            alone[row.no_null].append(row.measure)
    drawn = table([*columns, *(["notes"] if notes else [])], rows)
    return drawn + "".join(f"no null for {', '.join(names)}: {reason}\n" for reason, names in alone.items())
