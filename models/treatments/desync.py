"""DesyncReg: a penalty that holds the synchrony of hidden layers at a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import torch

from ...simulator.fields import Checked, Param
from ..monitoring.batch_measures import measure_of_batches, readings
from ..monitoring.monitor import Monitor
from ..monitoring.penalty import distance
from .base import Intervention
from .checks import MeasureName, Patterns, Target, Units

if TYPE_CHECKING:
    from torch import Tensor, nn

Control = Callable[[float, float | None, Mapping[str, float], dict[str, float]], float]


@dataclass(frozen=True)
class DesyncReg(Checked):
    r"""Holds the synchrony of hidden layers at a target by a term of the loss.

    .. math:: L = L_{task} + \lambda \sum_\ell (SI_\ell - \text{target})^2

    Dose: λ, useful from 0.01 (the paper's) to about 10. Whether it helps because it *lowers* synchrony is seen by a
    target above the plain network's SI beside one below. Cost: `docs/treatments/desync.md`.

    Raises:
        InputError: a field that cannot be.
    """

    weight: Annotated[float, Param("dose: weight λ of the penalty [1]", ge=0)] = 0.01
    target: Target = 0.3
    measure: MeasureName = "si_3"
    layers: Patterns = ("auto",)
    units: Units = 256

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """The penalty on this model; `seed` draws the units."""
        return synchrony_held(model, self, seed)


def synchrony_held(
    model: nn.Module, how: Any, seed: int, control: Control | None = None, needs: tuple[str, ...] = ()
) -> Intervention:
    """The intervention of a treatment with the fields of DesyncReg; none where its weight is 0.

    Args:
        control: called after every optimiser step as control(weight, SI, metrics, memory) -> the next weight: the mean
            SI over the layers of the last pass, None where undefined; `memory` lasts and is stored.
        needs: metrics that the control reads at records.
    """
    return Intervention(model) if how.weight == 0 else Held(model, how, seed, control, needs)


class Held(Intervention):
    """The penalty at work. `weight` is the λ of the next step, `monitor` what watches the layers."""

    def __init__(
        self, model: nn.Module, how: Any, seed: int, control: Control | None, needs: tuple[str, ...] = ()
    ) -> None:
        super().__init__(model)
        self.needs = needs
        self.how = how
        self.weight = float(how.weight)
        self.monitor = Monitor(model, how.layers, measures=(), seed=seed)
        self._measure = measure_of_batches("measure", how.measure, differentiable=True)
        self._control = control
        self._memory: dict[str, float] = {}
        self._last: tuple[Tensor, Tensor] | None = None

    def __enter__(self) -> Held:
        self._hooks.enter_context(self.monitor)
        return self

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """λ times the squared distances of the layers' synchrony from the target, of the model's last pass."""
        values, defined = readings(self.monitor.activations(self.how.units), (self._measure,))
        self._last = values[0].detach(), defined[0]
        return distance(values[0], defined[0], self.how.target, self.weight)

    def synchrony(self) -> float | None:
        """The mean over the layers of the last penalty's pass; None before, and where it was not defined."""
        if self._last is None:
            return None
        values, defined = self._last
        value = float(torch.where(defined, values, 0.0).sum() / defined.sum())
        return value if value == value else None

    def after_step(self, step: int, metrics: Mapping[str, float]) -> None:
        """Choose the weight of the next step."""
        if self._control is not None:
            self.weight = self._control(self.weight, self.synchrony(), metrics, self._memory)

    def state_dict(self) -> dict[str, Any]:
        """The weight, what the control remembers, and the state of the draws."""
        return {"weight": self.weight, "memory": dict(self._memory), "monitor": self.monitor.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.weight = float(state["weight"])
        self._memory = dict(state["memory"])
        self.monitor.load_state_dict(state["monitor"])
