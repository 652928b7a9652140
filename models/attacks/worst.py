"""The worst of all tries of an attack, per image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator.fields import Param
from ...simulator.fields import checked as field_checked
from ..probe.choice import check_model
from .arguments import bounds_of, check_attack, checked, images_of
from .base import Attack, Bounds, Outcome, Victim

BATCH = 256  # images at once
Report = Callable[[int, str], None]  # images that one more try is done with, words


@dataclass(frozen=True, eq=False)
class Try:
    """State after one try.

    Attributes:
        loss: its name.
        restart: its number, from 0.
        standing: (n,) bool: the images that neither this try nor one before it has fooled.
        attacked: images of this try.
        zero: of these, the images at which the gradient is exactly 0; counted where the try starts at the image.
    """

    loss: str
    restart: int
    standing: Tensor
    attacked: int
    zero: int


def adversarial(
    model: nn.Module, x: Tensor, y: Tensor, attack: Attack, seed: int = 0, *, bounds: Bounds = (0.0, 1.0)
) -> Tensor:
    """Return the images (n, ...) after an attack: every image takes every step, misclassified ones too.

    Of several tries the first that fools is returned, the last where none does. `attacked` also counts an image
    that was fooled on the way, so that its accuracy may be lower. Model, modes and generators come back as they were.

    Args:
        model: returns logits (n, class).
        x: images (n, ...).
        y: labels (n,).
        attack: e.g. ``PGD(0.03)``.
        seed: of random starts.
        bounds: of a value of an image; None without.

    Raises:
        InputError: no model or attack; images or labels that do not fit, values outside the bounds.
    """
    check_model("attack.model", model)
    attack = check_attack(attack)
    seed = field_checked("attack.seed", int, Param("", ge=0), seed)
    victim = Victim(model, bounds_of(bounds))
    images, labels = images_of(victim, x, y)
    with victim.evaluating():
        checked(victim, images, labels)
        found, still = images.clone(), torch.ones_like(labels, dtype=torch.bool)
        for loss, _, noise in tries(attack, images, seed):
            for at in _batches(still):
                outcome = _once(attack, victim, images, labels, at, loss, noise, stop=False)
                found[at] = outcome.images
                still[at] = ~outcome.fooled
            if not bool(still.any()):
                break
    return found


def standing(
    attack: Attack, victim: Victim, x: Tensor, y: Tensor, first: Tensor, *, seed: int, report: Report | None = None
) -> Iterator[Try]:
    """Yield the images that still stand after each try; those that a try has fooled are not attacked again.

    Args:
        attack: the attack.
        victim: the model, within its `evaluating`.
        x: images (n, ...).
        y: labels (n,).
        first: (n,) bool: images to attack, those that are classified as labelled.
        seed: of random starts.
        report: called after each batch.
    """
    left = first.clone()
    for loss, restart, noise in tries(attack, x, seed):
        attacked, zero = int(left.sum()), 0
        for at in _batches(left):
            outcome = _once(attack, victim, x, y, at, loss, noise, stop=True)
            left[at] = ~outcome.fooled
            zero += int(outcome.zero.sum())
            if report:
                report(len(at), f"{loss}, try {restart + 1}" if loss else f"try {restart + 1}")
        if report:
            report(len(x) - attacked, loss)
        yield Try(loss, restart, left.clone(), attacked, zero if restart == 0 else 0)


def tries(attack: Attack, x: Tensor, seed: int) -> Iterator[tuple[str, int, Tensor | None]]:
    """Yield loss, restart and random numbers of each image, for every try of an attack.

    They depend on seed and restart alone: losses and sizes have them in common.
    """
    for loss in attack.losses:
        for restart in range(attack.restarts):
            drawn = attack.noise(tuple(x.shape), restart, np.random.default_rng([seed, restart]))
            yield loss, restart, None if drawn is None else torch.from_numpy(drawn)


def _batches(which: Tensor) -> Iterator[Tensor]:
    """Yield the indices of these images, BATCH at a time."""
    index = torch.nonzero(which)[:, 0]
    for first in range(0, len(index), BATCH):
        yield index[first : first + BATCH]


def _once(
    attack: Attack, victim: Victim, x: Tensor, y: Tensor, at: Tensor, loss: str, noise: Tensor | None, *, stop: bool
) -> Outcome:
    rows = None if noise is None else noise[at.cpu()].to(x.device)
    if rows is not None and rows.is_floating_point():
        rows = rows.to(x.dtype)
    return attack.once(victim, x[at], y[at], loss, rows, stop=stop)
