"""Random changes of training images that keep their class, on the device that the batch lies on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional

from ...simulator import InputError, unknown

CROP = 4  # most pixels that an image is shifted by, from 32 pixels on
NOISE_SD = 0.05  # of pixels in [0, 1]


def augmented(x: Tensor, names: Sequence[str], generator: Generator) -> Tensor:
    """A batch of images, changed by each of the named augmentations in turn.

    Args:
        x: (n, height, width) or (n, height, width, channel), pixels in [0, 1].
        names: of `AUGMENTATIONS`; none: x itself.
        generator: the only source of chance, on any device; with one on the CPU the same seed gives the same
            changes on every device.

    Raises:
        InputError: an augmentation that there is none of, or a batch that holds no images.

    >>> x = torch.rand(5, 8, 8)
    >>> out = augmented(x, ["flip"], torch.Generator().manual_seed(0))
    >>> all(torch.equal(b, a) or torch.equal(b, a.flip(1)) for a, b in zip(x, out))
    True
    """
    if x.ndim not in (3, 4) or not x.is_floating_point():
        raise InputError(
            "augmented.x: must be images (n, height, width) or (n, height, width, channel); "
            f"got {str(x.dtype).removeprefix('torch.')} of shape {tuple(x.shape)}"
        )
    for name in names:
        if name not in AUGMENTATIONS:
            raise unknown("augmentation", name, AUGMENTATIONS)
    for name in names:
        x = AUGMENTATIONS[name][0](x, generator)
    return x


def flip(x: Tensor, generator: Generator) -> Tensor:
    """Every image mirrored left to right with probability 1/2."""
    mirrored = _uniform(len(x), x, generator) < 0.5
    return torch.where(mirrored.reshape(-1, *(1,) * (x.ndim - 1)), x.flip(2), x)


def crop(x: Tensor, generator: Generator) -> Tensor:
    """Every image shifted by up to ± p pixels each way, black coming in: padded by p, cropped at random.

    p = 4 from 32 pixels on (He et al., CVPR 2016) and an eighth of the shorter side below, at least 1.
    """
    height, width = x.shape[1:3]
    p = min(CROP, max(1, min(height, width) // 8))
    channels = (0, 0) if x.ndim == 4 else ()
    padded = functional.pad(x, (*channels, p, p, p, p))
    top, left = ((_uniform(len(x), x, generator) * (2 * p + 1)).long() for _ in range(2))
    rows = top[:, None] + torch.arange(height, device=x.device)
    columns = left[:, None] + torch.arange(width, device=x.device)
    return padded[torch.arange(len(x), device=x.device)[:, None, None], rows[:, :, None], columns[:, None, :]]


def noise(x: Tensor, generator: Generator) -> Tensor:
    """Gaussian noise of SD 0.05 on every pixel, clipped to [0, 1]."""
    draws = torch.randn(x.shape, generator=generator, device=generator.device)
    return (x + NOISE_SD * draws.to(x.device, x.dtype)).clamp(0, 1)


def _uniform(n: int, x: Tensor, generator: Generator) -> Tensor:
    return torch.rand(n, generator=generator, device=generator.device).to(x.device)


AUGMENTATIONS: dict[str, tuple[Callable[[Tensor, Generator], Tensor], str]] = {
    "flip": (flip, "mirrored left to right with probability 1/2"),
    "crop": (crop, "padded by 4 black pixels (an eighth of the side below 32) and cropped at random"),
    "noise": (noise, "Gaussian noise of SD 0.05, clipped to [0, 1]"),
}
