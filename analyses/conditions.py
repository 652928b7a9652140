"""Named conditions of trained networks, and the gap and the accuracy that they must have to be called so.

A network overfits if its gap, training minus test accuracy, exceeds that of the well-fitted networks by `GAP`. A
well-fitted, or healthy, network has a gap of at most `MOST_GAP`, which is the same number: with a larger one it would
count as overfitted beside a network without a gap. It has learnt: its training accuracy has come at least half of the
way from that before training to 1. A network memorises wrong labels if it overfits and reaches `MEMORISED` on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..simulator import Recording

GAP = 0.1  # by which a gap must exceed that of the control to count as overfitting, mean over seeds
MOST_GAP = 0.1  # of a healthy network, mean over seeds
LEARNT = 0.5  # share of the way from the accuracy before training to 1
MEMORISED = 0.9  # training accuracy, wrong labels among them

Role = Literal["healthy", "overfits", "memorises"]
ROLES: dict[str, Role] = {
    **dict.fromkeys(("healthy", "control", "well fitted", "fits well"), "healthy"),
    **dict.fromkeys(
        ("overfit", "overfits", "overfitted", "overfitting", "few", "few samples", "small sample", "noise", "noisy",
         "wrong labels", "capacity"),
        "overfits",
    ),
    **dict.fromkeys(("memorises", "memorising", "memorizing"), "memorises"),
}  # fmt: skip


@dataclass(frozen=True)
class NamedCondition:
    """Networks that are called healthy, or overfitted, and whether they are.

    Attributes:
        name: of the group.
        role: what its name says.
        gaps: training minus test accuracy at the end of training, one a replicate.
        train_accuracy, test_accuracy: means over replicates.
        holds: whether the networks are what they are called.
        says: that in a sentence, with the numbers.
    """

    name: str
    role: Role
    gaps: tuple[float, ...]
    train_accuracy: float
    test_accuracy: float
    holds: bool
    says: str


def overfits(gap: float, usual: float) -> bool:
    """Return whether a mean gap counts as overfitting beside that of the control."""
    return gap >= usual + GAP


def not_healthy(gap: float, train_accuracy: float, before: float = 0.0) -> str:
    """Return the reason why networks are not healthy; "" if they are.

    Args:
        gap, train_accuracy: at the end of training, means over replicates.
        before: training accuracy before training.

    >>> not_healthy(0.03, 0.98, 0.1), not_healthy(0.19, 1.0, 0.1)
    ('', 'their gap is 0.19, at most 0.10 is wanted: they overfit')
    >>> not_healthy(0.1004, 1.0)
    'their gap is 0.1004, at most 0.10 is wanted: they overfit'
    """
    if not gap <= MOST_GAP:
        return f"their gap is {_apart(gap, MOST_GAP)}, at most {MOST_GAP:.2f} is wanted: they overfit"
    least = before + LEARNT * (1 - before)
    if not train_accuracy >= least:
        shown = _apart(train_accuracy, least)
        return f"their training accuracy is {shown}, at least {least:.2f} is wanted: they have not learnt"
    return ""


def _apart(value: float, bound: float) -> str:
    """Return the value with as many decimals, 2 to 6, as tell it from the bound: .1004 is not "0.10, at most 0.10"."""
    shown = [f"{value:.{digits}f}" for digits in range(2, 7)]
    return next((text for text in shown if float(text) != round(bound, 2)), shown[-1])


def check_conditions(
    histories: Mapping[str, Sequence[Recording]], roles: Mapping[str, Role] | None = None
) -> list[NamedCondition]:
    """Check the groups that are called healthy or overfitted by their histories of training.

    Args:
        histories: group -> (record, metric) of every replicate, with the unit label ``"metric"``.
        roles: group -> its role; by default the groups whose name is one of `ROLES`.

    Returns:
        The conditions in the order of the groups; a group without accuracies is left out.
    """
    if roles is None:
        plain = {group: " ".join(group.lower().replace("-", " ").replace("_", " ").split()) for group in histories}
        roles = {group: ROLES[name] for group, name in plain.items() if name in ROLES}
    ends = {g: _ends(histories[g]) for g in histories if g in roles}
    known = {g: np.array(rows) for g, rows in ends.items() if rows is not None and len(rows)}
    usual = [float(rows[:, 0].mean()) for g, rows in known.items() if roles[g] == "healthy"]
    control = min(usual, default=0.0)
    found = []
    for group, rows in known.items():
        gap, train, test, before = (float(x) for x in rows.mean(axis=0))
        role, numbers = roles[group], f"training accuracy {train:.2f}, test accuracy {test:.2f}"
        if role == "healthy":
            why = not_healthy(gap, train, before)
            says = f"networks called “{group}” are not healthy: {why} ({numbers})" if why else ""
        elif not overfits(gap, control):
            says = (
                f"networks called “{group}” do not overfit beside the control: their gap is {gap:.2f}, that of the "
                f"control {control:.2f} ({numbers})"
            )
        elif role == "memorises" and train < MEMORISED:
            says = (
                f"networks called “{group}” do not memorise: {numbers}; at least {MEMORISED:.2f} in training is wanted"
            )
        else:
            says = ""
        fine = f"networks called “{group}”: gap {gap:.2f} ({numbers})"
        found.append(NamedCondition(group, role, tuple(rows[:, 0].tolist()), train, test, not says, says or fine))
    return found


def _ends(histories: Sequence[Recording]) -> list[tuple[float, float, float, float]] | None:
    """Return gap, training and test accuracy at the end, and training accuracy before, of every replicate."""
    rows = []
    for history in histories:
        names = [str(name) for name in history.unit_labels.get("metric", ())]
        if not {"train_accuracy", "test_accuracy"} <= set(names):
            return None
        values = np.asarray(history.values, dtype=np.float64)
        train, test = (values[:, names.index(name)] for name in ("train_accuracy", "test_accuracy"))
        rows.append((float(train[-1] - test[-1]), float(train[-1]), float(test[-1]), float(train[0])))
    return rows
