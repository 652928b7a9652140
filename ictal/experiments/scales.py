"""Trainings of every scale: networks, data, conditions that overfit in several ways and one that fits well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..analyses.evidence.training import KEPT, TREATED, Kind
from ..analyses.evidence.tuning import FEW, Chosen, treated_condition
from ..models.datasets import FASHION_MNIST
from ..simulator import InputError, unknown
from .task_scales import TASK_BENCHES

if TYPE_CHECKING:  # torch takes seconds to import
    from ..analyses.claims.claim import Claim, Doses
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


@dataclass(frozen=True, eq=False)
class Bench:
    """One network on one data set, and its conditions.

    Attributes:
        slug: of file names.
        model, data: names for readers.
        measures: of the layers; of treated networks only the first.
        nulled: measures that have surrogates; None: the recommended ones.
        sets, n_probe: images on which synchrony is measured, and the number of each set.
        needs: form of `--data` where data must be given; empty where they are embedded or installed.
        treated: whether treatments are tested on it.
        epsilons: sizes of the attacks on its networks, in L∞, of images in [0, 1]; the smallest, which decides, leaves
            the untreated network of seed 0 a sixth to a third of its accuracy.
        tuning: settings of the shorter trainings, with few samples and seed 0, by which each treatment's dose is chosen
            before it is trained with every seed; None: every dose is trained with every seed.
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
    treated: bool = False
    epsilons: tuple[float, ...] = (0.1,)
    tuning: Mapping[str, Any] | None = None

    @property
    def setting(self) -> str:
        """Network and data."""
        return f"{self.model} on {self.data}"


@dataclass(frozen=True)
class PlannedTraining:
    """One training of a scale: its job, the names of its training, and the sizes of attacks on it."""

    stem: str
    model: str
    data: str
    condition: str
    kind: Kind
    seed: int
    job: Job
    epsilons: tuple[float, ...] = ()

    @property
    def setting(self) -> str:
        """Network and data."""
        return f"{self.model} on {self.data}"

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


_MLP = Bench(
    "mlp-digits", "MLP, 4 × 64", "digits", "mlp", "digits", _DIGITS, _SMALL, {"hidden": (64, 64, 64, 64)},
    (_CONTROL, _FEW, *_NOISES,
     Condition("wide, few samples", "capacity", {"n_train": 50}, {"hidden": (256, 256, 256, 256)}, {"batch_size": 50})),
    treated=True,
)  # fmt: skip
_CONV = Bench(
    "convnet-digits", "ConvNet, width 8", "digits", "convnet", "digits", _DIGITS, _SMALL,
    {"width": 8, "hidden": (64, 64)},
    (_CONTROL, _FEW, *_NOISES,
     Condition("wide, few samples", "capacity", {"n_train": 50}, {"width": 24, "hidden": (256, 256)},
               {"batch_size": 50})),
)  # fmt: skip
_FASHION = replace(
    _MLP, slug="mlp-fashion", data="Fashion-MNIST", dataset="fashion-mnist", epsilons=(0.05, 0.1),
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
    KEPT[:1], (), n_probe=1000, needs="cifar100:PATH", treated=True, epsilons=(0.25 / 255, 2 / 255, 8 / 255),
    tuning={"steps": 470},  # a third
)  # fmt: skip
_WHOLE = {"steps": 78000, "every": 390, "batch_size": 128, "learning_rate": 1e-3, "schedule": "cosine"}
_FULL = replace(
    _RESNET, slug="resnet18-full", model="ResNet-18", n={"n_train": 45000, "n_val": 5000, "n_test": 10000},
    training=_WHOLE, parameters={},
    conditions=(Condition("as the paper", "few"),
                Condition("well fitted", "control", training={"augment": ("flip", "crop"), "weight_decay": 0.05}),
                Condition("40 % wrong labels", "noise", {"label_noise": 0.4})),
)  # fmt: skip
BENCHES = {"quick": (_MLP, _CONV, _FASHION), "medium": (_RESNET, _FINE), "full": (_FULL,)}
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
    scale: str,
    claims: Sequence[str],
    *,
    seeds: int | None = None,
    data: str | Sequence[str] = (),
    device: str = "auto",
    chosen: Chosen | None = None,
) -> list[PlannedTraining]:
    """Return every training that these claims rest on, seed by seed.

    Where doses are tuned, the tuning trainings come after the untreated networks of seed 0, and treated networks are
    planned only at the doses in `chosen`: the plan grows when the tuning is done.

    Args:
        scale: "quick", "medium" or "full".
        claims: as of `claims_at`.
        seeds: replicates; None: as many as the scale has.
        data: where the scale's data are, ``cifar10:PATH``, one or several, if they are not embedded.
        device: as of `Job`.
        chosen: (network and data, treatment) -> dose.

    Raises:
        InputError: data that must be given, data that no network of the scale takes, or fewer than one seed.
    """
    n = SEEDS[scale] if seeds is None else seeds
    if n < 1:
        raise InputError(f"--seeds: must be at least 1; got {n}")
    paths = data_paths(scale, data)
    out: list[PlannedTraining] = []
    for bench, needing in _benches(scale, claims).items():
        dataset = bench.dataset
        if bench.needs:
            if (dataset := paths.get(bench.needs, "")) == "":
                raise InputError(
                    f"--scale {scale}: needs its data, --data {bench.needs}, for {', '.join(needing)}; without it, "
                    "name other claims"
                )
        elif dataset == "fashion-mnist" and not FASHION_MNIST.is_dir():
            continue
        doses = [each for each in treatments_of(claims, scale) if bench.treated]
        out += _planned_bench(bench, doses, n, dataset, device, chosen or {})
    return out


