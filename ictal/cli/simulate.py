"""``ictal simulate``: run a system once and write its recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from ..simulator.fields import Param
from ..simulator.options import Option
from ..verbs.simulate import Simulation
from .options import Force, Resume, check_hdf5, command
from .output import Output


@command
def simulate(
    *,
    given: Simulation,
    output: Annotated[
        Path | None,
        Param("Default: SYSTEM.h5; of FILE.h5, FILE-again.h5 or FILE-continued.h5"),
        Option("FILE.h5", "-o --output"),
    ] = None,
    more: Annotated[
        float | None, Param("Go on from the end of FILE.h5 for this time [s]", gt=0), Option("SECONDS", "--continue")
    ] = None,
    resume: Resume = False,
    dry_run: Annotated[bool, Param("Only print the memory, disk and time that it needs")] = False,
    threads: Annotated[
        int | None, Param("Threads of the compiled engine; the bits do not depend on them", ge=1)
    ] = None,
    force: Force = False,
    out: Output,
) -> None:
    """Run a system once and write its recordings to an HDF5 file.

    A spiking network is written chunk by chunk to FILE.h5.part; after Ctrl-C or a crash --resume goes on from there.
    FILE.h5 of a run is run again, or of a spiking network with --continue goes on from its end, with changed parameters
    or not.
    """
    from ..models.system import Spiking
    from ..simulator import InputError
    from ..simulator.files.readers import HDF5_SUFFIXES
    from ..verbs.names import build, has_duration, parse_settings
    from ..verbs.network_files import label

    if Path(given.system).suffix.lower() in HDF5_SUFFIXES:
        from . import again

        again.run(given, output, more, resume, dry_run, threads, force, out)
        return
    if more is not None:
        raise InputError(f"--continue: goes on from FILE.h5 of a run; got {given.system}")
    given = replace(given, seed=given.seed or 0)
    system, seed, engine = given.system, given.seed or 0, given.engine
    parameters = parse_settings(system, given.settings)
    if given.duration is not None:
        if not has_duration(system):
            raise InputError(f"{system}: has no duration; leave --duration out (see ictal explain {system})")
        if "duration" in parameters:
            raise InputError("--duration and --set duration=…: give one of them")
        parameters["duration"] = given.duration
    built = build(system, parameters)  # refuses bad parameters before any file is touched
    target = output or Path(f"{label(system)}.h5")
    check_hdf5(target, True)
    if isinstance(built, Spiking) and engine in (None, "compiled"):
        from . import longrun

        if dry_run:
            longrun.forecast(built, given, target, threads or 1, out)
        else:
            longrun.run(given, parameters, target, threads or 1, resume, force, out)
        return
    only = {"resume": resume, "dry_run": dry_run, "threads": threads, "precision": given.precision}
    for name in (name for name, value in only.items() if value):
        raise InputError(f"{name}: is for spiking networks on the compiled engine; leave it out")
    check_hdf5(target, force)

    from ..simulator.files.store import save
    from ..verbs import simulate as simulate_verb

    with out.progress(f"simulate {system}") as report:
        run = simulate_verb.simulate(system, seed=seed, engine=engine, progress=report, **parameters)
    save(run, target, force=force)
    entries = {name: repr(entry) for name, entry in run.items()}
    document = {"kind": "run", "file": str(target), "seed": seed, "entries": entries, "command": run.source["command"]}
    out.remark(document, *(f"{name}: {text}" for name, text in entries.items()), f"wrote {target}")
