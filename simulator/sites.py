"""Where a module stands in its model, and what its place tells about the axes of what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Site:
    """A module and what is known of its axes.

    Attributes:
        module: the module.
        like: the module whose axes it has: itself; of an activation function the layer that stands before it.
        batch_first: what it says itself, or the transformer layer that it is a part of; None: nothing.
    """

    module: nn.Module
    like: nn.Module
    batch_first: bool | None = None

    @property
    def recurrent(self) -> bool:
        """Whether it gives sequences."""
        from torch import nn

        return isinstance(self.module, nn.RNNBase | nn.RNNCellBase)

    @property
    def features_last(self) -> bool:
        """Whether the last axis of any number holds the features."""
        from torch import nn

        return isinstance(self.like, nn.Linear | nn.LayerNorm | nn.Embedding)

    @property
    def channels_of_a_line(self) -> bool:
        """Whether three axes are (batch, channel, position), not (batch, token, feature)."""
        from torch import nn

        norms = nn.BatchNorm1d | nn.InstanceNorm1d | nn.GroupNorm
        pools = nn.MaxPool1d | nn.AvgPool1d | nn.AdaptiveAvgPool1d | nn.AdaptiveMaxPool1d
        return isinstance(self.like, nn.Conv1d | nn.ConvTranspose1d | norms | pools)

    def batch_axis(self, n_axes: int, batch_first: bool = True) -> int:
        """The axis of the samples, 0 or 1; `batch_first` is meant where nothing is said."""
        if n_axes < 3 or _has_channels(self.like):
            return 0
        return 0 if (batch_first if self.batch_first is None else self.batch_first) else 1

    def batch_leading(self, tensor: Tensor, batch_first: bool) -> Tensor:
        """The tensor with its samples first; the outputs of a recurrent module without a batch are one sample."""
        from torch import nn

        if isinstance(self.module, nn.RNNBase) and tensor.ndim == 2:
            return tensor.unsqueeze(0)
        return tensor.transpose(0, 1) if self.batch_axis(tensor.ndim, batch_first) else tensor


def sites(model: nn.Module, modules: Mapping[str, nn.Module]) -> dict[str, Site]:
    """Where these modules, by their names, stand in the model.

    The layer before an activation function is the one that was registered before it.
    """
    before: nn.Module | None = None
    said: dict[str, bool | None] = {}
    found = {name: Site(module, module, _said(module)) for name, module in modules.items()}
    for name, module in model.named_modules():
        own = _said(module)
        said[name] = said.get(name.rpartition(".")[0]) if own is None else own
        like = before if before is not None and is_activation(module) else module
        if name in modules:
            found[name] = Site(module, like, said[name])
        if any(True for _ in module.parameters(recurse=False)) or _has_channels(module):
            before = module
    return found


def is_activation(module: nn.Module) -> bool:
    """Whether it is an activation function: of one number, or a gated linear unit."""
    from torch import nn

    rectified = nn.ReLU | nn.ReLU6 | nn.LeakyReLU | nn.PReLU | nn.RReLU | nn.ELU | nn.CELU | nn.SELU | nn.Threshold
    smooth = nn.GELU | nn.SiLU | nn.Mish | nn.Softplus | nn.Softsign | nn.Tanh | nn.Sigmoid | nn.LogSigmoid | nn.GLU
    piecewise = nn.Hardswish | nn.Hardsigmoid | nn.Hardtanh | nn.Hardshrink | nn.Softshrink | nn.Tanhshrink
    return isinstance(module, rectified | smooth | piecewise)


def _said(module: nn.Module) -> bool | None:
    from torch import nn

    if isinstance(module, nn.TransformerEncoder | nn.TransformerDecoder):
        return _said(module.layers[0])
    owner = getattr(module, "self_attn", module)
    if isinstance(owner, nn.RNNBase | nn.MultiheadAttention | nn.Transformer):
        return bool(owner.batch_first)
    return None


def _has_channels(module: nn.Module) -> bool:
    """Whether it takes (batch, channel, position ...) whatever the rest of the model does."""
    from torch.nn.modules import batchnorm, conv, instancenorm, normalization, pooling

    pools = pooling._MaxPoolNd | pooling._AvgPoolNd | pooling._AdaptiveAvgPoolNd | pooling._AdaptiveMaxPoolNd
    norms = batchnorm._BatchNorm | instancenorm._InstanceNorm | normalization.GroupNorm
    return isinstance(module, conv._ConvNd | norms | pools)
