"""Several processes train one network: every one takes its part of the same batch (DDP under ``torchrun``)."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from ...simulator import InputError

PATIENCE = timedelta(hours=6)  # how long processes wait while the first evaluates, measures and draws surrogates


@dataclass(frozen=True)
class Ranks:
    """The processes that train together.

    Attributes:
        rank: the number of this one, from 0; it alone evaluates, records and writes.
        size: how many there are.
        device: where numbers lie that are exchanged.
    """

    rank: int = 0
    size: int = 1
    device: torch.device | str = "cpu"

    @property
    def first(self) -> bool:
        """True in the process that evaluates, records and writes."""
        return self.rank == 0

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The network as it is to be called in training: after a backward pass all processes have one gradient."""
        return model if self.size == 1 else DistributedDataParallel(model)

    def share(self, batch: Tensor) -> tuple[Tensor, float]:
        """The part of a batch that this process takes, and the weight of its mean loss.

        Parts are contiguous and their sizes differ by at most one. Gradients are averaged over processes, so a part of
        m of n images weighs m·size/n: then they are those of the mean over the whole batch, however it divides. A
        process that is left without an image works on one that weighs nothing: all must take part in the exchange.

        >>> Ranks(1, 2).share(torch.arange(5))
        (tensor([3, 4]), 0.8)
        """
        if self.size == 1:
            return batch, 1.0
        own = batch.tensor_split(self.size)[self.rank]
        return (own, len(own) * self.size / len(batch)) if len(own) else (batch[:1], 0.0)

    def agreed(self, loss: float, stop: bool) -> tuple[float, bool]:
        """The loss of the whole batch, and whether any process is to stop."""
        if self.size == 1:
            return loss, stop
        both = torch.tensor([loss / self.size, float(stop)], dtype=torch.float64, device=self.device)
        distributed.all_reduce(both)
        return float(both[0]), bool(both[1] > 0)

    def from_first(self, values: Sequence[float]) -> list[float]:
        """The numbers that the first process holds; the others give as many of their own."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, src=0)
        return [float(value) for value in shared]

    def gathered(self, own: Any) -> list[Any]:
        """Return the values of all processes, in the order of their ranks."""
        if self.size == 1:
            return [own]
        everyone: list[Any] = [None] * self.size
        distributed.all_gather_object(everyone, own)
        return everyone


def launched() -> tuple[int, int]:
    """(rank, size) that ``torchrun`` gave this process; (0, 1) without it.

    Raises:
        InputError: RANK or WORLD_SIZE is no number that can be.
    """
    if not {"RANK", "WORLD_SIZE"} <= set(os.environ):
        return 0, 1
    texts = {name: os.environ[name] for name in ("RANK", "WORLD_SIZE")}
    try:
        rank, size = (int(text) for text in texts.values())
    except ValueError:
        rank, size = 0, 0
    if not 0 <= rank < size:
        given = ", ".join(f"{name}={text}" for name, text in texts.items())
        raise InputError(f"torchrun: RANK and WORLD_SIZE must be whole numbers, 0 <= RANK < WORLD_SIZE; got {given}")
    return rank, size


def local_device(kind: str) -> torch.device:
    """The device of this process: of several GPUs the one that ``torchrun`` numbered LOCAL_RANK."""
    device = torch.device(kind)
    if device.type == "cuda" and device.index is None and launched()[1] > 1:
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return device


def joined(device: torch.device) -> Ranks:
    """The processes that ``torchrun`` started, connected by NCCL on GPUs and by gloo elsewhere.

    They are connected once and stay so until the process ends, because a group cannot be made twice; a group that
    exists already is used.

    Raises:
        InputError: they cannot be connected.
    """
    rank, size = launched()
    if size == 1:
        return Ranks()
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        import_module("torch.distributed.nn")  # DDP imports it, and what it finds as the group then, it holds for ever
        try:
            distributed.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
        except (RuntimeError, ValueError) as error:
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(f"torchrun: the {size} processes could not be connected: {line}") from error
        atexit.register(_leave)
    return Ranks(rank, size, device if cuda else torch.device("cpu"))


def _leave() -> None:
    """End the group and its threads.

    A thread of gloo that lets go of a tensor while Python ends is ended there, and the process with it (SIGABRT); the
    threads end with the last reference to the group, so networks that wait for the collector must not hold one.
    """
    if distributed.is_initialized():
        distributed.destroy_process_group()
        gc.collect()


def without_exchange(model: nn.Module, last: bool) -> AbstractContextManager[None]:
    """A context for the backward pass of a part: gradients are exchanged after the last part of a batch only."""
    return nullcontext() if last or not isinstance(model, DistributedDataParallel) else model.no_sync()
