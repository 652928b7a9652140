"""A trained network as a kind of file: its weights, and what the file says of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...simulator.files.document import Document, Group, Variable, about
from ...simulator.kinds import Kind
from ..training.build import open_model
from .activity import activity_of

if TYPE_CHECKING:  # torch and matplotlib take seconds to import
    from collections.abc import Iterator

    from torch import nn

    from ...analyses.figures.parts.style import Drawing


@dataclass(frozen=True, eq=False)
class TrainedNetwork(Kind):
    """The network of a file that ``ictal train`` wrote.

    Attributes:
        file: its place.
        model: the network, with its weights.
        config: architecture, data, seed and settings of the training.
    """

    kind = "model"

    file: Path
    model: nn.Module
    config: dict[str, Any]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TrainedNetwork:
        """Read FILE.pt, or a checkpoint; errors as of `open_model`."""
        return cls(Path(path), *open_model(path))

    def document(self) -> Document:
        """Return what the file says, and a group for every tensor of weights."""
        groups = {}
        for name, weights in self.model.state_dict().items():
            values = weights.detach().cpu().numpy()
            dims = tuple(f"axis_{at}" for at in range(values.ndim))
            groups[f"weights/{name}"] = Group({"values": Variable(dims, values)})
        return Document(about(self.kind, self.config), groups)

    def facts(self) -> dict[str, Any]:
        """Return the architecture, the data and the number of parameters."""
        n = sum(weights.numel() for weights in self.model.parameters())
        return {"architecture": self.config["architecture"], "data": self.config.get("data", {}), "weights": n}


def network_drawings(network: TrainedNetwork) -> Iterator[Drawing]:
    """Draw the activity of every layer, as `activity_of` records it."""
    from ...analyses.figures.run import drawings_of_run

    return drawings_of_run(activity_of(network.file))


def network_overview(network: TrainedNetwork) -> Drawing:
    """Draw one page of the layers over test examples; errors as of `activity_of`."""
    from ...analyses.figures.overview.network import layers_overview

    return layers_overview(activity_of(network.file))
