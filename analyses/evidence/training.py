"""One training: metrics and synchrony of its layers, small enough to be stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ...simulator import InputError, Run, unknown
from ...simulator.files.document import Group, Variable, to_json
from ...simulator.types import Floats
from ..layers.layer_synchrony import AMPLITUDE, layer_synchrony, measures_in, parts

Kind = Literal["control", "few", "noise", "capacity", "treated", "tuning"]
OVERFITS: tuple[Kind, ...] = ("few", "noise", "capacity")
TREATED: tuple[Kind, ...] = ("treated", "tuning")
TREATED_METRICS = ("train_accuracy", "test_accuracy", "gap", "val_accuracy", "val_loss")
MOST = 21  # records of a treated network
SIDE = "post"  # activations, after what the layer does
NULL = "permute"  # free permutation of the images
SET = "test"  # images on which synchrony is read
KEPT = ("si_3", "chi_c", "lambda1_fraction", "within_class_si")  # measures that experiments and figures read


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """One training.

    Attributes:
        model: the network, e.g. ``"ResNet-18, width 16"``.
        data: the data set, e.g. ``"CIFAR-10"``.
        condition: what sets it apart from other trainings of the same network and data, e.g. ``"40 % noise"``.
        kind: ``"control"`` (well fitted), or by what it is made to overfit: ``"few"`` samples, label ``"noise"``,
            ``"capacity"``; ``"treated"`` where a treatment is tested, ``"tuning"`` where a shorter training chooses its
            dose.
        seed: of the data's split and noise, the weights and the batches; trainings of one seed are compared as pairs.
        steps: (record,) optimiser steps.
        metrics: name -> (record,): train_accuracy, test_accuracy, gap, val_loss ...
        layers: names in order of depth.
        synchrony: ``"MEASURE SET"``, e.g. ``"si_3 test"`` -> (record, layer), NaN where it is not defined.
        null_high: the same keys -> (record, layer): 97.5 % of the surrogates, NaN where none were drawn.
    """

    model: str
    data: str
    condition: str
    kind: Kind
    seed: int
    steps: Floats
    metrics: Mapping[str, Floats]
    layers: tuple[str, ...]
    synchrony: Mapping[str, Floats]
    null_high: Mapping[str, Floats]

    def __post_init__(self) -> None:
        n = self.steps.size
        if self.kind not in get_args(Kind):
            raise unknown("TrainingRun.kind", self.kind, get_args(Kind))
        if n < 2 or not (np.diff(self.steps) > 0).all():
            raise InputError(f"TrainingRun.steps: must be two or more rising steps; got {self.steps.tolist()}")
        for name, values in self.metrics.items():
            if values.shape != (n,):
                raise InputError(
                    f"TrainingRun.metrics[{name!r}]: must have shape ({n},), one a step; got {values.shape}"
                )
        for name, values in [*self.synchrony.items(), *self.null_high.items()]:
            if values.shape != (n, len(self.layers)):
                raise InputError(
                    f"TrainingRun.synchrony[{name!r}]: must have shape ({n}, {len(self.layers)}), (record, layer); "
                    f"got {values.shape}"
                )

    @property
    def setting(self) -> str:
        """Network and data."""
        return f"{self.model} on {self.data}"

    @property
    def overfits(self) -> bool:
        """Return whether it was made to overfit."""
        return self.kind in OVERFITS

    def layered(self, measure: str = "si_3") -> Floats:
        """Return a measure of every layer on the test images, (record, layer); NaN where it is not defined.

        Raises:
            InputError: the test images were not measured.
        """
        key = f"{measure} {SET}"
        if key not in self.synchrony:
            raise unknown("measure and set of a training", key, self.synchrony)
        return self.synchrony[key]

    def mean(self, measure: str = "si_3") -> Floats:
        """A measure, mean over the layers in which it is defined at every record, (record,).

        Raises:
            InputError: it was not measured, or there is no such layer.
        """
        values = self.layered(measure)
        whole = np.isfinite(values).all(axis=0)
        if not whole.any():
            where = f"{self.setting}, {self.condition}, seed {self.seed}"
            raise InputError(f"{where}: {measure} is defined at every record in no layer")
        return np.asarray(values[:, whole].mean(axis=1))

    def over_null(self, measure: str = "si_3") -> float:
        """A measure at the end minus 97.5 % of its surrogates, mean over layers; NaN where none were drawn."""
        high = self.null_high.get(f"{measure} {SET}")
        if high is None or not np.isfinite(high[-1]).any():
            return float("nan")
        return float(np.nanmean(self.layered(measure)[-1] - high[-1]))

    def at_share(self, share: float) -> int:
        """The record nearest to this share of training.

        >>> import numpy as np
        >>> c = TrainingRun("m", "d", "c", "few", 0, np.arange(5.0), {}, (), {}, {})
        >>> c.at_share(0.25)
        1
        """
        return int(np.abs(self.steps - (self.steps[0] + share * (self.steps[-1] - self.steps[0]))).argmin())

    def reduced(self) -> TrainingRun:
        """Return what is stored of a treated network: `TREATED_METRICS` and synchrony, of at most `MOST` records."""
        n = self.steps.size
        rows = np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(int))

        def at(tables: Mapping[str, Floats]) -> dict[str, Floats]:
            return {key: values[rows] for key, values in tables.items()}

        metrics = {name: values for name, values in self.metrics.items() if name in TREATED_METRICS}
        return replace(self, steps=self.steps[rows], metrics=at(metrics), synchrony=at(self.synchrony),
                       null_high=at(self.null_high))  # fmt: skip

    def until(self, record: int) -> TrainingRun:
        """Return it as it was up to a record, from 1."""
        rows = slice(0, record + 1)

        def at(tables: Mapping[str, Floats]) -> dict[str, Floats]:
            return {key: values[rows] for key, values in tables.items()}

        return replace(self, steps=self.steps[rows], metrics=at(self.metrics), synchrony=at(self.synchrony),
                       null_high=at(self.null_high))  # fmt: skip

    def at_accuracy(self, other: TrainingRun) -> int:
        """The record whose training accuracy is nearest to the last of another training."""
        return int(np.abs(self.metrics["train_accuracy"] - other.metrics["train_accuracy"][-1]).argmin())


def training_run_of(run: Run, *, model: str, data: str, condition: str, kind: Kind, seed: int) -> TrainingRun:
    """The training that a file of `ictal train` holds: its history, and of its layers' synchrony what is read.

    That is `KEPT` and the amplitude of activations on test images, and SI-3 alone with its surrogates and of treated
    networks. Of treated networks it is what `TrainingRun.reduced` keeps; of those that were stopped early what came up
    to the weights that were taken, those of the lowest validation loss.

    Raises:
        InputError: it holds no history, or no synchrony over training; records that differ.
    """
    history = run.recording("history")
    names = [str(name) for name in history.unit_labels["metric"]]
    times = np.asarray(history.times, dtype=np.float64)
    synchrony: dict[str, Floats] = {}
    null_high: dict[str, Floats] = {}
    layers: tuple[str, ...] = ()
    steps = times
    if (SIDE, SET) not in parts(run):
        raise InputError(f"{condition}, seed {seed}: must have synchrony of activations on {SET} images; got none")
    for measure in measures_in(run):
        if measure not in (KEPT[:1] if kind in TREATED else (*KEPT, AMPLITUDE)):
            continue
        found = layer_synchrony(run, measure, when=SIDE, of=SET)
        layers = found.layers
        if found.times.size != times.size:
            raise InputError(
                f"{condition}, seed {seed}: must have synchrony at each of the {times.size} records; "
                f"got {found.times.size}"
            )
        steps = found.times
        synchrony[f"{measure} {SET}"] = found.values
        if measure == KEPT[0] and NULL in found.nulls:
            null_high[f"{measure} {SET}"] = found.nulls[NULL].high
    values = history.numpy()
    metrics = {name: np.asarray(values[:, at], dtype=np.float64) for at, name in enumerate(names)}
    training = TrainingRun(model, data, condition, kind, seed, steps, metrics, layers, synchrony, null_high)
    if kind not in TREATED:
        return training
    how = run.source.get("training")
    stopped = isinstance(how, Mapping) and how.get("patience") is not None
    return (training.until(int(metrics["val_loss"].argmin())) if stopped else training).reduced()


def to_groups(trainings: Sequence[TrainingRun]) -> dict[str, Group]:
    """Trainings that differ in their seed alone, or in their treatment, as one group ``courses/NNNN``, as float32."""
    alike: dict[tuple[object, ...], list[TrainingRun]] = {}
    for training in trainings:
        tables = (tuple(training.metrics), tuple(training.synchrony), _drawn(training))
        about = (
            training.model,
            training.data,
            "" if training.kind in TREATED else training.condition,
            training.kind,
            training.layers,
            *training.steps.tolist(),
        )
        alike.setdefault((*about, *tables), []).append(training)
    return {f"courses/{at:04d}": _group(members) for at, members in enumerate(alike.values())}


def _drawn(training: TrainingRun) -> tuple[str, ...]:
    """Keys of the synchrony that surrogates were drawn for."""
    return tuple(key for key, values in training.null_high.items() if np.isfinite(values).any())


def _group(members: Sequence[TrainingRun]) -> Group:
    first = members[0]
    variables = {
        "seed": Variable(("seed",), np.array([training.seed for training in members], dtype=np.int64)),
        "step": Variable(("step",), first.steps),
    }
    if first.kind in TREATED:  # many conditions of few numbers
        variables["condition"] = Variable(("seed",), np.array([training.condition for training in members], dtype=str))

    def add(
        name: str, label: str, keys: Sequence[str], values: Sequence[Sequence[Floats]], dims: tuple[str, ...]
    ) -> None:
        if keys:
            variables[label] = Variable((label,), np.array(keys, dtype=str))
            variables[name] = Variable(("seed", label, *dims), np.array(values, dtype=np.float32))

    metrics, measures, nulls = tuple(first.metrics), tuple(first.synchrony), _drawn(first)
    add("metrics", "metric", metrics, [[c.metrics[key] for key in metrics] for c in members], ("step",))
    if measures:
        variables["layer"] = Variable(("layer",), np.array(first.layers, dtype=str))
    dims = ("step", "layer")
    add("synchrony", "measure", measures, [[c.synchrony[key] for key in measures] for c in members], dims)
    add("null_high", "null", nulls, [[c.null_high[key] for key in nulls] for c in members], dims)
    about = {key: getattr(first, key) for key in ("model", "data", "condition", "kind")}
    about["condition"] = "" if first.kind in TREATED else first.condition
    return Group(variables, {"course": to_json(about)})


def from_group(group: Group) -> list[TrainingRun]:
    """The trainings that `to_groups` stored as one."""
    stored = group.variables
    about = json.loads(str(group.attrs["course"]))
    n = len(stored["seed"].values)
    conditions = map(str, stored["condition"].values) if "condition" in stored else [str(about["condition"])] * n
    conditions = [name.replace("the source", "the paper") for name in conditions]  # an older word of files
    steps = np.asarray(stored["step"].values, dtype=np.float64)
    layers = tuple(map(str, stored["layer"].values)) if "layer" in stored else ()

    def table(name: str, label: str, at: int) -> dict[str, Floats]:
        if name not in stored:
            return {}
        values = np.asarray(stored[name].values[at], dtype=np.float64)
        return dict(zip(map(str, stored[label].values), values, strict=True))

    return [
        TrainingRun(
            str(about["model"]), str(about["data"]), conditions[at], about["kind"], seed, steps,
            table("metrics", "metric", at), layers, table("synchrony", "measure", at), table("null_high", "null", at),
        )
        for at, seed in enumerate(stored["seed"].values.tolist())
    ]  # fmt: skip
