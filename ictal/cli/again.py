"""``ictal simulate FILE.h5``: the network of a file, again or on from its end."""

from __future__ import annotations

import shlex
from pathlib import Path

from ..simulator.errors import InputError
from ..simulator.options import command_line
from ..verbs.simulate import Simulation
from .interrupts import Signals
from .options import check_hdf5
from .output import Output, error_line, fraction


def run(
    given: Simulation,
    output: Path | None,
    more: float | None,
    resume: bool,
    dry_run: bool,
    threads: int,
    force: bool,
    out: Output,
) -> None:
    """Stream the run to its file and print the entries, or the command that goes on.

    Raises:
        InputError: as `file_to_file`; an option that the file decides.
        typer.Exit: 130 or 143 after a signal.
    """
    from ..simulator.long_runs.chunks import UnfinishedRun
    from ..simulator.long_runs.stepper import UnfinishedError
    from ..verbs.again import FileOfRun, file_to_file

    file = Path(given.system)
    for name, value in {"engine": given.engine, "precision": given.precision, "dry_run": dry_run}.items():
        if value:
            raise InputError(f"{name}: {file} is run on the compiled engine in its precision; leave it out")
    target = output or file.with_name(f"{file.stem}-{'again' if more is None else 'continued'}.h5")
    check_hdf5(target, True)
    parameters = FileOfRun.of(file).parsed(given.settings)
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
        done = fraction(report)
        written = file_to_file(
            file, target, more=more, duration=given.duration, seed=given.seed, parameters=parameters, command=command,
            threads=threads, resume=resume, force=force, stop=signals.stop, note=error_line,
            progress=None if done is None else lambda at, end: done(at / end),
        )  # fmt: skip
    lines = [f"{target} is complete: this very run"]
    if not written.complete:
        lines = [*(f"{name}: {text}" for name, text in written.entries.items()), *_said(target, more)]
    facts = {"entries": written.entries, "command": command, "complete": written.complete}
    out.remark({"kind": "run", "file": str(target), **facts}, *lines)


def _said(target: Path, more: float | None) -> list[str]:
    """Return the lines on a file that was written: what it goes on from, and what was changed."""
    if more is None:
        return [f"wrote {target}"]
    from ..simulator.files.origins import open_origin

    origin, _ = open_origin(target)
    found = dict(origin.settings["continues"]) if origin else {}
    changed = "; ".join(found.get("changed", [])) or "nothing"
    remarks = [f"assumed: {line}" for line in found.get("remarks", [])]
    return [*remarks, f"changed at {found.get('time', 0.0):g} s: {changed}", f"wrote {target}: the new part alone"]
