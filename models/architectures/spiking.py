"""A spiking classifier: leaky integrate-and-fire neurons of snnTorch, trained through surrogate gradients."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .base import Sizes
from .checks import features, generator_of
from .layers import Images, linear


@dataclass(frozen=True)
class SpikingNet(Checked):
    """Layers of leaky integrate-and-fire neurons, run for `steps` time steps (Eshraghian et al., Proc. IEEE 2023).

    u_t = β u_{t−1} + I_t − θ s_{t−1},  s_t = 1 if u_t > θ else 0,  I = W s + b of the layer before,
    logits = readout(mean spikes per step of the last layer)

    ``reset="zero"`` sets u_{t−1} to 0 after a spike instead. Backwards the step of s_t is replaced by the
    surrogate (Neftci, Mostafa & Zenke, IEEE SPM 2019). ``coding="direct"`` feeds the standardised image as
    a constant current at every step; ``"rate"`` feeds spikes whose probability per step is the pixel, 0 to 1.
    Weights begin He-uniform, biases 0. Needs the package snntorch.

    Raises:
        InputError: a field that cannot be; snntorch is not installed.
    """

    hidden: Sizes = (128,)
    steps: Annotated[int, Param("time steps", ge=1)] = 25
    beta: Annotated[float, Param("decay of the membrane per step, exp(−dt/τ) [1]", ge=0, le=1)] = 0.9
    threshold: Annotated[float, Param("threshold θ of the membrane [1]", gt=0)] = 1.0
    reset: Annotated[Literal["subtract", "zero"], Param("membrane after a spike: less by θ, or 0")] = "subtract"
    surrogate: Annotated[Literal["atan", "fast_sigmoid", "sigmoid"], Param("surrogate of the gradient of a spike")] = (
        "atan"
    )
    coding: Annotated[Literal["direct", "rate"], Param("input: a constant current, or spikes drawn at each step")] = (
        "direct"
    )

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> SpikingModule:
        """The network for data of this shape, with fresh weights (see `Architecture`).

        With ``coding="rate"`` nothing is standardised: the pixels are the probabilities.
        """
        features(self, shape)
        generator = generator_of(self, n_classes, seed)
        mean, sd = (mean, sd) if self.coding == "direct" else (0.0, 1.0)
        return SpikingModule(self, n_classes, generator, Images(shape, layout="flat", mean=mean, sd=sd), seed)


class Coding(nn.Module):
    """Images as input over time: (n, feature) -> (n, time, feature)."""

    calls: Tensor
    seed: Tensor

    def __init__(self, kind: SpikingNet, seed: int) -> None:
        super().__init__()
        self.steps, self.rate = kind.steps, kind.coding == "rate"
        self.register_buffer("calls", torch.tensor(0))
        self.register_buffer("seed", torch.tensor(int(seed)))

    def forward(self, x: Tensor) -> Tensor:
        """The image at every step, or spikes with its probability.

        These are drawn anew in every training pass. The number of the pass and the seed are stored with the
        weights: a run that is stopped and resumed draws the same. Every evaluation pass draws the same, too.
        """
        if not self.rate:
            return x.unsqueeze(1).expand(-1, self.steps, -1)
        if self.training:
            self.calls += 1
        drawn_from = np.random.SeedSequence([int(self.seed), int(self.calls) if self.training else 0])
        generator = torch.Generator().manual_seed(int(drawn_from.generate_state(1, np.uint64)[0] >> np.uint64(1)))
        chance = torch.rand((len(x), self.steps, x.shape[1]), generator=generator).to(x.device)
        return (chance < x.unsqueeze(1)).to(x.dtype)


class Neurons(nn.Module):
    """Leaky integrate-and-fire neurons from rest: currents (n, time, unit) -> spikes (n, time, unit), 0 or 1.

    Modules: ``lif``, snnTorch's neuron, called once a time step; ``membrane``, u (n, time, unit), called once.
    """

    def __init__(self, kind: SpikingNet) -> None:
        super().__init__()
        try:
            import snntorch
            from snntorch import surrogate
        except ImportError:
            raise InputError("SpikingNet: needs the package snntorch; pip install snntorch") from None
        self.lif = snntorch.Leaky(
            beta=kind.beta,
            threshold=kind.threshold,
            reset_mechanism=kind.reset,
            spike_grad=getattr(surrogate, kind.surrogate)(),
        )
        # snnTorch keeps every neuron ever made in a list, for states that it keeps itself: these would never be freed.
        snntorch.SpikingNeuron.instances.remove(self.lif)
        self.membrane = nn.Identity()

    def forward(self, current: Tensor) -> Tensor:
        """(n, time, unit) -> (n, time, unit)."""
        u = torch.zeros_like(current[:, 0])
        spikes, membrane = [], []
        for t in range(current.shape[1]):
            spike, u = self.lif(current[:, t], u)
            spikes.append(spike)
            membrane.append(u)
        self.lif.mem = torch.zeros(0, device=current.device)  # it would hold on to the graph of this pass
        self.membrane(torch.stack(membrane, dim=1))
        return torch.stack(spikes, dim=1).to(current.dtype)


class SpikingBlock(nn.Module):
    """One layer: ``linear`` gives the currents, ``neurons`` the spikes."""

    def __init__(self, kind: SpikingNet, n_inputs: int, n_units: int, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear(n_inputs, n_units, generator)
        self.neurons = Neurons(kind)

    def forward(self, x: Tensor) -> Tensor:
        """(n, time, n_inputs) -> (n, time, n_units)."""
        out: Tensor = self.neurons(self.linear(x))
        return out


class SpikingModule(nn.Module):
    """The network of a `SpikingNet`.

    Modules: ``input``, ``coding``, ``hidden.0.linear`` (currents), ``hidden.0.neurons`` (spikes),
    ``hidden.0.neurons.membrane`` (u) ..., all (n, time, unit), and ``readout``. A probe takes their time as
    ordered with ``units={"hidden.*": "sequence"}``.
    """

    def __init__(self, kind: SpikingNet, n_classes: int, generator: torch.Generator, images: Images, seed: int) -> None:
        super().__init__()
        sizes = (features(kind, images.shape), *kind.hidden)
        self.input = images
        self.coding = Coding(kind, seed)
        self.hidden = nn.Sequential(*(SpikingBlock(kind, a, b, generator) for a, b in pairwise(sizes)))
        self.readout = linear(sizes[-1], n_classes, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Data (n, *shape) -> logits (n, n_classes)."""
        logits: Tensor = self.readout(self.hidden(self.coding(self.input(x))).mean(1))
        return logits
