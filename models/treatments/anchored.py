"""Quadratic pull towards the weights of earlier tasks: base of EWC and of its control."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...simulator import InputError
from .base import Intervention, Task
from .checks import check_sequence, without_sequence

DIVERGED = 1e8  # size of a weight that no training reaches, well below the overflow of a product of several


class Anchored(Intervention):
    r"""Pull of the weights towards those of earlier tasks.

    .. math:: L \leftarrow L + \frac{\lambda}{2} \sum_t A_t (w - w_t)^2, \quad
              g \leftarrow g + \lambda \left(\sum_t A_t\, w - \sum_t A_t w_t\right)

    Two sums are kept, whose size does not grow with the number of tasks.

    Attributes:
        precision: name of a parameter -> Σ A, of its shape or one number for all.
        pull: name of a parameter -> Σ A w.
    """

    def __init__(self, model: nn.Module, how: Any) -> None:
        super().__init__(model, how)
        self.precision: dict[str, Tensor] = {}
        self.pull: dict[str, Tensor] = {}
        self._steps = 0  # calls of `gradients`

    @abstractmethod
    def end_task(self, task: Task) -> None:
        """Add the weights of a task to the two sums."""

    def begin_task(self, task: Task) -> None:
        """Refuse several processes."""
        check_sequence(self.treatment, task)

    @torch.no_grad()
    def gradients(self) -> None:
        """Add the gradient of the penalty.

        Raises:
            InputError: the penalty has driven a weight beyond all bounds.
        """
        self._steps += 1
        furthest: Tensor | None = None
        for name, p in self.model.named_parameters():
            if name in self.precision:
                pull = self.treatment.weight * (self.precision[name] * p - self.pull[name])
                p.grad = pull if p.grad is None else p.grad.add_(pull)
                size = p.abs().amax()
                furthest = size if furthest is None else furthest.maximum(size)
        if furthest is not None and not float(furthest) < DIVERGED:
            raise self._diverged(float(furthest))

    def _diverged(self, furthest: float) -> InputError:
        steepest = self.treatment.weight * self._largest()
        return InputError(
            f"{type(self.treatment).__name__}: a weight of the network is {furthest:.2g}: the penalty diverges where λ "
            f"times its curvature, at most {steepest:.3g}, times the learning rate exceeds 2; clip the gradient "
            f"(the treatment clip behind this one), take learning_rate < {2 / max(steepest, 1e-30):.2g}, or a λ below "
            f"{self.treatment.weight:g}"
        )

    def without_effect(self) -> tuple[str, ...]:
        """Return a sentence if there was no earlier task, or if its penalty is 0 everywhere."""
        name = type(self.treatment).__name__
        if self._steps and not self.precision:
            return (without_sequence(self.treatment),)
        if self.precision and self._largest() == 0:
            return (f"{name}: the penalty did nothing: its curvature is 0 for every weight",)
        return ()

    def state_dict(self) -> dict[str, Any]:
        """Return both sums and the number of steps."""
        return {"precision": dict(self.precision), "pull": dict(self.pull), "steps": self._steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        device = next(self.model.parameters()).device
        self.precision, self.pull = ({k: v.to(device) for k, v in state[key].items()} for key in ("precision", "pull"))
        self._steps = int(state["steps"])

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the trained parameters by name."""
        return {name: p.detach().clone() for name, p in self.model.named_parameters() if p.requires_grad}

    def _largest(self) -> float:
        return max(float(a.max()) for a in self.precision.values())
