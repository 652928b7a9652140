"""``ictal simulate FILE.h5``: the network or system of a file, again or on from its end."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..simulator.errors import InputError
from ..simulator.options import command_line
from ..simulator.progress import of_time
from ..verbs.simulate import Simulation
from .interrupts import Signals
from .options import check_hdf5
from .output import Output, error_line

if TYPE_CHECKING:
    from ..verbs.again import FileOfRun
    from ..verbs.recorded import RecordedSystem


def run(
    given: Simulation,
    output: Path | None,
    more: float | None,
    resume: bool,
    dry_run: bool,
    threads: int | None,
    force: bool,
    out: Output,
) -> None:
    """Run a file again or go on from its end, and print the entries, or the command that goes on.

    Raises:
        InputError: as `file_to_file` and `RecordedSystem`; an option that the file decides.
        typer.Exit: 130 or 143 after a signal.
    """
    from ..verbs.recorded import RecordedSystem

    file = Path(given.system)
    target = output or file.with_name(f"{file.stem}-{'again' if more is None else 'continued'}.h5")
    check_hdf5(target, True)
    if (recorded := RecordedSystem.of(file)) is None:
        for name, value in {"engine": given.engine, "precision": given.precision, "dry_run": dry_run}.items():
            if value:
                raise InputError(f"{name}: {file} is run on the compiled engine in its precision; leave it out")
        _network(given, file, target, more, resume, threads or 1, force, out)
        return
    if more is not None:
        raise InputError(f"{file}: holds no description of a network, and so no state to go on from; run it longer: "
                         f"{shlex.join(['ictal', 'simulate', str(file)])} --duration SECONDS")  # fmt: skip
    only = {"engine": given.engine, "precision": given.precision, "dry_run": dry_run, "resume": resume,
            "threads": threads}  # fmt: skip
    for name in (name for name, value in only.items() if value):
        raise InputError(f"{name}: is for spiking networks; {file} is of {recorded.name}; leave it out")
    _system(given, recorded, file, target, force, out)


def _network(
    given: Simulation, file: Path, target: Path, more: float | None, resume: bool, threads: int, force: bool,
    out: Output,
) -> None:  # fmt: skip
    from ..simulator.long_runs.chunks import UnfinishedRun
    from ..simulator.long_runs.stepper import UnfinishedError
    from ..verbs.again import FileOfRun, file_to_file

    first = FileOfRun.of(file)
    parameters = first.parsed(given.settings)
    if "duration" in parameters:
        raise InputError("--set duration=…: say --duration of a run from the start, or --continue")
    words = [] if more is None else ["--continue", str(more)]
    command = command_line("simulate", given, words)
    unfinished = UnfinishedRun.of(target)
    rest = [*(["--threads", str(threads)] if threads > 1 else []), "-o", str(target), "--resume"]
    signals = Signals(
        UnfinishedError,
        lambda: f"go on with: {command} {shlex.join(rest)}" if unfinished.folder.exists() else "",
        " at {0.done:g} of {0.total:g} s",
    )
    with signals, out.progress(f"simulate {file}") as report:
        written = file_to_file(
            file, target, more=more, duration=given.duration, seed=given.seed, parameters=parameters, command=command,
            threads=threads, resume=resume, force=force, stop=signals.stop, note=error_line,
            progress=of_time(report),
        )  # fmt: skip
    lines = [f"{target} is complete: this very run"]
    if not written.complete:
        entries = [f"{name}: {text}" for name, text in written.entries.items()]
        lines = [*entries, *_assumed(first.source, first), *_said(target)]
    facts = {"entries": written.entries, "command": command, "complete": written.complete}
    out.remark({"kind": "run", "file": str(target), **facts}, *lines)


def _system(given: Simulation, recorded: RecordedSystem, file: Path, target: Path, force: bool, out: Output) -> None:
    from ..simulator.files.store import save
    from ..verbs.names import has_duration, parse_settings

    parameters = parse_settings(recorded.name, given.settings)
    if given.duration is not None:
        if not has_duration(recorded.name):
            raise InputError(f"{recorded.name}: has no duration; leave --duration out (see ictal explain "
                             f"{recorded.name})")  # fmt: skip
        if "duration" in parameters:
            raise InputError("--duration and --set duration=…: give one of them")
        parameters["duration"] = given.duration
    recorded.built(parameters)  # refuses bad parameters before any file is touched
    check_hdf5(target, force)
    command = command_line("simulate", given)
    with out.progress(f"simulate {file}") as report:
        made = recorded.run(parameters, given.seed, command, report)
    save(made, target, force=force)
    entries = {name: repr(entry) for name, entry in made.items()}
    facts = {"seed": made.source["seed"], "entries": entries, "command": command}
    lines = [f"{name}: {text}" for name, text in entries.items()]
    out.remark({"kind": "run", "file": str(target), **facts}, *lines, *_assumed(recorded.source), f"wrote {target}")


def _assumed(source: Mapping[str, Any], first: FileOfRun | None = None) -> list[str]:
    """Return the lines on a file that was run elsewhere: by other versions, or on another engine."""
    from ..verbs.recorded import other_versions

    lines = other_versions(source)
    if first is not None and (engine := first.origin.settings["engine"]) != "compiled":
        lines.append(
            f"the file is of {engine}, and this run is of the compiled engine, which draws other Poisson inputs"
        )
    return [f"assumed: {line}" for line in lines]


def _said(target: Path) -> list[str]:
    """Return the lines on a file that was written: what it goes on from, and what was changed."""
    from ..simulator.files.origins import open_origin

    origin, _ = open_origin(target)
    found = origin.settings.get("continues") if origin else None
    if not found:
        return [f"wrote {target}"]
    changed = "; ".join(found.get("changed", [])) or "nothing"
    remarks = [f"assumed: {line}" for line in found.get("remarks", [])]
    return [*remarks, f"changed at {found['time']:g} s: {changed}", f"wrote {target}: the new part alone"]
