"""Runs of spiking systems by `ictal simulate`: streamed to the file, resumed after a stop, or only forecast."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from .interrupts import Signals
from .output import Output, error_line
from .tables import wrapped

if TYPE_CHECKING:
    from ..models.system import Spiking
    from ..verbs.simulate import Simulation

SHORT = 120.0  # [s]; longer times are printed in minutes and hours


def run(
    given: Simulation,
    parameters: Mapping[str, object],
    target: Path,
    threads: int,
    resume: bool,
    force: bool,
    out: Output,
) -> None:
    """Stream the run to its file and print the entries, or the command that goes on.

    Raises:
        typer.Exit: 130 or 143 after a signal.
    """
    from ..simulator.long_runs.chunks import UnfinishedRun
    from ..simulator.long_runs.stepper import UnfinishedError
    from ..verbs import simulate

    system, seed, engine, precision = given.system, given.seed or 0, given.engine, given.precision or "float64"
    command = simulate.simulate_command(system, parameters, seed, engine, precision)
    unfinished = UnfinishedRun.of(target)
    words = [*(["--threads", str(threads)] if threads > 1 else []), "-o", str(target), "--resume"]
    signals = Signals(
        UnfinishedError,
        lambda: f"go on with: {command} {shlex.join(words)}" if unfinished.folder.exists() else "",
        " at {0.done:g} of {0.total:g} s",
    )
    with signals, out.progress(f"simulate {system}") as report:
        written = simulate.simulate_to_file(
            system, target, seed=seed, precision=precision, threads=threads, resume=resume,
            force=force, progress=report, stop=signals.stop, note=error_line, engine=engine,
            **parameters,
        )  # fmt: skip
    lines = [f"{target} is complete: this very run"]
    if not written.complete:
        lines = [*(f"{name}: {text}" for name, text in written.entries.items()), f"wrote {target}"]
    facts = {"entries": written.entries, "command": command, "complete": written.complete}
    out.remark({"kind": "run", "file": str(target), "seed": seed, **facts}, *lines)


def forecast(system: Spiking, given: Simulation, target: Path, threads: int, out: Output) -> None:
    """Print the memory, disk space and time that a run would need.

    The time is measured on a short pilot run, or estimated where the network is too large to draw.

    Args:
        system: the system, as built.
        given: settings of the command line, of which the seed and the precision are used.
        target: file that the run would write; it may exist.
        threads: threads that the run would use.
        out: where the forecast is printed, as text or JSON.

    Raises:
        InputError: the run needs more memory or disk than is free, or the target cannot be written.
    """
    from ..simulator.files.disk import check_writable
    from ..simulator.long_runs import forecast as forecasts
    from ..simulator.machine import available_memory, free_disk, readable_size

    check_writable(target, force=True)
    network, folder, precision = system.network(), target.absolute().parent, given.precision or "float64"
    forecasts.refuse_what_does_not_fit(network, system.duration, folder, precision=precision, threads=threads)
    needs = forecasts.forecast(network, system.duration, given.seed or 0, precision=precision, threads=threads)
    memory, disk = available_memory(), free_disk(folder)

    def text() -> str:
        free = {"memory": memory, "disk": disk}
        left = {name: "" if size is None else f" ({readable_size(size)} free)" for name, size in free.items()}
        lines = (
            f"memory  about {readable_size(needs.memory)}{left['memory']}",
            f"file    about {readable_size(needs.file)}, and up to {readable_size(needs.disk)} of disk "
            f"while it is written{left['disk']}",
            f"time    about {_time(needs.seconds)} on {threads} thread{'s' if threads > 1 else ''}",
            needs.how,
        )
        return "".join(f"{part}\n" for line in lines for part in wrapped(line, "", " " * 8))

    out.result({"kind": "forecast", **asdict(needs), "free_memory": memory, "free_disk": disk}, text)


def _time(seconds: float) -> str:
    if seconds <= SHORT:
        return f"{seconds:.2g} s"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min"
