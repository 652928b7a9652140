"""The main job: does an overfitted network differ from a healthy one as a seizure differs from rest?

Contrast    Brain side: the seizure network in a triggered seizure against the same network at rest (g = 1.0,
            cells of population E, 3–5 s). Network side: classifiers that overfit few clean images, and
            classifiers that memorise 40 % wrong labels, each against classifiers that fit well.
Measure     Every measure of the registry, by one and the same kernel on both sides, on the same number of units
            and of observations (rates of 1-ms bins and a Gaussian of 5 ms, read every 10 ms); Hilbert phases in one
            band, 0.03–0.2 cycles per sample, everywhere: 3–20 Hz of spikes.
Control     Matched architecture, number of optimiser steps, initial weights and test images; every value beside
            its surrogates: shifts of trains by up to 25 ms, circular shifts along the morph loop, permutations of
            images within classes. Beside them circular shifts of trains, and free permutations. The last hidden
            layer decides, chosen before anything was measured. Networks are called healthy or overfitted where their
            gap, training minus test accuracy, says so: a healthy one has at most 0.1, an overfitted one at least 0.1
            more, mean over seeds.
Statistic   Replicates are seeds. "Separates": every replicate of one group beyond every one of the other, and each
            replicate of the more synchronous group above its null (p ≤ 0.05 of 199 surrogates). Beside it Welch's
            interval, exact permutation p and Cliff's delta.
Refutation  The analogy fails by a measure that separates seizure from rest and does not separate both kinds of
            overfitting from health, or separates them the other way.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from ..analyses import Panel, Settings, Side, compare_panels
from ..analyses.comparison.result import Comparison
from ..analyses.conditions import Role, check_conditions
from ..models.datasets import healthy_images
from ..models.spiking.seizure import SeizureNetwork
from ..models.system import System, parameters
from ..models.trained.classifier import Classifier
from ..simulator import InputError, Run
from ..simulator.files.document import versions
from ..simulator.types import Progress

WINDOW = (3.0, 5.0)  # s
STATES = {
    "rest": SeizureNetwork(duration=5.0, g=1.0, protocol="rest"),
    "seizure": SeizureNetwork(duration=5.0, g=1.0, protocol="trigger"),
}
SMALL, NOISE = "small sample", "memorising"
HEALTHY = "healthy"
ROLES: dict[str, Role] = {HEALTHY: "healthy", SMALL: "overfits", NOISE: "memorises"}
INSTEAD = {HEALTHY: "control", NOISE: "wrong labels"}  # names of networks that are not what they were meant to be
FEW, OVERFITTED = 20, 1000  # the small sample is 1/FEW of the OVERFITTED images with wrong labels


def classifiers(data: str, seed: int = 0) -> dict[str, Classifier]:
    """Return the three conditions; only the number of training images and the label noise differ.

    Memorising networks see 1000 images, the small sample a twentieth of that, and healthy networks as many as the
    data set needs (`healthy_images`): 1000 of the digits, else up to 20,000. A smaller data set gives all its images,
    and up to 400 test images.

    Raises:
        InputError: data that cannot be had, or too few images to tell the conditions apart.
    """
    found = Classifier(data=data, n_train=None).load(seed)
    n_train = min(OVERFITTED, len(found.y_train))
    small = max(n_train // FEW, 2 * found.n_classes)
    if n_train < 4 * small:
        raise InputError(f"data {data}: must hold at least {4 * small} training images; got {n_train}")
    n_test = len(found.y_test)
    enough = healthy_images(data, len(found.y_train))
    healthy = Classifier(data=data, n_train=enough, n_probe=min(400, n_test), n_stimuli=min(8, n_test))
    return {
        HEALTHY: healthy,
        SMALL: replace(healthy, n_train=small),
        NOISE: replace(healthy, n_train=n_train, label_noise=0.4),
    }


def run(
    *,
    data: str = "digits",
    seeds: int = 5,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate, train, measure, compare.

    Networks that are not what they were meant to be (`check_conditions`) go by another name: `INSTEAD`.

    Args:
        data: images of the classifiers: ``digits``, ``fashion-mnist``, a folder of IDX files, a ``.npz``.
        seeds: replicates a group; they are seed, seed + 1 ...
        seed: the first seed; also that of subsampling and surrogates.
        settings: of the comparison; by default those of the docstring of this module.
        progress: called as progress(done, total, text); the total is that of the whole job.

    Raises:
        InputError: fewer than one seed, or data that cannot be had.
    """
    if seeds < 1:
        raise InputError(f"seeds: must be at least 1; got {seeds}")
    networks = classifiers(data, seed)  # missing data is an error before anything is simulated
    doubts = networks[HEALTHY].load(seed).notes or ()
    systems: dict[str, System] = {**STATES, **networks}
    n_records = (len(STATES) + len(networks)) * seeds
    n_measured = (len(STATES) + 2 * len(networks)) * seeds
    numbers = range(seed, seed + seeds)
    runs: dict[str, list[Run]] = {}
    done = 0
    for name, system in systems.items():
        runs[name] = []
        for k in numbers:
            if progress:
                progress(done, n_records + n_measured, f"{name}, seed {k}")
            runs[name].append(system.record(k))
            done += 1
    layer = f"hidden.{len(networks[HEALTHY].hidden) - 1}.linear"
    histories = {n: [r.recording("history") for r in runs[n]] for n in networks}
    checked = {each.name: each for each in check_conditions(histories, ROLES)}
    names = {n: n if checked[n].holds else INSTEAD.get(n, n) for n in networks}
    control = names[HEALTHY]
    over = [names[n] for n in (SMALL, NOISE)]
    said = "overfitted" if checked[SMALL].holds and checked[NOISE].holds else " and ".join(over)
    panels = [
        Panel("spikes", {s: [r.spikes("E").select(time=WINDOW) for r in runs[s]] for s in STATES}),
        Panel(
            "images",
            {names[n]: [r.recording(f"{layer}_samples") for r in runs[n]] for n in networks},
        ),
        Panel("morph loop", {names[n]: [r.recording(f"{layer}_loop") for r in runs[n]] for n in networks}),
    ]
    found = [members[0].source.get("versions") for members in runs.values()]
    recorded = {name: text for one in found if isinstance(one, dict) for name, text in one.items()}
    return compare_panels(
        panels,
        sides=(
            Side("seizure against rest", ("spikes",), (("seizure", "rest"),)),
            Side(f"{said} against {control}", ("images", "morph loop"), tuple((name, control) for name in over)),
        ),
        settings=settings or Settings(seed=seed),
        histories={names[n]: curves for n, curves in histories.items()},
        config={
            "experiment": "seizure_overfitting",
            "data": data,
            "seeds": list(numbers),
            "window": list(WINDOW),
            "layer": layer,
            "conditions": [{**asdict(each), "called": names[n]} for n, each in checked.items()],
            "assumptions": [
                "training images of " + ", ".join(f"{n}: {each.n_train}" for n, each in networks.items()),
                *(f"{data}: {text}" for text in doubts),
            ],
            "systems": {name: parameters(system) for name, system in systems.items()},
            "engine": "compiled, torch",
            "versions": {**versions(), **recorded},
        },
        progress=None if progress is None else lambda k, _, text: progress(n_records + k, n_records + n_measured, text),
    )
