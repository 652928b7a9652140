"""Checks of masked gradients: an attack that fails because its gradients mislead says nothing of robustness.

Athalye, Carlini & Wagner, ICML 2018; Carlini et al., arXiv:1902.06705 (2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from .base import Attack, Victim
from .gradient import FGSM, PGD
from .result import NOISE, WORST, AttackRow, row
from .settings import NORMS
from .spsa import SPSA
from .worst import standing

MANY = 0.05  # share of images beyond which a check fires
SOME = 2  # images that a check needs at least
CHECKED = 100  # images of each check, at most
STRONGER = 2  # times the steps


@dataclass(frozen=True, eq=False)
class Found:
    """Outcome of an attack of one size: its rows, the images that stand, and the share of zero gradients by loss."""

    attack: Attack
    name: str
    rows: Sequence[AttackRow]
    left: Tensor
    zeros: Mapping[str, float]

    @property
    def worst(self) -> AttackRow:
        """The answer."""
        return next(one for one in self.rows if one.loss == WORST)


def doubts(
    found: Sequence[Found], victim: Victim, x: Tensor, y: Tensor, right: Tensor, seed: int
) -> tuple[list[str], list[AttackRow]]:
    """Return a sentence for each check that fires, and the rows of the checks.

    From the attacks themselves: a gradient that is exactly 0 at more than 5 % of the attacked images; random noise that
    fools more than the attack; a larger size that fools fewer. Then, at the size that fools the share nearest to a
    half, on up to 100 images that stand: twice the steps with one more restart, one step, and a black-box attack may
    each fool at most 5 %. Last, on up to 100 images that are classified as labelled, an attack without a limit of size
    must fool all.

    Args:
        found: outcomes by size, the smallest first.
        victim: the model, within its `evaluating`.
        x: images (n, ...).
        y: labels (n,).
        right: (n,) bool: images that are classified as labelled without an attack.
        seed: of the choice of images and of the checks.
    """
    said = [*_zeros(found), *_against_noise(found), *_over_sizes(found)]
    rows: list[AttackRow] = []
    if type(found[0].attack) not in (FGSM, PGD) or not bool(right.any()):
        return said, rows
    n_right = int(right.sum())
    chosen = min(found, key=lambda one: (abs(int(one.left.sum()) - n_right / 2), -one.attack.epsilon))
    attack = chosen.attack
    if attack.epsilon > 0 and bool(chosen.left.any()):
        for control, words in _controls(attack):
            sample = _some(chosen.left, seed)
            stands = _stands(control, victim, x[sample], y[sample], seed)
            fallen = len(sample) - stands
            note = f"check on {len(sample)} images that stand"
            rows.append(_row(control, stands, len(sample), note))
            if fallen >= SOME and fallen > MANY * len(sample):
                of = f"of {len(sample)} images that the attack leaves right at ε = {attack.epsilon:g}, {fallen} fall to"
                said.append(words.format(of))
    if victim.bounds is not None:
        low, high = victim.bounds
        width = (high - low) if attack.norm == "linf" else (high - low) * float(x[0].numel()) ** 0.5
        control = replace(_stronger(attack), epsilon=width)
        sample = _some(right, seed)
        stands = _stands(control, victim, x[sample], y[sample], seed)
        rows.append(_row(control, stands, len(sample), f"check on {len(sample)} images, any change allowed"))
        if stands:
            said.append(
                f"gradients may be masked: an attack of unlimited size (ε = {width:g} in {NORMS[attack.norm]}) leaves "
                f"{stands} of {len(sample)} images right; it must leave none"
            )
    return said, rows


def _zeros(found: Sequence[Found]) -> list[str]:
    """Return a sentence for each loss whose gradient is exactly 0 at many images, at its worst size."""
    said = []
    for loss in found[0].attack.losses:
        share = max(one.zeros.get(loss, 0.0) for one in found)
        if share > MANY:
            said.append(
                f"gradients are masked: that of {loss} is exactly 0 at {100 * share:.1f} % of the images that it "
                "attacks, so that it cannot fool them; read the worst over several losses, margin among them"
            )
    return said


def _against_noise(found: Sequence[Found]) -> list[str]:
    said = []
    for one in found:
        control = next((each for each in one.rows if each.attack == NOISE and each.loss != WORST), None)
        more = 0 if control is None else round((one.worst.accuracy - control.accuracy) * control.n)
        if control is not None and more >= SOME:
            said.append(
                f"gradients are masked: at ε = {one.attack.epsilon:g} random noise leaves {control.accuracy:.3g} "
                f"right, and the attack {one.worst.accuracy:.3g}"
            )
    return said


def _over_sizes(found: Sequence[Found]) -> list[str]:
    return [
        f"the attack is not at its best: accuracy rises from {a.worst.accuracy:.3g} at ε = {a.attack.epsilon:g} to "
        f"{b.worst.accuracy:.3g} at {b.attack.epsilon:g}; a larger ball holds the smaller one; take more steps"
        for a, b in pairwise(found)
        if round((b.worst.accuracy - a.worst.accuracy) * a.worst.n) >= SOME
    ]


def _controls(attack: Attack) -> list[tuple[Attack, str]]:
    """Return the attacks on images that stand, each with its sentence, in which {} is what fell."""
    stronger = _stronger(attack)
    of_more = (
        f"the attack is not at its best: {{}} PGD with {stronger.steps} steps, {stronger.restarts} restarts and the "
        f"losses {' and '.join(stronger.losses)}; give it more of these"
    )
    controls: list[tuple[Attack, str]] = [(stronger, of_more)]
    if isinstance(attack, PGD):
        one = FGSM(attack.epsilon, attack.norm, attack.losses, attack.kappa)
        controls.append((one, "gradients may be masked: {} one step (FGSM), which many steps should beat"))
    black_box = SPSA(attack.epsilon, attack.norm)
    controls.append((black_box, "gradients may be masked: {} a black-box attack (SPSA), which sees no gradient"))
    return controls


def _stronger(attack: Attack) -> PGD:
    """Return PGD with twice the steps and one more restart, at the same size."""
    assert isinstance(attack, FGSM | PGD)
    losses = tuple(dict.fromkeys((*attack.losses, "margin")))
    if isinstance(attack, PGD):
        steps, restarts = STRONGER * attack.steps, attack.restarts + 1
        return PGD(attack.epsilon, attack.norm, steps, restarts, losses, None, attack.kappa)
    return PGD(attack.epsilon, attack.norm, losses=losses, kappa=attack.kappa)


def _some(which: Tensor, seed: int) -> Tensor:
    """Return the indices of up to CHECKED images of these, drawn by the seed."""
    index = torch.nonzero(which)[:, 0]
    order = np.random.default_rng([seed, CHECKED]).permutation(len(index))[:CHECKED]
    return index[torch.from_numpy(np.sort(order)).to(index.device)]


def _stands(attack: Attack, victim: Victim, x: Tensor, y: Tensor, seed: int) -> int:
    *_, last = standing(attack, victim, x, y, torch.ones_like(y, dtype=torch.bool), seed=seed)
    return int(last.standing.sum())


def _row(control: Attack, stands: int, n: int, note: str) -> AttackRow:
    name = {FGSM: "fgsm", PGD: "pgd", SPSA: "spsa"}[type(control)]
    steps = getattr(control, "steps", 0)
    about = {"norm": control.norm, "epsilon": control.epsilon, "steps": steps, "restarts": control.restarts}
    return row(name, stands, n, loss=WORST, note=note, **about)
