"""Recordings of any torch module: over samples, a closed loop of morphed images, or training steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...simulator.errors import InputError
from ...simulator.recordings.recording import Clock, Recording
from ...simulator.recordings.run import Run
from .choice import check_model, chosen
from .layers import Activity, Layers

if TYPE_CHECKING:
    from torch import Tensor, nn


def record_samples(
    model: nn.Module,
    inputs: NDArray[Any] | Tensor,
    layers: Layers | Sequence[str] | str,
    *,
    labels: NDArray[Any] | None = None,
    batch_size: int = 256,
    source: Mapping[str, object] | None = None,
) -> Run:
    """Record the layers on a set of samples: one Recording (sample, unit) for each layer, clock ``"sample"``.

    Samples have no order. A recurrent layer gives (sample, time, unit) with clock ``"model"``.

    Args:
        model, layers: as in Probe, which sets evaluation mode and no gradients.
        inputs: (n, ...); copied in batches to the model's device, floats to the type of its first layer.
        labels: classes (n,), stored as the time label ``"class"``.
        source: provenance of the Run; each Recording adds ``"probe"``: layer, call, when, unit, n_units.

    Raises:
        InputError: as in Probe; activations that are not finite.
    """
    out = {}
    source = _assumed(model, layers, source)
    for name, taken in _activities(model, inputs, layers, batch_size).items():
        if taken.values.ndim == 3:
            out[name] = _recording(taken, taken.values, "model", source)
        else:
            time_labels = {} if labels is None else {"class": np.asarray(labels)}
            out[name] = replace(_recording(taken, taken.values, "sample", source), time_labels=time_labels)
    return _run(out, source)


@dataclass(frozen=True, eq=False)
class MorphLoop:
    """A closed loop of stimuli: frames (n_images · frames, ...), and the index of the image nearest to each."""

    frames: NDArray[np.float32]
    stimulus: NDArray[np.int64]


def morph_loop(images: NDArray[Any], frames: int = 24) -> MorphLoop:
    r"""Join images into a closed loop by linear interpolation, the last leading back to the first.

    .. math:: s_{iF + k} = (1 - k/F)\, x_i + (k/F)\, x_{(i+1) \bmod n}, \quad k = 0 \ldots F-1

    Args:
        images: (n, ...) with n >= 2.
        frames: F, frames from one image to the next; halfway counts to the earlier one.

    Raises:
        InputError: fewer than 2 images, or fewer than 1 frame.

    >>> loop = morph_loop(np.array([[0.0], [1.0]]), frames=2)
    >>> loop.frames[:, 0].tolist(), loop.stimulus.tolist()
    ([0.0, 0.5, 1.0, 0.5], [0, 0, 1, 1])
    """
    x = np.asarray(images, dtype=np.float32)
    if x.ndim < 2 or len(x) < 2:
        raise InputError(f"morph_loop.images: must have shape (images, ...) with at least 2 images; got {x.shape}")
    if frames < 1:
        raise InputError(f"morph_loop.frames: must be >= 1; got {frames}")
    part = (np.arange(frames, dtype=np.float32) / frames).reshape(-1, *([1] * (x.ndim - 1)))
    loop = np.concatenate([(1 - part) * a + part * b for a, b in zip(x, np.roll(x, -1, axis=0), strict=True)])
    near = np.arange(len(x))[:, None] + (2 * np.arange(frames) > frames)
    return MorphLoop(loop, (near % len(x)).reshape(-1))


def record_loop(
    model: nn.Module,
    loop: MorphLoop,
    layers: Layers | Sequence[str] | str,
    *,
    labels: NDArray[Any] | None = None,
    batch_size: int = 256,
    source: Mapping[str, object] | None = None,
) -> Run:
    """Record the layers along a loop of stimuli: a periodic Recording (frame, unit) for each layer, clock ``"frame"``.

    The time label ``"stimulus"`` is the nearest image, ``"class"`` its class if `labels` (images,)
    are given. A recurrent layer gives (time, frame, unit): its own time leads, as trials do.

    Raises:
        InputError: as in `record_samples`.
    """
    time_labels = {"stimulus": loop.stimulus}
    if labels is not None:
        if len(labels) != loop.stimulus.max() + 1:
            raise InputError(f"record_loop.labels: must be one per image, {loop.stimulus.max() + 1}; got {len(labels)}")
        time_labels["class"] = np.asarray(labels)[loop.stimulus]
    out = {}
    source = _assumed(model, layers, source)
    for name, taken in _activities(model, loop.frames, layers, batch_size).items():
        record = _recording(taken, taken.values.movedim(0, -2), "frame", source)
        out[name] = replace(record, periodic=True, time_labels=time_labels)
    return _run(out, source)


class StepRecorder:
    """Recorder of a fixed set of stimuli at several steps of a training: (stimulus, step, unit) for each layer.

    Call it as recorder(step, model) at evenly spaced steps (`train` does so through `on_record`),
    then take `run()`. The units are the same at every step. `layers.max_values` bounds all
    steps together. Trajectories share the drift of training: measure synchrony on increments.

    Args:
        inputs: (stimuli, ...), few.
        layers: as in Probe.
        labels: classes (stimuli,), stored in the provenance of every Recording as ``stimulus_class``.

    Raises:
        InputError: as in Probe; `run` before two steps, or with steps that are not evenly spaced.
    """

    def __init__(
        self, inputs: NDArray[Any] | Tensor, layers: Layers | Sequence[str] | str, *, labels: NDArray[Any] | None = None
    ) -> None:
        self.inputs = inputs.detach().clone() if hasattr(inputs, "detach") else np.array(inputs)  # they stay fixed
        self.layers = layers if isinstance(layers, Layers) else Layers(layers)
        self.labels = labels
        self._steps: list[int] = []
        self._units: dict[str, Activity] = {}
        self._values: dict[str, list[Tensor]] = defaultdict(list)
        self._held = 0

    def __call__(self, step: int, model: nn.Module) -> None:
        """Record the model as it is at this step."""
        for name, taken in _activities(model, self.inputs, self.layers, 256).items():
            self._held += taken.values.numel()
            if self._held > self.layers.max_values:
                raise InputError(
                    f"Layers.max_values: the recorder may hold {self.layers.max_values} values, and step {step} "
                    "brings it beyond; lower max_units, record less often, or raise max_values"
                )
            self._units.setdefault(name, taken)
            self._values[name].append(taken.values)
        self._steps.append(step)

    def run(self, source: Mapping[str, object] | None = None) -> Run:
        """Return all steps so far: a Recording (stimulus, step, unit) a layer, clock ``"step"``."""
        import torch

        gaps = np.unique(np.diff(self._steps))
        if gaps.size != 1 or gaps[0] <= 0:
            raise InputError(f"StepRecorder: needs at least two, evenly spaced steps; got {self._steps[:10]}")
        extra = {} if self.labels is None else {"stimulus_class": np.asarray(self.labels).tolist()}
        out = {}
        for name, parts in self._values.items():
            taken = replace(self._units[name], about={**self._units[name].about, **extra})
            values = torch.stack(parts, dim=-2)
            out[name] = replace(_recording(taken, values, "step", source), dt=float(gaps[0]), t0=float(self._steps[0]))
        return _run(out, source)


def _activities(
    model: nn.Module, inputs: NDArray[Any] | Tensor, layers: Layers | Sequence[str] | str, batch_size: int
) -> dict[str, Activity]:
    from .passing import activities  # loads torch

    return activities(model, inputs, [layers if isinstance(layers, Layers) else Layers(layers)], batch_size)[0]


def _assumed(
    model: nn.Module, layers: Layers | Sequence[str] | str, source: Mapping[str, object] | None
) -> Mapping[str, object] | None:
    """Return the provenance with the layers that "auto" took, as a sentence under ``"assumptions"``."""
    check_model("probe.model", model)
    taken = chosen(model, (layers if isinstance(layers, Layers) else Layers(layers)).patterns)
    if taken is None:
        return source
    before: Any = (source or {}).get("assumptions", ())
    return {**(source or {}), "assumptions": [*before, taken.in_words()]}


def _recording(taken: Activity, values: Tensor, clock: Clock, source: Mapping[str, object] | None) -> Recording:
    array = values.numpy()
    array.setflags(write=False)
    try:
        return Recording(
            array,
            dt=1.0,
            clock=clock,
            quantity="activation",
            unit="1",
            unit_labels=taken.unit_labels,
            source={**(source or {}), "probe": dict(taken.about)},
        )
    except InputError as error:
        raise InputError(f"probe of {taken.about['layer']}: {error}") from None


def _run(records: Mapping[str, Recording], source: Mapping[str, object] | None) -> Run:
    return Run({name.replace("/", ":"): record for name, record in records.items()}, source)
