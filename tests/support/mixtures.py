"""Signals of planted parts, seeds default_rng([91, mixture, draw]): n 40 at 100 Hz unless said."""

from __future__ import annotations

import numpy as np

from ictal.simulator import Recording, Spikes

FS, N = 100.0, 40


def rng_of(*seed):
    return np.random.default_rng([91, *seed])


def unit(x):
    """Mean 0 and variance 1 over time, in the draw."""
    x = x - x.mean(axis=0)
    return x / x.std(axis=0)


def band(rng, n_times, low, high):
    """One Gaussian signal of unit variance in a band [Hz]; twice as long when drawn, so that its ends do not meet."""
    f = np.fft.rfftfreq(2 * n_times, 1 / FS)
    a = (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size)) * ((f >= low) & (f <= high))
    return unit(np.fft.irfft(a, 2 * n_times)[:n_times])


def coloured(rng, n_times, n, beta=1.0):
    """Independent signals of unit variance with a spectrum 1/f^beta."""
    f = np.fft.rfftfreq(4 * n_times, 1 / FS)
    gain = np.r_[0.0, f[1:] ** (-beta / 2)]
    a = (rng.standard_normal((f.size, n)) + 1j * rng.standard_normal((f.size, n))) * gain[:, None]
    return unit(np.fft.irfft(a, 4 * n_times, axis=0)[:n_times])


def recording(x, *, classes=None, quantity="activity", clock="second", dt=1 / FS):
    labels = {} if classes is None else {"class": classes}
    return Recording(x, dt=dt, clock=clock, quantity=quantity, unit="1", time_labels=labels)


def slow_and_fast(draw, n_times=6000, n=N, a=0.2, b=0.15):
    """1: shared slow and fast signals on 1/f noise of each unit."""
    rng = rng_of(1, draw)
    x = np.sqrt(a) * band(rng, n_times, 0.05, 0.5)[:, None] + np.sqrt(b) * band(rng, n_times, 2, 40)[:, None]
    return recording(x + np.sqrt(1 - a - b) * coloured(rng, n_times, n)), {"slow": a / (a + b)}


def class_slow_and_fast(draw, n_times=4000, n_classes=10, b=0.1, c=0.1):
    """2: class means with a tuning of each unit, labels in random order, shared slow and fast signals."""
    rng = rng_of(2, draw)
    means = tuning(rng, n_classes)
    classes = rng.permutation(np.arange(n_times) % n_classes)
    x = means[classes] + np.sqrt(b) * band(rng, n_times, 0.05, 0.5)[:, None]
    x = x + np.sqrt(c) * band(rng, n_times, 2, 40)[:, None]
    x = x + np.sqrt(1 - b - c - (means**2).mean(axis=0)) * rng.standard_normal((n_times, N))
    matrix = means.T @ means / n_classes
    a = (matrix.sum() - np.trace(matrix)) / (N * (N - 1))
    total = a + b + c
    return recording(x, classes=classes), {"class": a / total, "slow": b / total, "fast": c / total}


def tuning(rng, n_classes, common=0.2, own=0.2):
    """Class means (class, unit): a common part and a tuning of each unit."""
    means = np.sqrt(common) * unit(rng.standard_normal((n_classes, 1)))
    means = means + np.sqrt(own) * unit(rng.standard_normal((n_classes, N)))
    return means - means.mean(axis=0)


def group(draw, n_times=3000, m=16, a=0.1, g=0.6):
    """3: a slow signal in all units, a fast one in 16 of 40; returns the group too."""
    rng = rng_of(3, draw)
    members = np.sort(rng.permutation(N)[:m])
    x = np.sqrt(1 - a) * rng.standard_normal((n_times, N))
    x[:, members] = (
        np.sqrt(1 - a - g) * rng.standard_normal((n_times, m)) + np.sqrt(g) * band(rng, n_times, 2, 40)[:, None]
    )
    w = m * (m - 1) / (N * (N - 1))
    share = w * g / (a + w * g)
    return recording(x + np.sqrt(a) * band(rng, n_times, 0.05, 0.5)[:, None]), {"group": share}, members


def three_axes(draw, n_times=3000, m=16, a=0.1, b=0.1, g=0.6):
    """7: classes and a slow signal in all units, a fast one in 16 of 40; planted cells (part, pairs) -> share."""
    rng = rng_of(21, draw)
    members = np.sort(rng.permutation(N)[:m])
    classes = rng.permutation(np.arange(n_times) % 10)
    means = np.sqrt(a) * unit(rng.standard_normal((10, 1)))
    x = means[classes] + np.sqrt(b) * band(rng, n_times, 0.05, 0.5)[:, None]
    loud = np.isin(np.arange(N), members)
    x = x + np.where(loud, np.sqrt(1 - a - b - g), np.sqrt(1 - a - b)) * rng.standard_normal((n_times, N))
    x = x + np.sqrt(g) * loud * band(rng, n_times, 2, 40)[:, None]
    w = m * (m - 1) / (N * (N - 1)) * g
    total = a + b + w
    planted = {("class", False): a, ("slow", False): b, ("fast", False): 0.0}
    planted |= {("class", True): 0.0, ("slow", True): 0.0, ("fast", True): w}
    return recording(x, classes=classes), {key: value / total for key, value in planted.items()}, members


