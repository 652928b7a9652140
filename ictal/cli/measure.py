"""``ictal measure``: measures of a file, each with its null, once or in sliding windows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..analyses.nulls import NULL_NAMES
from ..analyses.settings import ValueSettings
from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .eeg import channel_notes, windows_table
from .electrodes import Channels, Marked
from .options import (
    Band,
    Bin,
    ClockOption,
    DimsOption,
    Dt,
    Entries,
    Force,
    Hdf5,
    Line,
    MaxLag,
    Names,
    Null,
    PhaseBand,
    Sd,
    TrainShift,
    check_hdf5,
    command,
    prepared,
)
from .output import Output, assumptions, number
from .tables import table

if TYPE_CHECKING:
    from ..analyses.values import EntryValue, Measurements

WINDOW = "--window"


def joined(arguments: list[str]) -> list[str]:
    """Return the arguments with the numbers after ``--window`` in one: the parser itself knows fixed counts only.

    >>> joined(["a.npy", "--window", "3", "5", "--json"]), joined(["--window=5", "rec.edf"])
    (['a.npy', '--window', '3,5', '--json'], ['--window', '5', 'rec.edf'])
    """
    out: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word != WINDOW and not word.startswith(f"{WINDOW}="):
            out.append(word)
            continue
        numbers = [] if word == WINDOW else [word.partition("=")[2]]
        while rest and len(numbers) < 2 and _is_number(rest[0]):
            numbers.append(rest.pop(0))
        out += [WINDOW, ",".join(numbers)] if numbers else [WINDOW]
    return out


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


@prepared(joined)
@command
def measure(
    *,
    file: Annotated[
        Path,
        Param("A run (.h5), an EEG (.edf, .bdf), a trained network (.pt), an array (.npy, .npz), a table (.csv)"),
        Argument("FILE"),
    ],
    measures: Names = (),
    dt: Dt = None,
    clock: ClockOption = None,
    dims: DimsOption = None,
    band: Band = None,
    phase_band: PhaseBand = None,
    nulls: Annotated[int | None, Param("Surrogates a value: 0, or at least 199. Default 0, of sliding windows 199")] = (
        None
    ),
    null: Null = (),
    max_lag: MaxLag = None,
    train_shift: TrainShift = None,
    window: Annotated[
        tuple[float, ...],
        Param("Length of sliding windows, or the only part of the time axis to measure [ticks]"),
        Option("LENGTH | START STOP"),
    ] = (),
    step: Annotated[float | None, Param("From one sliding window to the next; default half a window")] = None,
    channels: Channels,
    marked: Marked,
    entries: Entries = (),
    units: Annotated[int | None, Param("Only N units of each, chosen at random")] = None,
    bin: Bin = ValueSettings.bin,
    sd: Sd = ValueSettings.sd,
    seed: Annotated[int, Param("Seed of surrogates and of the choice of units")] = 0,
    output: Hdf5 = None,
    force: Force = False,
    line: Line,
    out: Output,
) -> None:
    """Measure the synchrony in a file, or its course over time."""
    check_hdf5(output, force)
    if len(window) > 2:
        raise InputError(f"window: must be LENGTH (sliding windows) or START STOP; got {len(window)} numbers")
    if step is not None and len(window) != 1:
        raise InputError("step: belongs to sliding windows; give --window LENGTH, one number")
    shared: dict[str, Any] = {"band": band, "phase_band": phase_band, "dt": dt, "clock": clock, "dims": dims,
                              "units": units, "bin": bin, "sd": sd, "seed": seed, "command": line, "null": null,
                              "max_lag": max_lag, "train_shift": train_shift}  # fmt: skip
    shared |= channels.arguments()
    if marked.given and len(window) != 1:
        raise InputError(f"{marked.given}: belongs to sliding windows; give --window LENGTH, one number")
    if len(window) == 1:
        if len(entries) > 1:
            raise InputError(f"entries: sliding windows read one entry; got {', '.join(entries)}")

        from ..verbs.eeg import measure_over_time

        with out.progress("measure") as report:
            windows = measure_over_time(
                file, measures or None, window=window[0], step=step, nulls=199 if nulls is None else nulls,
                entry=entries[0] if entries else None, progress=report, **marked.arguments(), **shared,
            )  # fmt: skip
        out.found(windows, lambda: windows_table(windows), output, force, channel_notes(windows), file=str(file))
        return

    from ..verbs import measure as api

    with out.progress("measure") as report:
        found = api.measure(
            file, measures or None, nulls=nulls or 0, window=(window[0], window[1]) if window else None,
            entries=entries or None, progress=report, **shared,
        )  # fmt: skip
    defined = {row.measure for row in found.rows}
    missing = dict.fromkeys(one.measure for one in found.skipped if one.measure not in defined)
    notes = [f"not defined here: {', '.join(missing)} (why: --json)"] if missing else []
    notes += assumptions(found.config, found.config["source"])
    out.found(found, lambda: _measured(found), output, force, notes, file=str(file))


def _measured(found: Measurements) -> str:
    """Return the rows as a table; below it the limits of nulls, and why rows that want one have none."""
    from ..analyses.values import both_nulls

    nulls = any(row.null_kind or row.no_null for row in found.rows)
    notes = any(row.after_shuffle is not None for row in found.rows)
    columns = ["entry", "measure", "value", "unit", *(["tested", "null 95 %", "p", "null"] if nulls else [])]
    rows = []
    below: dict[str, list[str]] = {}
    seen = set()
    more: dict[tuple[str, str], list[EntryValue]] = {}
    for row in found.second:
        more.setdefault((row.entry, row.measure), []).append(row)
    for row in (each for one in found.rows for each in (one, *more.get((one.entry, one.measure), ()))):
        first = (row.entry, row.measure) not in seen
        seen.add((row.entry, row.measure))
        cells = [row.entry, row.measure, number(row.value), row.unit] if first else ["", "", "", ""]
        if nulls:
            interval = f"{number(row.null_low)} … {number(row.null_high)}"
            kind = NULL_NAMES.get(row.null_kind, row.null_kind)
            cells += [number(row.tested), interval, number(row.p), kind] if row.null_kind else ["–", "–", "–", "–"]
        note = "" if row.after_shuffle is None else f"after a shuffle {number(row.after_shuffle)}"
        sizes = [f"{row.n_live}/{row.n_units}", str(row.n_times)] if first else ["", ""]
        rows.append([*cells, *sizes, *([note] if notes else [])])
        others = more.get((row.entry, row.measure), ()) if first else ()
        beside = both_nulls(row, others[0]) if others else ""
        for remark in (f"no null: {row.no_null}" if row.no_null else "", row.remark if first else "", beside):
            if remark and row.measure not in below.setdefault(remark, []):
                below[remark].append(row.measure)
    drawn = table([*columns, "units", "samples", *(["notes"] if notes else [])], rows)
    return drawn + "".join(f"{', '.join(names)}: {remark}\n" for remark, names in below.items())
