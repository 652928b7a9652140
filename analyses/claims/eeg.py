"""Claim: seizures and overfitted networks share SI, peak frequency, amplitude variation and spread.

Contrast    The seizure network in a seizure against itself at rest; classifiers that overfit against classifiers that
            fit well: the main job, `seizure_overfitting`.
Measure     SI-3 by one kernel: of spike counts over time, and of the last hidden layer over images, on the same number
            of units and of observations.
Control     Within classes: SI of a classifier over images is mostly that units answer to the same classes (signal
            correlation); a seizure has no classes. What is left within classes is held against the seizure.
Statistic   Per seed: 0.05 − |SI of the seizure − .90| and 0.045 − |SI of overfitted networks − .865| (at least 0:
            within the source's ranges); SI in the seizure − at rest, and of overfitted − healthy networks (at least
            0.1 each); the latter within classes (at least 0.1). Student's t over seeds; Holm over claims.
            Peak frequency, amplitude variation and spread are not compared: images have no time, and no unit that both
            sides share ("3–20 Hz" against ".1–.5 normalised").
Refutation  SI outside of the ranges, or no rise on one of the two sides.
"""

from __future__ import annotations

import numpy as np

from ..evidence.effect import Effect, effect, unknown_effect
from ..evidence.rules import Finding
from ..evidence.store import Evidence

NAME = "eeg"
SETTING = "the seizure network beside MLPs on digits"
BRAIN, NETS = "spikes", "images"
SEIZURE, REST, HEALTHY = "seizure", "rest", "healthy"
OVERFITTED = ("small sample", "memorising")
LEAST = 0.1


def effects(evidence: Evidence) -> Finding:
    """Effects of this claim, from the observations of the main job."""
    if not evidence.observations:
        return Finding((), {SETTING: "the main job was not run at this scale"})
    seizure, rest = _values(evidence, BRAIN, SEIZURE), _values(evidence, BRAIN, REST)
    over = np.mean([_values(evidence, NETS, name) for name in OVERFITTED], axis=0)
    healthy = _values(evidence, NETS, HEALTHY)
    out = [
        effect(NAME, "SI of seizures", SETTING, 0.05 - np.abs(seizure - 0.9), statistic="0.05 − |SI − .90|"),
        effect(
            NAME, "SI of overfitted networks", SETTING, 0.045 - np.abs(over - 0.865), statistic="0.045 − |SI − .865|"
        ),
        effect(
            NAME, "seizure over rest", SETTING, seizure - rest, statistic="SI in the seizure − at rest", least=LEAST
        ),
        effect(
            NAME, "overfitted over healthy", SETTING, over - healthy, statistic="SI overfitted − healthy", least=LEAST
        ),
    ]
    for part in ("peak frequency", "amplitude variation", "spread"):
        out.append(
            unknown_effect(NAME, part, SETTING, "images have no time, and no unit that both sides share", least=0.0)
        )
    within = [_values(evidence, NETS, name, "within_class_si") for name in (*OVERFITTED, HEALTHY)]
    out.append(
        effect(NAME, "within classes", SETTING, np.mean(within[:-1], axis=0) - within[-1], least=LEAST, role="control",
               statistic="SI within classes, overfitted − healthy",
               otherwise="that units answer to the same classes is counted as synchrony")
    )  # fmt: skip
    out += [_beside("SI in the seizure", seizure, 0.9), _beside("SI at rest", rest, np.nan),
            _beside("SI of overfitted networks", over, 0.865),
            _beside("SI of healthy networks", healthy, np.nan)]  # fmt: skip
    return Finding(tuple(out), {})


def _beside(part: str, values: np.ndarray, claimed: float) -> Effect:
    return effect(NAME, part, SETTING, values, statistic="SI", claimed=claimed, role="beside")


def _values(evidence: Evidence, panel: str, group: str, measure: str = "si_3") -> np.ndarray:
    """One value a replicate, in their order."""
    rows = {
        row.replicate: row.value
        for row in evidence.observations
        if (row.panel, row.group, row.measure) == (panel, group, measure)
    }
    return np.array([rows[k] for k in sorted(rows)])
