"""Recurrent classifiers of sequences: vanilla RNN, GRU and LSTM. Images are read row by row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from ...simulator.fields import Checked, Param
from .checks import generator_of, sequence_size
from .layers import Images, linear

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


@dataclass(frozen=True)
class Recurrent(Checked):
    """`depth` recurrent layers, each over the whole sequence, and a linear readout.

    rnn: h_t = tanh(U x_t + W h_{t−1} + b) (Elman, Cogn Sci 1990); gru: Cho et al., EMNLP 2014; lstm:
    Hochreiter & Schmidhuber, Neural Comput 1997. h_0 = 0. Of every gate U begins Glorot-uniform and W
    orthogonal (Saxe et al., ICLR 2014); biases begin at 0, those of the LSTM's forget gate at 1
    (Jozefowicz et al., ICML 2015).

    Raises:
        InputError: a field that cannot be.
    """

    cell: Annotated[Literal["rnn", "gru", "lstm"], Param("kind of the recurrent units")] = "rnn"
    width: Annotated[int, Param("units of a layer", ge=1)] = 128
    depth: Annotated[int, Param("recurrent layers", ge=1)] = 1
    read: Annotated[Literal["last", "mean"], Param("readout of the last time point, or of the mean over time")] = "last"

    def build(
        self, shape: tuple[int, ...], n_classes: int, *, seed: int = 0, mean: float = 0.0, sd: float = 1.0
    ) -> RecurrentModule:
        """The network for sequences or images of this shape, with fresh weights (see `Architecture`)."""
        sequence_size(self, shape)
        generator = generator_of(self, n_classes, seed)
        return RecurrentModule(self, n_classes, generator, Images(shape, layout="rows", mean=mean, sd=sd))


gru, lstm = partial(Recurrent, cell="gru"), partial(Recurrent, cell="lstm")  # presets of ARCHITECTURES


class RecurrentModule(nn.Module):
    """The network of a `Recurrent`.

    Modules: ``input``, ``layers.0`` (torch's RNN, GRU or LSTM, which yields h as (n, time, unit)),
    ``layers.1`` ..., ``readout``.
    """

    def __init__(self, kind: Recurrent, n_classes: int, generator: torch.Generator, images: Images) -> None:
        super().__init__()
        _, n_features = sequence_size(kind, images.shape)
        self.read = kind.read
        self.input = images
        sizes = (n_features, *(kind.width,) * (kind.depth - 1))
        self.layers = nn.ModuleList(_layer(kind, size, generator) for size in sizes)
        self.readout = linear(kind.width, n_classes, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Sequences (n, time, channel), or images (n, height, width[, channel]) -> logits (n, n_classes)."""
        h = self.input(x)
        with torch.autocast("cpu", enabled=False):  # many CPUs have no bfloat16 LSTM; torch then raises
            for layer in self.layers:
                h, _ = layer(h)
        logits: Tensor = self.readout(h[:, -1] if self.read == "last" else h.mean(1))
        return logits


def _layer(kind: Recurrent, n_inputs: int, generator: torch.Generator) -> nn.RNNBase:
    layer: nn.RNNBase = CELLS[kind.cell](n_inputs, kind.width, batch_first=True, device="meta")
    layer = layer.to_empty(device="cpu")
    weights: dict[str, Tensor] = dict(layer.named_parameters())
    for gate in range(GATES[kind.cell]):
        rows = slice(gate * kind.width, (gate + 1) * kind.width)
        with torch.no_grad():
            nn.init.xavier_uniform_(weights["weight_ih_l0"][rows], generator=generator)
            nn.init.orthogonal_(weights["weight_hh_l0"][rows], generator=generator)
    for name in ("bias_ih_l0", "bias_hh_l0"):
        nn.init.zeros_(weights[name])
    if kind.cell == "lstm":  # gates: input, forget, cell, output
        with torch.no_grad():
            weights["bias_ih_l0"][kind.width : 2 * kind.width] = 1.0
    return layer
