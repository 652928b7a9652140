"""NID, "neural interference disruption": noise on activations, as the paper writes it and as it seems meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch

from ...analyses.measures import get
from ...simulator.fields import Checked, Param
from ..monitoring.batch_measures import batch_values
from ..probe.layers import Layers, in_units
from .base import Intervention
from .checks import Patterns, Units
from .perturbation import Perturbation

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..probe.axes import Axes


@dataclass(frozen=True)
class _Noise(Checked):
    strength: Annotated[float, Param("dose: factor of the SD of the noise [1]", ge=0)] = 1.0
    base: Annotated[float, Param("SD of the noise at SI = 0 [unit of the activations]", ge=0)] = 0.1
    gain: Annotated[float, Param("SD per unit of SI; 0: SI is not measured [unit of the activations]", ge=0)] = 0.4
    layers: Patterns = ("auto",)
    units: Units = 256

    shrinks: ClassVar[bool]

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the noise on this model; `seed` draws it."""
        if self.strength == 0:
            return Intervention(model)
        least = 3 if self.gain else 2  # SI of two samples is not defined, and one is its own mean
        return Perturbation(model, type(self).__name__, self.layers, seed, self.disturbed, least)

    def disturbed(self, h: Tensor, name: str, axes: Axes, generator: torch.Generator) -> Tensor:
        """Return the activations (batch, ...) with their noise; the gradient passes as if there were none."""
        if h.numel() == 0:
            return h
        with torch.no_grad():
            noise = torch.randn(h.shape, generator=generator, device=h.device)
            if self.shrinks:
                noise.abs_()
            axis = axes.batch_axis(h.shape)
            moved = h - h.narrow(axis, 0, 1)  # a mean of many equal numbers is not that number; a mean of zeros is 0
            noise *= torch.sign(moved - moved.mean(axis, keepdim=True)) * self.deviation(h, name, axes)
        return h - noise.to(h.dtype)

    def deviation(self, h: Tensor, name: str, axes: Axes) -> Tensor | float:
        """Return the SD of the noise: strength · (base + gain · SI)."""
        if self.gain == 0:
            return self.strength * self.base
        layers = Layers(name, max_units=self.units)
        values = in_units(h.detach(), axes, name, layers)[0]
        values = values.flatten(0, 1) if values.ndim == 3 else values
        if self.units is not None and values.shape[-1] > self.units:
            chosen = torch.as_tensor(layers.choice(name, int(values.shape[-1])), device=h.device)
            values = values.index_select(-1, chosen)
        synchrony, _ = batch_values({name: values}, (get("si_3"),))
        return self.strength * (self.base + self.gain * synchrony[0, 0])


@dataclass(frozen=True)
class NID(_Noise):
    r"""The paper's noise as written, which is plain Gaussian noise.

    .. math:: h \leftarrow h - \operatorname{sign}(h - \mu)\, s\, \xi, \quad \xi \sim N(0, 1), \quad
              s = \text{strength} \cdot (0.1 + 0.4\, SI)

    μ is the unit's mean over the batch. A sign times a symmetric random number is that random number: wherever h ≠ μ
    the noise is exactly N(0, s²), and pushes away from the mean as often as towards it. Dose: strength, 0.1 to 2.

    Raises:
        InputError: a field that cannot be.
    """

    shrinks: ClassVar[bool] = False


@dataclass(frozen=True)
class ShrinkingNID(_Noise):
    r"""The form of NID that does what its name says: noise towards the mean.

    .. math:: h \leftarrow h - \operatorname{sign}(h - \mu)\, s\, |\xi|, \quad \xi \sim N(0, 1), \quad
              s = \text{strength} \cdot (0.1 + 0.4\, SI)

    μ is the unit's mean over the batch; activations nearer to it than the step are carried beyond. The mean step is
    s √(2/π). Dose: strength, 0.1 to 2.

    Raises:
        InputError: a field that cannot be.
    """

    shrinks: ClassVar[bool] = True
