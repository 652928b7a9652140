"""Tasks of sequences for recurrent networks: evidence to be integrated, a sample to be remembered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ...simulator import InputError
from ...simulator.fields import Checked, Param, assignments, parameter_types, parse
from .sources import Raw, check_memory

Trials = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True)
class Integration(Checked):
    """Perceptual integration: two channels of noisy evidence; which of them is larger on average?

    ::

        x₁(t) = (1 + s c)/2 + σ ξ₁(t)      x₂(t) = (1 − s c)/2 + σ ξ₂(t)      s = ±1

    during the stimulus and 0 otherwise. Channels: fixation (1 until the stimulus ends, 0 while the response is
    due), x₁, x₂. Class 1 is s = +1; both are equally frequent, and every coherence c is as likely. The ideal
    observer takes the sign of Σ (x₁ − x₂) (Britten et al., J Neurosci 1992; Gold & Shadlen, Annu Rev Neurosci 2007).

    >>> x, y = Integration(fixation=2, time=3, response=1).draw(4, np.random.default_rng(0))
    >>> x.shape, sorted(y.tolist()), x[0, :, 0].tolist()
    ((4, 6, 3), [0, 0, 1, 1], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    """

    coherence: Annotated[tuple[float, ...], Param("coherences c [1]", ge=0, le=1)] = (0.08, 0.16, 0.32, 0.64)
    noise: Annotated[float, Param("SD σ of the noise [1]", ge=0)] = 1.0
    fixation: Annotated[int, Param("fixation before the stimulus [steps]", ge=0)] = 5
    time: Annotated[int, Param("stimulus [steps]", ge=1)] = 40
    response: Annotated[int, Param("response after the stimulus [steps]", ge=1)] = 5
    trials: Annotated[int, Param("sequences, a quarter of them for testing", ge=8)] = 4000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.coherence:
            raise InputError("Integration.coherence: must hold at least one number; got ()")

    @property
    def shape(self) -> tuple[int, int]:
        """(time, channel) of a sequence."""
        return self.fixation + self.time + self.response, 3

    def draw(self, n: int, rng: np.random.Generator) -> Trials:
        """n sequences (n, time, channel) and their classes."""
        y = _balanced(n, rng)
        coherence = rng.choice(np.array(self.coherence, np.float64), n)
        x = np.zeros((n, *self.shape), np.float32)
        stimulus = slice(self.fixation, self.fixation + self.time)
        x[:, : stimulus.stop, 0] = 1
        sign = np.array([1.0, -1.0]) * (2 * y[:, None] - 1)
        mean = (1 + sign * coherence[:, None]) / 2
        x[:, stimulus, 1:] = mean[:, None] + self.noise * rng.standard_normal((n, self.time, 2))
        return x, y

    def ideal_accuracy(self) -> float:
        """Accuracy of the ideal observer, the mean over coherences of Φ(c √(time/2) / σ).

        >>> round(Integration(coherence=(0.2,), time=50).ideal_accuracy(), 4)  # Φ(1)
        0.8413
        """
        if self.noise == 0:
            return float(np.mean([1.0 if c > 0 else 0.5 for c in self.coherence]))
        return float(np.mean(ndtr(np.array(self.coherence) * math.sqrt(self.time / 2) / self.noise)))


@dataclass(frozen=True)
class Match(Checked):
    """Delayed match to sample: a sample, a delay, a test; were the two the same stimulus?

    Channels: fixation (1 until the test ends, 0 while the response is due) and one for each stimulus, which is
    1 + σ ξ(t) while that stimulus is shown and σ ξ(t) while another one is; nothing but 0 during the delay. Class 1
    is a match; both are equally frequent (Miller, Erickson & Desimone, J Neurosci 1996).

    >>> x, y = Match(noise=0, fixation=0, sample=1, delay=2, test=1, response=1).draw(8, np.random.default_rng(0))
    >>> [bool((first == last).all()) for first, last in zip(x[:, 0], x[:, 3])] == y.astype(bool).tolist()
    True
    """

    stimuli: Annotated[int, Param("stimuli, each a channel of its own", ge=2)] = 4
    noise: Annotated[float, Param("SD σ of the noise [1]", ge=0)] = 0.5
    fixation: Annotated[int, Param("fixation before the sample [steps]", ge=0)] = 5
    sample: Annotated[int, Param("first stimulus [steps]", ge=1)] = 10
    delay: Annotated[int, Param("delay between the stimuli [steps]", ge=0)] = 20
    test: Annotated[int, Param("second stimulus [steps]", ge=1)] = 10
    response: Annotated[int, Param("response after the second stimulus [steps]", ge=1)] = 5
    trials: Annotated[int, Param("sequences, a quarter of them for testing", ge=8)] = 4000

    @property
    def shape(self) -> tuple[int, int]:
        """(time, channel) of a sequence."""
        return self.fixation + self.sample + self.delay + self.test + self.response, 1 + self.stimuli

    def draw(self, n: int, rng: np.random.Generator) -> Trials:
        """n sequences (n, time, channel) and their classes."""
        y = _balanced(n, rng)
        first = rng.integers(self.stimuli, size=n)
        other = (first + rng.integers(1, self.stimuli, size=n)) % self.stimuli
        x = np.zeros((n, *self.shape), np.float32)
        end = 0
        for shown, pause, steps in (
            (first, self.fixation, self.sample),
            (np.where(y == 1, first, other), self.delay, self.test),
        ):
            begin, end = end + pause, end + pause + steps
            stimulus = np.eye(self.stimuli)[shown][:, None]
            x[:, begin:end, 1:] = stimulus + self.noise * rng.standard_normal((n, steps, self.stimuli))
        x[:, :end, 0] = 1
        return x, y


TASKS: dict[str, type[Integration] | type[Match]] = {"integration": Integration, "match": Match}


def read_task(name: str, rest: str, rng: np.random.Generator) -> Raw:
    """The sequences of a task with settings ``KEY=VALUE,KEY=VALUE``; several values of a key are joined by /.

    Raises:
        InputError: no such setting, a value that cannot be, more sequences than memory holds.

    >>> read_task("integration", "coherence=0.1/0.2,trials=20", np.random.default_rng(0)).x.shape
    (20, 50, 3)
    """
    task = _with_settings(TASKS[name], name, rest)
    check_memory(task.trials, task.shape, name, bytes_a_value=24)  # the noise is drawn in float64
    x, y = task.draw(task.trials, rng)
    return Raw(name, x, y, kind="sequences")


def _with_settings(kind: type[Integration] | type[Match], name: str, text: str) -> Integration | Match:
    hints = parameter_types(kind)
    given = assignments(name, list(filter(None, text.split(","))), f"setting of {name}", hints, "KEY=VALUE,KEY=VALUE")
    values: dict[str, Any] = {
        key: parse(f"{kind.__name__}.{key}", hints[key], value.replace("/", ",")) for key, value in given.items()
    }
    return kind(**values)


def _balanced(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Classes 0 and 1, equally often but for one, in random order."""
    return rng.permutation(np.arange(n, dtype=np.int64) % 2)
