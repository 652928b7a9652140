"""Settings of a training: data, optimiser, measurements of synchrony, and all of them in one job. Loads no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Literal

from ...simulator.errors import InputError
from ...simulator.fields import Checked, Param
from ...simulator.options import Argument, Option, as_text, command_line

if TYPE_CHECKING:
    from ...simulator import Clock
    from ..datasets import Dataset
    from ..datasets.ood import Pair
    from ..synchrony.recorder import LayerSynchrony

EPOCHS = 10  # where neither epochs nor steps are given
RECORDS = 100  # about so many without `every`, within the bounds of the next line
FEW, MANY = 20, 1000
DROPS, DROP = (0.5, 0.75), 0.1  # of the schedule "step"


@dataclass(frozen=True)
class TrainingSteps:
    """Numbers of steps that follow from the settings and the training set.

    Attributes:
        steps: optimiser steps in all; epoch_steps: in one pass over the training set.
        every: steps between records; checkpoint_every: between checkpoints.
        clock: of the history: ``"epoch"`` with dt = 1, or ``"step"`` with dt = `every`.
    """

    steps: int
    epoch_steps: int
    every: int
    checkpoint_every: int
    clock: Clock

    @property
    def shown_every(self) -> int:
        """Steps between two reports of the progress, at most."""
        return max(1, self.steps // RECORDS)

    def epoch(self, step: int) -> int:
        """The epoch, from 1, that this step belongs to."""
        return max(0, step - 1) // self.epoch_steps + 1


@dataclass(frozen=True)
class Training(Checked):
    r"""Settings of a training: duration, optimiser, learning rate.

    Conditions are compared at equal `steps`, not at equal `epochs`: a small training set has short epochs.

    The learning rate of step t = 1..T, with w = `warmup`, is η·min(1, t/w) times

    - ``"constant"``: 1;
    - ``"cosine"``: ½(1 + cos(π·(t−1−w)/(T−w))), Loshchilov & Hutter, ICLR 2017;
    - ``"step"``: 0.1 from half of the steps on and 0.01 from three quarters on, He et al., CVPR 2016.

    Raises:
        InputError: a field that cannot be.

    >>> how = Training(steps=100, learning_rate=0.1, schedule="step", warmup=4)
    >>> [round(how.rate(step, 100), 4) for step in (1, 4, 50, 51, 100)]
    [0.025, 0.1, 0.1, 0.01, 0.001]
    """

    epochs: Annotated[
        int | None, Param("passes over the training set; none: 10, or as many as steps ask for", ge=1)
    ] = None
    steps: Annotated[int | None, Param("optimiser steps, in place of epochs", ge=1)] = None
    every: Annotated[
        int | None, Param("steps between records, divides all steps; none: an epoch, or about steps/100", ge=1)
    ] = None
    learning_rate: Annotated[float, Param("learning rate η [1]", gt=0), Option("RATE", "--lr")] = 1e-3
    batch_size: Annotated[int, Param("training examples of an optimiser step", ge=1)] = 128
    optimiser: Annotated[Literal["adam", "sgd"], Param("optimiser (adam is AdamW, with decoupled weight decay)")] = (
        "adam"
    )
    momentum: Annotated[float, Param("momentum of sgd [1]", ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Param("weight decay [1]", ge=0)] = 0.0
    schedule: Annotated[
        Literal["constant", "cosine", "step"], Param("change of the learning rate after the warm-up")
    ] = "constant"
    warmup: Annotated[int, Param("steps over which the learning rate rises linearly", ge=0)] = 0
    accumulate: Annotated[
        int, Param("parts in which a batch is worked through; the gradient is that of the whole batch", ge=1)
    ] = 1
    precision: Annotated[
        Literal["float32", "bfloat16", "float16"], Param("number type of the forward pass; weights keep their own")
    ] = "float32"
    patience: Annotated[
        int | None, Param("records without a lower validation loss after which training ends; none: never", ge=1)
    ] = None
    augment: Annotated[
        tuple[Literal["flip", "crop", "noise"], ...], Param("augmentations of the training images, in this order")
    ] = ()
    checkpoint_every: Annotated[int | None, Param("steps between checkpoints; none: one at every record", ge=1)] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epochs is None and self.steps is None:
            object.__setattr__(self, "epochs", EPOCHS)
        elif self.epochs is not None and self.steps is not None:
            raise InputError(f"Training: give either epochs or steps; got epochs={self.epochs}, steps={self.steps}")

    def plan(self, n_train: int, n_val: int = 0) -> TrainingSteps:
        """Return the steps for so many training and validation images.

        Raises:
            InputError: a batch larger than the data; `every` does not divide the steps, or nothing near a hundredth
                of them does; `patience` without validation images.

        >>> Training(epochs=3, batch_size=64).plan(200)
        TrainingSteps(steps=12, epoch_steps=4, every=4, checkpoint_every=4, clock='epoch')
        """
        if self.batch_size > n_train:
            raise InputError(
                f"Training.batch_size: must be at most the {n_train} training images; got {self.batch_size}; "
                f"say batch_size={n_train} for full batches"
            )
        if self.accumulate > self.batch_size:
            raise InputError(
                f"Training.accumulate: must be at most batch_size = {self.batch_size}; got {self.accumulate}"
            )
        if self.patience is not None and n_val == 0:
            raise InputError(
                f"Training.patience: needs validation images; got patience={self.patience} without any; set some "
                "apart from the training set: load_data(n_val=…), --n-val"
            )
        epoch_steps = math.ceil(n_train / self.batch_size)
        steps = self.epochs * epoch_steps if self.epochs is not None else int(self.steps or 0)
        every, clock = self._every(steps, epoch_steps)
        if self.warmup > steps:
            raise InputError(f"Training.warmup: must be at most the {steps} steps; got {self.warmup}")
        return TrainingSteps(steps, epoch_steps, every, self.checkpoint_every or every, clock)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of the optimiser step number `step`, from 1, of `steps`."""
        rate = self.learning_rate
        if step <= self.warmup:
            rate *= step / self.warmup
        elif self.schedule == "cosine":
            rate *= 0.5 * (1 + math.cos(math.pi * (step - 1 - self.warmup) / (steps - self.warmup)))
        if self.schedule == "step":
            rate *= DROP ** sum(step > drop * steps for drop in DROPS)
        return rate

    def _every(self, steps: int, epoch_steps: int) -> tuple[int, Clock]:
        if self.every is None:
            if self.epochs is not None:
                return epoch_steps, "epoch"
            return _even(steps), "step"
        if steps % self.every:
            near = next(k for k in range(min(self.every, steps), 0, -1) if steps % k == 0)
            raise InputError(f"Training.every: must divide the {steps} steps; got {self.every}; try every={near}")
        return self.every, "step"


