"""L2 penalty on the distance from the weights of the last task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...simulator.fields import Checked, Param
from .anchored import Anchored
from .base import Intervention, Task

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class L2SP(Checked):
    r"""Pulls all weights alike towards those of the last task: the control of EWC.

    .. math:: L = L_{task} + \frac{\lambda}{2} \|w - w_{last}\|^2

    EWC with a Fisher information of 1 and the last task alone. What EWC gains beyond it is due to the choice of
    weights. Dose: λ, 0.01 to 1. SP is the starting point: Li et al., PMLR 80, 2825 (2018).

    Raises:
        InputError: a weight that is not finite and >= 0.
    """

    weight: Annotated[float, Param("dose: weight λ of the penalty [1]", ge=0)] = 0.1

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the penalty on this model; nothing in it is random."""
        return Intervention(model) if self.weight == 0 else Tethered(model, self)


class Tethered(Anchored):
    """Pull of one model towards the weights of its last task."""

    def end_task(self, task: Task) -> None:
        """Put the weights of this task in the place of those of the one before."""
        self.pull = self.weights()
        self.precision = {name: w.new_ones(()) for name, w in self.pull.items()}
