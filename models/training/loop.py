"""Training a classifier by gradient descent: a plain loop that can be read in a sitting."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...simulator import InputError
from ...simulator.files.document import versions
from ..datasets import Dataset
from ..datasets.augment import augmented
from ..treatments.base import Intervention, Task, Treatment
from .build import stored
from .compared import SetName
from .context import Attended, OnHistory, OnRecord, Part, Progress, TrainingContext
from .descent import Descent, not_finite, parts, weight_norm
from .distributed import without_exchange
from .evaluation import evaluate_confidence
from .gate import check_augmented, doubts_of, first_pass, idle_options
from .history import History
from .randomness import Batches, begin_step, checked_seed
from .settings import Training
from .state import State, UnfinishedTrainingError, kept_in


def train(
    model: nn.Module,
    data: Dataset,
    how: Training,
    *,
    seed: int,
    treatments: Sequence[Treatment] = (),
    on_record: OnRecord | None = None,
    on_history: OnHistory | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    about: Mapping[str, object] | None = None,
    threads: int | None = 1,
) -> History:
    """Minimise the cross-entropy of `model` on the training images and their noisy labels.

    The same seed, thread count and torch version give the same bits on a CPU, in one go or stopped and resumed
    anywhere. torch's global generators are left as they were found: what a dropout layer draws follows from `seed`
    and the step. With early stopping the model ends with the weights of the lowest validation loss. A part of the
    model that came in evaluation mode stays in it (a frozen batch norm, a dropout that is off), in training too.

    Warns of frozen parts, of data that make a gap wrong, and of settings and treatments that have no effect; the
    sentences are in `History.notes`.

    Under ``torchrun`` every process calls this with the same arguments. The gradient is that of the whole batch; the
    first process evaluates, calls `on_record`, `on_history` and `progress`, and writes.

    Args:
        model: images (n, *image_shape) -> logits (n, n_classes); trained in place, left in the
            mode it came in, on the device and in the precision of its parameters.
        data: training, test and validation images; they are copied, and a model may change its copy in place.
        how: settings: duration, optimiser, learning rate.
        seed: of the order of the batches, of augmentation, dropout and treatments.
        treatments: of the network during training.
        on_record: called as on_record(step, model) at every record, the one before training included. The
            checkpoint stores its state if it has one (see `Stateful`).
        on_history: called with the history so far at every record, and when training goes on.
        progress: called with (done, total) [steps] at every record and about a hundred times in between.
        stop: asked at every step; True writes the checkpoint and raises `UnfinishedTrainingError`.
        checkpoint: a file that is replaced every `how.checkpoint_every` steps by everything that is needed to go on.
        resume: go on from that file; start if there is none.
        about: further provenance of model and data, which must be equal to resume; JSON-able.
        threads: CPU threads while training, restored afterwards; None leaves them alone.

    Raises:
        InputError: an argument that cannot be; data that do not fit the model; a treatment that could do nothing with
            so few images of a batch, or of a part of one; a loss that is not finite, with its step and epoch, and where
            the last good checkpoint is; a checkpoint of something else.
        UnfinishedTrainingError: `stop` returned True.
    """
    plan = how.plan(len(data.x_train), len(data.x_val))
    seed, path = checked_seed(seed), checkpoint_path(checkpoint, resume)
    check_augmented(how, data)
    notes = [*doubts_of(data), *idle_options(how, plan, model, path is not None)]
    with ExitStack() as stack:
        context = TrainingContext.entered(stack, model, treatments, seed, threads)
        identity = identity_of(context, data.sha256(), how, seed, treatments, threads, about) if path else {}
        there = path is not None and path.exists()
        attended = Attended(on_record, on_history, progress, stop, path, identity, resume=there)
        state = fit(context, Part(data, plan, seed), how, attended, [*context.modes.notes, *notes])
        state.notes += context.without_effect()
        return state.history()


def fit(context: TrainingContext, part: Part, how: Training, attended: Attended, notes: Sequence[str] = ()) -> State:
    """Train on one data set, or go on from its checkpoint, with treatments that are at work already.

    Treatments are told the beginning and the end of a task. Where training goes on from a checkpoint, they are not told
    the beginning again: their state has what they prepared.

    Raises:
        InputError, UnfinishedTrainingError: as `train`.
    """
    model, treated, ranks = context.model, context.treated, context.ranks
    data, plan, compared = part.data, part.plan, part.compared
    path, identity, progress, device = attended.path, attended.identity, attended.progress, context.like.device
    x, x_test, x_val = (context.images(images) for images in (data.x_train, data.x_test, data.x_val))
    y, y_test, y_val = (context.labels(labels) for labels in (data.y_train, data.y_test, data.y_val))
    state = State(
        model,
        Descent(model, how, plan.steps, device),
        Batches(len(x), how.batch_size, part.seed),
        treated,
        attended.stateful,
        plan,
        validates=len(x_val) > 0,
        patience=how.patience,
        notes=list(notes),
    )
    if part.optimiser is not None:
        state.descent.load_state_dict(part.optimiser)
    for text in state.notes if ranks.first else ():
        warnings.warn(f"train: {text}", stacklevel=3)
    _check_needs(treated, state.metrics)
    forward = ranks.wrapped(model)
    for each in treated:
        each.check(x[: math.ceil(math.ceil(how.batch_size / ranks.size) / how.accumulate)])

    def refuse(what: str, value: float) -> None:
        if not math.isfinite(value):
            epoch = plan.epoch(state.step)
            raise not_finite(what + part.of_task, value, state.step, epoch, how.learning_rate, kept_in(path))

    def evaluated(of: SetName, images: Tensor, labels: Tensor) -> tuple[float, float, float]:
        if compared is None:
            return evaluate_confidence(model, images, labels)
        return compared.evaluate(model, of, images, labels)

    def record() -> dict[str, float]:
        row = [0.0] * len(state.metrics)
        if ranks.first:
            with nullcontext() if state.rows else first_pass(x):
                seen = evaluated("train", x, y)[:2]
            *unseen, confidence = evaluated("test", x_test, y_test)
            row = [*seen, *unseen, seen[1] - unseen[1], confidence, weight_norm(model)]
            row += evaluated("val", x_val, y_val)[:2] if state.validates else ()
        found = dict(zip(state.metrics, ranks.from_first(row), strict=True))
        for name, value in found.items():
            refuse("loss" if name == "train_loss" else name.replace("_", " "), value)
        state.add(list(found.values()))
        if ranks.first and attended.on_record is not None:
            attended.on_record(state.step, model)
        if ranks.first and attended.on_history is not None:
            attended.on_history(state.history())
        return found

    task = None
    if part.task is not None and part.outputs is not None:
        task = Task(part.task, x, y, part.outputs.to(device))
    if ranks.from_first([attended.resume])[0]:
        state.load(Path(str(path)), identity, ranks)
        if ranks.first and attended.on_history is not None:
            attended.on_history(state.history())
    else:
        begin_step(part.seed, 0, ranks.rank, device)
        if task is not None:
            for each in treated:
                each.begin_task(task)
        record()
        if path is not None:
            state.save(path, identity, ranks)
    if progress is not None and ranks.first:
        progress(state.step, plan.steps)

    while not state.finished:
        state.step += 1
        drawn = begin_step(part.seed, state.step, ranks.rank, device)
        own, weight = ranks.share(next(state.batches))
        rows = own.to(device)
        images, targets = x[rows], y[rows]
        if how.augment:
            images = augmented(images, how.augment, torch.Generator().manual_seed(drawn))
        context.modes.train()
        state.descent.begin(state.step)
        loss = 0.0
        for some, share, last in parts(len(own), how.accumulate):
            with without_exchange(forward, last):
                with _one_line_errors(len(images[some])):
                    outputs = state.descent.outputs(forward, images[some])
                _check_logits(outputs, len(images[some]), data.n_classes)
                if compared is not None:
                    outputs = compared.admitted(outputs, rows[some])
                piece = functional.cross_entropy(outputs, targets[some])
                for each in treated:
                    piece = piece + each.loss(outputs, targets[some])
                piece = piece if weight * share == 1 else piece * (weight * share)
                state.descent.backward(piece)
            loss += piece.item()
        loss, stopping = ranks.agreed(loss, attended.stop())
        refuse("loss", loss)
        state.descent.unscale()
        for each in treated:
            each.gradients()
        state.descent.step()

        recorded = state.step % plan.every == 0
        metrics = {"loss": loss, **(record() if recorded else {})}
        for each in treated:
            each.after_step(state.step, metrics)
        stopping = stopping and not state.finished
        if path is not None and (state.step % plan.checkpoint_every == 0 or state.finished or stopping):
            state.save(path, identity, ranks)
        if progress is not None and ranks.first and (recorded or state.step % plan.shown_every == 0):
            progress(state.step, plan.steps)
        if stopping:
            raise UnfinishedTrainingError(state.step, plan.steps)
    state.take_best()
    if task is not None:
        begin_step(part.seed, plan.steps + 1, ranks.rank, device)
        for each in treated:
            each.end_task(task)
    return state


@contextmanager
def _one_line_errors(n: int) -> Iterator[None]:
    """Context that turns two unclear torch errors of a forward pass of n images into InputError."""
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise InputError(
            f"train: batch norm cannot work on {n} image, the rest of an epoch or a part of a batch; take another "
            "batch_size, n_train or accumulate"
        ) from error
    except RuntimeError as error:
        if "finished reduction in the prior iteration" not in str(error):
            raise
        raise InputError(
            "train: several processes need a loss that depends on every parameter of the model; set requires_grad "
            "to False for those that it leaves out"
        ) from error


def _check_logits(outputs: object, n: int, n_classes: int) -> None:
    """Refuse outputs that cross-entropy would refuse, or misread."""
    if not isinstance(outputs, Tensor):
        got = type(outputs).__name__
    elif outputs.ndim != 2 or len(outputs) != n or outputs.shape[1] < n_classes:
        got = f"shape {tuple(outputs.shape)}"
    else:
        return
    raise InputError(f"train.model: must give logits of shape ({n}, {n_classes}) for {n} images; got {got}")


def _check_needs(treated: Sequence[Intervention], metrics: Sequence[str]) -> None:
    """Refuse a treatment that would fail at the first record after the start."""
    for each in treated:
        for name in each.needs:
            if name not in metrics:
                raise InputError(
                    f"train: a treatment reads {name} at every record, which has {', '.join(metrics)}; set validation "
                    "images apart: load_data(n_val=…), --n-val"
                )


def checkpoint_path(checkpoint: str | os.PathLike[str] | None, resume: bool) -> Path | None:
    """Return the path of a checkpoint.

    Raises:
        InputError: it is there and training is not to go on from it; none is named to go on from.
    """
    if checkpoint is None:
        if resume:
            raise InputError("train.resume: needs the checkpoint to go on from; say checkpoint=FILE")
        return None
    path = Path(checkpoint)
    if path.exists() and not resume:
        raise InputError(f"{path}: exists already; say resume=True to go on from it, or name another file")
    return path


def identity_of(
    context: TrainingContext,
    data_sha256: str,
    how: Training,
    seed: int,
    treatments: Sequence[Treatment],
    threads: int | None,
    about: Mapping[str, object] | None,
) -> dict[str, Any]:
    """Return all that must be equal for the same bits, as plain JSON."""
    training = {key: value for key, value in asdict(how).items() if key != "checkpoint_every"}
    return stored(
        {
            **(about or {}),
            "training": training,
            "treatments": [{"name": type(each).__name__, **vars(each)} for each in treatments],
            "seed": seed,
            "data_sha256": data_sha256,
            "threads": torch.get_num_threads() if threads is None else threads,
            "processes": context.ranks.size,
            "device": context.like.device.type,
            "dtype": str(context.like.dtype),
            "torch": versions("torch")["torch"],
        }
    )
