"""Random changes of the outputs of layers during training: base of noise and dropout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from ..monitoring.passes import Passes
from ..probe.axes import Axes
from ..probe.layers import Layers
from .base import Intervention

Change = Callable[[Tensor, str, Axes, torch.Generator], Tensor]


class Perturbation(Intervention):
    """Replacement of the output h of every layer by change(h, name, axes, generator), in every training pass.

    The generator is seeded by (seed, pass, layer, call), so that a layer which gradient checkpointing runs a second
    time draws the same, and the number of passes is its only state: with checkpointing one pass must go
    backward before the next begins, because what is run again draws as the latest pass did. Of a tuple (an LSTM's
    output and state) the first is changed. Layers in evaluation mode are left alone, as dropout leaves them.

    Args:
        owner: name of the treatment, for messages.
        change: see above.
        least: inputs of a batch below which `change` does not do what the treatment says.

    Raises:
        InputError: a pattern that matches nothing; a layer that yields no tensor; a module called several times in a
            pass under gradient checkpointing, which runs its calls again in another order.
    """

    def __init__(
        self, model: nn.Module, owner: str, layers: Sequence[str], seed: int, change: Change, least: int = 1
    ) -> None:
        super().__init__(model)
        self._owner, self._seed, self._change = owner, seed, change
        self._passes = Passes(model, Layers(layers), self._changed, opened=self._opened)
        sequences = any(axes.recurrent for axes in self._passes.axes.values())
        self._least = min(least, 2) if sequences else least  # their time points are samples, too
        self._places = {name: place for place, name in enumerate(self._passes.modules)}
        self._calls: dict[str, int] = {}
        self._acted: set[str] = set()  # layers that were changed in some pass
        self._most = 0  # inputs of the largest batch

    def __enter__(self) -> Perturbation:
        self._hooks.enter_context(self._passes)
        return self

    def loss(self, outputs: Tensor, targets: Tensor) -> float:
        """0; an error if the model was never called in training mode, so that nothing was changed."""
        if self._passes.number == 0:
            raise self._passes.missing(self._owner)
        return 0.0

    def check(self, images: Tensor) -> None:
        """Refuse batches below `least` inputs."""
        if len(images) < self._least:
            raise InputError(f"train: {self._too_few(len(images))}; take a larger batch_size, or a smaller accumulate")

    def without_effect(self) -> tuple[str, ...]:
        """Return sentences on layers that were never changed, and on batches that were too small."""
        if self._passes.number == 0:
            return ()
        idle = [name for name in self._passes.modules if name not in self._acted]
        words = [f"{self._owner}: {', '.join(idle)} was never changed: not called in training, or in evaluation mode"]
        return (*(words if idle else ()), *([self._too_few(self._most)] if 0 < self._most < self._least else ()))

    def _too_few(self, n: int) -> str:
        return (
            f"{self._owner}: a batch, or a part of one, has at most {n} input{'s'[: n != 1]}, of which neither a mean "
            f"nor SI tells anything; it needs {self._least}"
        )

    def state_dict(self) -> dict[str, Any]:
        """The number of passes, the layers that were changed, and the inputs of the largest batch."""
        return {"passes": self._passes.number, "acted": sorted(self._acted), "most": self._most}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._passes.number = int(state["passes"])
        self._acted, self._most = set(state.get("acted", ())), int(state.get("most", 0))  # older files lack both

    def _opened(self) -> None:
        self._calls = {}

    def _changed(self, name: str, call: int, found: Any) -> Any:
        module = self._passes.modules[name]
        if not module.training:
            return None
        if self._passes.open:
            self._calls[name] = call + 1
        elif self._calls.get(name, 0) > 1:
            raise InputError(
                f"{self._owner}: {name} is called {self._calls[name]} times in a pass and run again by gradient "
                "checkpointing, where its draws cannot be told apart; give every call a module of its own"
            )
        h = found[0] if isinstance(found, tuple) and found else found
        if not (isinstance(h, Tensor) and h.is_floating_point()):
            raise InputError(f"{self._owner}: {name} must yield a tensor of floats; got {type(h).__name__}")
        axes = self._passes.axes[name]
        changed = self._change(h, name, axes, self._generator(name, call, h.device))
        self._acted.add(name)
        self._most = max(self._most, int(h.shape[axes.batch_axis(h.shape)]))
        if not isinstance(found, tuple):
            return changed
        parts = (changed, *found[1:])
        return type(found)._make(parts) if hasattr(found, "_make") else parts

    def _generator(self, name: str, call: int, device: torch.device) -> torch.Generator:
        words = np.random.SeedSequence([self._seed, self._passes.number, self._places[name], call])
        return torch.Generator(device).manual_seed(int(words.generate_state(1, np.uint64)[0] >> np.uint64(1)))
