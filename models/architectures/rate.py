"""The continuous-time rate network as a classifier of sequences, and as a flow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...simulator import InputError
from ...simulator.fields import Checked, Param
from .checks import generator_of, sequence_size
from .layers import Images, linear

RATES = {"tanh": torch.tanh, "relu": torch.relu, "softplus": functional.softplus}
MODULES = {"tanh": nn.Tanh, "relu": nn.ReLU, "softplus": nn.Softplus}


@dataclass(frozen=True)
class RateRNN(Checked):
    """Rate network τ dh/dt = −h + W φ(h) + U x + b, with h(0) = 0 and a linear readout of φ(h).

    The input x is constant between its time points, of which each is one unit of time. Every point is
    divided into `substeps` of dt = 1/substeps: ``"euler"``, h += dt·dh/dt, or ``"exponential"``, h +=
    τ(1 − e^(−dt/τ))·dh/dt, which is exact where W = 0.

    W begins normal with SD gain/√width: without input rest loses its stability at gain 1 (Sompolinsky,
    Crisanti & Sommers, PRL 1988). With Dale's law W = [w]₊ diag(±1), the sign a property of the sending
    unit (Song, Yang & Wang, PLoS Comput Biol 2016); w begins |normal|, inhibition scaled up until it
    balances excitation, and the spectral radius of W is the gain. U begins normal with SD 1/√(features), b at 0.

    Raises:
        InputError: a field that cannot be; Euler steps longer than τ; Dale's law with rates that can be negative.
    """

    width: Annotated[int, Param("units", ge=1)] = 128
    tau: Annotated[float, Param("time constant τ [time points]", gt=0)] = 5.0
    substeps: Annotated[int, Param("integration steps per time point of the input", ge=1)] = 1
    scheme: Annotated[Literal["euler", "exponential"], Param("integration scheme")] = "euler"
    activation: Annotated[Literal["tanh", "relu", "softplus"], Param("rate function φ of a unit")] = "tanh"
    gain: Annotated[float, Param("gain of the initial recurrent weights W [1]", gt=0)] = 1.0
    dale: Annotated[bool, Param("Dale's law: each unit only excites, or only inhibits")] = False
    excitatory: Annotated[float, Param("share of excitatory units, with Dale's law [1]", gt=0, lt=1)] = 0.8
    read: Annotated[Literal["last", "mean"], Param("readout of the last time point, or of the mean over time")] = "last"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scheme == "euler" and self.tau * self.substeps < 1:
            raise InputError(
                f"RateRNN.tau: Euler steps of 1/substeps = {1 / self.substeps:g} must not be longer than tau; "
                f"got {self.tau}; try substeps={math.ceil(1 / self.tau)}, or scheme='exponential'"
            )
        if self.dale and self.activation == "tanh":
            raise InputError("RateRNN.dale: needs rates that are not negative, relu or softplus; got activation='tanh'")
        if self.dale and not 1 <= self.n_excitatory < self.width:
            raise InputError(
                f"RateRNN.excitatory: must leave units of both kinds; got {self.n_excitatory} of {self.width}"
            )

    @property
    def n_excitatory(self) -> int:
        """The excitatory units, which come first."""
        return round(self.width * self.excitatory)

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> RateModule:
        """The network for sequences or images of this shape, with fresh weights (see `Architecture`)."""
        sequence_size(self, shape)
        generator = generator_of(self, n_classes, seed)
        return RateModule(self, n_classes, generator, Images(shape, layout="rows", mean=mean, sd=sd))


class RateCell(nn.Module):
    """The flow and its integration: inputs (n, time, feature) -> h (n, time, unit), the state after each time point."""

    sign: Tensor

    def __init__(self, kind: RateRNN, n_features: int, generator: torch.Generator) -> None:
        super().__init__()
        self.tau, self.substeps, self.dale = kind.tau, kind.substeps, kind.dale
        self.rate = RATES[kind.activation]
        dt = 1 / kind.substeps
        self.step = dt if kind.scheme == "euler" else -kind.tau * math.expm1(-dt / kind.tau)
        sign = torch.ones(kind.width)
        if kind.dale:
            sign[kind.n_excitatory :] = -1.0
        self.register_buffer("sign", sign)
        self.recurrent = nn.Parameter(_recurrent(kind, sign, generator))
        self.inputs = nn.Linear(n_features, kind.width, device="meta").to_empty(device="cpu")
        nn.init.normal_(self.inputs.weight, std=n_features**-0.5, generator=generator)
        nn.init.zeros_(self.inputs.bias)

    def weights(self) -> Tensor:
        """W, (unit, unit), from column to row."""
        return self.recurrent.relu() * self.sign if self.dale else self.recurrent

    def drift(self, state: Tensor, inputs: Tensor) -> Tensor:
        """dh/dt [per time point] at h = `state`, (..., unit), under inputs x, (..., feature)."""
        return self._drift(state, self.inputs(inputs), self.weights())

    def forward(self, x: Tensor) -> Tensor:
        """(n, time, feature) -> (n, time, unit)."""
        drive, weights = self.inputs(x), self.weights()
        h = torch.zeros_like(drive[:, 0])
        course = []
        for t in range(drive.shape[1]):
            for _ in range(self.substeps):
                h = h + self.step * self._drift(h, drive[:, t], weights)
            course.append(h)
        return torch.stack(course, dim=1)

    def _drift(self, state: Tensor, drive: Tensor, weights: Tensor) -> Tensor:
        return (-state + functional.linear(self.rate(state), weights) + drive) / self.tau


class RateModule(nn.Module):
    """The network of a `RateRNN`; a `Flow`.

    Modules: ``input``, ``cell`` (h, (n, time, unit)), ``rates`` (φ(h), (n, time, unit)), ``readout``. A probe
    takes their time as ordered with ``units={"cell": "sequence", "rates": "sequence"}``.
    """

    def __init__(self, kind: RateRNN, n_classes: int, generator: torch.Generator, images: Images) -> None:
        super().__init__()
        _, n_features = sequence_size(kind, images.shape)
        self.read = kind.read
        self.input = images
        self.cell = RateCell(kind, n_features, generator)
        self.rates = MODULES[kind.activation]()
        self.readout = linear(kind.width, n_classes, generator)

    def drift(self, state: Tensor, inputs: Tensor) -> Tensor:
        """dh/dt [per time point] at h = `state`, (..., unit), under standardised inputs x, (..., feature)."""
        return self.cell.drift(state, inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Sequences (n, time, channel), or images (n, height, width[, channel]) -> logits (n, n_classes)."""
        rates = self.rates(self.cell(self.input(x)))
        logits: Tensor = self.readout(rates[:, -1] if self.read == "last" else rates.mean(1))
        return logits


def _recurrent(kind: RateRNN, sign: Tensor, generator: torch.Generator) -> Tensor:
    n = kind.width
    drawn = torch.randn((n, n), generator=generator)
    if not kind.dale:
        return drawn * (kind.gain / math.sqrt(n))
    balance = torch.where(sign > 0, 1.0, kind.n_excitatory / (n - kind.n_excitatory))
    w = drawn.abs() * balance
    radius = float(torch.linalg.eigvals(w * sign).abs().max())
    return w * (kind.gain / radius)
