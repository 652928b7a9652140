"""Replay of kept examples of earlier tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import torch
from torch import Tensor
from torch.nn import functional

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .base import Intervention, Task
from .rehearsal import Rehearsal

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Replay(Checked):
    r"""Trains on kept examples of earlier tasks in every step.

    .. math:: L = CE(\text{batch of this task}) + \lambda\, CE(\text{batch of kept examples})

    At the end of a task `per_task` of its training examples are kept, drawn so that its classes have equal numbers
    (or one more than others). A batch is drawn from all kept examples without replacement; each is compared among the
    outputs of its own task. Dose: λ, usually 1. Chaudhry et al., arXiv:1902.10486 (2019).

    Raises:
        InputError: a field that cannot be; a task with more classes than `per_task`.
    """

    weight: Annotated[float, Param("dose: weight λ of the loss on kept examples [1]", ge=0)] = 1.0
    per_task: Annotated[int, Param("training examples of a task that are kept", ge=1)] = 50
    batch: Annotated[int, Param("kept examples in a step", ge=2)] = 50

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the replay for this model; `seed` draws what is kept, and the batches."""
        return Intervention(model) if self.weight == 0 else Replaying(model, self, seed)


class Replaying(Rehearsal):
    """Replay of examples to one model.

    Attributes:
        x, y: kept examples and labels of all tasks so far, (n, ...) and (n,); None before the end of the first.
        outputs: (n, output) bool: the outputs that were compared in the task of each.
    """

    def __init__(self, model: nn.Module, how: Replay, seed: int) -> None:
        super().__init__(model, how, seed)
        self.x: Tensor | None = None
        self.y: Tensor | None = None
        self.outputs: Tensor | None = None

    def begin_task(self, task: Task) -> None:
        """Refuse a task with more classes than examples are kept."""
        super().begin_task(task)
        classes = int(task.y.bincount().count_nonzero())
        if classes > self.treatment.per_task:
            raise InputError(
                f"Replay.per_task: must be >= {classes}, the classes of task {task.number + 1}, so that one of each is "
                f"kept; got {self.treatment.per_task}"
            )

    def end_task(self, task: Task) -> None:
        """Keep examples of this task."""
        chosen = balanced(task.y, self.treatment.per_task, self._generator)
        new = (task.x[chosen], task.y[chosen], task.outputs.expand(len(chosen), -1))
        kept = (self.x, self.y, self.outputs)
        self.x, self.y, self.outputs = (
            one if old is None else torch.cat((old, one)) for old, one in zip(kept, new, strict=True)
        )

    def rehearsed(self) -> Tensor | None:
        """Return the cross-entropy of a batch of kept examples."""
        if self.x is None or self.y is None or self.outputs is None:
            return None
        drawn = torch.randperm(len(self.y), generator=self._generator)[: self.treatment.batch].to(self.y.device)
        logits = self.model(self.x[drawn]).masked_fill(~self.outputs[drawn], float("-inf"))
        return functional.cross_entropy(logits, self.y[drawn])

    def state_dict(self) -> dict[str, Any]:
        """Return the kept examples and the state of the draws."""
        return {**super().state_dict(), "x": self.x, "y": self.y, "outputs": self.outputs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        super().load_state_dict(state)
        device = next(self.model.parameters()).device
        kept = (state[key] for key in ("x", "y", "outputs"))
        self.x, self.y, self.outputs = (None if part is None else part.to(device) for part in kept)


def balanced(y: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return the indices of n examples, drawn so that all classes have equal numbers, or one more than others.

    Args:
        y: (example,) labels.
        n: number wanted; all examples if there are fewer.
        generator: of the draws, on the CPU.

    >>> y = torch.tensor([0] * 90 + [1] * 10)
    >>> balanced(y, 8, torch.Generator().manual_seed(0)).ge(90).sum().item()
    4
    """
    order = torch.randperm(len(y), generator=generator)
    labels = y.cpu()[order]
    rank = torch.empty(len(y), dtype=torch.long)  # place of an example among those of its class
    for c in range(int(labels.max()) + 1):
        own = labels == c
        rank[own] = torch.arange(int(own.sum()))
    return order[rank.argsort(stable=True)[:n]].to(y.device)
