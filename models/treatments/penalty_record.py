"""Record of a penalty at work: the passes and the layers in which it was defined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

RARE = 0.1  # share of the passes without a penalty on a layer from which on it is reported


@dataclass(eq=False)
class PenaltyRecord:
    """Counts of a penalty on layers.

    Attributes:
        passes: calls of the penalty; steps: optimiser steps.
        samples: of the largest batch in any layer.
        weights: the first weight, and one that differed from it.
        layers: layer -> [passes with it, passes in which a trained weight came before it].
        defined: names of the layers of a pass -> passes in which each was defined, on their device.
    """

    passes: int = 0
    steps: int = 0
    samples: int = 0
    weights: set[float] = field(default_factory=set)
    layers: dict[str, list[int]] = field(default_factory=dict)
    defined: dict[tuple[str, ...], Tensor] = field(default_factory=dict)

    def add(self, activations: Mapping[str, Tensor], defined: Tensor, weight: float) -> None:
        """Add a pass: layer -> (sample, unit), whether the measure is defined on each, and the weight."""
        self.passes += 1
        if len(self.weights) < 2:
            self.weights.add(weight)
        for name, x in activations.items():
            self.samples = max(self.samples, int(x.shape[0]))
            counts = self.layers.setdefault(name, [0, 0])
            counts[0] += 1
            counts[1] += x.requires_grad
        names = tuple(activations)
        before = self.defined.get(names)
        self.defined[names] = defined.long() if before is None else before.to(defined.device).add_(defined)

    def in_words(self, measure: str, least: int) -> list[str]:
        """Return sentences on layers where the penalty had no effect; `least` samples are needed."""
        known = dict.fromkeys(self.layers, 0)
        for names, counts in self.defined.items():
            for name, count in zip(names, counts.tolist(), strict=True):
                known[name] += int(count)
        why = f"the largest batch had {self.samples} samples, and {least} are needed" if self.samples < least else (
            "fewer than 2 units vary, or values are not finite or out of range"
        )  # fmt: skip
        untrained = [name for name, (_, trained) in self.layers.items() if not trained]
        never = [name for name in self.layers if known[name] == 0]
        rare = [n for n, (asked, _) in self.layers.items() if n not in never and asked - known[n] >= RARE * asked]
        found = []
        if len(never) == len(self.layers):
            found.append(
                f"the penalty did nothing: {measure} was defined in no layer at any of {self.passes} passes ({why})"
            )
        elif never:
            found.append(f"{measure} was not defined in {', '.join(never)} at any of {self.passes} passes ({why})")
        if rare:
            shares = ", ".join(f"{n} at {self.layers[n][0] - known[n]} of {self.layers[n][0]}" for n in rare)
            found.append(f"{measure} was not defined, and the penalty 0, at some passes: {shares}")
        if untrained:
            found.append(f"the penalty on {', '.join(untrained)} did nothing: no trained weight comes before")
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return the counts as plain numbers, names and lists."""
        return {
            "passes": self.passes,
            "steps": self.steps,
            "samples": self.samples,
            "weights": sorted(self.weights),
            "layers": {name: list(counts) for name, counts in self.layers.items()},
            "defined": [[list(names), counts.cpu().clone()] for names, counts in self.defined.items()],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.passes, self.steps, self.samples = (int(state[key]) for key in ("passes", "steps", "samples"))
        self.weights = set(state["weights"])
        self.layers = {name: list(counts) for name, counts in state["layers"].items()}
        self.defined = {tuple(names): counts for names, counts in state["defined"]}
