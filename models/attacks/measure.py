"""Accuracy of a model under attack, with its control and its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.fields import Param
from ...simulator.fields import checked as field_checked
from ...simulator.files.rows import plain
from ...simulator.types import Progress
from ..probe.choice import check_model
from . import ATTACKS
from .arguments import bounds_of, check_attack, checked, images_of, in_training
from .base import Attack, Victim
from .masking import Found, doubts
from .noise import RandomSign
from .result import CLEAN, NOISE, WORST, Attacked, AttackRow, row
from .transfer import OTHER, Transfer
from .worst import BATCH, Report, standing


def attacked(
    model: nn.Module,
    x: Any,
    y: Any,
    attacks: Attack | Sequence[Attack],
    *,
    seed: int = 0,
    bounds: Any = (0.0, 1.0),
    checks: bool = True,
    config: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Attacked:
    """Attack a model, and return its accuracy by size.

    An image counts as robust if it is classified as labelled by itself and in every try. Images that are fooled are
    not attacked again. The model comes back as it was.

    Args:
        model: returns logits (n, class), on any device.
        x: images (n, ...), within the bounds.
        y: labels (n,), integers from 0.
        attacks: one attack, or one of several sizes.
        seed: of random starts, noise and the images of the checks.
        bounds: of a value of an image; None without.
        checks: whether to look for masked gradients, see `doubts`.
        config: more to keep in the result.
        progress: called as progress(done, total, text).

    Raises:
        InputError: a model, images, labels or attacks that cannot be.
    """
    check_model("attack.model", model)
    wanted = attacks_of(attacks)
    seed = field_checked("attack.seed", int, Param("", ge=0), seed)
    victim = Victim(model, bounds_of(bounds))
    images, labels = images_of(victim, x, y)
    assumed = list(in_training(model))
    first = wanted[0]
    name = name_of(first)
    with victim.evaluating(), torch.no_grad():
        random = checked(victim, images, labels)
        if isinstance(first, Transfer):
            source = Victim(cast(nn.Module, first.source), victim.bounds, OTHER)
            with source.evaluating():
                checked(source, images.to(source.device, source.dtype), labels.to(source.device))
        right = _right(victim, images, labels)
        rows = [row(CLEAN, int(right.sum()), len(images))]
        report = _report(progress, len(images) * len(first.losses) * first.restarts * len(wanted))
        found = []
        for attack in wanted:
            one = _of_size(attack, name, victim, images, labels, right, seed, report)
            rows += one.rows
            found.append(one)
        warned, controls = doubts(found, victim, images, labels, right, seed) if checks else ((), [])
    kept = {
        "attack": name,
        **{key: value for key, value in settings_of(first).items() if key != "epsilon"},
        "epsilon": [one.epsilon for one in wanted],
        "bounds": None if victim.bounds is None else list(victim.bounds),
        "model": type(model).__name__,
        "seed": seed,
    }
    said = {"warnings": [*random, *warned], "assumptions": assumed}
    return Attacked([*rows, *controls], plain(kept | dict(config or {}) | said))


def attacks_of(attacks: Any) -> list[Attack]:
    """Return attacks by size, after a check.

    Raises:
        InputError: there is none, one is no attack, they differ in more than their size, or a size is given twice.
    """
    given = list(attacks) if isinstance(attacks, Sequence) else [attacks]
    if not given:
        raise InputError("attack: must have at least one size; got none")
    for each in given:
        check_attack(each)
    alike = {(type(each), *((k, v) for k, v in _values(each).items() if k != "epsilon")) for each in given}
    if len(alike) > 1:
        raise InputError("attack: the attacks must differ in their size alone; attack once for each of them")
    sizes = [each.epsilon for each in given]
    if len({*sizes}) < len(sizes):
        raise InputError(f"attack.epsilon: must name each size once; got {', '.join(f'{size:g}' for size in sizes)}")
    return sorted(given, key=lambda each: each.epsilon)


def _right(victim: Victim, x: Tensor, y: Tensor) -> Tensor:
    """Return (n,) bool: the images that are classified as labelled.

    Raises:
        InputError: logits that are not finite.
    """
    found = []
    for k in range(0, len(x), BATCH):
        logits = victim.logits(x[k : k + BATCH])
        if not bool(torch.isfinite(logits).all()):
            raise InputError("attack.model: must return finite logits; got NaN or infinity for some images")
        found.append(logits.argmax(1) == y[k : k + BATCH])
    return torch.cat(found)


def name_of(attack: Attack) -> str:
    """Return the name of an attack in ATTACKS; that of its class where it is not there."""
    named = {entry.where.rpartition(":")[2]: name for name, entry in ATTACKS.items()}
    return named.get(type(attack).__name__, type(attack).__name__)


def settings_of(attack: Attack) -> dict[str, Any]:
    """Return the fields of an attack as JSON holds them; of another model the name of its class."""
    return {k: type(v).__name__ if isinstance(v, nn.Module) else v for k, v in _values(attack).items()}


def _values(attack: Attack) -> dict[str, Any]:
    return {item.name: getattr(attack, item.name) for item in fields(attack)}


def _of_size(
    attack: Attack, name: str, victim: Victim, x: Tensor, y: Tensor, right: Tensor, seed: int, report: Report | None
) -> Found:
    """Return the rows of one attack, and which images stand."""
    about: dict[str, Any] = {
        "norm": attack.norm, "epsilon": attack.epsilon, "steps": getattr(attack, "steps", 0),
        "restarts": attack.restarts,
    }  # fmt: skip
    rows: list[AttackRow] = []
    zeros: dict[str, float] = {}
    left = right
    for done in standing(attack, victim, x, y, right, seed=seed, report=report):
        if done.restart == 0 and done.attacked:
            zeros[done.loss] = done.zero / done.attacked
        left = done.standing
        if done.loss and done.restart == attack.restarts - 1:
            of_loss = zeros.get(done.loss, 0.0)
            rows.append(row(name, int(left.sum()), len(x), loss=done.loss, zero_gradients=of_loss, **about))
    most = max(zeros.values(), default=0.0)
    rows.append(row(name, int(left.sum()), len(x), loss=WORST, zero_gradients=most, **about))
    if name != NOISE:
        control = RandomSign(attack.epsilon, attack.norm)
        *_, last = standing(control, victim, x, y, right, seed=seed)
        of_noise = {**about, "steps": 0, "restarts": 1}
        rows.append(row(NOISE, int(last.standing.sum()), len(x), **of_noise))
    return Found(attack, name, rows, left, zeros)


def _report(progress: Progress | None, total: int) -> Report | None:
    if progress is None:
        return None
    done = 0

    def report(more: int, text: str) -> None:
        nonlocal done
        done += more
        progress(done, total, text)

    return report
