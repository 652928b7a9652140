"""Planted truth of treatments against overfitting: evidence in which a penalty on SI helps, or does not, or seems to.

Nothing is trained. Untreated networks have a test accuracy of .6, of .3 under attack, and an SI of .45; the penalty
takes SI to .1, the upward one to .85. Of size 1 its gains are those of the paper: .068 of test accuracy (`desync`) and
.162 under attack (`robust`); L2 gains .025 and .036, dropout and label smoothing half of that, the upward penalty loses
as much. An accuracy has an SD of .012 over networks. Images that were made on the untreated network leave .25 more
right than the attack on the network itself.

===================  ==================================================================================================
present              The gains above, with few samples and with wrong labels.
small                A tenth of the penalty's gains.
by way               As `present` with few samples, as `reversed` with wrong labels.
absent               The penalty gains nothing.
reversed             It loses as much.
by stopping          As `present`, but the untreated network had the same accuracies when it was stopped.
by any penalty       As `present`, but the upward penalty gains as much.
by masked gradients  As `present`, but images that were made on the untreated network leave .15 fewer right.
===================  ==================================================================================================

Right verdicts are those of `planted`. Confounded is a gain that stopping, any penalty or, of `robust` alone, masked
gradients explain.
"""

from __future__ import annotations

import math

import numpy as np

from ..analyses.claims.desync import DESYNC, NOISE, RIVALS, STOPPED, UP
from ..analyses.evidence.outcomes import CLEAN, TRANSFER, AttackedValue
from ..analyses.evidence.store import Evidence
from ..analyses.evidence.training import Kind, TrainingRun
from ..analyses.evidence.tuning import FEW, treated_condition
from ..simulator import InputError, unknown
from ..simulator.files.document import versions

ROBUST_CLAIMS = ("desync", "robust")
ROBUST_CASES = ("present", "small", "by way", "absent", "reversed", "by stopping", "by any penalty",
                "by masked gradients")  # fmt: skip
MODEL, DATA, EPSILON, IMAGES = "planted network", "planted images", 0.1, 400
RECORDS, EVERY = 21, 50
PLAIN, PLAIN_ATTACKED, PLAIN_SI, DESYNC_SI, UP_SI = 0.6, 0.3, 0.45, 0.1, 0.85
GAIN, GAIN_ATTACKED = 0.068, 0.162
RIVAL, RIVAL_ATTACKED = 0.025, 0.036
ERROR, FITTED, MOVED, MASKED = 0.012, 0.97, 0.25, -0.15


def robust_truth(case: str, claim: str) -> str:
    """Return what is true of a claim in a case: holds, only, small, absent, opposite or confounded."""
    if case == "by masked gradients" and claim == "desync":
        return "holds"
    return {"present": "holds", "by way": "only", "reversed": "opposite"}.get(
        case, case if case in ("small", "absent") else "confounded"
    )


def planted_robust(case: str, *, seed: int = 0, seeds: int = 5, size: float = 1.0, spread: float = 0.1) -> Evidence:
    """Return evidence of one case, of pretended networks with and without treatments.

    Args:
        case: of `ROBUST_CASES`.
        seed: of everything random.
        seeds: replicates of every condition.
        size: of the penalty's gains, 1 as large as the paper's.
        spread: SD over networks of that size, as a share of it.

    Raises:
        InputError: an unknown case, or fewer than one seed.
    """
    if case not in ROBUST_CASES:
        raise unknown("planted case", case, ROBUST_CASES)
    if seeds < 1:
        raise InputError(f"planted.seeds: must be at least 1; got {seeds}")
    trainings: list[TrainingRun] = []
    attacked: list[AttackedValue] = []
    ways: tuple[tuple[str, Kind], ...] = ((FEW, "few"), (NOISE, "noise"))
    for k in range(seeds):
        for at, (on, kind) in enumerate(ways):
            rng = np.random.default_rng([seed, k, at])
            here = {FEW: "present", NOISE: "reversed"}[on] if case == "by way" else case
            for condition, gain, gain_attacked, si in _arms(here, on, size * (1 + spread * rng.normal())):
                treated = condition != on
                training = _training(here, condition, "treated" if treated else kind, k, gain, si, rng)
                trainings.append(training)
                attacked += _attacked(training, here, PLAIN_ATTACKED + gain_attacked + ERROR * rng.normal())
    config = {
        "command": f"planted_robust({case!r}, seed={seed}, seeds={seeds}, size={size}, spread={spread})",
        "claims": list(ROBUST_CLAIMS),
        "seeds": list(range(seeds)),
        "versions": versions(),
    }
    return Evidence(f"planted {case}", trainings, (), config, attacked)


