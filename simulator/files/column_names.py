"""Names of columns and arrays that are no signal: running numbers, times, trials, units of spikes."""

from __future__ import annotations

import re

SECONDS = {  # unit of time -> s
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
}
OTHER_CLOCKS = ("model", "step", "epoch", "frame", "sample")
_TIME = frozenset(["time", "times", "timestamp", "timestamps", "t", "zeit", "temps", "tiempo", "tempo", "elapsed"])
_SPIKE_TIME = _TIME | {"spiketime", "spiketimes", "spike", "spikes"}
_INDEX = frozenset((
    "index", "idx", "row", "rows", "n", "nr", "no", "number", "sample", "samples", "sampleindex", "samplenumber",
    "sampleno", "frame", "frames", "frameindex", "framenumber", "step", "steps", "epoch", "epochs", "unnamed0",
    "x1", "rowid", "rownames", "observation", "obs", "id", "i", "item",
))  # fmt: skip
_UNIT = frozenset((
    "unit", "units", "unitid", "unitids", "unitindex", "neuron", "neurons", "neuronid", "neuronids", "neuronindex",
    "node", "nodes", "nodeid", "nodeids", "cell", "cells", "cellid", "cellids", "id", "ids", "gid", "gids",
    "sender", "senders", "cluster", "clusters", "clusterid", "clusterids", "clu", "spikeclusters", "spikeunits",
    "spikeunit", "train", "trains", "channel", "channels", "electrode", "electrodes", "i",
))  # fmt: skip


def parts(name: str) -> tuple[str, str]:
    """Return the word of a name and the unit after it, both plain: ``Time [ms]``, ``time_ms``, ``t/ms``.

    >>> parts("Time [ms]"), parts("spike_times"), parts("time_s"), parts("ms"), parts("spike_time_ms")
    (('time', 'ms'), ('spiketimes', ''), ('time', 's'), ('time', 'ms'), ('spiketime', 'ms'))
    """
    plain = name.strip().strip("#\"'").strip().casefold()
    found = re.fullmatch(r"(.*?)[\s_.-]*(?:[\[(]\s*([^\])]*?)\s*[\])]|[/,]\s*(\w+))", plain)
    word, unit = (found[1], found[2] or found[3] or "") if found else (plain, "")
    split = None if unit else re.fullmatch(r"(.+?)[\s_.-]+(?:in[\s_.-]+)?([^\W_]+)", word)
    if split and (split[2] in SECONDS or split[2] in OTHER_CLOCKS[:-1]):
        word, unit = split[1], split[2]
    word = re.sub(r"[\W_]+", "", word)
    return ("time", word) if word in SECONDS and not unit and word not in ("h", "hr", "min") else (word, unit)


def is_time(name: str) -> bool:
    """Return whether a name is one of times of samples.

    >>> [is_time(name) for name in ("t", "Time (s)", "seconds", "timestamp", "C3", "spike_times")]
    [True, True, True, True, False, False]
    """
    return parts(name)[0] in _TIME


def is_spike_time(name: str) -> bool:
    """Return whether a name is one of times of samples or spikes."""
    return parts(name)[0] in _SPIKE_TIME


def is_spike_unit(name: str) -> bool:
    """Return whether a name is one of the unit of a spike."""
    return parts(name)[0] in _UNIT


def is_index(name: str) -> bool:
    """Return whether a name is one of running numbers; a column without a name is one.

    >>> [is_index(name) for name in ("", "Unnamed: 0", "sample", "#", "frame", "Fp1")]
    [True, True, True, True, True, False]
    """
    word, unit = parts(re.sub(r"(?<=^Unnamed: \d)(\.\d+)+$", "", name.strip()))  # pandas numbers those of one name
    return (word in _INDEX and not unit) or not word


def is_trial(name: str) -> bool:
    """Return whether a name is one of numbers of trials, as in an export: trial, trial0, trial1."""
    return re.fullmatch(r"trials?\d*", parts(name)[0]) is not None
