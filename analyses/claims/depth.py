"""Claim: deeper layers are more synchronous, and synchrony passes from layer to layer.

Contrast    Layers of one network that overfits against each other, in order of depth, every way by itself; what is new
            in the synchrony of a layer against what is new in that of the next one some records later, and the other
            way round.
Measure     SI-3 of activations of every layer on the same test images, as many units of each.
Control     The same network before training: an order that the architecture brings along is none of training's.
Statistic   Per seed: Spearman's ρ of SI with depth at the end (at least 0.3; the substance); lagged correlation forward
            − backward, mean over neighbouring layers (at least 0.1); ρ of the *change* of SI in training with depth (at
            least 0.3). Student's t over seeds, of Fisher's z for ρ; Holm over claims, settings and ways. The same ρ of
            well-fitted networks beside it.
Refutation  ρ below 0.3, or nothing that goes forward rather than backward. "Holds only when the order before training
            is counted" if training adds none.
"""

from __future__ import annotations

import numpy as np

from ...simulator import InputError
from ...simulator.types import Floats
from ..evidence.contrasts import Setting, above_null, spearman, tested
from ..evidence.effect import Effect, effect, unknown_effect
from ..evidence.training import TrainingRun
from ..figures.evidence import PAPER, Axes, Shown, collapse, tint
from ..figures.parts.style import dash
from ..layers.transfer import transfer_peaks
from .claim import SCALES, Claim

NAME = "depth"
LEAST_R, LEAST_FORWARD = 0.3, 0.1
MIN_LAYERS, MOST_LAYERS = 4, 6  # to rank; and of which transfer is tested
PAPER_SI = ((1 / 15, 5 / 15, 10 / 15, 1.0), (0.23, 0.41, 0.68, 0.85))  # share of depth, SI


def _one(s: Setting) -> list[Effect]:
    n = len(next(iter(s.control.values())).layers)
    if n < MIN_LAYERS:
        raise InputError(f"has {n} layers; depth wants at least {MIN_LAYERS}")
    at_end = "ρ of SI with depth"
    return [
        effect(NAME, "deeper is more", s.name, s.over(lambda c: ranked(c.layered()[-1])), statistic=at_end,
               least=LEAST_R, claimed=1.0, scale="correlation", substance=True),
        *_transfer(s),
        *above_null(NAME, s),
        effect(NAME, "by training", s.name, s.over(lambda c: ranked(c.layered()[-1] - c.layered()[0])),
               statistic="ρ of the change of SI with depth", least=LEAST_R, role="control", scale="correlation",
               otherwise="the order that the architecture has before training is counted"),
        effect(NAME, "before training", s.name, s.over(lambda c: ranked(c.layered()[0])), statistic=at_end,
               least=LEAST_R, role="beside", scale="correlation"),
        effect(NAME, "well-fitted", s.name, s.controls(lambda c: ranked(c.layered()[-1])), statistic=at_end,
               least=LEAST_R, role="beside", scale="correlation"),
        effect(NAME, "last − first layer", s.name, s.over(_ends), statistic="SI", claimed=0.62, role="beside"),
    ]  # fmt: skip


def _transfer(s: Setting) -> list[Effect]:
    """Return the effects of transfer; unknown where synchrony moves too smoothly to have innovations."""
    part, statistic = "passes on", "lagged r forward − backward"
    try:
        values = s.over(lambda c: forward(passes(c)))
    except InputError as error:
        return [unknown_effect(NAME, part, s.name, f"{statistic} cannot be told: {error}", least=LEAST_FORWARD)]
    return [effect(NAME, part, s.name, values, statistic=statistic, least=LEAST_FORWARD)]


def ranked(by_layer: np.ndarray) -> float:
    """Spearman's ρ with depth, over the layers in which it is defined."""
    there = np.flatnonzero(np.isfinite(by_layer))
    return spearman(there, by_layer[there])


def passes(training: TrainingRun) -> Floats:
    """Transfer of SI between at most six layers, evenly spaced in depth, (from, to).

    Raises:
        InputError: too few records, or a layer whose SI stands still.
    """
    n = len(training.layers)
    chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_LAYERS)).round().astype(int))
    return transfer_peaks(training.layered()[:, chosen])


def forward(peak: Floats) -> float:
    """Mean over neighbours of the lagged correlation from shallow to deep, minus that from deep to shallow."""
    at = np.arange(len(peak) - 1)
    return float((peak[at, at + 1] - peak[at + 1, at]).mean())


def _ends(training: TrainingRun) -> float:
    last = training.layered()[-1]
    last = last[np.isfinite(last)]
    if last.size < 2:
        raise InputError(f"{training.condition}, seed {training.seed}: fewer than two layers vary at the end")
    return float(last[-1] - last[0])


def panel(axes: Axes, shown: Shown) -> str:
    """Draw SI of every layer at the end and before training."""
    for at, (name, trainings) in enumerate(shown.conditions.items()):
        shade = tint(at, trainings[0])
        place = np.arange(1, len(trainings[0].layers) + 1) / len(trainings[0].layers)
        axes.plot(place, np.nanmean([c.layered()[-1] for c in trainings], axis=0), color=shade, ls=dash(at), marker="o",
                  ms=3, label=name)  # fmt: skip
    every = [c.layered()[0] for trainings in shown.conditions.values() for c in trainings]
    sizes = {len(row) for row in every}
    if len(sizes) == 1:
        place = np.arange(1, len(every[0]) + 1) / len(every[0])
        axes.plot(place, np.nanmean(every, axis=0), color="0.7", lw=2.2, zorder=0, label="before training")
    axes.plot(*PAPER_SI, **PAPER, label="the paper")
    axes.set(ylim=(0, 1), xlabel="depth [share of layers]", ylabel="SI-3 of the layer")
    return "Above: SI of every layer at the end, mean over seeds, and before training." + collapse(axes, shown)


CLAIM = Claim(
    NAME,
    "Deeper layers are more synchronous, and synchrony passes from layer to layer",
    "SI .23 .41 .68 .85 at layers 1, 5, 10, 15",
    __doc__, SCALES, trainings=True, panel=panel, effects=lambda evidence: tested(evidence, _one),
)  # fmt: skip
