"""Mode collapse: generators that lose modes, healthy ones, and the synchrony of their hidden layers.

Contrast    Generators trained against a discriminator on digits and on a ring of eight Gaussians: healthy ones; two
            ways of collapse; healthy ones of two modes alone; of one latent number; collapsing ones with DesyncReg. All
            of a seed have the same architecture, first weights and number of steps of the generator.
Measure     Modes that 1000 samples reach: exact on the ring; on digits by a classifier of the real ones, among samples
            that are as near to a real digit as real ones are. SI-3 of every hidden layer over the same latents.
Control     Two modes by right, the untrained generator, permuted latents; the latent of one number. See the claim
            `collapse`, which decides.
Statistic   Of the claim.
Refutation  Of the claim. A way that does not collapse is left out; healthy generators that do make it not testable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..analyses import Evidence
from ..analyses.claims.collapse import COLLAPSE, FEW, HEALTHY, NAME, NARROW, TREATED, UNTRAINED
from ..analyses.evidence.outcomes import GeneratorValue
from ..analyses.settings import ValueSettings
from ..analyses.values import values
from ..models.datasets import load_data
from ..models.datasets.mixtures import RingOfGaussians
from ..models.probe.record import record_samples
from ..models.trained.image_modes import ImageModes
from ..models.training.gan import GanTraining, train_generator
from ..models.treatments.desync import DesyncReg
from ..simulator import InputError, unknown
from ..simulator.files.document import versions
from ..simulator.progress import shows_progress
from ..simulator.types import Shown

if TYPE_CHECKING:
    from ..analyses.modes import Coverage
    from ..models.architectures.generator import Generator
    from ..models.treatments.base import Treatment

LATENTS, SURROGATES = 1000, 199
DATA = ("ring", "digits")
FAST, RARE = "fast generator", "slow discriminator"
PENALTY = "DesyncReg to 0"
N_RING = 2000  # samples of the ring


class Truth(Protocol):
    """Judge of samples: counts the modes that they reach."""

    def coverage(self, samples: Any, /) -> Coverage:
        """Return the coverage of samples (n, ...)."""


@dataclass(frozen=True, eq=False)
class Condition:
    """Group of generators: settings that differ from those of the bench, the modes in its data, treatments."""

    name: str
    kind: str
    changes: dict[str, Any] = field(default_factory=dict)
    two_modes: bool = False
    treatments: tuple[Treatment, ...] = ()

    def how(self, bench: Bench) -> GanTraining:
        """Return the settings of its trainings."""
        return replace(bench.how, **self.changes)


@dataclass(frozen=True, eq=False)
class Bench:
    """One generator on one data set, and its conditions.

    Attributes:
        model, data: names for readers.
        how: settings of healthy generators.
        ways: name -> changes that make modes collapse.
        bounded: whether samples are images.
        two: the two modes of the control.
    """

    model: str
    data: str
    how: GanTraining
    ways: dict[str, dict[str, Any]]
    bounded: bool
    two: tuple[int, int]

    def conditions(self) -> list[Condition]:
        """Return all conditions, the healthy one first."""
        return [
            Condition("healthy", HEALTHY),
            *(Condition(name, COLLAPSE, changes) for name, changes in self.ways.items()),
            Condition("healthy, two modes", FEW, two_modes=True),
            Condition("one latent number", NARROW, {"latent": 1}),
            Condition(f"{FAST}: {PENALTY}", TREATED, self.ways[FAST], treatments=(DesyncReg(1.0, target=0.0),)),
        ]  # fmt: skip


RING = RingOfGaussians(sd=0.1)
BENCHES = {
    "ring": Bench(
        "MLP generator, 2 × 64", "ring of 8 Gaussians",
        GanTraining(latent=8, hidden=(64, 64), learning_rate=5e-3, discriminator_rate=1e-3, penalty=0.1),
        {FAST: {"learning_rate": 3e-2, "penalty": 0.0}, RARE: {"learning_rate": 1e-3, "generator_steps": 10}},
        False, (0, 4),
    ),
    "digits": Bench(
        "MLP generator, 2 × 128", "digits",
        GanTraining(latent=16, hidden=(128, 128), learning_rate=5e-4, discriminator_rate=5e-4, penalty=1.0),
        {FAST: {"learning_rate": 1e-2, "penalty": 0.0},
         RARE: {"learning_rate": 1e-3, "generator_steps": 2, "penalty": 0.0}},
        True, (0, 1),
    ),
}  # fmt: skip


@shows_progress
def run(
    *,
    data: Sequence[str] = DATA,
    seeds: int = 5,
    seed: int = 0,
    progress: Shown = None,
) -> Evidence:
    """Train the generators and measure modes and synchrony.

    Args:
        data: "ring", "digits", or both.
        seeds: replicates a condition; they are seed, seed + 1 ...
        seed: the first.
        progress: called as progress(done, total, text) with generators; True shows it.

    Raises:
        InputError: fewer than one seed, or data that there are not.
    """
    if seeds < 1:
        raise InputError(f"mode_collapse.seeds: must be at least 1; got {seeds}")
    if not data:
        raise InputError(f"mode_collapse.data: must name at least one of {', '.join(BENCHES)}; got none")
    for name in data:
        if name not in BENCHES:
            raise unknown("data of mode_collapse", name, BENCHES)
    rows: list[GeneratorValue] = []
    jobs = [
        (k, name, condition)
        for k in range(seed, seed + seeds)
        for name in data
        for condition in BENCHES[name].conditions()
    ]
    for at, (k, name, condition) in enumerate(jobs):
        if progress:
            progress(at, len(jobs), f"{name}, {condition.name}, seed {k}")
        rows += generator_values(name, condition, k)
    return Evidence("quick", config=config_of_run(data, seeds, seed), generators=rows)


def generator_values(name: str, condition: Condition, seed: int) -> list[GeneratorValue]:
    """Train one generator and measure it; of a healthy one also before training.

    Args:
        name: of the bench.
        condition: of it.
        seed: of data, weights, batches, latents and surrogates.
    """
    bench = BENCHES[name]
    x, truth = _samples(name, seed)
    if condition.two_modes:
        x = x[np.isin(_labels(name, seed), bench.two)]
    how = condition.how(bench)
    latents = np.random.default_rng([seed, 3]).standard_normal((LATENTS, how.latent), dtype=np.float32)
    rows: list[GeneratorValue] = []

    def record(step: int, generator: Generator) -> None:
        last = step == how.steps
        if last or (step == 0 and condition.kind == HEALTHY):  # first weights of a seed are those of every condition
            found = measured(generator, latents, truth, nulls=SURROGATES if last else 0, seed=seed)
            named = (condition.name, condition.kind) if last else (UNTRAINED, UNTRAINED)
            rows.append(GeneratorValue(bench.model, bench.data, *named, seed, step, **found))

    train_generator(x, how, bounded=bench.bounded, treatments=condition.treatments, seed=seed, record=record)
    return rows


def measured(
    generator: Generator, latents: NDArray[np.float32], truth: Truth, *, nulls: int = 0, seed: int = 0
) -> dict[str, Any]:
    """Return the fields of a `GeneratorValue` that are measured on one generator.

    Args:
        generator: to be measured.
        latents: (sample, latent).
        truth: counts the modes.
        nulls: surrogates of SI, permutations of the latents by unit; 0, or at least 199.
        seed: of the surrogates.
    """
    import torch

    with torch.no_grad():
        made = truth.coverage(generator(torch.as_tensor(latents)).numpy())
    hidden = record_samples(generator, latents, "hidden.*.relu")
    settings = ValueSettings(nulls=nulls, null=("permute",) if nulls else (), seed=seed)
    found = [values(layer, ["si_3"], settings)[0] for layer in hidden.values()]
    defined = [each for each in found if np.isfinite(each.value)]
    return {
        "modes": made.modes,
        "covered": made.covered,
        "effective": made.effective,
        "valid": made.valid,
        "si": float(np.mean([each.value for each in defined])) if defined else float("nan"),
        "null_high": float(np.mean([each.null_high for each in defined])) if defined else float("nan"),
        "live": sum(each.n_live for each in found) / sum(each.n_units for each in found),
    }


@cache
def _samples(name: str, seed: int) -> tuple[NDArray[np.float32], Truth]:
    """Return the samples of the data, and what counts their modes."""
    if name == "ring":
        return RING.samples(N_RING, seed), RING
    data = load_data(name, seed=seed)
    return data.x_train, ImageModes.of(data, seed=seed)


def _labels(name: str, seed: int) -> NDArray[np.int64]:
    """Return the mode of every sample of the data."""
    if name == "ring":
        return RING.nearest(RING.samples(N_RING, seed))
    return load_data(name, seed=seed).y_train


def config_of_run(data: Sequence[str], seeds: int, seed: int) -> dict[str, Any]:
    """Return what is needed to run it again: ``"generators"`` are the settings of every condition."""
    return {
        "command": f"ictal.EXPERIMENTS.load('mode_collapse')(data={tuple(data)}, seeds={seeds}, seed={seed})",
        "claims": [NAME],
        "seeds": list(range(seed, seed + seeds)),
        "engine": "torch",
        "generators": {
            name: {
                condition.name: {
                    **asdict(condition.how(BENCHES[name])),
                    "two_modes": condition.two_modes,
                    "treatments": [asdict(treatment) for treatment in condition.treatments],
                }
                for condition in BENCHES[name].conditions()
            }
            for name in data
        },
        "latents": LATENTS,
        "versions": versions("torch", "scikit-learn"),
    }
