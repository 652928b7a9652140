"""Surfaces of networks: damaged files of attacks, evaluations, tasks and evidence; attacks and tasks with odd input."""

from __future__ import annotations

import functools
import json
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

import ictal

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import values as drawn  # noqa: E402

TREATED = ("well fitted", "control", 1)


class WrongAnswerError(Exception):
    """Accuracy that is none."""


@functools.cache
def _made():
    """Return name -> bytes of small results."""
    from ictal.analyses import Evidence, TaskResult
    from ictal.analyses.evidence.outcomes import AttackedValue, GeneratorValue, TaskValue
    from ictal.analyses.evidence.tasks import TaskSynchrony, TaskTraining

    model, x, y = _network()
    matrix = np.array([[0.5, 0.4], [0.9, 0.5], [0.6, 0.8]])
    training = [TaskTraining(k, f"classes {k}", 20, 0.3, 0.9, 0.4, 0.8) for k in (1, 2)]
    synchrony = [TaskSynchrony(k, "0", 0.1 * k) for k in range(3)]
    sizes, config = [20, 20], {"command": "ictal train mlp", "seed": 1}
    about = ("MLP", "digits", *TREATED)
    outside = {"grey": np.full_like(x, 0.5)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = {
            "attacked": ictal.attack(model, x, y, epsilon=(0.1, 0.3), steps=2),
            "evaluation": ictal.evaluate_model(
                model, x, y, x_train=x, y_train=y, noise=(0.1, 0.2), attacks=(0.1,), outside=outside
            ),
            "tasks": TaskResult.of(
                {"class": matrix, "task": matrix}, ["classes 0-1", "classes 2-3"], sizes, training, synchrony, config
            ),
            "evidence": Evidence(
                "quick",
                attacked=[AttackedValue(*about, "PGD-20", "linf", 0.1, 0.3, 400, 0.0)],
                tasks=[TaskValue(*about, "split:2", "class", k, j, 0.5) for k in range(3) for j in (1, 2)],
                generators=[GeneratorValue(*about, 100, 8, 5, 4.0, 0.9, 0.2, 0.1, 1.0)],
                config={"claims": ["robust", "forget", "collapse"], "seeds": [1]},
            ),
        }
    with tempfile.TemporaryDirectory() as folder:
        return {name: Path(found.save(Path(folder) / f"{name}.h5")).read_bytes() for name, found in results.items()}


@functools.cache
def _network():
    """Return a network of no size, images and labels."""
    import torch

    chance = torch.Generator().manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3))
    for weight in model.parameters():
        torch.nn.init.normal_(weight, generator=chance)
    x = torch.rand(20, 4, 4, 1, generator=chance).numpy()
    return model, x, np.arange(20) % 3


def network_files(rng):
    """Load, describe, draw, export and save again a result in which something was changed."""
    Path("x.h5").write_bytes(_made()[rng.choice(sorted(_made()))])
    drawn.change_hdf5(rng, Path("x.h5"))
    found, way = ictal.load("x.h5"), rng.random()
    repr(found)
    if way < 0.4:
        json.dumps(found.to_json(), allow_nan=False)
        found.facts()
    elif way < 0.5:
        ictal.export("x.h5", "csv", "out")
    elif way < 0.52:
        found.pictures()
    elif way < 0.53:
        found.html("x.html")
    else:
        found.save("again.h5")


def _choose(rng, good, odd):
    """Return some keywords, each good or odd; of images and labels the dimensions may be odd, too."""
    bad = rng.choice([*good, "", ""])
    return {name: rng.choice(odd(name)) if name == bad else value for name, value in good.items() if rng.random() < 0.5}


def attacks(rng):
    """Attack or evaluate a network with images, labels and settings that may be bad."""
    from ictal.models import PGD

    model, x, y = _network()
    odd = rng.choice(["x", "y", "", "", "", ""])
    x = rng.choice([drawn.array(rng), drawn.anything(rng), x * 255, x.astype(int)]) if odd == "x" else x
    y = rng.choice([drawn.array(rng), drawn.anything(rng), y - 1, y + 1, y[:3]]) if odd == "y" else y

    def other(name):
        return [drawn.anything(rng), drawn.number(rng), (drawn.number(rng), drawn.number(rng))]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        way = rng.random()
        if way < 0.5:
            good = {"norm": "l2", "step": 0.5, "kappa": 1.0, "seed": 3, "images": 5, "bounds": (-1, 2),
                    "losses": "margin", "attack": "fgsm"}  # fmt: skip
            given = {"epsilon": rng.choice([0.1, 0.1, (0.1, 0.2), (0.1, 0.2), *other("")]), **_choose(rng, good, other)}
            more = {} if str(given.get("attack")) == "fgsm" else {"steps": rng.choice([2, 2, 2, 2, 2, 0, 1.5, "2"])}
            rows = ictal.attack(model, x, y, checks=rng.random() < 0.05, **given, **more).rows
        elif way < 0.7:
            attack = rng.choice([PGD(0.1, steps=2), drawn.anything(rng)])
            ictal.adversarial(model, x, y, attack, **_choose(rng, {"seed": 3, "bounds": None}, other))
            return
        else:
            good = {"noise": (0.1,), "attacks": (0.1,), "strange": ("uniform-noise",), "outside": {"a": _network()[1]},
                    "layer": "1", "channels": "last", "seed": 2, "x_train": x, "y_train": y}  # fmt: skip
            rows = ictal.evaluate_model(model, x, y, **_choose(rng, good, other)).attacks
    for row in rows:
        if not 0 <= row.low <= row.accuracy <= row.high <= 1:
            raise WrongAnswerError(f"accuracy {row.accuracy} in [{row.low}, {row.high}]")


def task_sequences(rng):
    """Make tasks of a data set with names and settings that may be bad."""
    from ictal.models import task_sequence

    names = ["split", "split:", "split:0", "split:2", "split:5", "split:3", "permuted:1", "permuted:2", "permuted:1e3"]
    odd = rng.choice(["tasks", "scenario", "data", "seed"])
    tasks = rng.choice(["split:2", "split:5", "permuted:2"])
    scenario = None if tasks == "permuted:2" else rng.choice(["task", "class", "domain"])
    if odd == "tasks":
        tasks = rng.choice(
            [*names, drawn.anything(rng), f"split:{rng.choice(drawn.TEXTS)}", f"permuted:{rng.random()}"]
        )
    elif odd == "scenario":
        scenario = rng.choice(["task", None, drawn.anything(rng), rng.choice(drawn.TEXTS)])
    data = drawn.anything(rng) if odd == "data" and rng.random() < 0.5 else _digits()
    seed = drawn.number(rng) if odd == "seed" else 0
    made = task_sequence(data, tasks, scenario=scenario, seed=seed)
    if made.outputs.shape != (len(made), made.n_outputs) or any(not len(task.x_test) for task in made):
        raise WrongAnswerError(f"{made!r}: {made.outputs.shape}")


@functools.cache
def _digits():
    return ictal.load_data("digits", n_train=200, n_test=100)
