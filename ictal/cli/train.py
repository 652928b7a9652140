"""``ictal train``: train a network and write how it went, and its weights."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .interrupts import Interrupt, Signals
from .options import Force, Json, Quiet, listed
from .output import Output, error_line, number

if TYPE_CHECKING:
    from ..models.training.job import Trained
    from ..models.training.settings import Job

DEFAULT_EPOCHS = 10


def train(
    architecture: Annotated[str, typer.Argument(metavar="ARCH", help="Name of an architecture, e.g. mlp, resnet18.")],
    data: Annotated[str, typer.Option(metavar="NAME", help="digits, cifar10:FOLDER, …; see docs/data.md.")] = "digits",
    n_train: Annotated[int | None, typer.Option(metavar="N", help="Training images; all if left out.")] = None,
    n_test: Annotated[int | None, typer.Option(metavar="N", help="Test images; all if left out.")] = None,
    n_val: Annotated[
        int | None, typer.Option(metavar="N", help="Validation images, set apart from the training images.")
    ] = None,
    label_noise: Annotated[float, typer.Option(metavar="P", help="Fraction of training labels made wrong.")] = 0.0,
    image_size: Annotated[int | None, typer.Option(metavar="PIXELS", help="Of images from class folders.")] = None,
    hold_out: Annotated[
        bool, typer.Option("--hold-out", help="Train without a fifth of the classes.", show_default=False)
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A field of the architecture, e.g. width=16; repeatable."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help=f"Passes over the training set; {DEFAULT_EPOCHS} by default.")
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="or optimiser steps.")] = None,
    every: Annotated[int | None, typer.Option(metavar="N", help="Steps between records.")] = None,
    learning_rate: Annotated[float, typer.Option("--lr", metavar="RATE", help="Learning rate.")] = 1e-3,
    batch_size: Annotated[int, typer.Option(metavar="N", help="Images of an optimiser step.")] = 128,
    optimiser: Annotated[str, typer.Option(metavar="NAME", help="adam (AdamW) or sgd.")] = "adam",
    momentum: Annotated[float, typer.Option(metavar="M", help="Of sgd.")] = 0.9,
    weight_decay: Annotated[float, typer.Option(metavar="W", help="Weight decay.")] = 0.0,
    schedule: Annotated[str, typer.Option(metavar="NAME", help="constant, cosine or step.")] = "constant",
    warmup: Annotated[int, typer.Option(metavar="N", help="Steps over which the learning rate rises.")] = 0,
    accumulate: Annotated[int, typer.Option(metavar="N", help="Parts in which a batch is worked through.")] = 1,
    precision: Annotated[str, typer.Option(metavar="TYPE", help="float32, bfloat16 or float16.")] = "float32",
    patience: Annotated[
        int | None, typer.Option(metavar="N", help="Records without a lower validation loss that end it.")
    ] = None,
    augment: Annotated[str, typer.Option(metavar="A,B", help="Augmentations: flip, crop, noise.")] = "",
    treat: Annotated[
        list[str] | None,
        typer.Option("--treat", metavar="NAME=DOSE[,KEY=VALUE]", help="A treatment; repeatable. See docs/treatments."),
    ] = None,
    synchrony: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Measure synchrony in these layers (or auto), e.g. 'hidden.*'; repeatable."
        ),
    ] = None,
    synchrony_at: Annotated[str, typer.Option(metavar="A,B", help="At these steps; at every record if left out.")] = "",
    synchrony_measures: Annotated[str, typer.Option(metavar="A,B", help="Measures; all if left out.")] = "",
    synchrony_sets: Annotated[str, typer.Option(metavar="A,B", help="On images of train, val, test.")] = "train,test",
    synchrony_n_probe: Annotated[
        int, typer.Option(metavar="N", help="Images of each of these sets; the smallest decides.")
    ] = 1000,
    synchrony_nulls: Annotated[int, typer.Option(metavar="N", help="Surrogates a value; 0 for none.")] = 199,
    synchrony_nulls_at: Annotated[
        str, typer.Option(metavar="A,B", help="At these steps and the last; the first and the last if left out.")
    ] = "",
    synchrony_nulled: Annotated[
        str, typer.Option(metavar="A,B", help="Measures that have surrogates; the recommended ones if left out.")
    ] = "",
    checkpoint_every: Annotated[
        int | None, typer.Option(metavar="N", help="Steps between checkpoints; at every record if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="K", help="Seed of everything random.")] = 0,
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    threads: Annotated[int, typer.Option(metavar="N", help="CPU threads; the last bits depend on it.")] = 1,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", readable=False, metavar="FILE.h5", help="Default: ARCH.h5.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with training that was cut short.", show_default=False)
    ] = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a network and write how it went, and its weights.

    The history goes to FILE.h5, the weights to FILE.pt. Until both are whole, FILE.h5.part holds a checkpoint and the
    history so far; after Ctrl-C or a crash --resume goes on from there, on a CPU to the same bits. Under torchrun
    several processes train one network.
    """
    from ..models.training.build import architecture_settings
    from ..models.training.settings import DataChoice, Job, SynchronyChoice, Training

    parameters = architecture_settings(architecture, settings or [])
    measured = SynchronyChoice(
        tuple(synchrony or ()),
        _steps("--synchrony-at", synchrony_at),
        synchrony_nulls,
        tuple(listed(synchrony_measures)),
        _steps("--synchrony-nulls-at", synchrony_nulls_at),
        tuple(listed(synchrony_nulled)) or None,
        tuple(listed(synchrony_sets)),  # type: ignore[arg-type]  # SynchronyChoice checks
        synchrony_n_probe,
    )
    if not synchrony and measured != SynchronyChoice(()):
        from ..simulator import InputError

        raise InputError("--synchrony-at, --synchrony-nulls and the like: are for --synchrony PATTERN")
    how = Training(
        epochs=DEFAULT_EPOCHS if epochs is None and steps is None else epochs,
        steps=steps,
        every=every,
        learning_rate=learning_rate,
        batch_size=batch_size,
        optimiser=optimiser,  # type: ignore[arg-type]  # Training checks
        momentum=momentum,
        weight_decay=weight_decay,
        schedule=schedule,  # type: ignore[arg-type]
        warmup=warmup,
        accumulate=accumulate,
        precision=precision,  # type: ignore[arg-type]
        patience=patience,
        augment=tuple(listed(augment)),  # type: ignore[arg-type]
        checkpoint_every=checkpoint_every,
    )
    job = Job(
        architecture,
        how,
        parameters,
        DataChoice(data, n_train, n_test, n_val, label_noise, image_size, hold_out),
        tuple(treat or ()),
        measured if synchrony else None,
        seed,
        device,
        threads,
    )
    _run(job, output or Path(f"{architecture}.h5"), resume, force, Output(json, quiet))