def gathered_plan(scale: str, claims: Sequence[str], seeds: int, chosen: Chosen) -> list[PlannedTraining]:
    """Return the plan without the paths of data, of trainings whose files are only read."""
    every = [bench.needs for bench in BENCHES[scale] if bench.needs]
    return plan(scale, claims, seeds=seeds, data=every, chosen=chosen)


def data_forms(scale: str, claims: Sequence[str]) -> list[str]:
    """Return the forms of the data that must be given for these claims, ``["cifar10:PATH"]``."""
    found = [bench.needs for bench in _benches(scale, claims) if bench.needs]
    if any(CLAIMS.load(name).sequences for name in claims):
        found += [bench.needs for bench in TASK_BENCHES.get(scale, ()) if bench.needs]
    return list(dict.fromkeys(found))


def data_paths(scale: str, data: str | Sequence[str]) -> dict[str, str]:
    """Return ``"cifar10:PATH"`` -> the data that are given in this form.

    Raises:
        InputError: data that no network of the scale takes, or two of one form.
    """
    forms = {bench.needs.partition(":")[0]: bench.needs for bench in BENCHES[scale] if bench.needs}
    found: dict[str, str] = {}
    for each in [data] * bool(data) if isinstance(data, str) else data:
        form = forms.get(each.partition(":")[0])
        if form is None:
            wanted = ", ".join(forms.values()) or "none"
            raise InputError(f"--data {each}: no network of the scale {scale} takes it; wants {wanted}")
        if form in found:
            raise InputError(f"--data {each}: must be one of {form}; got {found[form]} as well")
        found[form] = each
    return found


def treatments_of(claims: Sequence[str], scale: str) -> list[Doses]:
    """Return the treatments that these claims need at a scale, each once."""
    needed: list[Claim] = [CLAIMS.load(name) for name in claims]
    return list(dict.fromkeys(each for claim in needed for each in claim.doses if scale in each.scales))


def _benches(scale: str, claims: Sequence[str]) -> dict[Bench, list[str]]:
    """Return the networks that these claims need, and the claims that need each."""
    out: dict[Bench, list[str]] = {}
    for bench in BENCHES[scale]:
        fits_well = any(condition.kind == "control" for condition in bench.conditions)
        for name in claims:
            if (CLAIMS.load(name).trainings and fits_well) or (treatments_of([name], scale) and bench.treated):
                out.setdefault(bench, []).append(name)
    return out


def _planned_bench(
    bench: Bench, treatments: Sequence[Doses], n: int, dataset: str, device: str, chosen: Chosen
) -> list[PlannedTraining]:
    """Return the trainings of one network: untreated and treated, seed by seed, the tuning within the first."""
    tuned = [each for each in treatments if bench.tuning is not None and len(each.doses) > 1 and not each.sweep]
    tuning = [_treated(bench, each, dose) for each in tuned if each.on == FEW for dose in each.doses]
    treated = []
    for each in treatments:
        dose = chosen.get((bench.setting, each.name))
        doses = each.doses if each not in tuned else () if dose is None else (dose,)
        treated += [_treated(bench, each, dose) for dose in doses]
    out = []
    for seed in range(n):
        out += [_planned(bench, condition, seed, dataset, device) for condition in bench.conditions]
        if seed == 0 and bench.tuning is not None:
            short = replace(bench, slug=f"{bench.slug}-tuning", training={**bench.training, **bench.tuning})
            planned = [_planned(short, condition, seed, dataset, device) for condition in tuning]
            out += [replace(item, kind="tuning") for item in planned]
        out += [_planned(bench, condition, seed, dataset, device) for condition in treated]
    return out


def _treated(bench: Bench, treatment: Doses, dose: str) -> Condition:
    """Return the condition of one treatment at one dose."""
    plain = next((each for each in bench.conditions if each.name == treatment.on), None)
    if plain is None:
        raise unknown(f"condition of {bench.setting}", treatment.on, [each.name for each in bench.conditions])
    return Condition(
        treated_condition(treatment.on, treatment.name, dose),
        "treated",
        plain.data,
        training={**plain.training, **treatment.training},
        treatments=tuple(text.format(dose) for text in treatment.texts),
    )


def _planned(bench: Bench, condition: Condition, seed: int, dataset: str, device: str) -> PlannedTraining:
    from ..models.training.settings import DataChoice, Job, SynchronyChoice, Training

    treated = condition.kind in TREATED
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
        seed=seed,
        device=device,
    )
    name = condition.name.lower().replace("the paper", "the source")  # names of files stay those of 0.1.0
    slug = re.sub(r"(?:[^\w.]|_)+", "-", name).strip("-")
    return PlannedTraining(f"{bench.slug}-{slug}-seed{seed}", bench.model, bench.data, condition.name,
                           condition.kind, seed, job, bench.epsilons)  # fmt: skip
