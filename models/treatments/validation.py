"""A controller of the desynchronising penalty that is driven by the validation loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ...simulator import InputError
from ...simulator.fields import Param
from .desync import SynchronyPenalty


@dataclass(frozen=True)
class ValidationControl(SynchronyPenalty):
    r"""DesyncReg with a weight that follows the validation loss, at every record that has one.

    .. math:: \lambda \leftarrow \lambda f \text{ if } L_{val} > (1 + \text{tolerance}) \min_{before} L_{val}, \qquad
              \lambda \leftarrow \lambda / f \text{ if } L_{val} \text{ is a new minimum}

    λ stays within `limit` times the dose on either side. Dose: the first λ. It needs validation images of its own
    (``n_val`` of `load_data`): a controller that saw the test set would fit it.

    Raises:
        InputError: a field that cannot be; a record without the validation loss.
    """

    factor: Annotated[float, Param("factor by which λ grows or shrinks at a record [1]", ge=1)] = 1.5
    tolerance: Annotated[float, Param("allowed share above the least validation loss [1]", ge=0)] = 0.0
    limit: Annotated[float, Param("largest ratio of λ and the first λ, either way [1]", ge=1)] = 100.0
    metric: Annotated[str, Param("name of the validation loss among the metrics")] = "val_loss"

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the name of the validation loss."""
        return (self.metric,)

    def control(
        self, weight: float, synchrony: float | None, metrics: Mapping[str, float], memory: dict[str, float]
    ) -> float:
        """Return the next λ; the least loss so far is in `memory`.

        >>> how, memory = ValidationControl(1.0, factor=2.0), {}
        >>> [how.control(1.0, None, {"val_loss": loss}, memory) for loss in (0.9, 0.5, 0.7, 0.4)]
        [1.0, 0.5, 2.0, 0.5]
        """
        if self.metric not in metrics:
            if set(metrics) - {"loss"}:
                raise InputError(
                    f"ValidationControl.metric: {self.metric} is not among the metrics {', '.join(sorted(metrics))}; "
                    "set validation images apart (n_val), or give it to after_step"
                )
            return weight
        loss, least = float(metrics[self.metric]), memory.get("least")
        if not math.isfinite(loss):
            return weight
        memory["least"] = loss if least is None else min(loss, least)
        if least is None:
            return weight
        if loss < least:
            return max(weight / self.factor, self.weight / self.limit)
        return min(weight * self.factor, self.weight * self.limit) if loss > (1 + self.tolerance) * least else weight
