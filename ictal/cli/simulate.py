"""``ictal simulate``: run a system once and write what it did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Force, Json, Quiet
from .output import Output, fraction


def simulate(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Name of a system; see `ictal list systems`.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A parameter of the system; repeatable. See `ictal explain SYSTEM`."
        ),
    ] = None,
    duration: Annotated[float | None, typer.Option(metavar="SECONDS", help="Simulated time.")] = None,
    seed: Annotated[int, typer.Option(metavar="K", help="Seed of everything random.")] = 0,
    engine: Annotated[str | None, typer.Option(metavar="ENGINE", help="compiled (default) or brian2.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", readable=False, metavar="FILE.h5", help="Default: SYSTEM.h5.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a system once and write what it did to an HDF5 file."""
    from ..registry import build, parameter_types, parse_settings
    from ..registry import system as system_class
    from ..simulator import InputError
    from ..simulator.document import check_writable

    parameters = parse_settings(system, settings or [])
    if duration is not None:
        if "duration" not in parameter_types(system_class(system)):
            raise InputError(f"{system}: has no duration; leave --duration out (see ictal explain {system})")
        if "duration" in parameters:
            raise InputError("--duration and --set duration=…: say one of them")
        parameters["duration"] = duration
    build(system, parameters)  # refuses what cannot be before anything is touched
    target = output or Path(f"{system}.h5")
    if target.suffix not in (".h5", ".hdf5", ".nc"):
        raise InputError(f"{target}: a run is written as HDF5; want a name that ends in .h5")
    check_writable(target, force)

    from .. import api
    from ..simulator.store import save

    out = Output(json, quiet)
    with out.progress(f"simulate {system}") as report:
        run = api.simulate(system, seed=seed, engine=engine, progress=fraction(report), **parameters)
    save(run, target, force=force)
    entries = {name: repr(entry) for name, entry in run.items()}
    document = {"kind": "run", "file": str(target), "seed": seed, "entries": entries, "command": run.source["command"]}
    if json:
        out.result(document, str)
    else:
        out.note("".join(f"{name}: {text}\n" for name, text in entries.items()) + f"wrote {target}")
