"""Tasks of sequences for recurrent networks: evidence to be integrated, a sample to be remembered."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ...simulator import InputError, unknown
from ...simulator.checks import is_finite, not_negative
from .sources import Raw, check_memory

Trials = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True)
class Integration:
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

    coherence: tuple[float, ...] = (0.08, 0.16, 0.32, 0.64)  # c, each in [0, 1] [1]
    noise: float = 1.0  # σ [1]
    fixation: int = 5  # before the stimulus [steps]
    time: int = 40  # stimulus [steps]
    response: int = 5  # after it [steps]
    trials: int = 4000  # sequences, a quarter of them for testing

    def __post_init__(self) -> None:
        if not self.coherence or not all(is_finite(c) and 0 <= c <= 1 for c in self.coherence):
            raise InputError(f"Integration.coherence: must be numbers in [0, 1]; got {self.coherence}")
        not_negative(self.noise, "Integration.noise", "1")
        _check_counts(self, fixation=0, time=1, response=1, trials=8)

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
class Match:
    """Delayed match to sample: a sample, a delay, a test; were the two the same stimulus?

    Channels: fixation (1 until the test ends, 0 while the response is due) and one for each stimulus, which is
    1 + σ ξ(t) while that stimulus is shown and σ ξ(t) while another one is; nothing but 0 during the delay. Class 1
    is a match; both are equally frequent (Miller, Erickson & Desimone, J Neurosci 1996).

    >>> x, y = Match(noise=0, fixation=0, sample=1, delay=2, test=1, response=1).draw(8, np.random.default_rng(0))
    >>> [bool((first == last).all()) for first, last in zip(x[:, 0], x[:, 3])] == y.astype(bool).tolist()
    True
    """

    stimuli: int = 4  # channels of stimuli
    noise: float = 0.5  # σ [1]
    fixation: int = 5  # [steps]
    sample: int = 10  # [steps]
    delay: int = 20  # [steps]
    test: int = 10  # [steps]
    response: int = 5  # [steps]
    trials: int = 4000  # sequences, a quarter of them for testing

    def __post_init__(self) -> None:
        not_negative(self.noise, "Match.noise", "1")
        _check_counts(self, stimuli=2, fixation=0, sample=1, delay=0, test=1, response=1, trials=8)

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
    defaults: dict[str, Any] = {field.name: field.default for field in fields(kind)}
    settings: dict[str, Any] = {}
    for item in filter(None, text.split(",")):
        key, equals, value = item.partition("=")
        if not equals:
            raise InputError(f"{name}: settings must be KEY=VALUE,KEY=VALUE; got {item!r}")
        if key not in defaults:
            raise unknown(f"setting of {name}", key, defaults)
        if key in settings:
            raise InputError(f"{name}: {key} is given twice")
        default = defaults[key]
        try:
            if isinstance(default, tuple):
                settings[key] = tuple(float(part) for part in value.split("/"))
            else:
                settings[key] = (int if isinstance(default, int) else float)(value)
        except ValueError:
            wanted = "a whole number" if isinstance(default, int) else "a number"
            raise InputError(f"{kind.__name__}.{key}: must be {wanted}; got {value!r}") from None
    return kind(**settings)


def _check_counts(task: object, **least: int) -> None:
    for name, low in least.items():
        value = getattr(task, name)
        if isinstance(value, bool) or not (isinstance(value, int | np.integer) and value >= low):
            raise InputError(f"{type(task).__name__}.{name}: must be an integer >= {low}; got {value}")


def _balanced(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Classes 0 and 1, equally often but for one, in random order."""
    return rng.permutation(np.arange(n, dtype=np.int64) % 2)
