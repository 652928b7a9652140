"""Recurrent networks by themselves: the map from one state to the next while the input stays what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...simulator import InputError
from .rate import RateModule
from .recurrent import RecurrentModule


@dataclass(frozen=True, eq=False)
class Autonomous:
    """The state of a network from one step to the next.

    Attributes:
        step: states (..., unit) -> the next, float64.
        units: a name each: h and, of an LSTM, c of every layer, one after the other.
        dt: of a step [time points of the input].
    """

    step: Callable[[Tensor], Tensor]
    units: tuple[str, ...]
    dt: float


def autonomous(model: nn.Module, inputs: Tensor | None = None) -> Autonomous:
    """The map h -> f(h) of a recurrent network at a constant input.

    Args:
        model: of `Recurrent` (rnn, gru, lstm) or `RateRNN`.
        inputs: (feature,), standardised as the network's first module does it; zero if left out.

    Raises:
        InputError: a network of another kind.
    """
    if isinstance(model, RateModule):
        cell = model.cell
        drive = _drive(cell.inputs.weight, cell.inputs.bias, inputs)
        weights, rate, tau, dt = cell.weights().detach().double(), cell.rate, cell.tau, cell.step

        def stepped(h: Tensor) -> Tensor:
            return h + dt * (-h + rate(h) @ weights.T + drive) / tau

        return Autonomous(stepped, tuple(f"h{k}" for k in range(len(weights))), 1 / cell.substeps)
    if not isinstance(model, RecurrentModule):
        raise InputError(
            f"{type(model).__name__}: carries no state from step to step that could be differentiated; "
            "want one of rnn, gru, lstm, rate-rnn"
        )
    layers = [_Layer(layer) for layer in model.layers if isinstance(layer, nn.RNNBase)]
    first = _drive(layers[0].w, layers[0].b, inputs)

    def stacked(state: Tensor) -> Tensor:
        parts: list[Tensor] = []
        at = 0
        drive = first
        for number, layer in enumerate(layers):
            own = state[..., at : at + layer.size]
            at += layer.size
            if number:
                drive = parts[-1][..., : layer.width] @ layer.w.T + layer.b
            parts.append(layer.stepped(own, drive))
        return torch.cat(parts, dim=-1)

    units = [
        f"{name}{k}{f' of layer {number}' if len(layers) > 1 else ''}"
        for number, layer in enumerate(layers)
        for name in ("h", "c")[: layer.size // layer.width]
        for k in range(layer.width)
    ]
    return Autonomous(stacked, tuple(units), 1.0)


class _Layer:
    """torch's RNN, GRU or LSTM of one layer, in float64; a state is h, of an LSTM h and then c."""

    def __init__(self, layer: nn.RNNBase) -> None:
        named = {name: value.detach().double() for name, value in layer.named_parameters()}
        self.w, self.b = named["weight_ih_l0"], named["bias_ih_l0"]
        self.recurrent, self.bias = named["weight_hh_l0"], named["bias_hh_l0"]
        self.mode, self.width = layer.mode, layer.hidden_size
        self.size = 2 * self.width if self.mode == "LSTM" else self.width

    def stepped(self, own: Tensor, drive: Tensor) -> Tensor:
        h = own[..., : self.width]
        recurrent = h @ self.recurrent.T + self.bias
        if self.mode == "GRU":
            r, z, n = drive.broadcast_to(recurrent.shape).chunk(3, -1)
            r_h, z_h, n_h = recurrent.chunk(3, -1)
            keep = torch.sigmoid(z + z_h)
            return (1 - keep) * torch.tanh(n + torch.sigmoid(r + r_h) * n_h) + keep * h
        if self.mode == "LSTM":
            i, f, g, o = (drive + recurrent).chunk(4, -1)
            c = torch.sigmoid(f) * own[..., self.width :] + torch.sigmoid(i) * torch.tanh(g)
            return torch.cat([torch.sigmoid(o) * torch.tanh(c), c], dim=-1)
        return torch.tanh(drive + recurrent)


def _drive(weight: Tensor, bias: Tensor, inputs: Tensor | None) -> Tensor:
    w, b = weight.detach().double(), bias.detach().double()
    return b if inputs is None else w @ inputs.double() + b
