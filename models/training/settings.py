"""How a network is trained: the settings, what they come to for given data, and the learning rate of every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ...simulator import Clock, InputError, unknown

Optimiser = Literal["adam", "sgd"]
Schedule = Literal["constant", "cosine", "step"]
Precision = Literal["float32", "bfloat16", "float16"]

RECORDS = 100  # about so many, where `every` is not said, but at least and at most
FEW, MANY = 20, 1000
DROPS, DROP = (0.5, 0.75), 0.1  # of the schedule "step"


@dataclass(frozen=True)
class Plan:
    """What the settings come to for a training set.

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
class Training:
    r"""How a network is trained: for how long, by which optimiser, at which rate.

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

    epochs: int | None = None  # passes over the training set; either these
    steps: int | None = None  # or optimiser steps
    every: int | None = None  # steps between records; divides all steps. None: an epoch, or about `steps`/100
    learning_rate: float = 1e-3  # η
    batch_size: int = 128  # images of an optimiser step
    optimiser: Optimiser = "adam"  # adam is AdamW, whose weight decay is decoupled
    momentum: float = 0.9  # of sgd, in [0, 1)
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    warmup: int = 0  # steps over which the learning rate rises linearly
    accumulate: int = 1  # parts in which a batch is worked through; the gradient is that of the whole batch
    precision: Precision = "float32"  # of the forward pass (autocast); weights stay in theirs
    patience: int | None = None  # records without a lower validation loss after which training ends
    augment: tuple[str, ...] = ()  # augmentations of the training images, by name
    checkpoint_every: int | None = None  # steps between checkpoints; None: at every record

    def __post_init__(self) -> None:
        object.__setattr__(self, "augment", tuple(self.augment))
        if (self.epochs is None) == (self.steps is None):
            raise InputError(f"Training: give either epochs or steps; got epochs={self.epochs}, steps={self.steps}")
        for name in ("epochs", "steps", "every", "batch_size", "accumulate", "patience", "checkpoint_every"):
            self._whole(name, 1)
        self._whole("warmup", 0)
        for name, kinds in (("optimiser", Optimiser), ("schedule", Schedule), ("precision", Precision)):
            if getattr(self, name) not in get_args(kinds):
                raise unknown(name, str(getattr(self, name)), get_args(kinds))
        self._number("learning_rate", "finite and > 0", lambda value: value > 0)
        self._number("weight_decay", "finite and >= 0", lambda value: value >= 0)
        self._number("momentum", "in [0, 1)", lambda value: 0 <= value < 1)
        if self.augment:
            from ..datasets.augment import AUGMENTATIONS

            for name in self.augment:
                if name not in AUGMENTATIONS:
                    raise unknown("augmentation", name, AUGMENTATIONS)

    def plan(self, n_train: int, n_val: int = 0) -> Plan:
        """What the settings come to for so many training and validation images.

        Raises:
            InputError: a batch larger than the data; `every` does not divide the steps, or nothing near a hundredth
                of them does; `patience` without validation images.

        >>> Training(epochs=3, batch_size=64).plan(200)
        Plan(steps=12, epoch_steps=4, every=4, checkpoint_every=4, clock='epoch')
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
        return Plan(steps, epoch_steps, every, self.checkpoint_every or every, clock)

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

    def _whole(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if value is None and name not in ("batch_size", "accumulate", "warmup"):
            return
        if isinstance(value, bool) or not (isinstance(value, int | np.integer) and value >= least):
            raise InputError(f"Training.{name}: must be an integer >= {least}; got {value}")
        object.__setattr__(self, name, int(value))

    def _number(self, name: str, wanted: str, holds: Callable[[float], bool]) -> None:
        value = getattr(self, name)
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and holds(value)):
            raise InputError(f"Training.{name}: must be {wanted}; got {value}")
        object.__setattr__(self, name, float(value))


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
