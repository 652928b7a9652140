"""The paper's "healthy training": a controller that turns the desynchronising penalty up and down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...simulator import InputError
from . import checks
from .base import Intervention
from .desync import check, synchrony_held

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class HealthyTraining:
    r"""DesyncReg with a weight that follows the synchrony, after every optimiser step.

    .. math:: \lambda \leftarrow \lambda f \text{ if } \overline{SI} > 0.6, \qquad
              \lambda \leftarrow \lambda / f \text{ if } \overline{SI} < 0.2

    The mean runs over the layers of the last batch; λ stays within `limit` times the dose on either side. The two
    thresholds are the paper's. Dose: the first λ. Where SI never leaves 0.2..0.6 this is DesyncReg.

    Raises:
        InputError: a field that cannot be.
    """

    weight: float = 0.01  # the dose: the first λ
    target: float = 0.3  # the SI that is aimed at, 0..1
    high: float = 0.6  # above it λ grows
    low: float = 0.2  # below it λ shrinks
    factor: float = 1.1  # by which λ grows or shrinks in a step
    limit: float = 100.0  # how many times larger or smaller than the first λ it may become
    measure: str = "si_3"
    layers: tuple[str, ...] = ("auto",)  # patterns of module names
    units: int | None = 256  # units of a layer that a step draws; none: all

    def __post_init__(self) -> None:
        check(self)
        for name in ("factor", "limit"):
            checks.number(self, name, 1.0)
        for name in ("high", "low"):
            checks.number(self, name, -1.0, 1.0)
        if self.low > self.high:
            raise InputError(f"HealthyTraining.low: must not exceed high={self.high:g}; got {self.low:g}")

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """The controlled penalty on this model; `seed` draws the units."""
        return synchrony_held(model, self, seed, self.control)

    def control(
        self, weight: float, synchrony: float | None, metrics: Mapping[str, float], memory: dict[str, float]
    ) -> float:
        """The next λ.

        >>> HealthyTraining(1.0, factor=2.0).control(1.0, 0.7, {}, {}), HealthyTraining(1.0).control(1.0, 0.4, {}, {})
        (2.0, 1.0)
        """
        if synchrony is None:
            return weight
        if synchrony > self.high:
            return min(weight * self.factor, self.weight * self.limit)
        return max(weight / self.factor, self.weight / self.limit) if synchrony < self.low else weight
