r"""Training of a generator against a discriminator (Goodfellow et al., NeurIPS 2014).

The discriminator D learns to tell samples of the data from samples of the generator G, and G to be taken for the data,
by the non-saturating loss:

.. math:: L_D = \langle \mathrm{sp}(-D(x)) + \mathrm{sp}(D(G(z))) \rangle + \tfrac{\gamma}{2} \langle |\nabla_x D|^2
          \rangle, \quad L_G = \langle \mathrm{sp}(-D(G(z))) \rangle, \quad \mathrm{sp}(u) = \ln(1 + e^u)

γ weighs the gradient penalty R1 on real samples, with which the pair converges near its equilibrium (Mescheder et al.,
ICML 2018). The optimiser of both is Adam with β = (0.5, 0.999) (Radford et al., ICLR 2016).

It stands in `training/`, above the treatments that it applies to the generator, and it is not `train`: there is no
label, no loss that falls and no accuracy, so that nothing of a training history would be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from ..architectures.base import Sizes
from ..architectures.generator import Generator
from ..architectures.mlp import MLP
from ..treatments.base import Treatment
from .callbacks import Combined
from .descent import cpu_threads
from .randomness import Batches, checked_seed

BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class GanTraining(Checked):
    """Settings of the training of a generator against a discriminator (a GAN).

    Raises:
        InputError: a field that cannot be.
    """

    steps: Annotated[int, Param("steps of the generator", ge=1)] = 1500
    every: Annotated[int, Param("steps between two records", ge=1)] = 300
    batch_size: Annotated[int, Param("samples of a step, of the data and of the generator", ge=2)] = 64
    latent: Annotated[int, Param("numbers that a sample is made of", ge=1)] = 16
    hidden: Sizes = (128, 128)
    learning_rate: Annotated[float, Param("of the generator [1]", gt=0)] = 5e-4
    discriminator_rate: Annotated[float, Param("learning rate of the discriminator [1]", gt=0)] = 5e-4
    generator_steps: Annotated[int, Param("steps of the generator for one of the discriminator", ge=1)] = 1
    penalty: Annotated[float, Param("weight γ of the gradient penalty R1 [1]", ge=0)] = 1.0


def train_generator(
    x: NDArray[np.float32],
    how: GanTraining,
    *,
    bounded: bool,
    treatments: Sequence[Treatment] = (),
    seed: int = 0,
    record: Callable[[int, Generator], None] | None = None,
) -> Generator:
    """Train a generator on samples, on the CPU: the same seed gives the same bits.

    Args:
        x: (n, ...) samples of the data.
        how: settings.
        bounded: whether samples are images in [0, 1].
        treatments: of the generator, added to its loss; at work in its own steps alone.
        seed: of weights, batches, latents and treatments.
        record: called as record(step, generator) before the first step, every `how.every` steps and after the last.

    Raises:
        InputError: fewer than two samples, or values that are not finite, or images outside [0, 1]; a training that
            diverges.
    """
    checked_samples(x, bounded)
    seed = checked_seed(seed)
    weights, chance = (torch.Generator().manual_seed(seed + at) for at in (0, 2**32))
    generator = Generator(how.latent, how.hidden, x.shape[1:], generator=weights, bounded=bounded)
    mean, sd = float(x.mean(dtype=np.float64)), float(x.std(dtype=np.float64))
    discriminator = MLP(int(np.prod(x.shape[1:])), how.hidden, 1, generator=weights, mean=mean, sd=sd)
    data, batches = torch.as_tensor(np.array(x)), Batches(len(x), min(how.batch_size, len(x)), seed)
    ours, theirs = (
        torch.optim.Adam(model.parameters(), rate, betas=BETAS, fused=True)
        for model, rate in ((generator, how.learning_rate), (discriminator, how.discriminator_rate))
    )

    def drawn() -> Tensor:
        made: Tensor = generator(torch.randn(how.batch_size, how.latent, generator=chance))
        return made

    with cpu_threads(1), Combined(generator, treatments, seed) as treated:
        for step in range(how.steps + 1):
            if record and (step % how.every == 0 or step == how.steps):
                record(step, generator)
            if step == how.steps:
                break
            if step % how.generator_steps == 0:
                with torch.no_grad():
                    false = drawn()
                _descend(theirs, _discrimination(discriminator, data[next(batches)], false, how.penalty), step)
            made = drawn()
            verdicts = discriminator(made)
            added = treated.loss(made, torch.ones(len(made)))
            ours.zero_grad()
            loss = softplus(-verdicts).mean() + added
            loss.backward()  # type: ignore[no-untyped-call]
            treated.gradients()
            ours.step()
            treated.after_step(step + 1, {"loss": _finite(loss, step)})
    return generator


def checked_samples(x: NDArray[np.float32], bounded: bool) -> None:
    """Check samples of the data.

    Raises:
        InputError: as of `train_generator`.
    """
    if x.ndim < 2 or len(x) < 2:
        raise InputError(f"train_generator.x: must be (n, ...) with at least 2 samples; got shape {x.shape}")
    if not np.isfinite(x).all():
        raise InputError("train_generator.x: must be finite; got NaN or infinite values")
    if bounded and not (x.min() >= 0 and x.max() <= 1):
        raise InputError(
            f"train_generator.x: images must lie in 0..1; got {x.min():g}..{x.max():g}; give bounded=False for others"
        )
    if x.min() == x.max():
        raise InputError("train_generator.x: must vary; got samples that are all the same value")


def _discrimination(discriminator: MLP, real: Tensor, false: Tensor, penalty: float) -> Tensor:
    """Return the loss of the discriminator with its gradient penalty."""
    real = real.clone().requires_grad_(penalty > 0)
    verdicts = discriminator(real)
    loss = softplus(-verdicts).mean() + softplus(discriminator(false)).mean()
    if penalty:
        (slope,) = torch.autograd.grad(verdicts.sum(), real, create_graph=True)
        loss = loss + penalty / 2 * slope.flatten(1).square().sum(1).mean()
    return loss


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor, step: int) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    _finite(loss, step)
    optimiser.step()


def _finite(loss: Tensor, step: int) -> float:
    """Return the loss as a number.

    Raises:
        InputError: it is not finite.
    """
    value = float(loss.detach())
    if not np.isfinite(value):
        raise InputError(f"train_generator: the loss is {value} after {step} steps; take smaller learning rates")
    return value
