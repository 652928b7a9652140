"""A small variational autoencoder of images, for generative replay."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..architectures.layers import linear


class VAE(nn.Module):
    """Variational autoencoder of images in [0, 1], with one hidden layer on each side.

    Encoder: pixels -> hidden (ReLU) -> mean and log variance of the latent; decoder: latent -> hidden (ReLU) -> pixels
    (logits). Kingma & Welling, ICLR 2014.

    Args:
        shape: of an image.
        hidden, latent: units of the hidden layers, and of the latent.
        generator: of the initial weights (He-uniform, biases 0); torch's global generator is not used.
    """

    def __init__(self, shape: tuple[int, ...], hidden: int, latent: int, generator: torch.Generator) -> None:
        super().__init__()
        self.shape, self.latent = tuple(shape), latent
        pixels = math.prod(shape)
        self.encoder = nn.Sequential(
            linear(pixels, hidden, generator), nn.ReLU(), linear(hidden, 2 * latent, generator)
        )
        self.decoder = nn.Sequential(linear(latent, hidden, generator), nn.ReLU(), linear(hidden, pixels, generator))

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        r"""Return the negative lower bound of the log likelihood, the mean over images x (n, *shape) [nat].

        .. math:: -E_q \log p(x|z) + \tfrac12 \sum (\mu^2 + \sigma^2 - 1 - \log \sigma^2)

        p(x|z) is the Bernoulli likelihood of every pixel.
        """
        x = x.flatten(1)
        mean, log_variance = self.encoder(x).chunk(2, 1)
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean.device)
        pixels = self.decoder(mean + torch.exp(log_variance / 2) * noise)
        error = functional.binary_cross_entropy_with_logits(pixels, x, reduction="sum")
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        bound: Tensor = (error + divergence) / len(x)
        return bound

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Return n images (n, *shape): the mean pixels of latents drawn from N(0, 1)."""
        p = next(self.parameters())
        latent = torch.randn(n, self.latent, generator=generator, dtype=p.dtype).to(p.device)
        images: Tensor = self.decoder(latent).sigmoid().view(n, *self.shape)
        return images


def fit(
    vae: VAE, x: Tensor, earlier: VAE | None, tasks: int, batch: int, steps: int, generator: torch.Generator
) -> None:
    """Train a VAE on images of a task and on samples of the VAE of the tasks before, by Adam at a rate of 1e-3.

    Every task has an equal share of a batch.

    Args:
        vae: trained in place.
        x: images (n, *shape) in [0, 1].
        earlier: VAE of the tasks before; None at the first.
        tasks: number of the tasks before.
        batch: images of a step.
        steps: optimiser steps.
        generator: of the batches, the samples and the latents, on the CPU.
    """
    descent = torch.optim.Adam(vae.parameters(), lr=1e-3, fused=True)
    real = batch if earlier is None else max(1, round(batch / (tasks + 1)))
    with torch.enable_grad():
        for _ in range(steps):
            images = x[torch.randint(len(x), (real,), generator=generator).to(x.device)]
            if earlier is not None and batch > real:
                images = torch.cat((images, earlier.sample(batch - real, generator)))
            descent.zero_grad()
            vae.loss(images, generator).backward()  # type: ignore[no-untyped-call]  # untyped in torch
            descent.step()
