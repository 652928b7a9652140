"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no remarks.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.", show_default=False)]
Names = Annotated[str, typer.Option(metavar="A,B", help="Measures by name; all that are defined if left out.")]
Dt = Annotated[float | None, typer.Option("--dt", metavar="DT", help="Sampling interval of an array file [ticks].")]
ClockOption = Annotated[
    str | None,
    typer.Option(
        "--clock",
        metavar="CLOCK",
        help="What the time axis of an array file is: second, model, step, epoch, frame, sample.",
    ),
]
Window = Annotated[
    tuple[float, float] | None,
    typer.Option("--window", metavar="START STOP", help="Only this part of the time axis [ticks]."),
]
Bin = Annotated[
    float | None,
    typer.Option(
        "--bin",
        metavar="S",
        help="Spikes are counted in bins of S seconds, default .001. χ depends on it.",
    ),
]
Sd = Annotated[
    float | None,
    typer.Option(
        "--sd",
        metavar="S",
        help="and smoothed by a Gaussian of SD S seconds, default .005. χ depends on it.",
    ),
]
BIN, SD = 0.001, 0.005  # [s]; as in analyses.values.ValueSettings, which takes a second to import
Band = Annotated[
    tuple[float, float] | None,
    typer.Option("--band", metavar="LO HI", help="Filter the signal first [cycles per tick of the clock; Hz]."),
]
PhaseBand = Annotated[
    tuple[float, float] | None,
    typer.Option("--phase-band", metavar="LO HI", help="Band of Hilbert phases alone; default that of --band."),
]


def listed(text: str) -> list[str]:
    """The names in "a,b".

    >>> listed("si_3, chi_c,")
    ['si_3', 'chi_c']
    """
    return [name.strip() for name in text.split(",") if name.strip()]


def command_line(words: Sequence[object], options: Sequence[tuple[str, object]]) -> str:
    """The line that repeats a command: what was given, without where it writes and how it talks.

    >>> command_line(["measure", "a b.npy"], [("--dt", 0.1), ("--clock", None), ("--band", (3.0, 20.0))])
    "ictal measure 'a b.npy' --dt 0.1 --band 3.0 20.0"
    """
    import shlex

    line = ["ictal", *map(str, words)]
    for option, value in options:
        if value is None or value == "":
            continue
        values = value if isinstance(value, tuple) else (value,)
        line += [option, *map(str, values)]
    return shlex.join(line)


def check_folder(folder: Path, files: Sequence[str], force: bool) -> None:
    """Refuse early a folder that cannot be made or written, or that holds one of the files.

    Raises:
        InputError: which of these it is.
    """
    from ..simulator import InputError
    from ..simulator.files.document import check_writable

    if folder.is_dir():
        for name in files:
            check_writable(folder / name, force)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"{folder}: this folder cannot be written")
        return
    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise InputError(f"{folder}: cannot be a folder; {above} is a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{folder}: cannot be made; the folder {above} cannot be written")


def make_folder(folder: Path) -> None:
    """Make the folder and those above it.

    Raises:
        InputError: the system does not allow it.
    """
    from ..simulator import InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
