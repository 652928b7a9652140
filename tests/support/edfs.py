"""Small EDF files for tests: what a reader meets in the wild."""

import numpy as np

RATE = 128
SECONDS = 20


def noise(n_channels, seconds=SECONDS, rate=RATE, seed=0, sd=30.0):
    """(time, channel) [µV]"""
    return np.random.default_rng(seed).normal(0, sd, (int(seconds * rate), n_channels))


def signal(x, label, rate=RATE, unit="uV", limits=(-400.0, 400.0)):
    """One channel of an EDF."""
    import edfio

    return edfio.EdfSignal(x, rate, label=label, physical_dimension=unit, physical_range=limits)


def write(path, signals, marks=()):
    """An EDF of these signals; marks: (onset, duration, text)."""
    import edfio

    edfio.Edf(signals, annotations=[edfio.EdfAnnotation(*mark) for mark in marks] or None).write(path)
    return path


def plain(path, x=None, names=None, marks=((8.0, 10.0, "seizure"),), rate=RATE):
    """An EDF of the array x (time, channel)."""
    x = noise(4) if x is None else x
    names = names or [f"E{at + 1}" for at in range(x.shape[1])]
    return write(path, [signal(column, name, rate) for column, name in zip(x.T, names, strict=True)], marks)
