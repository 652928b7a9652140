"""Gradient clipping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import nn

from ...simulator.fields import Checked, Param
from .base import Intervention


@dataclass(frozen=True)
class Clip(Checked):
    r"""Scales the gradient down to a largest norm.

    .. math:: g \leftarrow g \min(1, \; c / \|g\|), \quad c = 1 / \text{tightness}

    The norm is that of all parameters together. Dose: the tightness, so that more is stronger and 0 is none; 0.1 to
    10 are largest norms of 10 to 0.1. Pascanu et al., ICML 28(3), 1310 (2013).

    Raises:
        InputError: a tightness that is not finite and >= 0.
    """

    tightness: Annotated[float, Param("dose: 1 / the largest norm of the gradient [1]", ge=0)] = 1.0

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the clipping of this model's gradient; nothing in it is random."""
        return Intervention(model) if self.tightness == 0 else Clipped(model, self)


class Clipped(Intervention):
    """Clipping of the gradients of one model."""

    def gradients(self) -> None:
        """Scale the gradient of all parameters together."""
        nn.utils.clip_grad_norm_(self.model.parameters(), 1 / self.treatment.tightness)
