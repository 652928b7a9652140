"""Axes of the outputs of modules, from their place in the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .activations import kind_of, time_first
from .choice import INPUT, all_names

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Axes:
    """Axes of the output of a module.

    Attributes:
        module: the module.
        before: of an activation function the layers before it, the nearest first.
        batch_first: of the module itself, or of the transformer layer that it is a part of; None: unknown.
        entering: whether the first input of the module is meant, not its output.
        spiking: whether the module holds spiking neurons.
    """

    module: nn.Module
    before: tuple[nn.Module, ...] = ()
    batch_first: bool | None = None
    entering: bool = False
    spiking: bool = False

    def like(self, shape: Sequence[int]) -> nn.Module:
        """Return the module whose axes a tensor of this shape has: of an activation function the layer before it."""
        fitting = [layer for layer in self.before if _fits(layer, shape)]
        maps = [layer for layer in fitting if _has_channels(layer)] if len(shape) > 3 else []
        return next(iter(maps or fitting), self.module)

    @property
    def recurrent(self) -> bool:
        """Return whether a module returns sequences, or one time point of them a call."""
        from torch import nn

        return not self.entering and (self.spiking or isinstance(self.module, nn.RNNBase | nn.RNNCellBase))

    @property
    def looped(self) -> nn.Module | None:
        """Return the layer that is called as often as this one where a model runs a loop over time; None: unknown."""
        if any(p.ndim > 1 for p in self.module.parameters()):
            return self.module
        return next(iter(self.before), None)

    def features_last(self, shape: Sequence[int]) -> bool:
        """Return whether the last axis of a module's output holds the features."""
        from torch import nn

        tokens = len(shape) == 3 and not _has_channels(self.like(shape), 1)
        return tokens or isinstance(self.like(shape), nn.Linear | nn.LayerNorm | nn.Embedding)

    def batch_axis(self, shape: Sequence[int], batch_first: bool = True) -> int:
        """Return the axis of the samples, 0 or 1; `batch_first` applies where the module does not decide."""
        if len(shape) < 3 or _has_channels(self.like(shape)):
            return 0
        return 0 if (batch_first if self.batch_first is None else self.batch_first) else 1

    def batch_leading(self, tensor: Tensor, batch_first: bool) -> Tensor:
        """Return the tensor with its samples first; outputs of a recurrent module without a batch are one sample."""
        from torch import nn

        if isinstance(self.module, nn.RNNBase) and tensor.ndim == 2:
            return tensor.unsqueeze(0)
        return tensor.transpose(0, 1) if self.batch_axis(tensor.shape, batch_first) else tensor


def loops_of(places: Mapping[str, Axes]) -> set[nn.Module]:
    """Return the layers whose calls tell a loop over time: `Axes.looped` of all places that are not recurrent."""
    return {module for axes in places.values() if not axes.recurrent and (module := axes.looped) is not None}


def axes_of(model: nn.Module, modules: Mapping[str, nn.Module]) -> dict[str, Axes]:
    """Return the place of modules, given by name, in the model.

    The layer of an activation function is the nearest of those registered before it whose number of channels or
    features it has; of maps a convolution, if one fits.
    """
    from torch import nn

    layers = nn.Transformer, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer
    before: tuple[nn.Module, ...] = ()
    inherited: dict[str, bool | None] = {}  # by the modules within a module
    found = {name: Axes(module, (), _batch_first(module)) for name, module in modules.items()}
    known: set[nn.Module] = set()
    for name, module in all_names(model):
        own, within = _batch_first(module), inherited.get(name.rpartition(".")[0])
        inherited[name] = own if isinstance(module, layers) else within
        batch_first = within if own is None else own
        if name in modules:
            kind = kind_of(module)
            near = before if kind in ("activation", "gate") else ()
            found[name] = Axes(module, near, batch_first, spiking=kind == "spiking")
        elif name + INPUT in modules:
            found[name + INPUT] = Axes(module, before, batch_first, entering=True)
        if module not in known and _width(module) is not None:
            before = (module, *before)
        known.add(module)
    return found


def _width(module: nn.Module) -> int | None:
    """Return the number of channels or features that a layer gives; None for other modules."""
    for name in ("out_channels", "out_features", "num_features", "num_channels", "embedding_dim"):
        if isinstance(width := getattr(module, name, None), int):
            return width
    shape = getattr(module, "normalized_shape", None)
    return int(shape[0]) if isinstance(shape, tuple | list) and len(shape) == 1 else None


def _fits(layer: nn.Module, shape: Sequence[int]) -> bool:
    """Return whether a tensor of this shape can be the output of a layer."""
    if _has_channels(layer):
        return len(shape) > 2 and _has_channels(layer, len(shape) - 2) and shape[1] == _width(layer)
    return shape[-1] == _width(layer)


def _batch_first(module: nn.Module) -> bool | None:
    from torch import nn

    if isinstance(module, nn.TransformerEncoder | nn.TransformerDecoder):
        return _batch_first(module.layers[0])
    if time_first(module):
        return False
    owner = getattr(module, "self_attn", module)
    if isinstance(owner, nn.RNNBase | nn.MultiheadAttention | nn.Transformer):
        return bool(owner.batch_first)
    return None


def _has_channels(module: nn.Module, n_axes: int | None = None) -> bool:
    """Return whether a module takes (batch, channel, position ...) with this number of axes of position."""
    from torch.nn.modules import batchnorm, conv, instancenorm, normalization, pooling

    pools = pooling._MaxPoolNd | pooling._AvgPoolNd | pooling._AdaptiveAvgPoolNd | pooling._AdaptiveMaxPoolNd
    norms = batchnorm._BatchNorm | instancenorm._InstanceNorm
    if isinstance(module, normalization.GroupNorm):
        return True
    if not isinstance(module, conv._ConvNd | norms | pools):
        return False
    kinds = {kind.__name__[-2:] for kind in type(module).__mro__} & {"1d", "2d", "3d"}
    return n_axes is None or not kinds or f"{n_axes}d" in kinds
