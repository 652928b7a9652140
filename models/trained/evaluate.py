"""Evaluation of a network, of a file or of one's own: known, noisy, attacked, corrupted and strange images."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Number
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ...analyses.evidence.effect import auc_interval, wilson
from ...simulator import InputError
from ...simulator.fields import Param, checked
from ...simulator.progress import shows_progress
from ...simulator.types import Progress, Shown
from ..probe.choice import check_model
from ..training.build import device
from ..training.settings import DataChoice
from .evaluated import SCORES, Evaluated, NoiseAccuracy, Strange
from .opened import data_of_training, network_and_data, seed_of_training

if TYPE_CHECKING:  # torch takes seconds to import
    import torch
    from torch import Tensor, nn

    from ..attacks.base import Attack
    from ..attacks.result import AttackRow
    from ..datasets import Dataset

STRANGE = ("permuted-pixels", "uniform-noise")  # need no other data
HELD_OUT = "held-out-classes"  # needs a network that never saw them
ARRAYS = "arrays"  # name of data that were given as arrays
CHANNELS = (1, 2, 3, 4)  # sizes of an axis of channels


@dataclass(frozen=True, eq=False)
class _Subject:
    """A network, its data with the channels last, and what is done with both.

    Attributes:
        channels_first: the network takes images (n, channel, height, width).
    """

    model: nn.Module
    data: Dataset
    where: torch.device
    dtype: torch.dtype
    seed: int
    progress: Progress | None
    channels_first: bool = False

    def shown(self, x: NDArray[Any]) -> Tensor:
        """Return images as the network takes them, on its device and in its precision."""
        import torch

        found = torch.tensor(np.asarray(x)).to(self.where)
        found = found.to(self.dtype) if found.is_floating_point() else found
        return found.movedim(-1, 1).contiguous() if self.channels_first else found

    def classes(self, y: NDArray[Any]) -> Tensor:
        """Return classes on the device of the network."""
        import torch

        return torch.tensor(np.asarray(y)).to(self.where)


@shows_progress
def evaluate_file(
    path: str | os.PathLike[str],
    data: DataChoice | None = None,
    *,
    seed: int | None = None,
    noise: Sequence[float] = (),
    attacks: Sequence[float | Attack] = (),
    corruptions: bool = False,
    strange: Sequence[str] = (),
    device_name: str = "auto",
    threads: int = 1,
    command: str = "",
    progress: Shown = None,
) -> Evaluated:
    """Evaluate the network of a file that ``ictal train`` wrote.

    Args:
        path: FILE.pt, or a checkpoint.
        data: which data; those of the training if left out, which are then chosen as they were.
        seed: of noise, attacks, corruptions and strange images, and of split and choice of `data`, if given; that of
            the training if left out.
        noise: also on test images with Gaussian noise of these SDs, see `noisy`.
        attacks: also on attacked test images: sizes ε of PGD in L∞, or attacks.
        corruptions: also on test images corrupted in every way at every severity.
        strange: also on the images from outside of these pairs: names of `OOD_PAIRS`, e.g. STRANGE, "other:NAME". With
            any, those of the classes that training held out are among them.
        device_name: see `Job.device`.
        threads: CPU threads.
        command: line that repeats it, kept in the result.
        progress: called as progress(done, total, what); True shows it.

    Raises:
        InputError: a file that cannot be used, data of another shape or with other classes, data of the training that
            are no longer what they were, or a strength that cannot be.
    """
    import torch

    from ..training import cpu_threads
    from ..training.checkpoint import architecture_in_words

    if seed is not None:
        seed = checked("evaluate.seed", int, Param("", ge=0), seed)
    where = device(device_name)
    model, loaded, about = network_and_data(path, data, seed)
    own = seed_of_training(about)
    if (corruptions or strange or attacks or noise) and loaded.kind != "images":
        raise InputError(
            f"{loaded.name}: holds {loaded.kind}; noise, attacks, corruptions and strange images are for images"
        )
    seed, own = own if seed is None else seed, own if data is None or seed is None else seed
    data = data or data_of_training(about, path)
    outside = {HELD_OUT: data.pair(own).outside} if strange and data.hold_out else {}
    subject = _Subject(model.to(where), loaded, where, torch.float32, seed, progress)
    with cpu_threads(threads):
        found = Evaluated(
            architecture_in_words(about["architecture"]), data, seed, {}, assumptions=loaded.notes or (),
            command=command,
        )  # fmt: skip
        return _evaluated(found, subject, noise, attacks, corruptions, strange, outside, "auto")


@shows_progress
def evaluate_model(
    model: nn.Module,
    x_test: NDArray[Any] | Tensor,
    y_test: NDArray[Any] | Tensor,
    *,
    x_train: NDArray[Any] | Tensor | None = None,
    y_train: NDArray[Any] | Tensor | None = None,
    noise: Sequence[float] = (),
    attacks: Sequence[float | Attack] = (),
    corruptions: bool = False,
    strange: Sequence[str] = (),
    outside: Mapping[str, NDArray[Any] | Tensor] | None = None,
    layer: str = "auto",
    channels: Literal["first", "last"] | None = None,
    seed: int = 0,
    progress: Shown = None,
) -> Evaluated:
    """Evaluate a network of one's own, which gives logits (n, class) for images (n, ...) with pixels in [0, 1].

    It is evaluated where it is, in evaluation mode, and comes back as it was. Standardise images within the network.

    Args:
        model: any torch module.
        x_test, y_test: images (n, ...), classes (n,) from 0 on.
        x_train, y_train: training images, for the gap and for the Mahalanobis distance of strange images.
        noise, attacks, corruptions, strange: as of `evaluate_file`.
        outside: further strange images by a name of one's own, in the shape of the test images.
        layer: name of a module whose output is the last hidden layer, for the Mahalanobis distance; "auto": the input
            of the layer that gives the logits.
        channels: where images of four axes have their channels; None: where one axis alone has at most 4 entries.
        seed: of noise, attacks, corruptions and strange images.
        progress: called as progress(done, total, what); True shows it.

    Raises:
        InputError: no images, classes that are none or one alone, images outside of [0, 1], a model that returns
            probabilities, a strength that cannot be, a layer that is not there or whose covariance cannot be inverted.
    """
    import torch

    from ..datasets import Dataset
    from ..probe.numbers import as_labels, several

    check_model("evaluate_model.model", model)
    checked("evaluate_model.corruptions", bool, Param(""), corruptions)
    if (x_train is None) != (y_train is None):
        raise InputError("evaluate_model: x_train and y_train belong together; give both or none")
    if outside is not None and not isinstance(outside, Mapping):
        raise InputError(f"evaluate_model.outside: must be images by name, {{NAME: x}}; got {type(outside).__name__}")
    x = _images("x_test", x_test)
    y = as_labels("evaluate_model.y_test", y_test, len(x)).cpu().numpy()
    strange = several("evaluate_model.strange", strange, "('permuted-pixels',)")
    if len(np.unique(y)) < 2:
        raise InputError(f"evaluate_model.y_test: must hold at least 2 classes; got {np.unique(y).tolist()}")
    changing = corruptions or "permuted-pixels" in strange
    first, notes = _channels_first(x.shape, channels, changing)
    shown = {
        "test": x,
        "train": np.empty((0, *x.shape[1:]), x.dtype) if x_train is None else _images("x_train", x_train),
    }
    others = {name: _images(name, images) for name, images in (outside or {}).items()}
    for name, images in (*shown.items(), *others.items()):
        if images.shape[1:] != x.shape[1:]:
            raise InputError(
                f"evaluate_model: images of {name} must have the shape {x.shape[1:]} of test images; got "
                f"{images.shape[1:]}"
            )
    if first:
        shown, others = ({k: np.moveaxis(v, 1, -1) for k, v in each.items()} for each in (shown, others))
    known = [] if y_train is None else as_labels("evaluate_model.y_train", y_train, len(shown["train"])).tolist()
    y_known = np.array(known, np.int64)
    held = next((p for p in (*model.parameters(), *model.buffers()) if p.is_floating_point()), torch.empty(0))
    data = Dataset(
        ARRAYS, shown["train"], y_known, y_known, shown["test"], y, int(max(y.max(), y_known.max(initial=0))) + 1
    )  # fmt: skip
    choice = DataChoice(ARRAYS, len(y_known) or None, len(y))
    subject = _Subject(model, data, held.device, held.dtype, checked("evaluate_model.seed", int, Param("", ge=0), seed),
                       progress, first)  # fmt: skip
    if any(module.training for module in model.modules()):
        notes.append(f"{type(model).__name__} came in training mode; it was evaluated in evaluation mode")
    found = Evaluated(type(model).__name__, choice, seed, {}, assumptions=tuple(notes))
    return _evaluated(found, subject, noise, attacks, corruptions, strange, others, layer)


def _images(name: str, values: Any) -> NDArray[Any]:
    """Return images as an array, half precision as single.

    Raises:
        InputError: there are none, or they are not finite.
    """
    import torch

    from ..probe.numbers import as_tensor

    found = as_tensor(f"evaluate_model.{name}", values).detach().cpu()
    if found.ndim < 2 or len(found) == 0:
        raise InputError(
            f"evaluate_model.{name}: must hold at least one image, (n, ...); got shape {tuple(found.shape)}"
        )
    if not bool(torch.isfinite(found).all()):
        raise InputError(f"evaluate_model.{name}: must be finite; got NaN or infinity in some images")
    return np.asarray((found.float() if found.dtype.is_floating_point and found.dtype.itemsize < 4 else found).numpy())


def _channels_first(shape: tuple[int, ...], channels: str | None, needed: bool) -> tuple[bool, list[str]]:
    """Return whether axis 1 of images holds their channels, and what was assumed.

    Raises:
        InputError: it could as well be the last.
    """
    if channels not in (None, "first", "last"):
        raise InputError(f"evaluate_model.channels: must be 'first' or 'last'; got {channels!r}")
    if len(shape) != 4 or channels is not None:
        return channels == "first" and len(shape) == 4, []
    first, last = shape[1] in CHANNELS, shape[3] in CHANNELS
    if first == last and needed:
        raise InputError(
            f"evaluate_model: images of shape {shape[1:]} have their channels first or last; give channels='first' or "
            "'last'"
        )
    taken = first and not last
    return taken, [f"images (n, {'channel, height, width' if taken else 'height, width, channel'})"] * needed


def _evaluated(
    found: Evaluated,
    of: _Subject,
    noise: Sequence[float],
    attacks: Sequence[float | Attack],
    corruptions: bool,
    strange: Sequence[str],
    outside: Mapping[str, NDArray[Any]],
    layer: str,
) -> Evaluated:
    """Return an evaluation with its tables."""
    import torch

    from ..attacks.arguments import check_attack
    from ..attacks.gradient import PGD
    from ..probe.kept import undisturbed
    from ..probe.layers import evaluating
    from ..probe.numbers import several
    from ..probe.passing import LOGITS, are_probabilities
    from ..training import assess, logits, probabilities, reliability

    data, notes = of.data, list(found.assumptions)
    sds = [
        checked("evaluate.noise", float, Param("", ge=0), sd) for sd in several("evaluate.noise", noise, "(0.1, 0.2)")
    ]
    made = [
        check_attack(PGD(cast("float", each)) if isinstance(each, Number) else each)
        for each in several("evaluate.attacks", attacks, "(0.01, 0.03) or [PGD(0.03, steps=40)]")
    ]
    sets = {name: (getattr(data, f"x_{name}"), getattr(data, f"y_{name}")) for name in ("train", "test", "val")}
    known = {name: assess(of.model, of.shown(x), of.classes(y)) for name, (x, y) in sets.items() if len(x)}
    if are_probabilities(torch.from_numpy(logits(of.model, of.shown(data.x_test)))):
        raise InputError(f"evaluate.model: {LOGITS}")
    bins = reliability(probabilities(of.model, of.shown(data.x_test)), data.y_test)
    with undisturbed(of.model, seeded=False) as drawing, evaluating(of.model):
        of.model(of.shown(data.x_test[:2]))
        drawn = drawing()
    if drawn:
        notes.append(
            f"{type(of.model).__name__} draws random numbers in evaluation mode, as F.dropout does without "
            "training=self.training: all figures are those of one draw"
        )
    beyond = int(np.count_nonzero((data.x_test < 0) | (data.x_test > 1)))
    if beyond and (noise or attacks or corruptions):
        notes.append(f"{beyond:,} of {data.x_test.size:,} values of the test images lie outside of [0, 1]: clipped")
    found = replace(found, sets=known, reliability=bins, noise=[_noisy(of, sd) for sd in sorted(set(sds))])
    if made:
        rows, warnings = _attacked(of, made)
        found = replace(found, attacks=rows, warnings=warnings)
    if corruptions:
        found = replace(found, corruptions=_corrupted(of))
    if strange or outside:
        table, said = _strange(of, strange, outside, layer)
        found, notes = replace(found, strange=table), [*notes, *said]
    return replace(found, assumptions=tuple(dict.fromkeys(notes)))


def _accuracy(of: _Subject, x: NDArray[Any]) -> float:
    from ..training import evaluate

    return evaluate(of.model, of.shown(x), of.classes(of.data.y_test))[1]


def _noisy(of: _Subject, sd: float) -> NoiseAccuracy:
    from ..datasets.corruptions import noisy

    accuracy, n = _accuracy(of, noisy(of.data.x_test, sd, of.seed)), len(of.data.x_test)
    return NoiseAccuracy(sd, n, accuracy, *wilson(accuracy * n, n))


def _attacked(of: _Subject, attacks: Sequence[Any]) -> tuple[list[AttackRow], Sequence[str]]:
    from ..attacks.measure import attacked
    from ..datasets.corruptions import noisy

    x, y = of.shown(noisy(of.data.x_test, 0.0)), of.classes(of.data.y_test)  # checked and clipped
    found = attacked(of.model, x, y, attacks, seed=of.seed, progress=of.progress)
    return list(found.rows), found.warnings


def _corrupted(of: _Subject) -> dict[str, tuple[float, ...]]:
    from ..datasets.corruptions import CORRUPTIONS, SEVERITIES, corrupted

    out: dict[str, tuple[float, ...]] = {}
    for done, name in enumerate(CORRUPTIONS):
        if of.progress:
            of.progress(done, len(CORRUPTIONS), name)
        out[name] = tuple(_accuracy(of, corrupted(of.data.x_test, name, severity, of.seed)) for severity in SEVERITIES)
    return out


def _strange(
    of: _Subject, pairs: Sequence[str], given: Mapping[str, NDArray[Any]], layer: str
) -> tuple[dict[str, Strange], list[str]]:
    """Return the scores of strange images, and what was assumed for them."""
    import torch

    from ..datasets.ood import out_of_distribution
    from ..training import logits
    from .scores import SHRINKAGE, HiddenLayer, Mahalanobis, energy, last_layer

    data = of.data
    if HELD_OUT not in given and HELD_OUT in pairs:
        raise InputError(f"evaluate: {HELD_OUT} needs a network that never saw them: train it with --hold-out")
    outside = dict(given) | {
        name: out_of_distribution(name, data, of.seed).outside for name in pairs if name != HELD_OUT
    }
    far, hidden, shown = None, None, of.shown(data.x_test[:2])
    name = last_layer(of.model, shown) if layer == "auto" else layer
    if not len(data.x_train):
        said = "Mahalanobis distance: not computed; it needs the training images (x_train, y_train)"
    elif name is None:
        said = "Mahalanobis distance: not computed; no layer with weights gives the logits as they are (layer=NAME)"
    else:
        hidden = HiddenLayer(of.model, shown, name, given=layer == "auto")
        far = Mahalanobis.fitted(hidden(of.shown(data.x_train)), data.y_train)
        said = f"Mahalanobis distance: {hidden.words}; covariance within classes, shrunk by {SHRINKAGE:g}"

    def scores(x: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
        z = logits(of.model, of.shown(x))
        found = {"max-softmax": torch.from_numpy(z).softmax(1).amax(1).numpy(), "energy": energy(z)}
        return found | ({} if far is None or hidden is None else {"mahalanobis": far(hidden(of.shown(x)))})

    known, out = scores(data.x_test), {}
    for name, images in outside.items():
        other = scores(images)
        row = [
            value
            for score in SCORES
            for value in (_auroc(known[score], other[score]) if score in known else [math.nan] * 3)
        ]
        out[name] = Strange(len(images), float(other["max-softmax"].mean()), *row)
    return out, [said]


def _auroc(known: NDArray[np.float64], strange: NDArray[np.float64]) -> list[float]:
    from ..training import separation

    value = separation(known, strange)
    return [value, *auc_interval(value, len(known), len(strange))]
