"""Checks of a model, images and labels before they are attacked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...simulator import InputError
from ..probe.numbers import as_labels, as_tensor
from ..probe.passing import LOGITS, are_probabilities
from .base import Attack, Bounds, Victim
from .norms import LARGEST

FIRST = 8  # images of the passes that compare a model with itself
SHOWN = 60  # characters of a value in a message
SAME = 1e-3  # largest difference of two logits that counts as rounding, as a share of the largest


def bounds_of(bounds: Any) -> Bounds:
    """Return the bounds of a value of an image, or None.

    Raises:
        InputError: they are no two finite numbers, the lower first.
    """
    if bounds is None:
        return None
    try:
        if isinstance(bounds, str | bytes | Mapping):
            raise TypeError
        low, high = (float(end) for end in bounds)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"attack.bounds: must be two numbers, e.g. bounds=(0, 1), or None for no bounds; got {bounds!r}"
        ) from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"attack.bounds: must be two finite numbers, the lower first; got ({low:g}, {high:g})")
    if max(abs(low), abs(high)) > LARGEST:
        raise InputError(f"attack.bounds: must lie within ±{LARGEST:g}; got ({low:g}, {high:g}); None for no bounds")
    return low, high


def check_attack(attack: Any) -> Attack:
    """Return an attack.

    Raises:
        InputError: it is none.
    """
    if isinstance(attack, type) or not (hasattr(attack, "once") and hasattr(attack, "epsilon")):
        got = f"the class {attack.__name__}" if isinstance(attack, type) else repr(attack)
        got = got if len(got) <= SHOWN else f"a {type(attack).__name__}"
        raise InputError(f"attack: must be an attack, e.g. PGD(0.03); got {got}; ictal.attack takes a name")
    found: Attack = attack
    return found


def images_of(victim: Victim, x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Return images and labels as tensors on the device of the model, images in its precision.

    Raises:
        InputError: no images, no numbers, values that are not finite or outside the bounds, labels that do not fit.
    """
    x = as_tensor("attack.x", x)
    if x.ndim < 2 or x.numel() == 0:
        raise InputError(f"attack.x: must hold at least one image, (n, ...); got shape {tuple(x.shape)}")
    if not x.is_floating_point():
        raise InputError(
            f"attack.x: must be real numbers, as gradients need; got {_dtype(x)}; convert x.float(), and divide bytes "
            "by 255"
        )
    y = as_labels("attack.y", y, len(x))
    x = x.detach().to(victim.device, victim.dtype)
    low, high = float(x.min()), float(x.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError("attack.x: must be finite; got NaN or infinity in some images")
    if victim.bounds is not None and not (victim.bounds[0] <= low and high <= victim.bounds[1]):
        wanted = "({:g}, {:g})".format(*victim.bounds)
        raise InputError(
            f"attack.x: must lie in the bounds {wanted}; got {low:g}..{high:g}; scale the images and standardise "
            "within the model, or give bounds=(LOW, HIGH), or bounds=None for no bounds"
        )
    return x, y.to(victim.device)


def checked(victim: Victim, x: Tensor, y: Tensor) -> tuple[str, ...]:
    """Return sentences on a model that answers otherwise when it is asked again; within `Victim.evaluating`.

    Raises:
        InputError: images that the model cannot take, logits that are not finite or lack a class, probabilities.
    """
    some = x[:FIRST]
    with torch.no_grad():
        once, again, fewer = (victim.logits(each) for each in (some, some, some[:2]))
    if not bool(torch.isfinite(once).all()):
        raise InputError(f"{victim.what}: must return finite logits; got NaN or infinity for some images")
    if once.shape[1] < 2 or once.shape[1] <= int(y.max()):
        raise InputError(
            f"{victim.what}: must return a logit for each class, two at least and up to the label {int(y.max())}; got "
            f"{once.shape[1]}"
        )
    if are_probabilities(once):
        raise InputError(f"{victim.what}: {LOGITS}")
    notes = []
    if _differ(once, again):
        notes.append(
            "the model answers otherwise when the same images pass again (dropout that stays on, or noise): an attack "
            "sees another network than the one it is counted on, and the worst over tries is the worst over draws too; "
            "switch the randomness off in evaluation mode"
        )
    elif _differ(once[:2], fewer):
        notes.append(
            "the answer to an image depends on the other images of its batch (batch normalisation without running "
            "statistics): an attack on one image changes the others"
        )
    return tuple(notes)


def in_training(model: nn.Module) -> tuple[str, ...]:
    """Return a sentence if a model is in training mode."""
    if not model.training:
        return ()
    return ("the model is in training mode; it was attacked in evaluation mode: no dropout, running statistics",)


def _differ(a: Tensor, b: Tensor) -> bool:
    return bool((a - b).abs().max() > SAME * a.abs().max())


def _dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")
