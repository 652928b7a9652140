"""Claim: seizures and overfitted networks share SI, peak frequency, amplitude variation and spread.

Contrast    The seizure network in a seizure against itself at rest; classifiers that overfit, by few samples and by
            wrong labels, each by itself, against classifiers that fit well: the main job, `seizure_overfitting`.
Measure     SI-3 by one kernel: of spike counts over time, and of the last hidden layer over images, on the same number
            of units and of observations.
Control     Within classes: SI of a classifier over images is mostly that units answer to the same classes (signal
            correlation); a seizure has no classes. What is left within classes is held against the seizure.
Level       Per seed: 0.05 − |SI of the seizure − .90| and 0.045 − |SI of overfitted networks − .865| (at least 0:
            within the paper's ranges).
Statistic   Per seed: SI of overfitted − healthy networks (at least 0.1; the substance); SI in the seizure − at rest (at
            least 0.1); the former within classes (at least 0.1). Student's t over seeds; Holm over claims and ways.
            Peak frequency, amplitude variation and spread are not compared and decide nothing: images have no time, and
            no unit that both sides share ("3–20 Hz" against ".1–.5 normalised").
Refutation  No rise on one of the two sides. "Holds at another level" if both rise and SI is outside of the ranges.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.lines import Line2D

from ..evidence.effect import Effect, effect, level_otherwise, unknown_effect
from ..evidence.rules import Finding
from ..evidence.store import Evidence
from ..figures.evidence import Axes, Shown
from ..figures.parts.style import colour, words
from .claim import Claim

NAME = "eeg"
SETTING = "the seizure network beside MLPs on digits"
BRAIN, NETS = "spikes", "images"
SEIZURE, REST, HEALTHY = "seizure", "rest", "healthy"
OVERFITTED = ("small sample", "memorising")
LEAST = 0.1


def effects(evidence: Evidence) -> Finding:
    """Effects of this claim, from the observations of the main job, by way of overfitting."""
    if not evidence.observations:
        return Finding((), {SETTING: "the main job was not run at this scale"})
    groups = {row.group for row in evidence.observations}
    if missing := [name for name in (HEALTHY, *OVERFITTED) if name not in groups]:
        return Finding((), {SETTING: f"networks meant to be {', '.join(missing)} are not: see their gap"})
    return Finding(tuple(replace(found, way=way) for way in OVERFITTED for found in _of(evidence, way)), {})


def _of(evidence: Evidence, way: str) -> list[Effect]:
    seizure, rest = _values(evidence, BRAIN, SEIZURE), _values(evidence, BRAIN, REST)
    over, healthy = _values(evidence, NETS, way), _values(evidence, NETS, HEALTHY)
    within = [_values(evidence, NETS, name, "within_class_si") for name in (way, HEALTHY)]
    out = [
        effect(NAME, "overfitted over healthy", SETTING, over - healthy, statistic="SI overfitted − healthy",
               least=LEAST, substance=True),
        effect(NAME, "seizure over rest", SETTING, seizure - rest, statistic="SI in the seizure − at rest",
               least=LEAST),
        *(
            effect(NAME, f"SI of {name}", SETTING, half - np.abs(x - middle), role="level",
                   statistic=f"{half:g} − |SI − {middle:g}|",
                   otherwise=level_otherwise(below=float(x.mean()) < middle))
            for name, x, middle, half in (("seizures", seizure, 0.9, 0.05), ("overfitted networks", over, 0.865, 0.045))
        ),
        effect(NAME, "within classes", SETTING, within[0] - within[1], least=LEAST, role="control",
               statistic="SI within classes, overfitted − healthy",
               otherwise="that units answer to the same classes is counted as synchrony"),
    ]  # fmt: skip
    no_time = "not comparable: images have no time, and no unit that both sides share"
    out += [
        unknown_effect(NAME, part, SETTING, no_time, least=0.0, role="beside")
        for part in ("peak frequency", "amplitude variation", "spread")
    ]
    beside = {"SI in the seizure": (seizure, 0.9), "SI at rest": (rest, np.nan),
              "SI of overfitted networks": (over, 0.865), "SI of healthy networks": (healthy, np.nan)}  # fmt: skip
    return out + [
        effect(NAME, part, SETTING, values, statistic="SI", claimed=claimed, role="beside", scale="index")
        for part, (values, claimed) in beside.items()
    ]


def _values(evidence: Evidence, panel: str, group: str, measure: str = "si_3") -> np.ndarray:
    """One value a replicate, in their order."""
    rows = {
        row.replicate: row.value
        for row in evidence.observations
        if (row.panel, row.group, row.measure) == (panel, group, measure)
    }
    return np.array([rows[k] for k in sorted(rows)])


def panel(axes: Axes, shown: Shown) -> str:
    """Draw SI of every group of the main job with its null."""
    rows = [row for row in shown.evidence.observations if row.measure == "si_3" and row.panel in ("spikes", "images")]
    groups = list(dict.fromkeys(row.group for row in rows))
    for at, group in enumerate(groups):
        mine = [row for row in rows if row.group == group]
        axes.plot([at] * len(mine), [row.value for row in mine], "o", color=colour(0), ms=4, mfc="none")
        axes.plot([at - 0.3, at + 0.3], [np.mean([row.null_high for row in mine])] * 2, color="0.5", lw=1.0, ls=":")
    axes.axhspan(0.82, 0.95, color="0.9", zorder=0)
    axes.set_xticks(range(len(groups)), [words(group, 14, 1) for group in groups], rotation=30, ha="right")
    axes.set(ylim=(0, 1), ylabel="SI-3")
    handles = [Line2D([], [], color="0.5", ls=":"), Line2D([], [], color="0.9", lw=6)]
    for handle, label in zip(handles, ("null, 97.5 %", "the paper's ranges"), strict=True):
        axes.add_line(handle)
        handle.set_label(label)
    return "Above: SI-3 of every seed by one kernel, of spike counts over time and of activations over images."


CLAIM = Claim(
    NAME,
    "Seizures and overfitted networks share SI, peak frequency, amplitude variation and spread",
    "SI .85–.95 and .82–.91; peak 3–20 Hz and .1–.5 normalised; local → global and shallow → deep",
    __doc__, ("quick",), stages=("brain",), panel=panel, effects=effects,
)  # fmt: skip
