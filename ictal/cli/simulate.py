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
    duration: Annotated[float | None, typer.Option(metavar="SECONDS", help="Simulated time, or model time.")] = None,
    seed: Annotated[int, typer.Option(metavar="K", help="Seed of everything random.")] = 0,
    engine: Annotated[str | None, typer.Option(metavar="ENGINE", help="compiled (default) or brian2.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", readable=False, metavar="FILE.h5", help="Default: SYSTEM.h5.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was cut short.", show_default=False)
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what memory, disk and time it needs.", show_default=False)
    ] = False,
    threads: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Of the compiled engine; the bits do not depend on it.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Of the compiled engine: float64 (default) or float32.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a system once and write what it did to an HDF5 file.

    A spiking network is written chunk by chunk to FILE.h5.part; after Ctrl-C or a crash --resume goes on from there.
    """
    from ..models import SYSTEMS
    from ..models.system import Spiking
    from ..simulator import InputError
    from ..simulator.fields import parameter_types
    from ..simulator.files.document import check_writable
    from ..verbs.names import build, parse_settings

    parameters = parse_settings(system, settings or [])
    if duration is not None:
        if "duration" not in parameter_types(SYSTEMS.load(system)):
            raise InputError(f"{system}: has no duration; leave --duration out (see ictal explain {system})")
        if "duration" in parameters:
            raise InputError("--duration and --set duration=…: say one of them")
        parameters["duration"] = duration
    built = build(system, parameters)  # refuses what cannot be before anything is touched
    target = output or Path(f"{system}.h5")
    if target.suffix not in (".h5", ".hdf5", ".nc"):
        raise InputError(f"{target}: a run is written as HDF5; want a name that ends in .h5")
    out = Output(json, quiet)
    if isinstance(built, Spiking) and engine in (None, "compiled"):
        from . import longrun

        how: longrun.How = {"precision": precision or "float64", "threads": threads or 1, "out": out}
        if dry_run:
            longrun.forecast(built, seed, target, **how)
        else:
            longrun.run(system, parameters, seed, engine, target, resume=resume, force=force, **how)
        return
    for option, given in (("resume", resume), ("dry-run", dry_run), ("threads", threads), ("precision", precision)):
        if given:
            raise InputError(f"--{option}: is for spiking networks on the compiled engine; leave it out")
    check_writable(target, force)

    from ..simulator.files.store import save
    from ..verbs import simulate as simulate_verb

    with out.progress(f"simulate {system}") as report:
        run = simulate_verb.simulate(system, seed=seed, engine=engine, progress=fraction(report), **parameters)
    save(run, target, force=force)
    entries = {name: repr(entry) for name, entry in run.items()}
    document = {"kind": "run", "file": str(target), "seed": seed, "entries": entries, "command": run.source["command"]}
    if json:
        out.result(document, str)
    else:
        out.note("".join(f"{name}: {text}\n" for name, text in entries.items()) + f"wrote {target}")
