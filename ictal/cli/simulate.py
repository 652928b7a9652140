"""``ictal simulate``: run a system once and write what it did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..simulator.fields import Param
from ..simulator.options import Option
from ..verbs.simulate import Simulation
from .options import Force, Resume, check_hdf5, command
from .output import Output, fraction


@dataclass(frozen=True)
class Settings(Simulation):
    """Settings of `ictal simulate`."""

    output: Annotated[Path | None, Param("Default: SYSTEM.h5"), Option("FILE.h5", "-o --output")] = None
    resume: Resume = False
    dry_run: Annotated[bool, Param("Only say what memory, disk and time it needs")] = False
    threads: Annotated[int | None, Param("Threads of the compiled engine; the bits do not depend on them", ge=1)] = None
    force: Force = False


@command
def simulate(given: Settings, out: Output) -> None:
    """Run a system once and write what it did to an HDF5 file.

    A spiking network is written chunk by chunk to FILE.h5.part; after Ctrl-C or a crash --resume goes on from there.
    """
    from ..models.system import Spiking
    from ..simulator import InputError
    from ..simulator.fields import parameter_types
    from ..verbs.names import build, parse_settings
    from ..verbs.names import system as system_class

    system, seed, engine = given.system, given.seed, given.engine
    parameters = parse_settings(system, given.settings)
    if given.duration is not None:
        if "duration" not in parameter_types(system_class(system)):
            raise InputError(f"{system}: has no duration; leave --duration out (see ictal explain {system})")
        if "duration" in parameters:
            raise InputError("--duration and --set duration=…: say one of them")
        parameters["duration"] = given.duration
    built = build(system, parameters)  # refuses what cannot be before anything is touched
    target = given.output or Path(f"{system}.h5")
    check_hdf5(target, True)
    if isinstance(built, Spiking) and engine in (None, "compiled"):
        from . import longrun

        how: longrun.How = {"precision": given.precision or "float64", "threads": given.threads or 1, "out": out}
        if given.dry_run:
            longrun.forecast(built, seed, target, **how)
        else:
            longrun.run(system, parameters, seed, engine, target, resume=given.resume, force=given.force, **how)
        return
    for name in ("resume", "dry_run", "threads", "precision"):
        if getattr(given, name):
            raise InputError(f"{name}: is for spiking networks on the compiled engine; leave it out")
    check_hdf5(target, given.force)

    from ..simulator.files.store import save
    from ..verbs import simulate as simulate_verb

    with out.progress(f"simulate {system}") as report:
        run = simulate_verb.simulate(system, seed=seed, engine=engine, progress=fraction(report), **parameters)
    save(run, target, force=given.force)
    entries = {name: repr(entry) for name, entry in run.items()}
    document = {"kind": "run", "file": str(target), "seed": seed, "entries": entries, "command": run.source["command"]}
    if out.json:
        out.result(document, str)
    else:
        out.note("".join(f"{name}: {text}\n" for name, text in entries.items()) + f"wrote {target}")
