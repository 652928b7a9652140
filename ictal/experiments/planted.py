"""Planted truth: trainings whose relation of synchrony and overfitting is built in, absent, reversed or confounded.

The layers of a pretended network have a known correlation c (SCIENCE's ground truth),

    x_j = √c s + √(1 − c) n_j,

of which SI-3 of 10 units on 300 images is c with an error of variance 2 (1 − c)² (1 + 9 c)² / (300 · 90) (of an
intraclass correlation; Fisher 1925). `planted_runs` draws the activity and measures it as that of a network in training
is; `planted` draws the measured value, which gives the same verdicts a hundred times as fast. Accuracies, gap, losses,
confidence and weight norm are a training history. Nothing is trained. The runs are analysed as all others: trainings,
evidence, ledger.

=============  ========================================================================================================
present        c of networks that overfit jumps early through the level at which SI is .65, more in deeper layers, each
               of which follows the one before with a delay of one log row; the validation loss falls with c; amplitude
               and confidence grow. Well-fitted networks hardly change.
lower level    The same from c = .12 up by six tenths as much: no level of the paper is reached.
small          The same with a tenth of the jump, the amplitude and the confidence.
by way         Networks that overfit few samples do as in `present`, those that overfit wrong labels as in `reversed`.
absent         c, loss, amplitude and confidence wander independently, as random walks.
reversed       Every sign is reversed.
confounded     *Every* network does what networks that overfit do in `present`, but deeper layers are more synchronous
               from the start and gain no more, and the loss falls with training and not with c. Networks that overfit
               have larger weights, and amplitudes as these make them. Every statement of the claims is true but
               `early`, and no control passes it.
=============  ========================================================================================================

A verdict is right if it is

* holds: "holds"; "holds at another level" where the planted effect is smaller than the paper's (`size` below 1);
* level: "holds at another level";
* only: "holds only when …", since the ways disagree;
* small, absent: "fails" or "undecided";
* opposite: "fails";
* confounded: "holds only when …" or "undecided". "Fails" is wrong: as stated the relation is there.

It is a false "holds" if it says of a small, absent or opposite relation that it holds, be it under a condition, or of a
confounded one, or one of some ways, that it holds without a condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analyses.evidence.store import Evidence
from ..analyses.evidence.training import Kind, TrainingRun, training_run_of
from ..simulator import InputError, Recording, Run, unknown
from ..simulator.files.document import versions
from ..simulator.types import Floats

PLANTED_CASES = ("present", "lower level", "small", "by way", "absent", "reversed", "confounded")
PLANTED_CLAIMS = ("rise", "validation", "depth", "early", "amplitude", "transition")
CONDITIONS: tuple[tuple[str, Kind], ...] = (("well fitted", "control"), ("few", "few"), ("noise", "noise"))
LEVELLED = ("rise", "early", "transition")  # claims with a level
SIZED = ("rise", "early", "amplitude", "transition")  # claims whose effect has a size
LAYERS, RECORDS, EVERY = 5, 41, 50
IMAGES, UNITS = 300, 10
MEASURED = "si_3"
NEWS, OWN = 0.025, 0.01  # SD of the innovation of c in a log row: passed from layer to layer, and of each layer alone
WANDER = 0.02  # SD of a step of a random walk
JUMPS_AT = 0.15  # share of training
LARGER, SURER, HEAVIER = 0.4, 0.15, 1.1  # ln amplitude, confidence and weight norm that overfitting adds


def truth(case: str, claim: str) -> str:
    """Return what is true of a claim in a case: holds, level, only, small, absent, opposite or confounded."""
    if case == "confounded":
        return "absent" if claim == "early" else "confounded"
    if case == "lower level":
        return "level" if claim in LEVELLED else "holds"
    if case == "small":
        return "small" if claim in SIZED else "holds"
    return {"present": "holds", "by way": "only", "absent": "absent", "reversed": "opposite"}[case]


def planted(case: str, *, seed: int = 0, seeds: int = 5, size: float = 1.0, spread: float = 0.1) -> Evidence:
    """Return evidence of one case, of pretended networks in three conditions.

    Args:
        case: of `PLANTED_CASES`.
        seed: of everything random.
        seeds: replicates of every condition.
        size: of the planted effects, 1 as large as the paper's.
        spread: SD over networks of that size, as a share of it; a tenth of it is the SD of c before training.

    Raises:
        InputError: an unknown case, or fewer than one seed.
    """
    networks = _networks(case, seed, seeds, size, spread)
    trainings = [
        network.training(condition, kind, k, np.random.default_rng([seed, k, at, 1]))
        for (k, at, condition, kind), network in networks.items()
    ]
    config = {
        "command": f"ictal.planted({case!r}, seed={seed}, seeds={seeds}, size={size}, spread={spread})",
        "claims": list(PLANTED_CLAIMS),
        "seeds": list(range(seeds)),
        "versions": versions(),
    }
    return Evidence(f"planted {case}", trainings, (), config)


def planted_runs(
    case: str, *, seed: int = 0, seeds: int = 5, size: float = 1.0, spread: float = 0.1
) -> dict[tuple[str, Kind, int], Run]:
    """Return (condition, kind, seed) -> Run of one case, measured on drawn activity as `ictal train --synchrony` does.

    Args and errors as of `planted`.
    """
    networks = _networks(case, seed, seeds, size, spread)
    return {
        (condition, kind, k): network.run(np.random.default_rng([seed, k, at, 2]))
        for (k, at, condition, kind), network in networks.items()
    }


def evidence_of_runs(case: str, **settings: Any) -> Evidence:
    """Return the evidence of `planted_runs`; args and errors as of `planted`."""
    trainings = [
        training_run_of(run, model=MODEL, data=DATA, condition=condition, kind=kind, seed=k)
        for (condition, kind, k), run in planted_runs(case, **settings).items()
    ]
    return Evidence(f"planted {case}", trainings, (), {"claims": list(PLANTED_CLAIMS)})


MODEL, DATA = "planted layers", "a known correlation"


@dataclass(frozen=True, eq=False)
class _Network:
    """A pretended training: correlation and ln amplitude (log row, layer), metrics over log rows."""

    correlation: Floats
    amplitude: Floats
    metrics: Mapping[str, Floats]

    def training(self, condition: str, kind: Kind, seed: int, rng: np.random.Generator) -> TrainingRun:
        """Return it with measured values that are drawn."""
        si = np.clip(self.correlation + si_error(self.correlation) * rng.normal(size=(RECORDS, LAYERS)), 0.0, 1.0)
        found = {f"{MEASURED} test": si, "amplitude test": np.exp(self.amplitude)}
        null = {f"{MEASURED} test": np.full_like(si, np.nan)}
        steps = EVERY * np.arange(RECORDS, dtype=np.float64)
        return TrainingRun(MODEL, DATA, condition, kind, seed, steps, self.metrics, LAYER_NAMES, found, null)

    def run(self, rng: np.random.Generator) -> Run:
        """Return it with activity that is drawn and measured."""
        from ..models.training.history import METRICS, History

        names = (*METRICS, "val_loss")
        values = np.stack([self.metrics[name] for name in names], axis=1)
        history = History(values, EVERY * np.arange(RECORDS), "step", float(EVERY), names)
        return Run({"history": history.recording(), **_measured(_activity(self.correlation, self.amplitude, rng))})


LAYER_NAMES = tuple(f"layer {at + 1}" for at in range(LAYERS))


def si_error(c: Floats) -> Floats:
    """SD of SI-3 of `UNITS` units with the correlation c, on `IMAGES` images."""
    return np.asarray(np.sqrt(2 / (IMAGES * UNITS * (UNITS - 1))) * (1 - c) * (1 + (UNITS - 1) * c))


def _networks(
    case: str, seed: int, seeds: int, size: float, spread: float
) -> dict[tuple[int, int, str, Kind], _Network]:
    if case not in PLANTED_CASES:
        raise unknown("planted case", case, PLANTED_CASES)
    if seeds < 1:
        raise InputError(f"planted.seeds: must be at least 1; got {seeds}")
    out = {}
    for k in range(seeds):
        for at, (condition, kind) in enumerate(CONDITIONS):
            rng = np.random.default_rng([seed, k, at])
            own = {"by way": "reversed" if kind == "noise" else "present"}.get(case, case)
            own_size = max(0.0, size * (1 + spread * rng.normal())) * {"small": 0.1, "lower level": 0.6}.get(case, 1.0)
            out[k, at, condition, kind] = _network(own, kind != "control", own_size, 0.1 * spread * rng.normal(), rng)
    return out


def _network(case: str, overfits: bool, size: float, shift: float, rng: np.random.Generator) -> _Network:
    time = np.linspace(0.0, 1.0, RECORDS)
    deep = np.arange(LAYERS) / (LAYERS - 1)
    gap = (0.4 if overfits else 0.05) * (1 - np.exp(-8 * time)) + 0.005 * rng.normal(size=RECORDS)
    news = rng.normal(size=RECORDS + LAYERS)  # passes through the layers, one log row each
    passed = np.zeros((RECORDS, LAYERS))
    if case != "absent":
        delay = 1 + np.arange(LAYERS) if case == "reversed" else LAYERS - np.arange(LAYERS)
        passed = NEWS * np.stack([news[late : late + RECORDS] for late in delay], axis=1)
    own = OWN * rng.normal(size=(RECORDS, LAYERS))
    planned = _correlation(case, overfits, size, time, deep) + shift
    if case == "absent":
        planned = planned + _walk(rng)[:, None]
    correlation = np.clip(planned + passed + own, 0.02, 0.99)
    sign = {"reversed": 1.0, "absent": 0.0, "confounded": 0.0}.get(case, -1.0)
    trend = {"confounded": -0.5 * time, "absent": _walk(rng)}.get(case, 0.2 * np.exp(-20 * time))
    error = 0.5 * OWN * rng.normal(size=RECORDS)
    loss = 1.5 + trend + sign * (correlation.mean(axis=1) - correlation[0].mean()) + error
    train = 0.5 + 0.5 * (1 - np.exp(-8 * time))
    larger, surer, heavier = _overfitting(case, overfits, size, rng)
    growth = 1 - np.exp(-8 * time)
    metrics = {
        "train_accuracy": train,
        "test_accuracy": train - gap,
        "gap": gap,
        "train_loss": 2 * (1 - train),
        "test_loss": loss,
        "val_loss": loss,
        "test_confidence": np.clip(0.75 + surer * growth + 0.2 * _walk(rng), 0.1, 1.0),
        "weight_norm": 10 * heavier**growth,
    }
    depth = 1 + np.arange(LAYERS)
    amplitude = larger * growth[:, None] + np.log(heavier) * growth[:, None] * depth + 0.2 * _walk(rng)[:, None]
    return _Network(correlation, amplitude, metrics)


def _overfitting(case: str, overfits: bool, size: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return what overfitting adds to ln amplitude and to confidence, and the factor of the weight norm."""
    if case == "absent" or not overfits:
        return 0.02 * rng.normal(), 0.01 * rng.normal(), 1.0
    if case == "confounded":
        return 0.02 * rng.normal(), SURER * size, HEAVIER
    sign = -1.0 if case == "reversed" else 1.0
    return sign * LARGER * size, sign * SURER * size, 1.0


