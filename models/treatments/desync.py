"""DesyncReg: a penalty that drives the synchrony of hidden layers to a target, and the base of its controllers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import torch

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from ..monitoring.batch_measures import batch_values, measure_of_batches
from ..monitoring.monitor import Monitor
from ..monitoring.penalty import distance
from ..probe.record import record_samples
from .base import Intervention
from .checks import MeasureName, Patterns, Target, Units
from .penalty_record import PenaltyRecord

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class SynchronyPenalty(Checked):
    """Base of the treatments by a penalty on synchrony, whose weight λ may change after every optimiser step."""

    controlled: ClassVar[bool] = True  # whether `control` changes λ
    weight: Annotated[float, Param("dose: first weight λ of the penalty [1]", ge=0)] = 0.01
    target: Target = 0.3
    measure: MeasureName = "si_3"
    layers: Patterns = ("auto",)
    units: Units = 256

    @property
    def needs(self) -> tuple[str, ...]:
        """Metrics that `control` reads at records."""
        return ()

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the penalty on this model; `seed` draws the units."""
        return Intervention(model) if self.weight == 0 else Penalised(model, self, seed)

    def control(
        self, weight: float, synchrony: float | None, metrics: Mapping[str, float], memory: dict[str, float]
    ) -> float:
        """Return λ of the next step from that of this step and the mean SI of its layers, None where undefined.

        `metrics` are those of `Intervention.after_step`; `memory` lasts, and is stored in checkpoints.
        """
        return weight


@dataclass(frozen=True)
class DesyncReg(SynchronyPenalty):
    r"""Drives the synchrony of hidden layers to a target by a term of the loss.

    .. math:: L = L_{task} + \lambda \sum_\ell (SI_\ell - \text{target})^2

    Dose: λ, useful from 0.01 (that of the paper) to about 10. To see whether it helps because it *lowers* synchrony,
    compare a target above the plain network's SI with one below. Cost: `docs/treatments/desync.md`.

    Raises:
        InputError: a field that cannot be.
    """

    controlled: ClassVar[bool] = False
    weight: Annotated[float, Param("dose: weight λ of the penalty [1]", ge=0)] = 0.01


class Penalised(Intervention):
    """The penalty on one model. `weight` is the λ of the next step, `monitor` watches the layers."""

    def __init__(self, model: nn.Module, how: SynchronyPenalty, seed: int) -> None:
        super().__init__(model, how)
        self.needs = how.needs
        self.weight = float(how.weight)
        self.monitor = Monitor(model, how.layers, measures=(), seed=seed)
        self._measure = measure_of_batches("measure", how.measure, differentiable=True)
        self._memory: dict[str, float] = {}
        self._last: tuple[Tensor, Tensor] | None = None
        self._record = PenaltyRecord()

    def __enter__(self) -> Penalised:
        self._hooks.enter_context(self.monitor)
        return self

    def check(self, images: Tensor) -> None:
        """Refuse a batch with fewer samples than the measure needs, counted in a pass in evaluation mode."""
        least = self._measure.min_times
        if len(images) >= least:
            return
        found = record_samples(self.monitor.core, images.clone(), self.monitor.layers)
        if max(np.prod(found.recording(name).values.shape[:-1]) for name in found) < least:
            raise InputError(
                f"train: {self._name}: {self.treatment.measure} needs {least} samples, and a batch, or a part of one, "
                f"has {len(images)}: the penalty would do nothing; take a larger batch_size, or a smaller accumulate"
            )

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return λ times the squared distances of the layers' synchrony from the target, in the model's last pass."""
        activations = self.monitor.activations(self.treatment.units)
        values, defined = batch_values(activations, (self._measure,))
        self._last = values[0].detach(), defined[0]
        self._record.add(activations, defined[0], self.weight)
        return distance(values[0], defined[0], self.treatment.target, self.weight)

    @property
    def _name(self) -> str:
        return type(self.treatment).__name__

    def without_effect(self) -> tuple[str, ...]:
        """Return sentences on a penalty that was never added, or not defined, and on a weight that never changed."""
        if not self._record.passes:
            unused = self.monitor.passes > 0 and self._record.steps > 0
            return (f"{self._name}: the penalty did nothing: loss() was never called",) if unused else ()
        words = self._record.in_words(self.treatment.measure, self._measure.min_times)
        found = [f"{self._name}: {text}" for text in words]
        if (
            self.treatment.controlled
            and self._record.steps > 1
            and self._record.weights == {float(self.treatment.weight)}
        ):
            found.append(
                f"{self._name}: its weight stayed {self.treatment.weight:g} at all steps, as that of DesyncReg"
            )
        return tuple(found)

    def synchrony(self) -> float | None:
        """Return the mean over the layers of the last penalty's pass; None before, and where it was not defined."""
        if self._last is None:
            return None
        values, defined = self._last
        value = float(torch.where(defined, values, 0.0).sum() / defined.sum())
        return value if value == value else None

    def after_step(self, step: int, metrics: Mapping[str, float]) -> None:
        """Choose the weight of the next step."""
        self._record.steps += 1
        if self.treatment.controlled:  # else the synchrony is not fetched from the device
            self.weight = self.treatment.control(self.weight, self.synchrony(), metrics, self._memory)

    def state_dict(self) -> dict[str, Any]:
        """Return the weight, the memory of the control, and the state of the draws."""
        return {
            "weight": self.weight,
            "memory": dict(self._memory),
            "monitor": self.monitor.state_dict(),
            "record": self._record.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.weight = float(state["weight"])
        self._memory = dict(state["memory"])
        self.monitor.load_state_dict(state["monitor"])
        if "record" in state:  # older files lack it
            self._record.load_state_dict(state["record"])
