"""``ictal train``: train a network and write its history and its weights."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from ..models.training.settings import DataChoice, Job, SynchronyChoice, Training
from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Option
from .heard import heard, joined
from .interrupts import Signals
from .options import Force, Resume, command
from .output import Output, assumptions, number


@command
def train(
    *,
    data: DataChoice,
    settings: Annotated[
        tuple[str, ...], Param("A field of the architecture, e.g. width=16"), Option("KEY=VALUE", "--set", repeat=True)
    ] = (),
    how: Training,
    synchrony: SynchronyChoice,
    job: Job,
    output: Annotated[Path | None, Param("Default: ARCH.h5"), Option("FILE.h5", "-o --output")] = None,
    resume: Resume = False,
    force: Force = False,
    out: Output,
) -> None:
    """Train a network and write its history and its weights.

    The history goes to FILE.h5, the weights to FILE.pt. Until both are whole, a checkpoint and the history so far are
    in FILE.h5.part; after Ctrl-C or a crash --resume goes on from there, on a CPU to the same bits. Under torchrun
    several processes train one network.
    """
    from ..models.training import UnfinishedTrainingError
    from ..models.training.build import architecture_settings
    from ..models.training.distributed import launched
    from ..models.training.folder import TrainingFolder
    from ..models.training.job import train_to_file

    if not synchrony.layers and synchrony != SynchronyChoice(()):
        raise InputError("--synchrony-at, --synchrony-nulls and the like: are for --synchrony PATTERN")
    parameters = architecture_settings(job.architecture, settings)
    job = replace(job, parameters=parameters, synchrony=synchrony if synchrony.layers else None)
    target = output or Path(f"{job.architecture}.h5")
    first = launched()[0] == 0  # of several processes one prints
    command = shlex.join([*shlex.split(job.command()), "-o", str(target), "--resume"])
    checkpoint = TrainingFolder.of(target).checkpoint
    signals = Signals(
        UnfinishedTrainingError,
        lambda: f"go on with: {command}" if checkpoint.exists() else "",
        " at step {0.done} of {0.total}",
        silent=not first,
    )
    with (
        signals,
        (out if first else Output(quiet=True)).progress(f"train {job.architecture}") as report,
        heard() as words,
    ):
        trained = train_to_file(job, target, resume=resume, force=force, progress=report, stop=signals.stop)
    if not first:
        return
    final = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in trained.final.items())
    state = f"{trained.path} is complete: this very training" if trained.complete else f"wrote {trained.path}"
    facts = {"complete": trained.complete, "final": trained.final, "entries": trained.entries, "seed": job.seed,
             "assumptions": joined(trained.assumptions, words)}  # fmt: skip
    files = {"file": str(trained.path), "model": str(trained.model)}
    document = {"kind": "training", **files, **facts, "command": job.command()}
    out.remark(document, final, *assumptions(facts), f"{state} and {trained.model}")
