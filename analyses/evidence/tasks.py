"""Tasks that were learnt one after the other: accuracy on each after each, transfer and forgetting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...simulator import InputError, unknown
from ...simulator.files.result import Result
from ...simulator.types import Floats
from ..measures.notation import short

LEAST = 0.02  # fall of accuracy from which on it is called one
READINGS = {
    "task": "only the outputs of the task are compared",
    "class": "all outputs are compared",
    "domain": "the tasks share their outputs",
}


@dataclass(frozen=True)
class TaskScores:
    r"""Accuracy, transfer and forgetting of a sequence of tasks.

    They follow from accuracies :math:`R_{ij}` on task j after task i of T, and :math:`b_j` before training.

    Attributes:
        reading: ``"task"``, ``"class"`` or ``"domain"``; see `READINGS`.
        accuracy: ACC, mean accuracy on all tasks at the end, :math:`\frac1T \sum_j R_{Tj}`.
        backward: BWT, backward transfer :math:`\frac{1}{T-1} \sum_{j<T} (R_{Tj} - R_{jj})`; negative: forgetting.
        forward: FWT, forward transfer :math:`\frac{1}{T-1} \sum_{j>1} (R_{j-1,j} - b_j)`: accuracy on a task before it
            is learnt. It says little where the outputs of a task are learnt with the task alone.
        forgetting: F, mean fall from the best accuracy before the last task,
            :math:`\frac{1}{T-1} \sum_{j<T} (\max_{l<T} R_{lj} - R_{Tj})`; it is −BWT, unless another task than its own
            raised the accuracy on a task.

    Of joint training only the accuracy is defined; the others are NaN. Lopez-Paz & Ranzato, NIPS 30 (2017); Chaudhry
    et al., ECCV (2018).
    """

    reading: str
    accuracy: float
    backward: float
    forward: float
    forgetting: float

    @property
    def in_words(self) -> str:
        """The numbers that are defined, by their symbols in the field.

        >>> TaskScores("class", 0.5, -0.25, 0.0, 0.3).in_words, TaskScores("task", 0.5, *[np.nan] * 3).in_words
        ('ACC .50, BWT −.25, F .30, FWT 0', 'ACC .50')
        """
        named = {"ACC": self.accuracy, "BWT": self.backward, "F": self.forgetting, "FWT": self.forward}
        return ", ".join(f"{name} {short(value)}" for name, value in named.items() if np.isfinite(value))


def task_scores(matrix: Floats, reading: str = "class") -> TaskScores:
    """Return accuracy, transfer and forgetting of a sequence.

    Args:
        matrix: (after, task) accuracies; row 0 before training, row i after task i. Two rows are those of joint
            training.
        reading: of the matrix, in `READINGS`.

    Raises:
        InputError: a matrix of another shape; a reading that is not known.

    >>> found = task_scores(np.array([[.1, .15, .12], [.9, .2, .1], [.7, .8, .3], [.6, .5, .85]]))
    >>> [round(value, 6) for value in (found.accuracy, found.backward, found.forward, found.forgetting)]
    [0.65, -0.3, 0.115, 0.3]
    """
    values = np.asarray(matrix, dtype=float)
    if reading not in READINGS:
        raise unknown("reading", reading, READINGS)
    if values.ndim != 2 or values.shape[1] < 2 or len(values) not in (2, values.shape[1] + 1):
        raise InputError(
            "task_scores.matrix: must have a row before training and one after each of T >= 2 tasks, (T + 1, T), or "
            f"two rows of joint training; got shape {values.shape}"
        )
    before, after = values[0], values[1:]
    last = after[-1]
    accuracy = float(last.mean())
    if len(after) == 1:
        return TaskScores(reading, accuracy, np.nan, np.nan, np.nan)
    learnt, ahead = np.diagonal(after), np.diagonal(after, 1)
    best = after[:-1, :-1].max(0)
    return TaskScores(
        reading,
        accuracy,
        float((last - learnt)[:-1].mean()),
        float((ahead - before[1:]).mean()),
        float((best - last[:-1]).mean()),
    )


@dataclass(frozen=True)
class TaskAccuracy:
    """Accuracy on one task after learning some: an entry of the matrix R.

    Attributes:
        reading: the outputs that are compared; see `READINGS`.
        after: number of tasks learnt; 0 before training. Of joint training: 1.
        on: number of the task, from 1.
        task: the same in words.
        accuracy: share of its n test images, in 0..1.
    """

    reading: str
    after: int
    on: int
    task: str
    accuracy: float
    n: int


@dataclass(frozen=True)
class TaskSynchrony:
    """Synchrony of one layer after learning some tasks, on test images of all tasks.

    Attributes:
        after: number of tasks learnt; 0 before training.
        layer: name of the layer, whose activations are read.
        si_3: mean absolute correlation of its units over the images; NaN where it is not defined.
    """

    after: int
    layer: str
    si_3: float


@dataclass(frozen=True)
class TaskTraining:
    """Metrics of one task at the end of its own training, of the outputs that training compares.

    Attributes:
        task: number, from 1; 0 of joint training.
        label: the task in words.
        steps: optimiser steps; with early stopping those of the weights that were kept.
        train_loss, test_loss: [nat]; train_accuracy, test_accuracy: in 0..1; all on the data of the task.
    """

    task: int
    label: str
    steps: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float


@dataclass(frozen=True, repr=False)
class TaskResult(Result):
    """A network that learnt one task after the other.

    Attributes:
        accuracy: the matrix R, a row an entry; of a class-incremental training in both readings.
        scores: accuracy, transfer and forgetting, a row a reading.
        training: metrics of every task at its end.
        synchrony: of the layers after every task.
        config: what is needed to train it again.
    """

    kind = "tasks"
    main, key = "accuracy", "reading"
    stored = (
        ("accuracy", "tables/accuracy", TaskAccuracy),
        ("scores", "tables/scores", TaskScores),
        ("training", "tables/training", TaskTraining),
        ("synchrony", "tables/synchrony", TaskSynchrony),
    )

    accuracy: Sequence[TaskAccuracy]
    scores: Sequence[TaskScores] = ()
    training: Sequence[TaskTraining] = ()
    synchrony: Sequence[TaskSynchrony] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        matrices: Mapping[str, Floats],
        labels: Sequence[str],
        sizes: Sequence[int],
        training: Iterable[TaskTraining] = (),
        synchrony: Iterable[TaskSynchrony] = (),
        config: Mapping[str, Any] | None = None,
    ) -> TaskResult:
        """Return the result of matrices (after, task) by their readings, of tasks with these names and test images.

        Raises:
            InputError: as `task_scores`.
        """
        rows = [
            TaskAccuracy(reading, after, on + 1, labels[on], float(value), int(sizes[on]))
            for reading, matrix in matrices.items()
            for after, row in enumerate(matrix)
            for on, value in enumerate(row)
        ]
        scores = [task_scores(matrix, reading) for reading, matrix in matrices.items()]
        return cls(rows, scores, list(training), list(synchrony), dict(config or {}))

    @property
    def readings(self) -> tuple[str, ...]:
        """The readings that are there, that of the scenario first."""
        return tuple(dict.fromkeys(row.reading for row in self.accuracy))

    @property
    def joint(self) -> bool:
        """True where all tasks were learnt at once."""
        return max(row.after for row in self.accuracy) == 1

    @property
    def labels(self) -> tuple[str, ...]:
        """The tasks in words."""
        return tuple(dict.fromkeys(row.task for row in self.accuracy))

    def matrix(self, reading: str = "") -> Floats:
        """Return the accuracies (after, task) of a reading, by default that of the scenario.

        Raises:
            InputError: there is no such reading.
        """
        reading = reading or self.readings[0]
        if reading not in self.readings:
            raise unknown("reading", reading, self.readings)
        rows = [row for row in self.accuracy if row.reading == reading]
        out = np.full((max(row.after for row in rows) + 1, max(row.on for row in rows)), np.nan)
        for row in rows:
            out[row.after, row.on - 1] = row.accuracy
        return out

    def score(self, reading: str = "") -> TaskScores:
        """Return accuracy, transfer and forgetting of a reading, by default that of the scenario.

        Raises:
            InputError: there is no such reading.
        """
        reading = reading or self.readings[0]
        found = {row.reading: row for row in self.scores}
        if reading not in found:
            raise unknown("reading", reading, found)
        return found[reading]

    def finding(self) -> str:
        """Return what was found in one sentence."""
        score, n = self.score(), len(self.labels)
        if self.joint:
            return f"{n} tasks learnt at once: accuracy {short(score.accuracy)} on all of them"
        fall = f"earlier tasks fell by {short(score.forgetting)} from their best"
        kept = f"earlier tasks kept their best ({short(score.forgetting)})"
        if score.forgetting <= -LEAST:
            kept = f"earlier tasks rose by {short(-score.forgetting)} over their best"
        text = f"{n} tasks one after the other: accuracy {short(score.accuracy)} at the end; "
        text += fall if score.forgetting >= LEAST else kept
        if len(self.readings) > 1:
            text += f"; told the task, {short(self.score(self.readings[1]).accuracy)}"
        return text
