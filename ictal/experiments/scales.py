"""Trainings of every scale: networks, data, conditions that overfit in several ways and one that fits well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..analyses.evidence.training import KEPT, Kind
from ..analyses.evidence.tuning import treated_condition
from ..models.datasets import FASHION_MNIST
from ..simulator import InputError, unknown

if TYPE_CHECKING:  # torch takes seconds to import
    from ..analyses.claims.claim import Claim
    from ..models.training.settings import Job


@dataclass(frozen=True)
class Condition:
    """Group of trainings: fields of data, network and training that differ from those of the bench."""

    name: str
    kind: Kind
    data: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bench:
    """One network on one data set, and its conditions.

    Attributes:
        slug: of file names.
        model, data: names for readers.
        measures: of the layers; of treated networks only the first.
        nulled: measures that have surrogates; None: the recommended ones.
        sets, n_probe: images on which synchrony is measured, and the number of each set.
        needs: form of `--data` where data must be given; empty where they are embedded or installed.
    """

    slug: str
    model: str
    data: str
    architecture: str
    dataset: str
    n: Mapping[str, int]
    training: Mapping[str, Any]
    parameters: Mapping[str, Any]
    conditions: tuple[Condition, ...]
    measures: tuple[str, ...] = KEPT
    nulled: tuple[str, ...] | None = KEPT[:1]
    sets: tuple[str, ...] = ("test",)
    n_probe: int = 400
    needs: str = ""


@dataclass(frozen=True)
class PlannedTraining:
    """One training of a scale: its job, and the names of its training."""

    stem: str
    model: str
    data: str
    condition: str
    kind: Kind
    seed: int
    job: Job

    @property
    def steps(self) -> int:
        """Number of optimiser steps."""
        return int(self.job.how.steps or 0)


_SMALL = {"steps": 600, "every": 15, "batch_size": 100, "learning_rate": 2e-3, "checkpoint_every": 600}
_NOISES = tuple(Condition(f"{p} % wrong labels", "noise", {"label_noise": p / 100}) for p in (20, 40, 100))
_CONTROL, _FEW = (
    Condition("well fitted", "control"),
    Condition("few samples", "few", {"n_train": 50}, training={"batch_size": 50}),
)
_DIGITS = {"n_train": 1000, "n_val": 200, "n_test": 400}


def _treated(claims: Sequence[Claim]) -> list[Condition]:
    """Return the conditions of every treatment that these claims need, a dose each."""
    plain = {condition.name: condition for condition in (_FEW, *_NOISES)}
    return [
        Condition(
            treated_condition(treatment.on, treatment.name, dose),
            "treated",
            plain[treatment.on].data,
            training=plain[treatment.on].training,
            treatments=tuple(text.format(dose) for text in treatment.texts),
        )
        for claim in claims
        for treatment in claim.doses
        for dose in treatment.doses
    ]


_MLP = Bench(
    "mlp-digits", "MLP, 4 × 64", "digits", "mlp", "digits", _DIGITS, _SMALL, {"hidden": (64, 64, 64, 64)},
    (_CONTROL, _FEW, *_NOISES,
     Condition("wide, few samples", "capacity", {"n_train": 50}, {"hidden": (256, 256, 256, 256)}, {"batch_size": 50})),
)  # fmt: skip
_CONV = Bench(
    "convnet-digits", "ConvNet, width 8", "digits", "convnet", "digits", _DIGITS, _SMALL,
    {"width": 8, "hidden": (64, 64)},
    (_CONTROL, _FEW, *_NOISES,
     Condition("wide, few samples", "capacity", {"n_train": 50}, {"width": 24, "hidden": (256, 256)},
               {"batch_size": 50})),
)  # fmt: skip
_FASHION = replace(
    _MLP, slug="mlp-fashion", data="Fashion-MNIST", dataset="fashion-mnist",
    conditions=(replace(_CONTROL, data={"n_train": 6000}), *_MLP.conditions[1:]),
)  # fmt: skip
_CIFAR = {"n_train": 2500, "n_val": 500, "n_test": 1000}
_RESNET = Bench(
    "resnet18-cifar10", "ResNet-18, width 16", "CIFAR-10", "resnet18", "cifar10", _CIFAR,
    {"steps": 4000, "every": 100, "batch_size": 128, "learning_rate": 1e-3, "schedule": "cosine"}, {"width": 16},
    (Condition("few samples", "few"),
     Condition("well fitted", "control", {"n_train": 9500}, training={"augment": ("flip", "crop")}),
     Condition("40 % wrong labels", "noise", {"label_noise": 0.4})),
    (*KEPT[:3], "class_share", *KEPT[3:]), None, ("train", "test"), 1000, "cifar10:PATH",
)  # fmt: skip
_FINE = Bench(  # of the treatments at medium: plain networks fit 6000 images of 100 classes in 30 epochs
    "resnet18-cifar100", "ResNet-18, width 16", "CIFAR-100", "resnet18", "cifar100",
    {"n_train": 6000, "n_val": 1000, "n_test": 2000},
    {"steps": 1410, "every": 94, "batch_size": 128, "learning_rate": 1e-3, "schedule": "cosine"}, {"width": 16},
    (Condition("few samples", "few"), Condition("40 % wrong labels", "noise", {"label_noise": 0.4})),
    KEPT[:1], (), n_probe=1000, needs="cifar100:PATH",
)  # fmt: skip
_WHOLE = {"steps": 78000, "every": 390, "batch_size": 128, "learning_rate": 1e-3, "schedule": "cosine"}
_FULL = replace(
    _RESNET, slug="resnet18-full", model="ResNet-18", n={"n_train": 45000, "n_val": 5000, "n_test": 10000},
    training=_WHOLE, parameters={},
    conditions=(Condition("as the paper", "few"),
                Condition("well fitted", "control", training={"augment": ("flip", "crop"), "weight_decay": 0.05}),
                Condition("40 % wrong labels", "noise", {"label_noise": 0.4})),
)  # fmt: skip
BENCHES = {"quick": (_MLP, _CONV, _FASHION), "medium": (_RESNET,), "full": (_FULL,)}
SEEDS = {"quick": 5, "medium": 3, "full": 3}
SCALES = tuple(BENCHES)


def claims_at(scale: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the claims to run: those that are named, or all that this scale can run.

    Raises:
        InputError: an unknown scale or claim, or one that this scale does not run.
    """
    if scale not in BENCHES:
        raise unknown("scale", scale, BENCHES)
    for name in names:
        if name not in CLAIMS:
            raise unknown("claim", name, CLAIMS)
        claim: Claim = CLAIMS.load(name)
        if not claim.scales:
            raise InputError(f"{name}: cannot be run yet: needs {claim.needs}")
        if scale not in claim.scales:
            raise InputError(f"{name}: is run at the scale {', '.join(claim.scales)}; got {scale}")
    return tuple(name for name in CLAIMS.usable() if (name in names if names else scale in CLAIMS.load(name).scales))


