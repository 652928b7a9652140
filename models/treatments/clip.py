"""Gradient clipping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn

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

    def __init__(self, model: nn.Module, how: Clip) -> None:
        super().__init__(model, how)
        self._largest: Tensor | None = None  # norm so far, on its device

    def gradients(self) -> None:
        """Scale the gradient of all parameters together."""
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1 / self.treatment.tightness)
        self._largest = norm if self._largest is None else norm.maximum(self._largest)

    def without_effect(self) -> tuple[str, ...]:
        """Return a sentence if no gradient was as long as the largest norm."""
        most = 1 / self.treatment.tightness
        if self._largest is None or not float(self._largest) <= most:
            return ()
        return (
            f"Clip: nothing was clipped: the largest norm is {most:.3g}, and no gradient was longer than "
            f"{float(self._largest):.3g}",
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the largest norm so far."""
        return {"largest": None if self._largest is None else float(self._largest)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        largest = state.get("largest")  # older files lack it
        device = next(self.model.parameters()).device
        self._largest = None if largest is None else torch.tensor(largest, device=device)