def _arms(case: str, on: str, size: float) -> list[tuple[str, float, float, float]]:
    """Return condition, gains of test accuracy and under attack, and SI, of every network of one seed and way."""
    factor = size * {"small": 0.1, "absent": 0.0, "reversed": -1.0}.get(case, 1.0)
    gain, under = factor * GAIN, factor * GAIN_ATTACKED
    up = (gain, under) if case == "by any penalty" else (-RIVAL, -RIVAL_ATTACKED)
    stopped = (gain, under) if case == "by stopping" else (0.0, 0.0)
    arms = [(on, 0.0, 0.0, PLAIN_SI)]
    for name, share in zip(RIVALS, (1.0, 0.5, 0.5), strict=True):
        arms.append((treated_condition(on, name, "1"), share * RIVAL, share * RIVAL_ATTACKED, PLAIN_SI))
    arms += [(treated_condition(on, DESYNC, dose), share * gain, share * under, DESYNC_SI)
             for dose, share in (("1", 1.0), ("0.1", 0.5))]  # fmt: skip
    return [
        *arms,
        (treated_condition(on, UP, "1"), *up, UP_SI),
        (treated_condition(on, STOPPED, ""), *stopped, PLAIN_SI),
    ]


def _training(
    case: str, condition: str, kind: Kind, seed: int, gain: float, si: float, rng: np.random.Generator
) -> TrainingRun:
    """Return one training; in `by stopping` an untreated one was as good as the penalised one on its way."""
    time = np.linspace(0.0, 1.0, RECORDS)
    fitted = 1.0 if kind != "treated" else FITTED + 0.002 * rng.normal()
    train = 0.1 + (fitted - 0.1) * (1 - np.exp(-6 * time)) / (1 - math.exp(-6))
    test, val = (0.1 + (PLAIN + gain + ERROR * rng.normal() - 0.1) * (train - 0.1) / (fitted - 0.1) for _ in range(2))
    if case == "by stopping" and kind != "treated":
        test = test + GAIN * (train >= FITTED - 0.02) * (time < 1)
    metrics = {"train_accuracy": train, "test_accuracy": test, "val_accuracy": val, "gap": train - test}
    level = np.full((RECORDS, 1), np.clip(si + 0.02 * rng.normal(), 0.01, 0.99))
    null = {"si_3 test": np.full((RECORDS, 1), np.nan)}
    return TrainingRun(MODEL, DATA, condition, kind, seed, EVERY * np.arange(RECORDS, dtype=np.float64), metrics,
                       ("layer",), {"si_3 test": level}, null)  # fmt: skip


def _attacked(training: TrainingRun, case: str, accuracy: float) -> list[AttackedValue]:
    about = (training.model, training.data, training.condition, training.kind, training.seed)
    moved = MASKED if case == "by masked gradients" and DESYNC in training.condition else MOVED
    clean = float(training.metrics["test_accuracy"][-1])
    rows = (
        (CLEAN, "", 0.0, clean),
        ("PGD-20", "linf", EPSILON, accuracy),
        (TRANSFER, "linf", EPSILON, accuracy + moved),
    )
    return [AttackedValue(*about, attack, norm, epsilon, float(np.clip(value, 0.0, 1.0)), IMAGES, 0.0)
            for attack, norm, epsilon, value in rows]  # fmt: skip
