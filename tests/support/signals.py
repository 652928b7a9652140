"""Independent signals of known spectra, and spike trains that share a rate or single spikes, for the rates of nulls."""

import numpy as np

from ictal.simulator import Recording, Spikes


def power_law(rng, n_times, n, beta):
    """1/f^β by its spectrum over four times the length, so that it does not close on itself."""
    longer = 4 * n_times
    f = np.fft.rfftfreq(longer)
    size = np.where(f > 0, np.where(f > 0, f, 1.0) ** (-beta / 2), 0.0)[:, None]
    noise = rng.standard_normal((f.size, n)) + 1j * rng.standard_normal((f.size, n))
    return np.fft.irfft(size * noise, n=longer, axis=0)[:n_times]


def autoregression(rng, n_times, n, phi):
    """AR(1), stationary from the start."""
    from scipy.signal import lfilter

    e = rng.standard_normal((n_times, n)) * np.sqrt(1 - phi**2)
    e[0] = rng.standard_normal(n)
    return lfilter([1.0], [1.0, -phi], e, axis=0)


def unit(x):
    """Columns of mean 0 and SD 1."""
    return (x - x.mean(0)) / x.std(0)


def slope(rng, n_times, n):
    """A line of its own for each, its SD 0 to 3 times that of the signal, of either sign."""
    return np.linspace(-1, 1, n_times)[:, None] * rng.uniform(-3, 3, n) * np.sqrt(3)


def slow_sine(rng, n_times, n):
    """1.3 cycles, each with a phase of its own."""
    return 2 * np.sin(2 * np.pi * 1.3 * np.arange(n_times)[:, None] / n_times + rng.uniform(0, 2 * np.pi, n))


def two_states(rng, n_times, n):
    """A telegraph signal with dwell times of 50 samples."""
    flips = rng.random((n_times, n)) < 1 / 50
    start = rng.integers(2, size=n)
    return (start + np.cumsum(flips, axis=0)) % 2 + 0.0


def eeg_like(rng, n_times, n):
    """1/f and an alpha rhythm of 10 ± 0.5 Hz, at 100 Hz."""
    t = np.arange(n_times)[:, None] / 100
    f = 10 + 0.5 * rng.standard_normal(n)
    wave = np.cos(
        2 * np.pi * f * t + rng.uniform(0, 2 * np.pi, n) + np.cumsum(rng.standard_normal((n_times, n)), 0) * 0.1
    )
    return unit(power_law(rng, n_times, n, 1.0)) + wave


def bump(n_times):
    """An envelope that rises to five times its base, of SD 0.08 of the length."""
    t = np.arange(n_times) / n_times
    return 1 + 4 * np.exp(-(((t - 0.5) / 0.08) ** 2) / 2)[:, None]


SIGNALS = {
    "white": lambda r, t, n: r.standard_normal((t, n)),
    "AR .9": lambda r, t, n: autoregression(r, t, n, 0.9),
    "AR .99": lambda r, t, n: autoregression(r, t, n, 0.99),
    "AR .995": lambda r, t, n: autoregression(r, t, n, 0.995),
    "1/f^.5": lambda r, t, n: power_law(r, t, n, 0.5),
    "1/f": lambda r, t, n: power_law(r, t, n, 1.0),
    "1/f^1.5": lambda r, t, n: power_law(r, t, n, 1.5),
    "1/f^2": lambda r, t, n: power_law(r, t, n, 2.0),
    "random walk": lambda r, t, n: r.standard_normal((t, n)).cumsum(0),
    "1/f + own slopes": lambda r, t, n: unit(power_law(r, t, n, 1.0)) + slope(r, t, n),
    "white + own slopes": lambda r, t, n: r.standard_normal((t, n)) + slope(r, t, n),
    "1/f + own slow sines": lambda r, t, n: unit(power_law(r, t, n, 1.0)) + slow_sine(r, t, n),
    "white + own slow sines": lambda r, t, n: r.standard_normal((t, n)) + slow_sine(r, t, n),
    "EEG-like": eeg_like,
    "two states": two_states,
    "ReLU of AR .9": lambda r, t, n: np.maximum(autoregression(r, t, n, 0.9) - 1.0, 0.0),
    "common envelope, white": lambda r, t, n: r.standard_normal((t, n)) * bump(t),
    "common envelope, 1/f": lambda r, t, n: unit(power_law(r, t, n, 1.0)) * bump(t),
}


def recording(x, **more):
    return Recording(x, **{"dt": 0.01, "clock": "second", "quantity": "activity", "unit": "1", **more})


def planted(rng, make, n_times, n, c):
    """Signals of one spectrum with a common part of the same spectrum and pairwise correlation c."""
    return np.sqrt(c) * unit(make(rng, n_times, 1)) + np.sqrt(1 - c) * unit(make(rng, n_times, n))


def renewal(rng, duration, rate, shape):
    """Gamma renewal train in operational time, (…) [s]."""
    intervals = rng.gamma(shape, 1 / (rate * shape), int(rate * duration * 2) + 50)
    return np.cumsum(intervals) - rng.uniform(0, 5 / rate)


def trains(rng, rate_of, duration=4.0, n=12, base=20.0, shape=1.0, common=0.0, jitter=0.002):
    """Trains that share a rate: gamma renewal in operational time; a share `common` of their spikes is shared.

    Args:
        rate_of: t -> relative rate, of mean about 1.
    """
    grid = np.linspace(0, duration, 8001)
    course = np.concatenate([[0.0], np.cumsum((rate_of(grid[1:]) + rate_of(grid[:-1])) / 2 * np.diff(grid))])
    shared = rng.uniform(0, duration, rng.poisson(base * common * duration))
    time, unit_of = [], []
    for j in range(n):
        own = renewal(rng, course[-1], base * (1 - common), shape)
        own = np.interp(own[(own >= 0) & (own < course[-1])], course, grid)
        own = np.r_[own, shared + jitter * rng.standard_normal(shared.size)] if common else own
        own = own[(own >= 0) & (own < duration)]
        time.append(own)
        unit_of.append(np.full(own.size, j))
    return Spikes(np.concatenate(time), np.concatenate(unit_of), n, duration)


def pulses(t):
    """Pulses of SD 50 ms, seven times the base, once a second."""
    return (1 + 6 * sum(np.exp(-(((t - k - 0.5) / 0.05) ** 2) / 2) for k in range(4))) / (
        1 + 6 * 0.05 * np.sqrt(2 * np.pi)
    )


RATES = {
    "Poisson": (lambda t: np.ones_like(t), 1.0),
    "gamma 10 (regular)": (lambda t: np.ones_like(t), 10.0),
    "gamma .3 (bursty)": (lambda t: np.ones_like(t), 0.3),
    "Poisson, ramp 30 %": (lambda t: 1 + 0.3 * (t / 2 - 1), 1.0),
    "ramp 90 %": (lambda t: 1 + 0.9 * (t / 2 - 1), 1.0),
    "sine .3 Hz 50 %": (lambda t: 1 + 0.5 * np.sin(2 * np.pi * 0.3 * t), 1.0),
    "regular + that sine": (lambda t: 1 + 0.5 * np.sin(2 * np.pi * 0.3 * t), 10.0),
    "bursty + ramp 90 %": (lambda t: 1 + 0.9 * (t / 2 - 1), 0.3),
    "pulses": (pulses, 1.0),
}
