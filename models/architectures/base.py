"""Architectures: frozen dataclasses of hyperparameters that build a network for given data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, runtime_checkable

from ...simulator.errors import InputError
from ...simulator.fields import Param, check

if TYPE_CHECKING:
    from torch import nn


def sizes(value: Any, what: str) -> Any:
    """Return the sizes of layers, at least one, as a tuple."""
    if given := check(what, tuple[int, ...], value):
        return given
    raise InputError(f"{what}: must name at least one layer; got ()")


Sizes = Annotated[tuple[int, ...], Param("units of every hidden layer", ge=1, to=sizes)]


@runtime_checkable
class Architecture(Protocol):
    """A family of networks. ``ictal train ARCH --set KEY=VALUE`` sets its fields."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> nn.Module:
        """Return a network with fresh weights: batches (n, *shape) as the data store them -> logits (n, n_classes).

        `shape` is (height, width), (height, width, channel) or, of a sequence, (time, channel); `mean` and `sd` are
        those of the training data, taken off by the network's first module. The same seed gives the same weights;
        torch's global generator is neither read nor advanced.

        Raises:
            InputError: data that the architecture does not take.
        """
