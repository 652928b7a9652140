"""L2 regularisation of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch

from ...simulator.fields import Checked, Param
from .base import Intervention

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class L2(Checked):
    r"""Adds the gradient of half the squared norm of the weights.

    .. math:: g \leftarrow g + \lambda w \quad (\text{the gradient of } \tfrac{\lambda}{2} \|w\|^2)

    Of weights alone: parameters with fewer than two axes (biases, norms) are left out. It enters the gradient, so
    an adaptive optimiser rescales it; the decoupled form is AdamW's ``weight_decay``. Dose: λ, 1e-5 to 1e-2.
    Krogh & Hertz, NIPS 4, 950 (1991).

    Raises:
        InputError: a weight that is not finite and >= 0.
    """

    weight: Annotated[float, Param("dose: weight λ of the penalty [1]", ge=0)] = 1e-4

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the penalty on this model; nothing in it is random."""
        return Intervention(model) if self.weight == 0 else Decayed(model, self)


class Decayed(Intervention):
    """L2 regularisation of one model."""

    _steps = _weights = 0  # calls of `gradients`, and the weights that the last one changed

    @torch.no_grad()
    def gradients(self) -> None:
        """Add λ w to the gradient of every weight that has one."""
        weights = [p for p in self.model.parameters() if p.grad is not None and p.ndim >= 2]
        for p in weights:
            p.grad.add_(p, alpha=self.treatment.weight)  # type: ignore[union-attr]  # checked above
        self._steps, self._weights = self._steps + 1, len(weights)

    def without_effect(self) -> tuple[str, ...]:
        """Return a sentence if no parameter is a weight with a gradient."""
        if self._steps == 0 or self._weights:
            return ()
        return ("L2: nothing was regularised: no parameter with two axes or more has a gradient",)
