"""Dropout after chosen layers, with draws of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch

from ...simulator.fields import Checked, Param
from .base import Intervention
from .checks import Patterns
from .perturbation import Perturbation

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..probe.axes import Axes


@dataclass(frozen=True)
class Dropout(Checked):
    r"""Sets random activations to 0 and scales the others up.

    .. math:: h \leftarrow h\, b / (1 - p), \quad b \sim \text{Bernoulli}(1 - p)

    Dose: p, usually 0.1 to 0.5. Srivastava et al., JMLR 15, 1929 (2014).

    Raises:
        InputError: a field that cannot be.
    """

    rate: Annotated[float, Param("dose: probability p that an activation is set to 0 [1]", ge=0, lt=1)] = 0.2
    layers: Patterns = ("auto",)

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the dropout of this model; `seed` draws it."""
        if self.rate == 0:
            return Intervention(model)
        return Perturbation(model, "Dropout", self.layers, seed, self.dropped)

    def dropped(self, h: Tensor, name: str, axes: Axes, generator: torch.Generator) -> Tensor:
        """Return the activations with a share `rate` of them 0."""
        stays = torch.rand(h.shape, generator=generator, device=h.device) >= self.rate
        return h * (stays / (1 - self.rate)).to(h.dtype)
