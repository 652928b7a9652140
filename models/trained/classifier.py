"""A classifier of images: a deep network that fits well, overfits or memorises, and the activity of its layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from ...simulator import Recording, Run, Spikes
from ...simulator.fields import Checked, Param, checked
from ...simulator.files.document import versions
from ..architectures.base import Sizes
from ..datasets import Dataset, load_data, stratified
from ..system import attribution

if TYPE_CHECKING:  # torch takes seconds to import: only `fit` and `record` load it
    from torch import nn

    from ..architectures.mlp import MLP
    from ..training import History


@dataclass(frozen=True)
class Classifier(Checked):
    """A multilayer perceptron trained on images; its layers over samples, over a morph loop, over training.

    Three conditions at one number of optimiser steps, by the fields alone: as it stands it fits
    well; ``n_train=50`` overfits (few clean samples); ``label_noise=0.4`` memorises wrong labels.
    The seed draws everything: split and choice of the data, label noise, initial weights, order of
    the batches, stimuli. Split, weights and stimuli of one seed are the same in every condition.

    A Run holds, for every probed layer, ``LAYER_samples`` (sample, unit) with the label ``class``,
    ``LAYER_loop`` (frame, unit), periodic, and ``LAYER_steps`` (stimulus, step, unit), all on test
    images, and ``history``. Layers are probed before their ReLU by default: the zeros of a ReLU
    alone lift the null of Kuramoto's r to 0.4.

    Raises:
        InputError: a field that cannot be.
    """

    data: Annotated[str, Param("data: digits, fashion-mnist, a folder of IDX files, a .npz file")] = "digits"
    n_train: Annotated[int | None, Param("training images; none: all", ge=1)] = 1000
    n_test: Annotated[int | None, Param("test images; none: all", ge=1)] = None
    label_noise: Annotated[float, Param("fraction of the training labels made wrong [1]", ge=0, le=1)] = 0.0
    hidden: Sizes = (128, 128)
    steps: Annotated[int, Param("optimiser steps", ge=1)] = 1000
    every: Annotated[int, Param("steps between records of history and stimuli; divides all steps", ge=1)] = 10
    learning_rate: Annotated[float, Param("learning rate [1]", gt=0)] = 2e-3
    batch_size: Annotated[int, Param("images of an optimiser step", ge=1)] = 128  # at 64 Adam leaves some noisy labels
    optimiser: Annotated[Literal["adam", "sgd"], Param("optimiser; adam is AdamW")] = "adam"
    weight_decay: Annotated[float, Param("weight decay [1]", ge=0)] = 0.0
    layers: Annotated[
        tuple[str, ...], Param("layers that are probed: patterns of module names; hidden.*.relu for activations")
    ] = ("hidden.*.linear",)
    n_probe: Annotated[int, Param("test images of LAYER_samples", ge=1)] = 400
    n_stimuli: Annotated[int, Param("test images of LAYER_loop and LAYER_steps, of different classes", ge=2)] = 8
    frames: Annotated[int, Param("frames of the morph from one stimulus to the next", ge=1)] = 24
    max_units: Annotated[int, Param("units kept of a layer", ge=1)] = 1024

    def load(self, seed: int) -> Dataset:
        """Return the data that `fit` trains on with this seed."""
        return load_data(self.data, n_train=self.n_train, n_test=self.n_test, label_noise=self.label_noise, seed=seed)

    def fit(
        self,
        seed: int,
        data: Dataset | None = None,
        on_record: Callable[[int, nn.Module], None] | None = None,
        progress: Callable[[float, float], None] | None = None,
    ) -> tuple[MLP, History]:
        """Return the trained network and the history of its training (see `train`)."""
        import torch

        from ..architectures.mlp import MLP
        from ..training import Training, train

        data = self.load(seed) if data is None else data
        weights, order, _ = self._seeds(seed)
        model = MLP.for_data(data, self.hidden, generator=torch.Generator().manual_seed(weights))
        how = Training(
            steps=self.steps,
            every=self.every,
            learning_rate=self.learning_rate,
            batch_size=min(self.batch_size, len(data.x_train)),
            optimiser=self.optimiser,
            weight_decay=self.weight_decay,
        )
        return model, train(model, data, how, seed=order, on_record=on_record, progress=progress)

    def record(self, seed: int, progress: Callable[[float, float], None] | None = None) -> Run:
        """Train once and record; the same seed gives the same bits. `progress` is called with (done, total) [steps].

        Raises:
            InputError: data that cannot be had, a field that does not fit them, a loss that is not finite.
        """
        from ..probe.layers import Layers
        from ..probe.record import StepRecorder, morph_loop, record_loop, record_samples
        from ..training import cpu_threads

        data = self.load(seed)
        rng = np.random.default_rng(self._seeds(seed)[2])
        probe = stratified(rng, data.y_test, self.n_probe, "Classifier.n_probe: the test set")
        shown = stratified(rng, data.y_test, self.n_stimuli, "Classifier.n_stimuli: the test set")
        stimuli, classes = data.x_test[shown], data.y_test[shown]
        source = {
            **attribution("classifier", self, seed), "engine": "torch", "versions": versions("torch", "scikit-learn"),
        }  # fmt: skip
        layers = Layers(self.layers, max_units=self.max_units)
        steps = StepRecorder(stimuli, layers, labels=classes)
        model, history = self.fit(seed, data, on_record=steps, progress=progress)
        with cpu_threads(1):
            samples = record_samples(model, data.x_test[probe], layers, labels=data.y_test[probe], source=source)
            loop = record_loop(model, morph_loop(stimuli, self.frames), layers, labels=classes, source=source)
        entries: dict[str, Recording | Spikes] = {}
        for kind, run in (("samples", samples), ("loop", loop), ("steps", steps.run(source))):
            entries |= {f"{name}_{kind}": entry for name, entry in run.items()}
        return Run({**entries, "history": history.recording(source)}, source)

    def _seeds(self, seed: int) -> tuple[int, int, int]:
        seed = checked("Classifier.seed", int, Param("", ge=0), seed)
        weights, order, stimuli = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
        return weights, order, stimuli
