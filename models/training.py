"""Training a classifier by gradient descent: a plain loop that can be read in a sitting."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..simulator import Clock, InputError, Recording, unknown
from .data import Dataset

METRICS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "gap")
OPTIMISERS = ("adam", "sgd")
Progress = Callable[[float, float], None]  # (done, total) [steps]
OnRecord = Callable[[int, nn.Module], None]


@dataclass(frozen=True, eq=False)
class History:
    """How training went: one row of METRICS every `dt` ticks of `clock`, the first before any training.

    Training loss (cross-entropy [nat]) and accuracy are taken over the whole training set and
    **its noisy labels**, in evaluation mode; gap = train accuracy − test accuracy.

    Attributes:
        values: (records, metric), columns in the order of METRICS.
        steps: (records,) optimiser steps done.
        clock: ``"epoch"`` with dt = 1, or ``"step"`` with dt = the steps between records.
    """

    values: NDArray[np.float64]
    steps: NDArray[np.int64]
    clock: Clock
    dt: float

    def __getitem__(self, metric: str) -> NDArray[np.float64]:
        """The course of one metric, (records,)."""
        if metric not in METRICS:
            raise unknown("metric", metric, METRICS)
        return self.values[:, METRICS.index(metric)]

    def final(self) -> dict[str, float]:
        """Metric -> its value at the end of training."""
        return {name: float(self[name][-1]) for name in METRICS}

    def recording(self, source: Mapping[str, object] | None = None) -> Recording:
        """The history as a Recording (time, metric); the unit label ``"metric"`` names the columns."""
        return Recording(
            self.values,
            dt=self.dt,
            clock=self.clock,
            quantity="training metric",
            unit="1",
            unit_labels={"metric": np.array(METRICS)},
            source=source or {},
        )


def train(
    model: nn.Module,
    data: Dataset,
    *,
    seed: int,
    epochs: int | None = None,
    steps: int | None = None,
    every: int | None = None,
    learning_rate: float = 1e-3,
    batch_size: int = 128,
    optimiser: str = "adam",
    weight_decay: float = 0.0,
    on_record: OnRecord | None = None,
    progress: Progress | None = None,
    threads: int | None = 1,
) -> History:
    """Minimise the cross-entropy of `model` on the training images and their noisy labels.

    Conditions are compared at equal `steps`, not at equal epochs: a small training set has short
    epochs. The same seed, thread count and torch version give the same bits on a CPU; torch's
    global generator is neither read nor advanced by the shuffling (a dropout layer reads it).

    Args:
        model: images (n, *image_shape) -> logits (n, n_classes); trained in place, left in the
            mode it came in, on the device its parameters lie on.
        epochs or steps: how long, in passes over the training set or in optimiser steps; one of them.
        every: steps between records; it must divide `steps`. Default: one epoch with `epochs`,
            steps/100 rounded up to a divisor with `steps`.
        learning_rate: > 0; weight_decay: >= 0 (decoupled with ``"adam"``, which is then AdamW).
        optimiser: ``"adam"``, or ``"sgd"`` with momentum 0.9.
        on_record: called as on_record(step, model) at every record, the one before training included.
        progress: called with (done, total) [steps] at every record.
        threads: CPU threads while training, restored afterwards; None leaves them alone.

    Raises:
        InputError: an argument that cannot be; a loss that is not finite, with its step and epoch.
    """
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    x_test, y_test = torch.tensor(data.x_test), torch.tensor(data.y_test)
    batch_size = min(_positive("batch_size", batch_size), len(x))
    epoch_steps = math.ceil(len(x) / batch_size)
    steps, every, clock = _schedule(epochs, steps, every, epoch_steps)
    device = next(model.parameters()).device
    x, y, x_test, y_test = (t.to(device) for t in (x, y, x_test, y_test))
    descent = _optimiser(model, optimiser, learning_rate, weight_decay)
    batches = _batches(len(x), batch_size, seed)
    rows: list[list[float]] = []
    done: list[int] = []

    def record(step: int) -> None:
        train_loss, train_accuracy = evaluate(model, x, y)
        test_loss, test_accuracy = evaluate(model, x_test, y_test)
        _refuse_non_finite(train_loss, step, epoch_steps, learning_rate)
        rows.append([train_loss, train_accuracy, test_loss, test_accuracy, train_accuracy - test_accuracy])
        done.append(step)
        if on_record is not None:
            on_record(step, model)
        if progress is not None:
            progress(step, steps)

    was_training = model.training
    with cpu_threads(threads):
        try:
            record(0)
            for step in range(1, steps + 1):
                batch = next(batches).to(device)
                model.train()
                loss = functional.cross_entropy(model(x[batch]), y[batch])
                _refuse_non_finite(loss.item(), step, epoch_steps, learning_rate)
                descent.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                descent.step()
                if step % every == 0:
                    record(step)
        finally:
            model.train(was_training)
    return History(np.array(rows), np.array(done), clock, dt=1.0 if clock == "epoch" else float(every))


def evaluate(model: nn.Module, x: Tensor, y: Tensor, batch_size: int = 4096) -> tuple[float, float]:
    """Mean cross-entropy [nat] and accuracy over all images, in evaluation mode, which is restored."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            loss = correct = 0.0
            for first in range(0, len(x), batch_size):
                logits, target = model(x[first : first + batch_size]), y[first : first + batch_size]
                loss += functional.cross_entropy(logits, target, reduction="sum").item()
                correct += (logits.argmax(1) == target).sum().item()
    finally:
        model.train(was_training)
    return loss / len(x), correct / len(x)


