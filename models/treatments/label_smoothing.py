"""Label smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from torch.nn import functional

from ...simulator.fields import Checked, Param
from .base import Intervention

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class LabelSmoothing(Checked):
    r"""Mixes the targets of the cross-entropy with the uniform distribution over the K classes.

    .. math:: L = (1 - \varepsilon)\, CE(y) + \frac{\varepsilon}{K} \sum_k CE(k)

    The term added is the difference to CE(y), which the loop computes already. Dose: ε, usually 0.1.
    Szegedy et al., CVPR 2818 (2016).

    Raises:
        InputError: an ε outside 0..1.
    """

    epsilon: Annotated[float, Param("dose: share ε of the uniform distribution [1]", ge=0, le=1)] = 0.1

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the smoothing of this model's targets; nothing in it is random."""
        return Intervention(model) if self.epsilon == 0 else Smoothed(model, self)


class Smoothed(Intervention):
    """Label smoothing of the targets of one model."""

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the term that smoothing adds to the mean cross-entropy of outputs (n, class) and targets (n,).

        Outputs of −∞, those of other tasks, are no classes here.
        """
        epsilon, hard = self.treatment.epsilon, functional.cross_entropy(outputs, targets)
        compared = outputs > float("-inf")
        if bool(compared.all()):
            return functional.cross_entropy(outputs, targets, label_smoothing=epsilon) - hard
        log_p = outputs.log_softmax(1).masked_fill(~compared, 0.0)
        uniform = -(log_p.sum(1) / compared.sum(1)).mean()
        found: Tensor = epsilon * (uniform - hard)
        return found
