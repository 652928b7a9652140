"""The "healthy training" of the paper: a controller that raises and lowers the desynchronising penalty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ...simulator import InputError
from ...simulator.fields import Param
from .desync import SynchronyPenalty


@dataclass(frozen=True)
class HealthyTraining(SynchronyPenalty):
    r"""DesyncReg with a weight that follows the synchrony, after every optimiser step.

    .. math:: \lambda \leftarrow \lambda f \text{ if } \overline{SI} > 0.6, \qquad
              \lambda \leftarrow \lambda / f \text{ if } \overline{SI} < 0.2

    The mean runs over the layers of the last batch; λ stays within `limit` times the dose on either side. The two
    thresholds are those of the paper. Dose: the first λ. Where SI never leaves 0.2..0.6 this is DesyncReg.

    Raises:
        InputError: a field that cannot be.
    """

    high: Annotated[float, Param("synchrony above which λ grows [1]", ge=-1, le=1)] = 0.6
    low: Annotated[float, Param("synchrony below which λ shrinks [1]", ge=-1, le=1)] = 0.2
    factor: Annotated[float, Param("factor by which λ grows or shrinks in a step [1]", ge=1)] = 1.1
    limit: Annotated[float, Param("largest ratio of λ and the first λ, either way [1]", ge=1)] = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise InputError(f"HealthyTraining.low: must not exceed high={self.high:g}; got {self.low:g}")

    def control(
        self, weight: float, synchrony: float | None, metrics: Mapping[str, float], memory: dict[str, float]
    ) -> float:
        """Return the next λ.

        >>> HealthyTraining(1.0, factor=2.0).control(1.0, 0.7, {}, {}), HealthyTraining(1.0).control(1.0, 0.4, {}, {})
        (2.0, 1.0)
        """
        if synchrony is None:
            return weight
        if synchrony > self.high:
            return min(weight * self.factor, self.weight * self.limit)
        return max(weight / self.factor, self.weight / self.limit) if synchrony < self.low else weight
