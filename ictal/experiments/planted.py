"""Planted truth: trainings whose relation of synchrony and overfitting is built in, absent, reversed or confounded.

The layers of a pretended network are Recordings of a known correlation c (SCIENCE's ground truth),

    x_j = √c s + √(1 − c) n_j,

which are measured and stored as those of a network in training are; accuracies, gap and losses are a training history.
Nothing is trained. The runs are analysed as all others: trainings, evidence, ledger. In `present`, c of networks that
overfit jumps early through the level at which SI is .65, more in deeper layers, each of which follows the one before
with a delay of one log row; the validation loss falls with c; well-fitted networks hardly change. In `absent` c wanders
independently. In `reversed` every sign is reversed. In `confounded` *every* network does what networks that overfit do
in `present`, but deeper layers are more synchronous from the start and gain no more, and the loss falls with training
and not with c: every statement of the claims is true but `early`, and no control passes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..analyses.claims import CLAIMS
from ..analyses.evidence.rules import FAILS, HOLDS, decide, overall
from ..analyses.evidence.store import Evidence
from ..analyses.evidence.training import Kind, training_run_of
from ..simulator import InputError, Recording, Run, unknown
from ..simulator.files.document import versions
from ..simulator.files.result import Result
from ..simulator.types import Floats, Progress

PLANTED_CASES = ("present", "absent", "reversed", "confounded")
PLANTED_CLAIMS = ("rise", "validation", "depth", "early", "transition")
CONDITIONS: tuple[tuple[str, Kind], ...] = (("well fitted", "control"), ("few", "few"), ("noise", "noise"))
LAYERS, RECORDS, EVERY = 5, 41, 50
IMAGES, UNITS = 300, 10
MEASURED = "si_3"
NEWS, OWN = 0.025, 0.01  # SD of the innovation of c in a log row: passed from layer to layer, and of each layer alone
JUMPS_AT = 0.15  # share of training


def planted(case: str, *, seed: int = 0, seeds: int = 5) -> Evidence:
    """Return evidence of one case, of pretended networks in three conditions.

    Args:
        case: "present", "absent", "reversed" or "confounded".
        seed: of everything random.
        seeds: replicates of every condition.

    Raises:
        InputError: an unknown case, or fewer than one seed.
    """
    trainings = [
        training_run_of(run, model="planted layers", data="a known correlation", condition=condition, kind=kind, seed=k)
        for (condition, kind, k), run in planted_runs(case, seed=seed, seeds=seeds).items()
    ]
    config = {
        "command": f"ictal.planted({case!r}, seed={seed}, seeds={seeds})",
        "claims": list(PLANTED_CLAIMS),
        "seeds": list(range(seeds)),
        "versions": versions(),
    }
    return Evidence(f"planted {case}", trainings, (), config)


def planted_runs(case: str, *, seed: int = 0, seeds: int = 5) -> dict[tuple[str, Kind, int], Run]:
    """Return (condition, kind, seed) -> Run of one case, as `ictal train --synchrony` writes it.

    Args and errors as of `planted`.
    """
    if case not in PLANTED_CASES:
        raise unknown("planted case", case, PLANTED_CASES)
    if seeds < 1:
        raise InputError(f"planted.seeds: must be at least 1; got {seeds}")
    return {
        (condition, kind, k): _run(case, kind != "control", np.random.default_rng([seed, k, at]))
        for k in range(seeds)
        for at, (condition, kind) in enumerate(CONDITIONS)
    }


def verdicts(evidence: Evidence) -> dict[str, str]:
    """Return claim -> verdict, by the effects and rules of real evidence."""
    found = {name: CLAIMS.load(name).effects(evidence) for name in PLANTED_CLAIMS}
    rows = decide(found)
    return {name: overall([row for row in rows if row.claim == name])[0] for name in found}


@dataclass(frozen=True)
class PlantedRate:
    """Number of times that a case ended in a verdict.

    Attributes:
        case, claim, verdict: as it is.
        count, n: of so many replicates.
    """

    case: str
    claim: str
    verdict: str
    count: int
    n: int

    @property
    def right(self) -> bool:
        """Truth of the verdict: it holds if present, fails if reversed, and else does not hold."""
        if self.case in ("absent", "confounded"):
            return self.verdict != HOLDS
        return self.verdict == {"present": HOLDS, "reversed": FAILS}[self.case]


@dataclass(frozen=True, repr=False)
class PlantedRates(Result):
    """Error rates of verdicts on planted trainings.

    Attributes:
        rows: one a case, claim and verdict.
        config: ``replicates`` of every case, ``seed`` of the first.
    """

    kind = "planted"
    stored = (("rows", "tables/rates", PlantedRate),)

    rows: Sequence[PlantedRate]
    config: Mapping[str, Any] = field(default_factory=dict)


def error_rates(
    replicates: int = 200, *, cases: Sequence[str] = PLANTED_CASES, seed: int = 0, progress: Progress | None = None
) -> PlantedRates:
    """Run every case again and again, and count how often each claim ends in each verdict.

    Raises:
        InputError: fewer than one replicate.
    """
    if replicates < 1:
        raise InputError(f"planted.replicates: must be at least 1; got {replicates}")
    counts: Counter[tuple[str, str, str]] = Counter()
    for at, case in enumerate(cases):
        for k in range(replicates):
            if progress:
                progress(at * replicates + k, len(cases) * replicates, f"{case}, replicate {k}")
            for claim, verdict in verdicts(planted(case, seed=seed + k)).items():
                counts[case, claim, verdict] += 1
    rows = [PlantedRate(*key, count, replicates) for key, count in sorted(counts.items())]
    return PlantedRates(rows, {"replicates": replicates, "seed": seed})


def _run(case: str, overfits: bool, rng: np.random.Generator) -> Run:
    from ..models.training.history import METRICS, History

    time = np.linspace(0.0, 1.0, RECORDS)
    deep = np.arange(LAYERS) / (LAYERS - 1)
    gap = (0.4 if overfits else 0.05) * (1 - np.exp(-8 * time)) + 0.005 * rng.normal(size=RECORDS)
    news = rng.normal(size=RECORDS + LAYERS)  # passes through the layers, one log row each
    passed = np.zeros((RECORDS, LAYERS))
    if case != "absent":
        delay = 1 + np.arange(LAYERS) if case == "reversed" else LAYERS - np.arange(LAYERS)
        passed = NEWS * np.stack([news[late : late + RECORDS] for late in delay], axis=1)
    own = OWN * rng.normal(size=(RECORDS, LAYERS))
    correlation = np.clip(_correlation(case, overfits, time, deep) + passed + own, 0.0, 0.99)
    sign = {"present": -1.0, "reversed": 1.0}.get(case, 0.0)
    trend = -0.5 * time if case == "confounded" else 0.2 * np.exp(-20 * time)
    loss = (
        1.5 + trend + sign * (correlation.mean(axis=1) - correlation[0].mean()) + 0.5 * OWN * rng.normal(size=RECORDS)
    )
    train = 0.5 + 0.5 * (1 - np.exp(-8 * time))
    metrics = {
        "train_accuracy": train,
        "test_accuracy": train - gap,
        "gap": gap,
        "train_loss": 2 * (1 - train),
        "test_loss": loss,
        "val_loss": loss,
    }
    names = (*METRICS, "val_loss")
    values = np.stack([metrics[name] for name in names], axis=1)
    history = History(values, EVERY * np.arange(RECORDS), "step", float(EVERY), names)
    return Run({"history": history.recording(), **_measured(_activity(correlation, rng))})


def _measured(activity: Floats) -> dict[str, Recording]:
    """Return synchrony of activity (log row, layer, image, unit), as recorded while a network is trained."""
    from ..models.synchrony.log import TrainingLog
    from ..models.synchrony.rows import LayerMeasures

    rows = LayerMeasures((MEASURED,), None, 0)
    layers = tuple(f"layer {at + 1}" for at in range(LAYERS))
    kinds = {f"{name} post": "unit" for name in layers}
    log = TrainingLog(rows.columns, {"n_samples": IMAGES}, layers=layers, kinds=kinds, most_units={"post": UNITS})
    for record, by_layer in enumerate(activity):
        log.advance(record * EVERY)
        for name, values in zip(layers, by_layer, strict=True):
            data = Recording(values, dt=1.0, clock="sample", quantity="activation", unit="1")
            found = rows(data, 1.0, surrogates=False, seed=0)
            log.rows.setdefault((name, "post", "test"), {})[record * EVERY] = found.values
    return log.recordings(None)


def _correlation(case: str, overfits: bool, time: Floats, deep: Floats) -> Floats:
    """Return c (log row, layer) without innovations."""
    if case == "absent":
        return np.full((len(time), len(deep)), 0.4)
    trajectory = (0.4 * (time >= JUMPS_AT) + 0.06 * time if overfits or case == "confounded" else 0.08 * time)[:, None]
    if case == "confounded":
        return np.asarray(trajectory + (0.34 + 0.16 * deep))
    sign, start = (-1.0, 0.91 - 0.08 * deep) if case == "reversed" else (1.0, 0.39 + 0.08 * deep)
    return np.asarray(sign * trajectory * (0.6 + 0.8 * deep) + start)


def _activity(correlation: Floats, rng: np.random.Generator) -> Floats:
    """Draw activity (log row, layer, image, unit) whose units have pairwise correlation c (log row, layer)."""
    c = correlation[..., None, None]
    common = rng.normal(size=(*correlation.shape, IMAGES, 1))
    private = rng.normal(size=(*correlation.shape, IMAGES, UNITS))
    return np.asarray(np.sqrt(c) * common + np.sqrt(1 - c) * private)
