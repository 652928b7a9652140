"""Result of an attack: accuracy by size, norm and loss, with what casts doubt on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...analyses.evidence.effect import wilson
from ...simulator import InputError
from ...simulator.files.document import Group
from ...simulator.files.result import Result
from .settings import NORMS

CLEAN, NOISE, WORST = "none", "random-sign", "worst"
_NAMES = {
    "fgsm": "FGSM",
    "pgd": "PGD",
    NOISE: "random signs",
    "transfer": "transfer of PGD",
    "linear": "exact optimum",
    "spsa": "SPSA",
}


@dataclass(frozen=True, kw_only=True)
class AttackRow:
    """Accuracy of a network under one attack.

    Attributes:
        attack: its name in ATTACKS; "none" for the images as they are.
        norm: "linf" or "l2"; "" for the images as they are.
        epsilon: size, in the units of the images; 0 for the images as they are.
        loss: "cross-entropy", "margin" or "cw": after this loss and those before it in the order of the rows: an image
            that an earlier one has fooled counts as fooled; "worst": per image over all losses and restarts,
            the answer; "" of attacks without.
        steps: along the gradient; 0 of attacks without.
        restarts: tries of each loss.
        accuracy: share of the n images whose largest logit is that of their label under every try.
        low, high: Wilson's 95 % interval over images.
        n: images; those that are misclassified without an attack are among them.
        zero_gradients: share of the attacked images at which the gradient is exactly 0; of "worst" the largest of its
            losses.
        note: that the row is a check on some images; "" of all others.
    """

    attack: str
    norm: str = ""
    epsilon: float = 0.0
    loss: str = ""
    steps: int = 0
    restarts: int = 0
    accuracy: float
    low: float
    high: float
    n: int
    zero_gradients: float = 0.0
    note: str = ""


def row(attack: str, right: int, n: int, **more: Any) -> AttackRow:
    """Return a row of so many right images of n, with its interval."""
    low, high = wilson(right, n)
    return AttackRow(attack=attack, accuracy=right / n, low=low, high=high, n=n, **more)


@dataclass(frozen=True, eq=False, repr=False)
class Attacked(Result):
    """Accuracy of a network under attack.

    Attributes:
        rows: the images as they are, then of each size: each loss, the worst, random noise; then the checks.
        config: attack, bounds, seed, model, data; `assumptions`; `warnings`, a sentence for each check of masked
            gradients that fired.
    """

    kind = "attacked"
    key = "attack"
    stored = (("rows", "tables/attacks", AttackRow),)

    rows: Sequence[AttackRow]
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each check of masked gradients that fired."""
        return tuple(self.config.get("warnings", ()))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The warnings, then a sentence for each thing that was assumed."""
        return (*self.warnings, *self.config.get("assumptions", ()))

    @property
    def clean(self) -> AttackRow:
        """The images as they are."""
        return next(one for one in self.rows if one.attack == CLEAN)

    @property
    def epsilons(self) -> tuple[float, ...]:
        """The sizes, in their order."""
        return tuple(one.epsilon for one in self.rows if one.loss == WORST and not one.note)

    def worst(self, epsilon: float) -> AttackRow:
        """Return the answer at a size: the worst per image over all losses and restarts.

        Raises:
            InputError: the network was not attacked at this size.
        """
        return self._at(epsilon, lambda one: one.loss == WORST)

    def noise(self, epsilon: float) -> AttackRow:
        """Return random noise of a size.

        Raises:
            InputError: the network was not attacked at this size.
        """
        return self._at(epsilon, lambda one: one.attack == NOISE)

    @property
    def in_words(self) -> str:
        """The attack, e.g. ``"PGD-20 in L∞, worst of 2 losses, 5 restarts"``."""
        first = self.worst(self.epsilons[0])
        losses = len({one.loss for one in self.rows if one.attack == first.attack and not one.note} - {WORST, ""})
        name = _NAMES.get(first.attack, first.attack)
        steps = f"-{first.steps}" if first.steps > 1 else ""
        worst = f", worst of {losses} losses" if losses > 1 else ""
        restarts = f", {first.restarts} restarts" if first.restarts > 1 else ""
        return f"{name}{steps} in {NORMS[first.norm]}{worst}{restarts}"  # type: ignore[index]  # a norm in a text

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Attacked:
        """Return the inverse of `to_groups`.

        Raises:
            InputError: the rows of an attack are not there.
        """
        found = super().from_groups(groups, config, **fields)
        if not found.epsilons or not any(one.attack == CLEAN for one in found.rows):
            raise InputError("tables/attacks: must hold the images as they are and one size at least")
        if unknown := {one.norm for one in found.rows if one.loss == WORST} - set(NORMS):
            raise InputError(f"tables/attacks: norm must be linf or l2; got {sorted(unknown)[0]!r}")
        return found

    def tables(self) -> dict[str, Any]:
        """Return the rows."""
        return {"rows": list(self.rows)}

    def facts(self) -> dict[str, Any]:
        """Return accuracy by size, the settings and the warnings."""
        curve = {f"{one:g}": self.worst(one).accuracy for one in self.epsilons}
        return {"attack": self.in_words, "clean": self.clean.accuracy, "accuracy": curve, **super().facts()}

    def __repr__(self) -> str:
        under = ", ".join(f"{self.worst(one).accuracy:.3g} at {one:g}" for one in self.epsilons)
        return f"Attacked({self.in_words}: {self.clean.accuracy:.3g} clean, {under}; {self.clean.n} images)"

    def _at(self, epsilon: float, which: Any) -> AttackRow:
        for one in self.rows:
            if one.epsilon == epsilon and which(one) and not one.note:
                return one
        known = ", ".join(f"{each:g}" for each in self.epsilons)
        raise InputError(f"Attacked: holds no attack of size {epsilon!r}; known: {known}")
