"""Randomness of a training: the order of the batches, and generators that are seeded anew at every step."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...simulator import InputError


class Batches:
    """Endless batches of indices: every epoch a new order of all images, its last batch what is left.

    >>> batches = Batches(5, 2, seed=0)
    >>> [len(next(batches)) for _ in range(4)]
    [2, 2, 1, 2]
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self._n, self._size = n, batch_size
        self._generator = torch.Generator().manual_seed(seed)
        self._order = torch.empty(0, dtype=torch.long)
        self._at = 0  # where the next batch of `order` begins

    def __iter__(self) -> Iterator[Tensor]:
        return self

    def __next__(self) -> Tensor:
        if self._at >= len(self._order):
            self._order, self._at = torch.randperm(self._n, generator=self._generator), 0
        first, self._at = self._at, self._at + self._size
        return self._order[first : self._at]

    def state_dict(self) -> dict[str, Any]:
        """The generator, the order of this epoch, and how far it is used."""
        return {"generator": self._generator.get_state(), "order": self._order, "at": self._at}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._generator.set_state(state["generator"])
        self._order, self._at = state["order"], int(state["at"])


@contextmanager
def own_generators(device: torch.device) -> Iterator[None]:
    """A context that leaves torch's global generators as they were: of the CPU and of this device."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield


def begin_step(seed: int, step: int, rank: int, device: torch.device) -> int:
    """Begin a step: seed torch's global generators, which dropout reads, and return a seed for what else is drawn.

    Both depend on (seed, step, rank) alone: no state is needed to go on bit by bit, and draws
    between two steps (by a recorder, say) do not change the next one.
    """
    digest = hashlib.blake2b(f"{seed} {step} {rank}".encode(), digest_size=16).digest()
    layers, other = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    torch.default_generator.manual_seed(layers)  # torch.manual_seed takes a stack trace for every device
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(layers)
    elif device.type == "mps":
        torch.mps.manual_seed(layers)
    return other


def seed_of_treatment(seed: int, number: int, rank: int) -> int:
    """The seed of the treatment of this number in this process: each its own stream."""
    return int(np.random.SeedSequence(seed, spawn_key=(number, rank)).generate_state(1)[0])


def checked_seed(seed: object) -> int:
    """The seed as an int.

    Raises:
        InputError: it is no integer from 0 to 2⁶³ − 1.
    """
    if isinstance(seed, bool) or not (isinstance(seed, int | np.integer) and 0 <= seed < 2**63):
        raise InputError(f"train.seed: must be an integer from 0 to 2^63 - 1; got {seed}")
    return int(seed)
