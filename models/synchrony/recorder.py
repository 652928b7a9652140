"""Synchrony of every layer of a network during its training, on fixed images, with surrogates."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...analyses.layers.cka import cka_matrix, varies_beyond_chance
from ...simulator import InputError, Recording, Run, unknown
from ...simulator.fields import Param, checked
from ...simulator.types import Floats
from ..datasets import Dataset
from ..probe.layers import Activity, Layers, Units
from .log import TrainingLog
from .probing import measured_units, probe_sets, probed
from .rows import NULLED, LayerMeasures

if TYPE_CHECKING:
    from torch import nn

SETS = ("train", "val", "test")
SPARE = 2  # units probed for each that is measured: one that dies is replaced by one that varies


class LayerSynchrony:
    """Recorder of the synchrony of layers during training: call recorder(step, model), as `train` does.

    On the same images every time, of the training and of the test set, it probes the input and the output of every
    layer (of a ReLU: pre- and post-activations) and takes all measures that are defined on samples without an order.
    All sets have the same number of samples. On one side all layers have as many units as the smallest,
    at most `max_units`. The order of units is drawn once; the first that vary on every set are measured. ``n_units`` is
    the number of measured units, lower where fewer vary; ``live_share`` is the share that varies,
    ``amplitude`` the root mean square of the measured units over the samples. Linear CKA between
    the layers is computed where surrogates are drawn.

    Surrogates cost hundreds of times what the values cost. They are drawn at the steps of `nulls_at`, by default at the
    first record; and in `finish`, to be called once with the trained network.

    The same network gives the same bits, also one that draws random numbers in evaluation mode; generators and buffers
    come back as they were.

    Args:
        data: images and labels.
        layers: names or patterns of modules, or ``"auto"`` for activation functions, as in `Layers`. A recurrent layer
            is taken at its last time point.
        measures: names; all that samples have if left out.
        sets: of "train", "val", "test".
        when: of "pre" (a module's input) and "post" (its output).
        n_probe: samples of each set, every class at its share; the smallest set decides for all.
        nulls: surrogates a value, for each of "permute" and "permute_within_class"; 0 for none.
        at: steps at which to measure; every record if None.
        nulls_at: steps at which surrogates are drawn.
        nulled: measures that surrogates are drawn for; those of `NULLED` if None.
        labels: the time label ``class`` of the training set: "clean", the true ones, or "noisy", those trained on.
        units: what a unit is, as in `Layers`.
        max_units: of a layer.
        batch_size: images in a forward pass.
        seed: of the choice of images and units, and of the surrogates.

    Raises:
        InputError: an argument that cannot be; a set with too few images; when called: a layer that does not exist.

    >>> import torch
    >>> from torch import nn
    >>> from ictal.models.datasets import load_data
    >>> recorder = LayerSynchrony(load_data("digits"), "1", measures="si_3", sets="test", n_probe=100, nulls=0)
    >>> recorder(0, nn.Sequential(nn.Flatten(), nn.Tanh()))
    >>> list(recorder.run()), list(recorder.latest())
    (['1_pre_test', '1_post_test'], ['si_3'])
    """

    def __init__(
        self,
        data: Dataset,
        layers: Sequence[str] | str = "auto",
        *,
        measures: Sequence[str] | str = (),
        sets: Sequence[str] | str = ("train", "test"),
        when: Sequence[str] | str = ("pre", "post"),
        n_probe: int = 1000,
        nulls: int = 199,
        at: Sequence[int] | None = None,
        nulls_at: Sequence[int] | None = None,
        nulled: Sequence[str] | None = None,
        labels: Literal["clean", "noisy"] = "clean",
        units: Units | Mapping[str, Units] = "auto",
        max_units: int = 256,
        batch_size: int = 256,
        seed: int = 0,
    ) -> None:
        for name, value, least in (("n_probe", n_probe, 8), ("max_units", max_units, 2), ("batch_size", batch_size, 1),
                                   ("seed", seed, 0)):  # fmt: skip
            _whole(name, value, least)
        if labels not in ("clean", "noisy"):
            raise unknown("LayerSynchrony.labels", str(labels), ("clean", "noisy"))
        self.patterns = (layers,) if isinstance(layers, str) else tuple(layers)
        self.when = _listed("when", when, ("pre", "post"))
        self.probes = probe_sets(data, _listed("sets", sets, SETS), n_probe, labels, seed)
        self.at, self.nulls_at = _steps("at", at), _steps("nulls_at", nulls_at)
        if self.at is not None and (lone := sorted((self.nulls_at or frozenset()) - self.at)):
            raise InputError(f"LayerSynchrony.nulls_at: must be among the steps of at; got {lone[0]}")
        self.units, self.max_units, self.batch_size, self.seed = units, max_units, batch_size, seed
        self._measures = LayerMeasures((measures,) if isinstance(measures, str) else measures, nulled, nulls)
        most = SPARE * max_units
        self._sides = [Layers(self.patterns, each, units, most, seed=seed) for each in self.when]  # type: ignore[arg-type]
        n_samples = len(next(iter(self.probes.values())).inputs)
        self._log = TrainingLog(
            self._measures.columns, {"n_samples": n_samples, "nulls": nulls, "labels": labels, "seed": seed}
        )

    def __call__(self, step: int, model: nn.Module) -> None:
        """Measure the network as it is at this step; a step that was measured before is measured anew."""
        first = not self._log.rows
        self._log.advance(int(step))
        if self.at is None or step in self.at:
            self._measure(int(step), model, first if self.nulls_at is None else step in self.nulls_at)

    def finish(self, model: nn.Module, step: int | None = None) -> None:
        """Measure the trained network once more with surrogates, at the step of its weights; the last record if None.

        Early stopping restores the weights of an earlier step: ``history.steps[history.kept]``.

        Raises:
            InputError: a step that was no record.
        """
        steps = self._log.steps
        step = (steps[-1] if steps else 0) if step is None else int(step)
        if steps and step not in steps:
            raise InputError(
                f"LayerSynchrony.finish: step must be that of a record, {self._log.in_words()}; got {step}"
            )
        self._log.advance(step)
        self._measure(step, model, True)

    def columns(self) -> tuple[str, ...]:
        """Return the keys of `latest`, known from the start: the measures."""
        names = [measure.name for measure in self._measures.measures]
        return (*(name for name in NULLED if name in names), *(name for name in names if name not in NULLED))

    def latest(self) -> dict[str, float]:
        """Measure -> mean over layers at the last record, on the last of `sets` and of `when`: for a progress line.

        The recommended measures come first; one that is not defined in any layer is left out.
        """
        side = (self.when[-1], next(reversed(self.probes)))
        last = [rows[max(rows)] for (_, *key), rows in self._log.rows.items() if tuple(key) == side]
        places = {column.label: at for at, column in enumerate(self._measures.columns)}
        out = {}
        for name in self.columns():
            found = np.array([row[places[name]] for row in last])
            if np.isfinite(found).any():
                out[name] = float(found[np.isfinite(found)].mean())
        return out

    @property
    def started(self) -> bool:
        """True after the first measurement."""
        return bool(self._log.rows)

    def recordings(self, source: Mapping[str, object] | None = None) -> dict[str, Recording]:
        """Return the records so far: ``LAYER_WHEN_SET`` (record, statistic of a measure) and ``cka_WHEN_SET``.

        Clock "step"; unit labels ``measure``, ``statistic``, ``null``, ``unit``; `valid` is False where nothing was
        measured or a measure is not defined. They go with ``history`` into one Run, and
        `ictal.analyses.layers.layer_synchrony` reads them.

        Raises:
            InputError: nothing was recorded; a step of `at` or `nulls_at` that was passed without a record; records
                that lie on no even grid.
        """
        log = self._log
        if not log.rows:
            raise InputError("LayerSynchrony: nothing was measured yet; call recorder(step, model) while training")
        for name, wanted in (("at", self.at), ("nulls_at", self.nulls_at)):
            missed = sorted(step for step in wanted or () if step < log.steps[-1] and step not in log.steps)
            if missed:
                raise InputError(f"LayerSynchrony.{name}: {missed[0]} was no record; records were {log.in_words()}")
        return log.recordings(source)

    def run(self, source: Mapping[str, object] | None = None) -> Run:
        """Return `recordings` as a Run of their own."""
        return Run(self.recordings(source), source)

    def state_dict(self) -> dict[str, Any]:
        """Return the records as numbers, strings, lists and tensors, for the checkpoint of a training."""
        return {"setup": self._setup(), **self._log.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`.

        Raises:
            InputError: that of a recorder of other measures, layers, images or surrogates.
        """
        there = state.get("setup", {})
        for name, mine in self._setup().items():
            if there.get(name) != mine:
                raise InputError(
                    f"LayerSynchrony.{name}: must be that of the checkpoint, {there.get(name)}; got {mine}"
                )
        self._log.load_state_dict(state)

    def _setup(self) -> dict[str, Any]:
        """Return the settings that two recorders share if one can go on where the other ended."""
        shown = {of: zlib.crc32(np.ascontiguousarray(probe.inputs).data) for of, probe in self.probes.items()}
        return {
            "layers": list(self.patterns),
            "measures": [column.label for column in self._measures.columns],
            "when": list(self.when),
            "images": shown,
            "units": dict(self.units) if isinstance(self.units, Mapping) else self.units,
            "max_units": self.max_units,
            "labels": self._log.shared["labels"],
            "nulls": self._measures.nulls,
            "seed": self.seed,
        }

    def _measure(self, step: int, model: nn.Module, surrogates: bool) -> None:
        shown = {of: probed(model, probe.inputs, self._sides, self.batch_size) for of, probe in self.probes.items()}
        by_side = [{of: found[at] for of, found in shown.items()} for at in range(len(self._sides))]
        self._fix_layers([next(iter(by_set.values())) for by_set in by_side])
        classes = {of: probe.classes for of, probe in self.probes.items()}
        log = self._log
        for when, by_set in zip(self.when, by_side, strict=True):
            taken: dict[str, list[Recording]] = {of: [] for of in self.probes}
            for layer in log.layers:
                activity = {of: layers[layer] for of, layers in by_set.items()}
                recordings, live_share = measured_units(layer, activity, classes, log.most_units[when], self.seed)
                for of, data in recordings.items():
                    taken[of].append(data)
                    key = f"{layer} {when} {of}"
                    own = int(np.random.SeedSequence([self.seed, step, zlib.crc32(key.encode())]).generate_state(1)[0])
                    row = self._measures(data, live_share[of], surrogates=surrogates, seed=own)
                    log.rows.setdefault((layer, when, of), {})[step] = row.values
                    for name, why in row.undefined.items():
                        log.undefined.setdefault(f"{key} {name}", f"at step {step}: {why}")
            if surrogates and len(log.layers) > 1:
                for of, layers in taken.items():
                    log.cka.setdefault((when, of), {})[step] = _similarities(layers)

    def _fix_layers(self, sides: Sequence[Mapping[str, Activity]]) -> None:
        """Fix the layers and the number of measured units at the first record; compare them at later ones."""
        log, layers = self._log, tuple(sides[-1])
        if log.layers and layers != log.layers:
            raise InputError(f"LayerSynchrony: must meet the layers {', '.join(log.layers)} at every record; "
                             f"got {', '.join(layers)}")  # fmt: skip
        if log.layers:
            return
        most_units = {}
        for when, side in zip(self.when, sides, strict=True):
            sizes = {layer: int(side[layer].values.shape[1]) for layer in layers}
            smallest = min(sizes, key=lambda layer: sizes[layer])
            if sizes[smallest] < 2:
                raise InputError(f"LayerSynchrony.layers: {smallest} has 1 unit ({when}); synchrony needs at least 2")
            most_units[when] = min(self.max_units, sizes[smallest])
            log.kinds |= {f"{layer} {when}": str(side[layer].about["unit"]) for layer in layers}
        log.layers, log.most_units = layers, most_units


def _whole(name: str, value: int, least: int) -> int:
    return int(checked(f"LayerSynchrony.{name}", int, Param("", ge=least), value))


def _steps(name: str, given: Sequence[int] | None) -> frozenset[int] | None:
    return None if given is None else frozenset(_whole(name, step, 0) for step in given)


def _listed(name: str, given: Sequence[str] | str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the given names in the order of the known ones."""
    names = (given,) if isinstance(given, str) else tuple(given)
    for one in names:
        if one not in known:
            raise unknown(f"LayerSynchrony.{name}", str(one), known)
    if not names:
        raise InputError(f"LayerSynchrony.{name}: must name at least one of {', '.join(known)}; got none")
    return tuple(one for one in known if one in names)


def _similarities(layers: Sequence[Recording]) -> Floats:
    """CKA of every pair of layers, in the order of the pairs; NaN with a layer that varies no more than by chance."""
    out = np.full((len(layers), len(layers)), np.nan)
    values = [layer.numpy() for layer in layers]
    varies = [at for at, x in enumerate(values) if np.ptp(x, axis=0).any() and varies_beyond_chance(x)]
    if varies:
        out[np.ix_(varies, varies)] = cka_matrix([values[at] for at in varies])
    return out[np.triu_indices(len(layers), 1)]
