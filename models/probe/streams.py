"""Random streams that a model holds: those of torch, of NumPy and of Python, each with its state as plain data."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

Stream = torch.Generator | np.random.Generator | np.random.RandomState | random.Random
STREAMS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)


def state_of(stream: Stream) -> Any:
    """Return the state of a stream: a tensor, or numbers, text and tensors in mappings and tuples.

    >>> stream = random.Random(3)
    >>> before = state_of(stream)
    >>> drawn = stream.random()
    >>> restore(stream, before)
    >>> stream.random() == drawn
    True
    """
    if isinstance(stream, torch.Generator):
        return stream.get_state()
    if isinstance(stream, random.Random):
        return stream.getstate()
    return _tensors(stream.bit_generator.state if isinstance(stream, np.random.Generator) else stream.get_state(False))


def restore(stream: Stream, state: Any) -> None:
    """Put a stream back to a state of `state_of`."""
    if isinstance(stream, torch.Generator):
        stream.set_state(state.cpu())
    elif isinstance(stream, random.Random):
        version, numbers, gauss = state  # a checkpoint may hold lists for tuples
        stream.setstate((version, tuple(numbers), gauss))
    elif isinstance(stream, np.random.Generator):
        stream.bit_generator.state = _arrays(state)
    else:
        stream.set_state(_arrays(state))


def _tensors(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _tensors(each) for key, each in state.items()}
    return torch.from_numpy(state.copy()) if isinstance(state, np.ndarray) else state


def _arrays(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _arrays(each) for key, each in state.items()}
    return state.cpu().numpy() if isinstance(state, torch.Tensor) else state
