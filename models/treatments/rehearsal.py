"""Training on examples of earlier tasks beside those of the present one: base of replay and generative replay."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .base import Intervention, Task
from .checks import check_sequence, without_sequence


class Rehearsal(Intervention):
    r"""Gradient of the loss on a batch of earlier tasks, added in every step.

    .. math:: g \leftarrow g + \lambda \nabla L_{earlier}

    The batch is a pass of its own, after the backward pass of the present task: penalties on layers have been measured
    by then. Batch norm takes the statistics of the two batches apart, and its running statistics follow both.
    """

    def __init__(self, model: nn.Module, how: Any, seed: int) -> None:
        super().__init__(model, how)
        self._generator = torch.Generator().manual_seed(seed)
        self._steps = self._acted = 0  # calls of `gradients`, and those with a batch

    @abstractmethod
    def rehearsed(self) -> Tensor | None:
        """Return the loss on a batch of earlier tasks; None before the end of the first."""

    def begin_task(self, task: Task) -> None:
        """Refuse several processes."""
        check_sequence(self.treatment, task)

    def gradients(self) -> None:
        """Add the gradient of the loss on earlier tasks."""
        self._steps += 1
        loss = self.rehearsed()
        if loss is None:
            return
        self._acted += 1
        trained = [p for p in self.model.parameters() if p.requires_grad]
        for p, g in zip(
            trained, torch.autograd.grad(self.treatment.weight * loss, trained, allow_unused=True), strict=True
        ):
            if g is not None:
                p.grad = g if p.grad is None else p.grad.add_(g)

    def without_effect(self) -> tuple[str, ...]:
        """Return a sentence if no batch of an earlier task was trained on."""
        return (without_sequence(self.treatment),) if self._steps and not self._acted else ()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the draws and the numbers of steps."""
        return {"generator": self._generator.get_state(), "steps": self._steps, "acted": self._acted}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._generator.set_state(state["generator"].cpu())
        self._steps, self._acted = int(state["steps"]), int(state["acted"])