def _walk(rng: np.random.Generator) -> Floats:
    """A random walk over log rows that starts at 0."""
    return np.asarray(WANDER * np.cumsum(np.append(0.0, rng.normal(size=RECORDS - 1))))


def _measured(activity: Floats) -> dict[str, Recording]:
    """Return synchrony of activity (log row, layer, image, unit), as recorded while a network is trained."""
    from ..models.synchrony.log import TrainingLog
    from ..models.synchrony.rows import LayerMeasures

    rows = LayerMeasures((MEASURED,), None, 0)
    kinds = {f"{name} post": "unit" for name in LAYER_NAMES}
    log = TrainingLog(rows.columns, {"n_samples": IMAGES}, layers=LAYER_NAMES, kinds=kinds, most_units={"post": UNITS})
    for record, by_layer in enumerate(activity):
        log.advance(record * EVERY)
        for name, values in zip(LAYER_NAMES, by_layer, strict=True):
            data = Recording(values, dt=1.0, clock="sample", quantity="activation", unit="1")
            found = rows(data, 1.0, surrogates=False, seed=0)
            log.rows.setdefault((name, "post", "test"), {})[record * EVERY] = found.values
    return log.recordings(None)


def _correlation(case: str, overfits: bool, size: float, time: Floats, deep: Floats) -> Floats:
    """Return c (log row, layer) without innovations."""
    if case == "absent":
        return np.full((len(time), len(deep)), 0.4)
    jump = size * (0.4 * (time >= JUMPS_AT) + 0.06 * time)
    trajectory = (jump if overfits or case == "confounded" else 0.08 * min(size, 1.0) * time)[:, None]
    if case == "confounded":
        return np.asarray(trajectory + (0.34 + 0.16 * deep))
    if case == "lower level":
        return np.asarray(trajectory * (0.6 + 0.8 * deep) + 0.12 + 0.04 * deep)
    sign, start = (-1.0, 0.91 - 0.08 * deep) if case == "reversed" else (1.0, 0.39 + 0.08 * deep)
    return np.asarray(sign * trajectory * (0.6 + 0.8 * deep) + start)


def _activity(correlation: Floats, amplitude: Floats, rng: np.random.Generator) -> Floats:
    """Draw activity (log row, layer, image, unit) whose units have pairwise correlation c (log row, layer)."""
    c = correlation[..., None, None]
    common = rng.normal(size=(*correlation.shape, IMAGES, 1))
    private = rng.normal(size=(*correlation.shape, IMAGES, UNITS))
    return np.asarray(np.exp(amplitude)[..., None, None] * (np.sqrt(c) * common + np.sqrt(1 - c) * private))