def _even(steps: int) -> int:
    """Steps between about RECORDS records of so many steps.

    >>> [_even(steps) for steps in (7, 400, 101, 998)]
    [1, 4, 1, 2]
    """
    ideal = math.ceil(steps / RECORDS)
    above = next(k for k in range(ideal, steps + 1) if steps % k == 0)
    below = next(k for k in range(ideal, 0, -1) if steps % k == 0)
    for every, fits in ((above, steps // above >= min(FEW, steps)), (below, steps // below <= MANY)):
        if fits:
            return every
    raise InputError(
        f"Training.steps: {steps} steps divide into no number of records from {FEW} to {MANY}; say "
        f"steps={round(steps / RECORDS) * RECORDS}, or every={steps} for a record at the end alone"
    )


@dataclass(frozen=True)
class DataChoice(Checked):
    """Name and amount of the data, as in `load_data`."""

    name: Annotated[
        str, Param("data: digits, cifar10:FOLDER, ...; see docs/data.md"), Option("NAME", "--data", record="always")
    ] = "digits"
    n_train: Annotated[int | None, Param("training examples; none: all", ge=1)] = None
    n_test: Annotated[int | None, Param("test examples; none: all", ge=1)] = None
    n_val: Annotated[int | None, Param("validation examples, set apart from the training set", ge=1)] = None
    label_noise: Annotated[float, Param("fraction of the training labels made wrong [1]", ge=0, le=1)] = 0.0
    image_size: Annotated[int | None, Param("side of images from class folders [pixels]; none: their own", ge=1)] = None
    hold_out: Annotated[bool, Param("train without a fifth of the classes, for ictal evaluate --ood")] = False

    def load(self, seed: int) -> Dataset:
        """Return the data, split, chosen and made noisy by this seed."""
        return self.pair(seed).data if self.hold_out else self._whole(seed)

    def pair(self, seed: int) -> Pair:
        """Return the data without the classes that are held out, and the test images of these."""
        from ..datasets.ood import out_of_distribution

        return out_of_distribution("held-out-classes", self._whole(seed), seed)

    def _whole(self, seed: int) -> Dataset:
        from ..datasets import load_data

        return load_data(seed=seed, **{k: v for k, v in asdict(self).items() if k != "hold_out"})


@dataclass(frozen=True)
class SynchronyChoice(Checked):
    """Measurements of layers while they are trained, as in `LayerSynchrony`."""

    layers: Annotated[
        tuple[str, ...],
        Param("layers to measure: patterns of module names, e.g. hidden.*, or auto"),
        Option("PATTERN", "--synchrony", repeat=True),
    ] = ()
    at: Annotated[
        tuple[int, ...] | None,
        Param("steps at which to measure; none: every record", ge=0),
        Option("A,B", "--synchrony-at"),
    ] = None
    nulls: Annotated[int, Param("surrogates of a value; 0: no surrogates", ge=0), Option("N", "--synchrony-nulls")] = (
        199
    )
    measures: Annotated[
        tuple[str, ...],
        Param("measures; empty: all that samples without an order have"),
        Option("A,B", "--synchrony-measures"),
    ] = ()
    nulls_at: Annotated[
        tuple[int, ...] | None,
        Param("steps with surrogates, besides the last; none: the first record", ge=0),
        Option("A,B", "--synchrony-nulls-at"),
    ] = None
    nulled: Annotated[
        tuple[str, ...] | None,
        Param("measures with surrogates; none: the recommended ones"),
        Option("A,B", "--synchrony-nulled"),
    ] = None
    sets: Annotated[
        tuple[Literal["train", "val", "test"], ...],
        Param("sets whose examples are measured"),
        Option("A,B", "--synchrony-sets"),
    ] = (
        "train",
        "test",
    )
    n_probe: Annotated[
        int, Param("examples of each set; the smallest set decides", ge=8), Option("N", "--synchrony-n-probe")
    ] = 1000

    def recorder(self, data: Dataset, seed: int) -> LayerSynchrony:
        """Return the recorder with these settings."""
        from ..synchrony.recorder import LayerSynchrony

        return LayerSynchrony(data, seed=seed, **{item.name: getattr(self, item.name) for item in fields(self)})


@dataclass(frozen=True)
class TaskChoice(Checked):
    """Tasks that are learnt one after the other, as in `task_sequence` and `train_sequence`."""

    tasks: Annotated[
        str | None,
        Param("tasks learnt one after the other: split:N or permuted:N; none: the data at once"),
        Option("NAME:N"),
    ] = None
    scenario: Annotated[
        Literal["task", "class", "domain"] | None,
        Param("outputs that are compared: those of the task, all, or the same in all tasks; split must say it"),
    ] = None
    joint: Annotated[bool, Param("learn all tasks at once, the upper bound")] = False
    keep_optimiser: Annotated[bool, Param("go on with the moments of the optimiser at every task")] = False


@dataclass(frozen=True)
class Job(Checked):
    """Everything that decides what training yields: the same job gives the same bits on one machine's CPU."""

    architecture: Annotated[str, Param("architecture, e.g. mlp, resnet18"), Argument("ARCH", record="never")]
    how: Annotated[Training, Param("settings of the training")]
    parameters: Annotated[Mapping[str, object], Param("fields of the architecture")] = field(default_factory=dict)
    data: Annotated[DataChoice, Param("name and amount of the data")] = DataChoice()
    treatments: Annotated[
        tuple[str, ...],
        Param("treatment; see docs/treatments"),
        Option("NAME=DOSE[,KEY=VALUE]", "--treat", repeat=True, record="never"),
    ] = ()
    synchrony: Annotated[SynchronyChoice | None, Param("measurements of layers meanwhile; none: no layers")] = None
    seed: Annotated[
        int,
        Param("seed of the data's split and noise, the weights, the order of batches and the treatments", ge=0),
        Option("K", record="always"),
    ] = 0
    device: Annotated[str, Param("device: auto, cpu, cuda, cuda:N or mps")] = "auto"
    threads: Annotated[int, Param("CPU threads; the last bits of sums depend on their number", ge=1)] = 1
    tasks: Annotated[TaskChoice | None, Param("tasks learnt one after the other; none: the data at once")] = None

    def command(self) -> str:
        """Return the command line that repeats the job."""
        texts = {name: as_text(self.parameters[name]) for name in sorted(self.parameters)}
        given = [word for name, text in texts.items() for word in ("--set", f"{name}={text}")]
        treated = [word for text in self.treatments for word in ("--treat", text)]
        measured, tasks = self.synchrony or list[str](), self.tasks or list[str]()
        return command_line("train", self.architecture, self.data, given, self.how, treated, measured, tasks, self)