def _batches(n: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Endless batches of indices: every epoch a new order of all images, its last batch what is left."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(n, generator=generator)
        for first in range(0, n, batch_size):
            yield order[first : first + batch_size]


def _schedule(epochs: int | None, steps: int | None, every: int | None, epoch_steps: int) -> tuple[int, int, Clock]:
    if (epochs is None) == (steps is None):
        raise InputError(f"train: give either epochs or steps; got epochs={epochs}, steps={steps}")
    if epochs is not None:
        total = _positive("epochs", epochs) * epoch_steps
        if every is None:
            return total, epoch_steps, "epoch"
    else:
        total = _positive("steps", steps)
    if every is None:
        every = next(k for k in range(math.ceil(total / 100), total + 1) if total % k == 0)
    if total % _positive("every", every):
        near = next(k for k in range(every, 0, -1) if total % k == 0)
        raise InputError(f"train.every: must divide the {total} steps; got {every}; try every={near}")
    return total, every, "step"


def _optimiser(model: nn.Module, name: str, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    if not (isinstance(learning_rate, float | int) and math.isfinite(learning_rate) and learning_rate > 0):
        raise InputError(f"train.learning_rate: must be finite and > 0; got {learning_rate}")
    if not (isinstance(weight_decay, float | int) and math.isfinite(weight_decay) and weight_decay >= 0):
        raise InputError(f"train.weight_decay: must be finite and >= 0; got {weight_decay}")
    if name == "adam":
        return torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=weight_decay)
    raise unknown("optimiser", name, OPTIMISERS)


def _positive(name: str, value: int | None) -> int:
    if isinstance(value, bool) or not (isinstance(value, int | np.integer) and value >= 1):
        raise InputError(f"train.{name}: must be an integer >= 1; got {value}")
    return int(value)


def _refuse_non_finite(loss: float, step: int, epoch_steps: int, learning_rate: float) -> None:
    if not math.isfinite(loss):
        raise InputError(
            f"train: the loss is {loss} at step {step} (epoch {max(0, step - 1) // epoch_steps + 1}); "
            f"lower learning_rate={learning_rate:g}, e.g. learning_rate={min(learning_rate / 10, 1e-3):g}"
        )


@contextmanager
def cpu_threads(n: int | None) -> Iterator[None]:
    """A context in which torch uses n CPU threads; the number it used before comes back."""
    before = torch.get_num_threads()
    try:
        if n is not None:
            torch.set_num_threads(_positive("threads", n))
        yield
    finally:
        torch.set_num_threads(before)
