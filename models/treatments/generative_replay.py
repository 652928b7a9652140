"""Replay of images that a generative model draws."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from ..probe.layers import evaluating
from .base import Intervention, Task
from .rehearsal import Rehearsal
from .vae import VAE, fit

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class GenerativeReplay(Checked):
    r"""Trains on generated images of earlier tasks in every step, and keeps none of their examples.

    .. math:: L = CE(\text{batch of this task}) + \lambda\, CE(\text{batch of generated images})

    At the end of a task a variational autoencoder is trained on the images of the task and on samples of the
    autoencoder before, each task with an equal share. Generated images are labelled by the network as it was at the
    end of the last task; where a task is known by its outputs, once for the outputs of every earlier task, and the
    mean is taken. The autoencoder has one hidden layer: it suits digits, not photographs. Dose: λ, usually 1.
    Shin et al., NIPS 30, 2990 (2017).

    Raises:
        InputError: a field that cannot be; images that do not lie in 0..1.
    """

    weight: Annotated[float, Param("dose: weight λ of the loss on generated images [1]", ge=0)] = 1.0
    batch: Annotated[int, Param("generated images in a step", ge=2)] = 50
    hidden: Annotated[int, Param("units of each hidden layer of the autoencoder", ge=1)] = 200
    latent: Annotated[int, Param("units of the latent of the autoencoder", ge=1)] = 8
    steps: Annotated[int, Param("steps of training of the autoencoder after a task, of 100 images each", ge=1)] = 1000

    def artificial(self, model: nn.Module, *, seed: int = 0) -> Intervention:
        """Return the replay for this model; `seed` draws the autoencoder's weights and all images."""
        return Intervention(model) if self.weight == 0 else Generating(model, self, seed)


class Generating(Rehearsal):
    """Generative replay to one model.

    Attributes:
        vae: the autoencoder of the tasks so far; None before the end of the first.
        tasks: number of these tasks.
    """

    def __init__(self, model: nn.Module, how: GenerativeReplay, seed: int) -> None:
        super().__init__(model, how, seed)
        self.vae: VAE | None = None
        self.tasks = 0
        self._labeller: dict[str, Tensor] = {}  # weights and statistics of the network at the end of the last task
        self._outputs: Tensor | None = None  # (m, output): different outputs that earlier tasks compared

    def check(self, images: Tensor) -> None:
        """Refuse images that do not lie in 0..1."""
        low, high = (float(end) for end in (images.min(), images.max())) if images.is_floating_point() else (-1.0, -1.0)
        if not 0 <= low <= high <= 1:
            got = f"{low:.3g}..{high:.3g}" if images.is_floating_point() else str(images.dtype).removeprefix("torch.")
            raise InputError(
                f"GenerativeReplay: the autoencoder needs images in 0..1; got {got}: scale them, or take replay"
            )

    def begin_task(self, task: Task) -> None:
        """Refuse images that do not lie in 0..1, and several processes."""
        super().begin_task(task)
        self.check(task.x)

    def end_task(self, task: Task) -> None:
        """Train the autoencoder on this task and on its own samples, and keep the network that labels."""
        how, shape = self.treatment, tuple(task.x.shape[1:])
        earlier, new = self.vae, copy.deepcopy(self.vae)
        if new is None:
            new = VAE(shape, how.hidden, how.latent, self._generator).to(task.x.device, task.x.dtype)
        fit(new, task.x, earlier, self.tasks, 100, how.steps, self._generator)
        self.vae, self.tasks = new, self.tasks + 1
        self._labeller = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        known = [] if self._outputs is None else list(self._outputs)
        if not any(torch.equal(outputs, task.outputs) for outputs in known):
            self._outputs = torch.stack([*known, task.outputs])

    def rehearsed(self) -> Tensor | None:
        """Return the cross-entropy of a batch of generated images."""
        if self.vae is None or self._outputs is None:
            return None
        images = self.vae.sample(self.treatment.batch, self._generator)
        with evaluating(self.model):
            before = functional_call(self.model, self._labeller, (images.clone(),))
        now = self.model(images)
        losses = []
        for outputs in self._outputs:
            then, logits = (each.masked_fill(~outputs, float("-inf")) for each in (before, now))
            losses.append(functional.cross_entropy(logits, then.argmax(1)))
        return torch.stack(losses).mean()

    def state_dict(self) -> dict[str, Any]:
        """Return the autoencoder, the network that labels, and the state of the draws."""
        return {
            **super().state_dict(),
            "vae": None if self.vae is None else self.vae.state_dict(),
            "shape": None if self.vae is None else list(self.vae.shape),
            "tasks": self.tasks,
            "labeller": dict(self._labeller),
            "outputs": self._outputs,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        super().load_state_dict(state)
        like, how = next(self.model.parameters()), self.treatment
        self.tasks, self.vae = int(state["tasks"]), None
        if state["vae"] is not None:
            vae = VAE(tuple(state["shape"]), how.hidden, how.latent, torch.Generator())
            self.vae = vae.to(like.device, next(iter(state["vae"].values())).dtype)
            self.vae.load_state_dict(state["vae"])
        self._labeller = {name: value.to(like.device) for name, value in state["labeller"].items()}
        self._outputs = None if state["outputs"] is None else state["outputs"].to(like.device)
