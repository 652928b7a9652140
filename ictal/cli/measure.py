"""``ictal measure``: measures of a file, each with its null, once or in sliding windows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from ..analyses.settings import ValueSettings
from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .eeg import channel_notes
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
from .output import Output, assumptions
from .windows_text import windows_text

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
        out.found(windows, lambda: windows_text(windows), output, force, channel_notes(windows), file=str(file))
        return

    from ..verbs import measure as api

    with out.progress("measure") as report:
        found = api.measure(
            file, measures or None, nulls=nulls or 0, window=(window[0], window[1]) if window else None,
            entries=entries or None, progress=report, **shared,
        )  # fmt: skip
    from .measured import measured, not_defined

    notes = [*not_defined(found), *assumptions(found.config, found.config["source"])]
    out.found(found, lambda: measured(found, str(file)), output, force, notes, file=str(file))
