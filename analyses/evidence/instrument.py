"""Networks whose SI a penalty moved to targets, beside plain ones: what an instrument moved, and outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...simulator import InputError
from ...simulator.types import Floats
from .outcomes import AttackedValue, UnderAttack, under_attack
from .sequences import Sequences
from .training import TrainingRun
from .tuning import Treated, train_accuracy

SIDE, FEWEST = 0.05, 3  # span of SI, and networks, that a slope on one side of the plain network wants
LEFT = 0.05  # accuracy under attack that plain networks must keep, for it to be moved both ways
UNFITTED, UNLEARNT = 0.05, 0.05  # training and learning accuracy that may be lacking beside the plain network


@dataclass(frozen=True, eq=False)
class Moved:
    """Networks of one seed: SI and outcome of those that were pulled to targets, and of the plain one.

    Attributes:
        targets, si, outcome: (network,) in ascending order of the targets.
        plain_si, plain: of the plain network.
    """

    targets: Floats
    si: Floats
    outcome: Floats
    plain_si: float
    plain: float

    def slope(self) -> float:
        """Slope of the outcome over SI by least squares."""
        return float(np.polyfit(self.si, self.outcome, 1)[0])

    def sides(self) -> tuple[float, float, float]:
        """Slopes below and above the plain network's SI, and the outcome there; NaN of a side that is too short.

        >>> x = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.9])
        >>> y = 0.4 + 0.5 * np.minimum(x - 0.4, 0) - 0.25 * np.maximum(x - 0.4, 0)
        >>> [round(b, 12) for b in Moved(x, x, y, 0.4, 0.4).sides()]
        [0.5, -0.25, 0.4]
        """
        away = self.si - self.plain_si
        sides = [np.minimum(away, 0.0), np.maximum(away, 0.0)]
        there = [np.count_nonzero(side) >= FEWEST and np.ptp(side) >= SIDE for side in sides]
        kept = [side for side, is_there in zip(sides, there, strict=True) if is_there]
        if not kept:
            return float("nan"), float("nan"), float("nan")
        rows = np.sum(kept, axis=0) != 0 if len(kept) == 1 else np.ones(away.size, bool)  # not those of a short side
        columns = np.stack([np.ones_like(away), *kept], axis=1)
        found = iter(np.linalg.lstsq(columns[rows], self.outcome[rows], rcond=None)[0])
        rest = float(next(found))
        below, above = (float(next(found)) if is_there else float("nan") for is_there in there)
        return below, above, rest


def _moved(
    doses: Mapping[str, Mapping[int, tuple[float, float]]], plain: Mapping[int, tuple[float, float]]
) -> list[Moved]:
    """One `Moved` a seed, from target -> seed -> (SI, outcome); seeds with fewer than 4 networks are left out."""
    out = []
    for seed, (si, outcome) in sorted(plain.items()):
        found = [(float(dose), *table[seed]) for dose, table in doses.items() if seed in table]
        if len(found) > FEWEST:
            targets, moved_si, outcomes = np.array(sorted(found)).T
            out.append(Moved(targets, moved_si, outcomes, si, outcome))
    if not out:
        raise InputError(f"no seed has {FEWEST + 1} networks that fit as well as the plain one")
    return out


def moved_gap(t: Treated, treatment: str) -> list[Moved]:
    """SI and gap of every network that fits, at the record of matched training accuracy."""
    doses, plain = _fitted(t, treatment)
    least = {seed: min(train_accuracy(table[seed]) for table in (plain, *doses.values()) if seed in table)
             for seed in plain}  # fmt: skip

    def read(run: TrainingRun) -> tuple[float, float]:
        at = matched(run, least[run.seed])
        return float(run.mean()[at]), float(run.metrics["train_accuracy"][at] - run.metrics["test_accuracy"][at])

    return _moved({d: {k: read(run) for k, run in table.items()} for d, table in doses.items()},
                  {k: read(run) for k, run in plain.items()})  # fmt: skip


def matched(run: TrainingRun, accuracy: float) -> int:
    """Record whose training accuracy is nearest to this one; the last of several."""
    away = np.abs(run.metrics["train_accuracy"] - accuracy)
    return int(len(away) - 1 - away[::-1].argmin())


def _fitted(t: Treated, treatment: str) -> tuple[dict[str, dict[int, TrainingRun]], Mapping[int, TrainingRun]]:
    """Networks whose training accuracy ends at most `UNFITTED` below that of the plain one, and the plain ones."""
    doses = {
        dose: {k: run for k, run in table.items()
               if k in t.plain and train_accuracy(run) >= train_accuracy(t.plain[k]) - UNFITTED}
        for dose, table in t.doses[treatment].items()
    }  # fmt: skip
    return doses, t.plain


def moved_attacked(t: Treated, treatment: str, rows: Sequence[AttackedValue]) -> list[Moved]:
    """SI and error under attack of every network that fits, both at the end of training."""
    doses, plain = _fitted(t, treatment)
    under = under_attack([row for row in rows if f"{row.model} on {row.data}" == t.name])
    size = strength([under[t.name, t.way, k] for k in plain if (t.name, t.way, k) in under])
    kept = float(np.mean([under[t.name, t.way, k].pgd[size].accuracy for k in plain if (t.name, t.way, k) in under]))
    if kept < LEFT:
        raise InputError(f"the attack of size {size:g} leaves {kept:.3f} of plain networks' accuracy; wants {LEFT:g}")
    error = {key[1:]: 1 - found.pgd[size].accuracy for key, found in under.items() if size in found.pgd}

    def table(runs: Mapping[int, TrainingRun]) -> dict[int, tuple[float, float]]:
        return {k: (float(run.mean()[-1]), error[run.condition, k]) for k, run in runs.items()
                if (run.condition, k) in error}  # fmt: skip

    return _moved({dose: table(runs) for dose, runs in doses.items()}, table(plain))


def strength(plain: Sequence[UnderAttack]) -> float:
    """Size of the L∞ attack after which plain networks keep nearest to half of their clean accuracy.

    Raises:
        InputError: no plain network was attacked.
    """
    kept: dict[float, list[float]] = {}
    for one in plain:
        for size, row in one.pgd.items():
            kept.setdefault(size, []).append(row.accuracy)
    if not kept:
        raise InputError("no plain network was attacked in L∞")
    half = 0.5 * float(np.mean([one.clean for one in plain]))
    return min(kept, key=lambda size: abs(float(np.mean(kept[size])) - half))


def moved_forgetting(s: Sequences, treatment: str) -> list[Moved]:
    """SI and forgetting of every network that learns its tasks as well as the plain one."""
    doses = {
        dose: {k: (run.synchrony, -run.scores.backward) for k, run in table.items()
               if k in s.plain and run.learning >= s.plain[k].learning - UNLEARNT}
        for dose, table in s.doses[treatment].items()
    }  # fmt: skip
    return _moved(doses, {k: (run.synchrony, -run.scores.backward) for k, run in s.plain.items()})
