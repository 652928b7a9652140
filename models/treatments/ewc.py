"""Elastic weight consolidation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import torch

from ...simulator.fields import Checked, Param
from .anchored import Anchored
from .base import Intervention, Task
from .fisher import Expectation, diagonal_fisher

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class EWC(Checked):
    r"""Pulls the weights towards those of earlier tasks, each as strongly as these tasks depend on it.

    .. math:: L = L_{task} + \frac{\lambda}{2} \sum_t \sum_i F_{t,i} (w_i - w_{t,i})^2

    w_t are the weights after task t, F_t the diagonal of the Fisher information there, on at most `samples` training
    images. With `gamma` it is online EWC: one Fisher information F ← γ F + F_t, about the weights of the last task.
    Dose: λ; the scale of F depends on network and data, so sweep 1 to 1000.
    Kirkpatrick et al., PNAS 114, 3521 (2017); online: Schwarz et al., PMLR 80, 4528 (2018).

    Raises:
        InputError: a field that cannot be.
    """

    weight: Annotated[float, Param("dose: weight λ of the penalty [1]", ge=0)] = 100.0
    fisher: Annotated[
        Expectation,
        Param("expectation over the classes of the network, exact or by one drawn class, or at the label (empirical)"),
    ] = "exact"
    samples: Annotated[int, Param("largest number of training images of a task in its Fisher information", ge=1)] = 200
    gamma: Annotated[
        float | None, Param("share of the earlier Fisher information that a task keeps; none: all tasks apart [1]",
                            ge=0, le=1)
    ] = None  # fmt: skip

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the penalty on this model; `seed` draws the images of the Fisher information."""
        return Intervention(model) if self.weight == 0 else Consolidated(model, self, seed)


class Consolidated(Anchored):
    """Elastic weight consolidation of one model."""

    def __init__(self, model: nn.Module, how: EWC, seed: int) -> None:
        super().__init__(model, how)
        self._generator = torch.Generator().manual_seed(seed)

    def end_task(self, task: Task) -> None:
        """Add the Fisher information at the weights of this task."""
        how, weights = self.treatment, self.weights()
        for name, new in diagonal_fisher(self.model, task, how.fisher, how.samples, self._generator).items():
            if how.gamma is None:
                self.precision[name] = self.precision.get(name, 0.0) + new
                self.pull[name] = self.pull.get(name, 0.0) + new * weights[name]
            else:
                self.precision[name] = how.gamma * self.precision.get(name, 0.0) + new
                self.pull[name] = self.precision[name] * weights[name]

    def state_dict(self) -> dict[str, Any]:
        """Return the sums and the state of the draws."""
        return {**super().state_dict(), "generator": self._generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        super().load_state_dict(state)
        self._generator.set_state(state["generator"].cpu())