def _run(job: Job, target: Path, resume: bool, force: bool, out: Output) -> None:
    """Train, and say what was written, or how to go on.

    Raises:
        typer.Exit: 130 or 143 after a signal.
    """
    from ..models.training import UnfinishedTrainingError
    from ..models.training.distributed import launched
    from ..models.training.folder import TrainingFolder
    from ..models.training.job import train_to_file

    first = launched()[0] == 0
    command = shlex.join([*shlex.split(job.command()), "-o", str(target), "--resume"])
    checkpoint = TrainingFolder.of(target).checkpoint

    def line(reached: str = "") -> str:
        return f"interrupted{reached}; go on with: {command}" if checkpoint.exists() else "interrupted"

    signals = Signals(line)
    try:
        with signals, (out if first else Output(quiet=True)).progress(f"train {job.architecture}") as report:
            trained = train_to_file(job, target, resume=resume, force=force, progress=report, stop=signals.stop)
    except (UnfinishedTrainingError, Interrupt) as error:
        reached = f" at step {error.done} of {error.total}" if isinstance(error, UnfinishedTrainingError) else ""
        if first:
            error_line(line(reached))
        raise typer.Exit(128 + (signals.received or signal.SIGINT)) from None
    if first:
        _answer(job, trained, out)


def _answer(job: Job, trained: Trained, out: Output) -> None:
    final = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in trained.final.items())
    said = f"{trained.path} is complete: this very training" if trained.complete else f"wrote {trained.path}"
    if out.json:
        facts = {"complete": trained.complete, "final": trained.final, "entries": trained.entries, "seed": job.seed}
        files = {"file": str(trained.path), "model": str(trained.model)}
        out.result({"kind": "training", **files, **facts, "command": job.command()}, str)
    else:
        out.note(f"{final}\n{said} and {trained.model}")


def _steps(option: str, text: str) -> tuple[int, ...] | None:
    """The steps in "0,100"; None where nothing is said."""
    from ..simulator import InputError

    try:
        return tuple(int(cell) for cell in listed(text)) or None
    except ValueError:
        raise InputError(f"{option}: must be whole numbers separated by commas; got {text!r}") from None