def reference(draw, n_times=3000, a=0.3, b=0.3, half=True, power=0.0):
    """4: a common reference of variance a, and a source of variance b in half of the units or with gains 0 to 2."""
    rng = rng_of(4, draw)
    gains = np.where(np.arange(N) < N // 2, 1.4, 0.0)[rng.permutation(N)] if half else rng.uniform(0, 2, N)
    sd = np.sqrt(1 - a - b) * rng.uniform(0.7, 1.3, N) if a else rng.uniform(0.7, 1.3, N)
    r, s = coloured(rng, n_times, 2, power).T if power else unit(rng.standard_normal((n_times, 2))).T
    noise = coloured(rng, n_times, N, power) if power else rng.standard_normal((n_times, N))
    x = np.sqrt(a) * r[:, None] + np.sqrt(b) * s[:, None] * gains + sd * noise
    total = np.sqrt(a + b * gains**2 + sd**2)
    off = ~np.eye(N, dtype=bool)
    common = a * (1 / np.outer(total, total))[off].sum()
    source = b * (np.outer(gains, gains) / np.outer(total, total))[off].sum()
    return recording(x, quantity="EEG"), {"reference": common / (common + source)}


ANTIPHASE = {"si_3": 0.853, "mean_squared_correlation": 0.735, "lambda1_fraction": 0.757}


def antiphase(draw, n_times=6000, a=0.3, b=0.15):
    """5: a slow signal of either sign (32 of 40 the same), a fast one in all; the planted slow share by measure."""
    rng = rng_of(5, draw)
    sign = np.where(np.arange(N) < 32, 1.0, -1.0)
    x = np.sqrt(a) * sign * band(rng, n_times, 0.05, 0.5)[:, None] + np.sqrt(b) * band(rng, n_times, 2, 40)[:, None]
    return recording(x + np.sqrt(1 - a - b) * rng.standard_normal((n_times, N)))


def trains(draw, n=30, duration=120.0, rate=20.0, common=10.0, p=0.2, jitter=0.002, depth=0.3):
    """6: spike trains of a shared rate (0.2 and 0.37 Hz) with common spikes; the planted slow share in 10-ms bins."""
    rng = rng_of(6, draw)
    t = np.arange(0, duration, 0.001)
    phase = rng.uniform(0, 2 * np.pi, 2)
    shape = 1 + depth * sum(np.sin(2 * np.pi * f * t + at) for f, at in zip((0.2, 0.37), phase, strict=True))
    mother = rng.uniform(0, duration, rng.poisson(common * duration))
    times, units = [], []
    for j in range(n):
        own = t[rng.random(t.size) < rate * shape * 0.001]
        own = own + rng.uniform(0, 0.001, own.size)
        shared = mother[rng.random(mother.size) < p]
        shared = shared + jitter * rng.standard_normal(shared.size)
        every = np.concatenate([own, shared])
        every = every[(every > 0) & (every < duration)]
        times.append(every)
        units.append(np.full(every.size, j))
    dt = 0.01
    slow = (rate * dt * depth) ** 2
    apart = np.sqrt(2) * jitter * np.abs(np.random.default_rng(0).standard_normal(100_000))
    fine = common * p**2 * dt * np.maximum(0, 1 - apart / dt).mean()
    share = (slow + 0.026 * fine) / (slow + fine)
    return Spikes(np.concatenate(times), np.concatenate(units), n, duration), {"slow": share}


def blocks(draw, truth, seconds, n_times=4000, n_classes=5):
    """Classes in blocks of so many seconds beside a slow signal; `truth` holds "class", "drift" or both."""
    rng = rng_of(7, draw)
    length = int(seconds * FS)
    rounds = n_times // (n_classes * length) + 1
    classes = np.concatenate([np.repeat(rng.permutation(n_classes), length) for _ in range(rounds)])[:n_times]
    x = np.sqrt(0.6) * rng.standard_normal((n_times, N))
    if "class" in truth:
        x = x + tuning(rng, n_classes)[classes]
    if "drift" in truth:
        x = x + np.sqrt(0.2) * band(rng, n_times, 0.05, 0.5)[:, None]
    return recording(x, classes=classes)


def one_factor(draw, gains, n_times=600):
    """One white signal in all units with unlike gains: "equal", "uniform" (.2 to .9) or "lognormal"."""
    rng = rng_of(8, draw)
    load = {
        "equal": lambda: np.full(N, 0.5),
        "uniform": lambda: rng.uniform(0.2, 0.9, N),
        "lognormal": lambda: np.minimum(np.exp(rng.normal(-1, 0.5, N)), 0.95),
    }[gains]()
    x = load * rng.standard_normal((n_times, 1)) + np.sqrt(1 - load**2) * rng.standard_normal((n_times, N))
    return recording(x)


def equal_gain(draw, kind, n_times=3000):
    """A reference, or a source with one gain in all channels: the same signals, under two names."""
    rng = rng_of(9, draw, {"reference": 0, "source": 1}[kind])
    shared = rng.standard_normal((n_times, 1))
    return recording(
        np.sqrt(0.3) * shared + rng.uniform(0.7, 1.3, N) * rng.standard_normal((n_times, N)), quantity="EEG"
    )
