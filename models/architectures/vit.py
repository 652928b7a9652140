"""Vision transformers: ViT-Ti/16, and one for images of CIFAR's size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .checks import generator_of, image_size
from .layers import Images

SD = 0.02  # of the initial weights, cut at ± 2 [their own unit], as ViT and timm have it


@dataclass(frozen=True)
class ViT(Checked):
    """Vision transformer (Dosovitskiy et al., ICLR 2021): patches, a class token, learnt positions, pre-norm blocks.

    h ← h + attn(norm1(h)),  h ← h + mlp(norm2(h)),  logits = head(norm(h)[class token])

    Weights begin normal with SD 0.02, cut at ± 2; biases 0; the patch projection with SD 1/√(inputs). The
    defaults are ViT-Ti/16 (Touvron et al., ICML 2021): 5,717,416 parameters with 1000 classes and RGB
    images of 224 × 224, the same, and of the same names, as in timm's vit_tiny_patch16_224.

    Raises:
        InputError: a field that cannot be; a width that the heads do not divide; images that the patches
            do not divide.
    """

    patch: Annotated[int, Param("side of a patch [pixels]", ge=1)] = 16
    width: Annotated[int, Param("features of a token", ge=1)] = 192
    depth: Annotated[int, Param("blocks", ge=1)] = 12
    heads: Annotated[int, Param("heads of the attention; they divide the width", ge=1)] = 3
    mlp_ratio: Annotated[float, Param("hidden units of a block's MLP, in widths [1]", gt=0)] = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width % self.heads:
            raise InputError(f"ViT.heads: must divide the width {self.width}; got {self.heads}")
        if round(self.width * self.mlp_ratio) < 1:
            raise InputError(f"ViT.mlp_ratio: must leave at least 1 hidden unit; got {self.mlp_ratio}")

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> ViTModule:
        """The network for images of this shape, with fresh weights (see `Architecture`)."""
        height, width, _ = image_size(self, shape)
        if height % self.patch or width % self.patch:
            raise InputError(
                f"ViT.patch: must divide height and width of the images, {height} x {width}; got {self.patch}"
            )
        generator = generator_of(self, n_classes, seed)
        return ViTModule(self, n_classes, generator, Images(shape, mean=mean, sd=sd))


# The plain ViT that Lee, Lee & Song (arXiv:2112.13492) train on images of 32 × 32.
vit_cifar = partial(ViT, patch=4, width=192, depth=9, heads=12, mlp_ratio=2.0)


class PatchEmbed(nn.Module):
    """``proj``: patches as tokens, (n, channel, H, W) -> (n, token, width)."""

    def __init__(self, channels: int, patch: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, stride=patch, device="meta").to_empty(device="cpu")
        nn.init.normal_(self.proj.weight, std=(channels * patch**2) ** -0.5, generator=generator)
        assert self.proj.bias is not None
        nn.init.zeros_(self.proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channel, H, W) -> (n, token, width), tokens row by row."""
        maps: Tensor = self.proj(x)
        return maps.flatten(2).transpose(1, 2)


class Attention(nn.Module):
    """softmax(q kᵀ/√d) v in every head, then ``proj``: (n, token, width) -> (n, token, width)."""

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = _linear(width, 3 * width, generator)
        self.proj = _linear(width, width, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(n, token, width) -> (n, token, width)."""
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.proj(mixed.transpose(1, 2).reshape(n, tokens, width))
        return out


class Mlp(nn.Module):
    """``fc1``, ``act`` (GELU), ``fc2``: (n, token, width) -> (n, token, width)."""

    def __init__(self, width: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.fc1 = _linear(width, hidden, generator)
        self.act = nn.GELU()
        self.fc2 = _linear(hidden, width, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(n, token, width) -> (n, token, width)."""
        out: Tensor = self.fc2(self.act(self.fc1(x)))
        return out


class TransformerBlock(nn.Module):
    """Attention and MLP, each after a layer norm and added to what came in: (n, token, width) -> the same."""

    def __init__(self, width: int, heads: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads, generator)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(n, token, width) -> (n, token, width)."""
        x = x + self.attn(self.norm1(x))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class ViTModule(nn.Module):
    """The network of a `ViT`. Its parameters have timm's names, so that weights from there load.

    Modules: ``input``, ``patch_embed``, ``blocks.0.norm1``, ``blocks.0.attn``, ``blocks.0.mlp``,
    ``blocks.0.mlp.act`` ..., ``norm``, ``head``. Token 0 is the class token.
    """

    def __init__(self, kind: ViT, n_classes: int, generator: torch.Generator, images: Images) -> None:
        super().__init__()
        height, width, channels = image_size(kind, images.shape)
        tokens, hidden = (height // kind.patch) * (width // kind.patch), round(kind.width * kind.mlp_ratio)
        self.input = images
        self.patch_embed = PatchEmbed(channels, kind.patch, kind.width, generator)
        self.cls_token = nn.Parameter(_drawn((1, 1, kind.width), generator))
        self.pos_embed = nn.Parameter(_drawn((1, 1 + tokens, kind.width), generator))
        self.blocks = nn.Sequential(
            *(TransformerBlock(kind.width, kind.heads, hidden, generator) for _ in range(kind.depth))
        )
        self.norm = nn.LayerNorm(kind.width, eps=1e-6)
        self.head = _linear(kind.width, n_classes, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, height, width[, channel]) -> logits (n, n_classes)."""
        patches = self.patch_embed(self.input(x))
        h = torch.cat([self.cls_token.expand(len(x), -1, -1), patches], dim=1) + self.pos_embed
        logits: Tensor = self.head(self.norm(self.blocks(h))[:, 0])
        return logits


def _linear(n_inputs: int, n_units: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(n_inputs, n_units, device="meta").to_empty(device="cpu")
    nn.init.trunc_normal_(layer.weight, std=SD, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def _drawn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return nn.init.trunc_normal_(torch.empty(shape), std=SD, generator=generator)
