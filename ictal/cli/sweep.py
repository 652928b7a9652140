"""``ictal sweep``: a system over a grid of parameters and seeds, one file a point."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import typer

from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .options import Band, check_folder, command
from .output import Output, error_line

MOST_NAMED = 10  # failures on the terminal; all of them are in sweep.json


@command
def sweep(
    system: Annotated[
        str,
        Param("Name of a system (see `ictal list systems`), or a network in JSON or Python"),
        Argument("SYSTEM|FILE"),
    ],
    grid: Annotated[
        tuple[str, ...],
        Param(
            "LOW:HIGH:COUNT (both ends), LOW:HIGH:COUNT:log, or A,B,C (A;B;C where a value has commas); every "
            "combination"
        ),
        Option("KEY=VALUES", repeat=True),
    ] = (),
    settings: Annotated[
        tuple[str, ...], Param("A parameter that all points share"), Option("KEY=VALUE", "--set", repeat=True)
    ] = (),
    seeds: Annotated[str, Param("How many seeds (0, 1, ...), or which: 0,3,7"), Option("N|A,B")] = "1",
    measures: Annotated[
        tuple[str, ...], Param("Measures of every point, for the table and the figure"), Option("A,B")
    ] = (),
    of: Annotated[tuple[str, ...], Param("Entries to measure; left out: all"), Option("A,B")] = (),
    window: Annotated[
        tuple[float, float] | None, Param("Only part of the time axis to measure [ticks]"), Option("START STOP")
    ] = None,
    band: Band = None,
    units: Annotated[int | None, Param("Measure only N units of each, chosen at random")] = None,
    jobs: Annotated[int, Param("Processes at a time")] = 1,
    output: Annotated[Path | None, Param("Default: SYSTEM-sweep"), Option("DIR", "-o --output")] = None,
    *,
    out: Output,
) -> None:
    """Run a system over a grid of parameters and seeds.

    The same command goes on where it ended and tries failed points again. Exit code 1: points failed.
    """
    from ..verbs.names import parse_settings
    from ..verbs.network_files import label

    values = parse_grid(system, grid)
    shared = parse_settings(system, settings)
    folder = output or Path(f"{label(system)}-sweep")
    check_folder(folder, [], force=False)

    from ..simulator.files.document import versions
    from ..sweeps import sweep as sweeps

    try:
        with out.progress(f"sweep {system}") as report:
            done = sweeps.sweep(
                system, values, folder=folder, seeds=_seeds(seeds), settings=shared, measures=measures, of=of,
                window=window, band=band, units=units, jobs=jobs, progress=report,
            )  # fmt: skip
    except KeyboardInterrupt:
        error_line(f"{folder} has every point that is done; the same command goes on from there")
        raise
    document: dict[str, Any] = {
        "kind": "sweep",
        "folder": str(folder),
        "points": len(done),
        "done": len(done.files),
        "found": done.found,
        "files": {point.name: file.name for point, file in done.files.items()},
        "failures": {point.name: why for point, why in done.failures.items()},
    }
    if done.measuring is not None:
        document["measures"] = list(done.measuring.measures)
    existing = f" ({done.found} were there)" if done.found else ""
    failed = f", {len(done.failures)} failed" if done.failures else ""
    out.remark(document, f"{len(done)} points: {len(done.files)} done{existing}{failed}", f"wrote {folder}")
    for point in list(done.failures)[:MOST_NAMED]:
        error_line(f"failed: {point.name}: {done.failures[point]}")
    if len(done.failures) > MOST_NAMED:
        error_line(f"and {len(done.failures) - MOST_NAMED} more; see {folder / 'sweep.json'}")
    now = versions()
    other = [
        f"{name} {was} (now {now.get(name, 'absent')})" for name, was in done.versions.items() if was != now.get(name)
    ]
    if done.found and other:
        error_line(f"begun with {', '.join(other)}; every file names the versions that made it")
    if done.failures:
        raise typer.Exit(1)


def parse_grid(system: str, texts: Sequence[str]) -> dict[str, list[Any]]:
    """Read ``KEY=VALUES`` texts as the grid of a sweep, by the type of each field.

    Raises:
        InputError: no such parameter, given twice, or not values of its type.

    >>> parse_grid("cuba", ["tau_m=10:20:3", "n_e=100,200"])
    {'tau_m': [10.0, 15.0, 20.0], 'n_e': [100, 200]}
    """
    from ..simulator.fields import parse
    from ..verbs.names import names_of, parse_each

    if not texts:
        raise InputError(f"sweep: needs at least one --grid, e.g. --grid {names_of(system)[0]}=1,2")

    def read(key: str, what: str, hint: Any, values: str) -> list[Any]:
        kinds = {hint, *get_args(hint)}
        many = any(get_origin(kind) is tuple for kind in kinds)
        if ":" in values and {int, float} & kinds:
            return [parse(what, hint, number) for number in _between(key, values)]
        outside = r";(?![^(]*\))" if many or ";" in values else r",(?![^(]*\))"  # of the brackets of Normal(20, 2)
        cells = [cell.strip() for cell in re.split(outside, values)]
        if not all(cells):
            raise InputError(f"--grid {key}: a value is missing; got {values!r}")
        return [parse(what, hint, cell) for cell in cells]

    return parse_each("--grid", system, texts, "KEY=LOW:HIGH:COUNT[:log] or KEY=A,B,C", read)


def _between(key: str, text: str) -> list[str]:
    """Return the numbers of LOW:HIGH:COUNT[:log] as texts, whole ones without a point."""
    import numpy as np

    from ..sweeps.points import MOST_POINTS

    low, high, count, *more = (*text.split(":"), "", "")[: max(3, text.count(":") + 1)]
    try:
        ends, n = (float(low), float(high)), int(count)
    except ValueError:
        raise InputError(f"--grid {key}: must be LOW:HIGH:COUNT, LOW:HIGH:COUNT:log or A,B,C; got {text!r}") from None
    if more not in ([], ["log"]):
        raise InputError(f"--grid {key}: after LOW:HIGH:COUNT comes nothing or :log; got {text!r}")
    if not np.isfinite(ends).all():
        raise InputError(f"--grid {key}: LOW and HIGH must be finite; got {text!r}")
    if not 1 <= n <= MOST_POINTS:
        raise InputError(f"--grid {key}: COUNT must lie in 1..{MOST_POINTS}; got {n}")
    if n == 1 and ends[0] != ends[1]:
        raise InputError(f"--grid {key}: one value cannot be both ends; give {key}={low}; got {text!r}")
    if more and min(ends) <= 0:
        raise InputError(f"--grid {key}: LOW and HIGH must be > 0 for :log; got {text!r}")
    numbers = np.geomspace(*ends, n) if more else np.linspace(*ends, n)
    return [repr(int(x)) if x.is_integer() else repr(x) for x in numbers.tolist()]


def _seeds(text: str) -> int | list[int]:
    try:
        return [int(seed) for seed in text.split(",") if seed.strip()] if "," in text else int(text)
    except ValueError:
        raise InputError(f"seeds: must be a number of seeds, or seeds such as 0,3,7; got {text!r}") from None