def plan(
    scale: str, claims: Sequence[str], *, seeds: int | None = None, data: str = "", device: str = "auto"
) -> list[PlannedTraining]:
    """Return every training that these claims rest on, seed by seed.

    Args:
        scale: "quick", "medium" or "full".
        claims: as of `claims_at`.
        seeds: replicates; None: as many as the scale has.
        data: where the scale's data are, ``cifar10:PATH``, if they are not embedded.
        device: as of `Job`.

    Raises:
        InputError: data that must be given, or fewer than one seed.
    """
    n = SEEDS[scale] if seeds is None else seeds
    if n < 1:
        raise InputError(f"--seeds: must be at least 1; got {n}")
    needed: list[Claim] = [CLAIMS.load(name) for name in claims]
    treated = _treated(needed)
    out = []
    for at, bench in enumerate(BENCHES[scale]):
        dataset = bench.dataset
        if not any(claim.trainings for claim in needed) and (at or not treated):
            continue
        if bench.needs:
            if not data:
                raise InputError(f"--scale {scale}: needs its data, --data {bench.needs}")
            dataset = data
        elif dataset == "fashion-mnist" and not FASHION_MNIST.is_dir():
            continue
        conditions = [*bench.conditions, *(treated if at == 0 else [])]
        out += [_planned(bench, condition, seed, dataset, device) for seed in range(n) for condition in conditions]
    return out


def _planned(bench: Bench, condition: Condition, seed: int, dataset: str, device: str) -> PlannedTraining:
    from ..models.training.settings import DataChoice, Job, SynchronyChoice, Training

    treated = condition.kind == "treated"
    synchrony = SynchronyChoice(
        ("auto",),
        nulls=0 if treated else 199,
        measures=bench.measures[:1] if treated else bench.measures,
        nulled=None if treated else bench.nulled,
        sets=bench.sets,  # type: ignore[arg-type]  # SynchronyChoice checks
        n_probe=bench.n_probe,
    )
    job = Job(
        bench.architecture,
        Training(**{**bench.training, **condition.training}),
        {**bench.parameters, **condition.parameters},
        DataChoice(dataset, **{**bench.n, **condition.data}),
        condition.treatments,
        synchrony,
        seed,
        device,
    )
    name = condition.name.lower().replace("the paper", "the source")  # names of files stay those of 0.1.0
    slug = re.sub(r"(?:[^\w.]|_)+", "-", name).strip("-")
    return PlannedTraining(f"{bench.slug}-{slug}-seed{seed}", bench.model, bench.data, condition.name,
                           condition.kind, seed, job)  # fmt: skip
