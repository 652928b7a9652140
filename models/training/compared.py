"""Outputs of a network that are compared with each other: those of an image's task where the network is told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from .evaluation import evaluate_confidence

SetName = Literal["train", "test", "val"]


class Compared:
    """A mask of outputs for every image, by its task.

    Args:
        outputs: (task, output) bool: the outputs that are compared in each task.
        tasks: set of images -> (n,) task of each, on the device of `outputs`.

    >>> two = Compared(torch.tensor([[True, True, False], [False, True, True]]), {"train": torch.tensor([0, 1])})
    >>> two.admitted(torch.zeros(2, 3), torch.tensor([1, 0]))
    tensor([[-inf, 0., 0.],
            [0., 0., -inf]])
    """

    def __init__(self, outputs: Tensor, tasks: Mapping[SetName, Tensor]) -> None:
        self.outputs, self.tasks = outputs, tasks

    def admitted(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Return logits (n, output) of training images of these rows, -inf at the outputs that are not compared."""
        masks = self.outputs[self.tasks["train"][rows]]
        return logits.masked_fill(~masks, float("-inf"))

    def evaluate(self, model: nn.Module, of: SetName, x: Tensor, y: Tensor) -> tuple[float, float, float]:
        """Return loss, accuracy and confidence, as `evaluate_confidence`: means over the images of all tasks."""
        means = torch.zeros(3, dtype=torch.float64)
        for task, mask in enumerate(self.outputs):
            rows = self.tasks[of] == task
            if n := int(rows.sum()):
                found = evaluate_confidence(model, x[rows], y[rows], outputs=mask)
                means += torch.tensor(found, dtype=torch.float64) * (n / len(x))
        loss, accuracy, confidence = means.tolist()
        return loss, accuracy, confidence
