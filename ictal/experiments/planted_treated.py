"""Planted truth of treatments: evidence in which a penalty on SI helps, does not, harms, or helps for another reason.

Nothing is trained. Plain networks have an SI of about .25. A penalty pulls SI nine tenths of the way to its target.
Test accuracies have an SD of .012 over networks of one seed. Outcomes by case, of size 1:

==============  ========================================================================================================
present         `causal`: gap, error under attack and forgetting rise by .15, .35 and .3 for 1 of SI, on both sides of
                the plain network. `forget`: DesyncReg gains .2 of accuracy after the last task, EWC .09, L2 to the last
                task .07, replay .15; the penalty upwards loses .05.
small           The same with a tenth of the slopes and of the gain of DesyncReg.
by way          As `present` on few samples and in class-incremental sequences, else as `reversed`.
absent          No outcome depends on SI, and DesyncReg gains nothing.
reversed        Every slope, and the gain of DesyncReg, is negative.
by any penalty  `causal`: outcomes rise by the size of the pull, whatever its direction: a penalty that disturbs.
                `forget`: the penalty upwards gains as much.
==============  ========================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..analyses.claims.causal import PULLED, TARGETS
from ..analyses.claims.desync import DESYNC, NOISE, UP
from ..analyses.claims.forget import EWC, HOLDING, REPLAY
from ..analyses.evidence.instrument import UNFITTED
from ..analyses.evidence.outcomes import AttackedValue, TaskValue
from ..analyses.evidence.sequences import JOINT, PLAIN
from ..analyses.evidence.store import Evidence
from ..analyses.evidence.training import Kind, TrainingRun
from ..analyses.evidence.tuning import FEW, treated_condition
from ..simulator import InputError, unknown
from ..simulator.files.document import versions
from ..simulator.types import Floats

TREATED_CASES = ("present", "small", "by way", "absent", "reversed", "by any penalty")
TREATED_CLAIMS = ("forget", "causal")
MODEL, DATA, TASKS, N_TASKS, EPSILON = "planted network", "planted images", "split:3", 3, 0.1
SLOPES = {"gap": 0.15, "attacked": 0.35, "forgetting": 0.3}  # of an outcome for 1 of SI
GAINED = {EWC: 0.09, HOLDING: 0.07, REPLAY: 0.15, UP: -0.05}  # accuracy after the last task, over fine-tuning
WAYS: tuple[tuple[str, Kind, str], ...] = ((FEW, "few", "present"), (NOISE, "noise", "reversed"))  # case of "by way"
GAIN, ERROR, PLAIN_SI, FOLLOWS = 0.2, 0.012, 0.25, 0.9


def treated_truth(case: str, claim: str) -> str:
    """Return what is true of a claim in a case: holds, only, small, absent, opposite or confounded."""
    known = {"present": "holds", "by way": "only", "reversed": "opposite", "by any penalty": "confounded"}
    return known.get(case, case)


def planted_treated(case: str, *, seed: int = 0, seeds: int = 5, size: float = 1.0, spread: float = 0.1) -> Evidence:
    """Return evidence of one case, of pretended networks with and without treatments.

    Args:
        case: of `TREATED_CASES`.
        seed: of everything random.
        seeds: replicates of every arm.
        size: of the planted effects.
        spread: SD over seeds of that size, as a share of it.

    Raises:
        InputError: an unknown case, or fewer than one seed.
    """
    if case not in TREATED_CASES:
        raise unknown("planted case", case, TREATED_CASES)
    if seeds < 1:
        raise InputError(f"planted.seeds: must be at least 1; got {seeds}")
    trainings: list[TrainingRun] = []
    attacked: list[AttackedValue] = []
    tasks: list[TaskValue] = []
    for k in range(seeds):
        for at, (on, kind, here) in enumerate(WAYS):
            rng = np.random.default_rng([seed, k, at])
            own = _Case(here if case == "by way" else case, max(0.0, size * (1 + spread * rng.normal())), rng)
            _networks(own, on, kind, k, trainings, attacked)
        for at, (scenario, here) in enumerate((("class", "present"), ("domain", "reversed"))):
            rng = np.random.default_rng([seed, k, 2 + at])
            own = _Case(here if case == "by way" else case, max(0.0, size * (1 + spread * rng.normal())), rng)
            tasks += _sequences(own, scenario, k)
    config = {
        "command": f"planted_treated({case!r}, seed={seed}, seeds={seeds}, size={size}, spread={spread})",
        "claims": list(TREATED_CLAIMS),
        "seeds": list(range(seeds)),
        "versions": versions(),
    }
    return Evidence(f"planted {case}", trainings, (), config, attacked, tasks)


class _Case:
    """Outcomes of one seed and regime."""

    def __init__(self, case: str, size: float, rng: np.random.Generator) -> None:
        self.case, self.rng = case, rng
        self.size = size * {"small": 0.1, "absent": 0.0, "reversed": -1.0}.get(case, 1.0)
        self.plain_si = PLAIN_SI + 0.02 * rng.normal()

    def error(self) -> float:
        """Draw the error of one accuracy."""
        return float(ERROR * self.rng.normal())

    def pulled(self, target: float) -> float:
        """Draw the SI that a penalty with this target ends with."""
        return float(np.clip(self.plain_si + FOLLOWS * (target - self.plain_si) + 0.01 * self.rng.normal(), 0.01, 0.99))

    def moved(self, outcome: str, si: float) -> float:
        """Return the change of an outcome at this SI, without its error."""
        away = si - self.plain_si
        return self.size * SLOPES[outcome] * (1.5 * abs(away) if self.case == "by any penalty" else away)

    def gains(self) -> Mapping[str, float]:
        """Return treatment -> accuracy after the last task, over that of fine-tuning."""
        up = GAIN * self.size if self.case == "by any penalty" else GAINED[UP]
        return {**GAINED, DESYNC: GAIN * self.size, UP: up}


def _networks(
    own: _Case, on: str, kind: Kind, seed: int, trainings: list[TrainingRun], attacked: list[AttackedValue]
) -> None:
    """Add the plain network, and those that were pulled to every target."""
    arms: list[tuple[str, Kind, float]] = [(on, kind, own.plain_si)]
    arms += [(treated_condition(on, PULLED, t), "treated", own.pulled(float(t))) for t in TARGETS]
    for condition, of, si in arms:
        gap = 0.25 + own.moved("gap", si) + own.error()
        train = 1 - 0.2 * UNFITTED * float(own.rng.random())
        ramp = np.linspace(0.0, 1.0, 3)
        metrics = {"train_accuracy": train * ramp, "test_accuracy": (train - gap) * ramp, "gap": gap * ramp,
                   "val_accuracy": (train - gap + own.error()) * ramp}  # fmt: skip
        found = {"si_3 test": np.tile(si, (3, 1))}
        trainings.append(
            TrainingRun(MODEL, DATA, condition, of, seed, 100 * ramp, metrics, ("layer",), found,
                        {"si_3 test": np.full((3, 1), np.nan)})
        )  # fmt: skip
        kept = float(np.clip(0.4 - own.moved("attacked", si) + own.error(), 0.0, 1.0))
        for attack, epsilon, accuracy in (("none", 0.0, train - gap), ("PGD-20", EPSILON, kept)):
            attacked.append(AttackedValue(MODEL, DATA, condition, of, seed, attack, "linf" if epsilon else "", epsilon,
                                          float(np.clip(accuracy, 0.0, 1.0)), 400, 0.0))  # fmt: skip


def _sequences(own: _Case, scenario: str, seed: int) -> list[TaskValue]:
    """Return the rows of every arm of a sequence."""
    gains = own.gains()
    forgotten = 0.35
    arms: list[tuple[str, str, float, float]] = [(PLAIN, "plain", own.plain_si, forgotten)]
    for name in (HOLDING, EWC, REPLAY, DESYNC, UP):
        si = own.pulled({DESYNC: 0.0, UP: 0.9}.get(name, own.plain_si))
        arms.append((f"{name}, 1", "treated", si, forgotten - 1.5 * gains[name]))  # earlier tasks are two of three
    for target in TARGETS:
        si = own.pulled(float(target))
        arms.append((f"{PULLED}, {target}", "treated", si, forgotten + own.moved("forgetting", si)))
    rows = []
    for condition, kind, si, lost in arms:
        matrix = _matrix(lost + own.error(), 0.95 + own.error())
        rows += _rows(matrix, condition, kind, scenario, seed, si)
    return rows + _rows(np.full((2, N_TASKS), 0.95 + own.error()), JOINT, "joint", scenario, seed, own.plain_si)


def _matrix(forgotten: float, learning: float) -> Floats:
    """Return R (after, task) in which every earlier task loses this much at once, when the next one is learnt."""
    r = np.full((N_TASKS + 1, N_TASKS), 0.1)
    for after in range(1, N_TASKS + 1):
        r[after, :after] = learning - forgotten
        r[after, after - 1] = learning
    return np.clip(r, 0.0, 1.0)


def _rows(matrix: Floats, condition: str, kind: str, scenario: str, seed: int, si: float) -> list[TaskValue]:
    about = (MODEL, DATA, condition, kind, seed, TASKS, scenario)
    rows = [
        TaskValue(*about, after, on + 1, float(accuracy), synchrony=si)
        for after, line in enumerate(matrix)
        for on, accuracy in enumerate(line)
    ]
    last = len(matrix) - 1
    return [*rows, *(TaskValue(*about, last, on + 1, float(x), "validation") for on, x in enumerate(matrix[last]))]
