"""``ictal train``: train a network and write its history and its weights."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from ..models.training.settings import DataChoice, Job, SynchronyChoice, TaskChoice, Training
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
    tasks: TaskChoice,
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

    With --tasks the network learns one task after the other, and is tested on all of them after each: FILE.h5 holds the
    accuracies, transfer, forgetting and the synchrony of layers after every task.
    """
    from ..models.training import UnfinishedTrainingError
    from ..models.training.build import architecture_settings
    from ..models.training.distributed import launched
    from ..models.training.folder import TrainingFolder
    from ..models.training.job import Trained, train_to_file
    from ..models.training.sequence_job import train_tasks_to_file
    from ..simulator.files.rows import plain

    if tasks.tasks is None and tasks != TaskChoice():
        raise InputError("--scenario, --joint and --keep-optimiser: are for --tasks NAME:N")
    if tasks.tasks is not None and synchrony.layers:
        raise InputError("--synchrony: is of one training; with --tasks SI-3 of all layers is stored after every task")
    if not synchrony.layers and synchrony != SynchronyChoice(()):
        raise InputError("--synchrony-at, --synchrony-nulls and the like: are for --synchrony PATTERN")
    parameters = architecture_settings(job.architecture, settings)
    job = replace(
        job,
        parameters=parameters,
        synchrony=synchrony if synchrony.layers else None,
        tasks=None if tasks.tasks is None else tasks,
    )
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
        to_file = train_to_file if job.tasks is None else train_tasks_to_file
        trained = to_file(job, target, resume=resume, force=force, progress=report, stop=signals.stop)
    if not first:
        return
    document: dict[str, Any] = {"kind": "training", "file": str(trained.path), "model": str(trained.model)}
    if isinstance(trained, Trained):
        final = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in trained.final.items())
        document |= {"complete": trained.complete, "final": trained.final, "entries": trained.entries}
    else:
        final = trained.result.finding()
        final += "\n" + "; ".join(f"{score.reading}: {score.in_words}" for score in trained.result.scores)
        document |= {"complete": trained.complete, "final": plain(trained.result.scores)}
    state = f"{trained.path} is complete: this very training" if trained.complete else f"wrote {trained.path}"
    document |= {"seed": job.seed, "assumptions": joined(trained.assumptions, words), "command": job.command()}
    out.remark(document, final, *assumptions(document), f"{state} and {trained.model}")
