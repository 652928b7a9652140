"""Detectors of seizures against a truth that is known: synthetic EEG, and the simulated seizure network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ...simulator import InputError, Recording, Run
from .analyse import Alarms, Windows, prepare
from .detectors import Rule, run_detectors
from .pooled import Pooled, pooled

RATE = 256.0  # Hz; of the electrodes, as scalp EEG is recorded
SMOOTH = 0.005  # s; SD, about the decay of an excitatory synapse
SEIZING = 15.0  # Hz; E rate above which the network seizes: r_half, at which its inhibition tires
SHORTEST = 1.0  # s; of a seizure


def score_detectors(
    recordings: Iterable[Recording],
    *,
    baseline: tuple[float, float],
    band: tuple[float, float] = (3.0, 20.0),
    window: float = 5.0,
    k: float = 3.0,
    hold: float = 2.0,
) -> list[Pooled]:
    """Kuramoto r, χ_c and line length as detectors: events hit and false alarms over all recordings.

    Args:
        recordings: (time, channel) in seconds; their annotations are the events.
        baseline: (start, stop) [s] by which the threshold of each recording is set; no false alarm counts there.
        band: [Hz].
        window: of synchrony [s]; that of line length is 1 s, both step by 0.25 s.
        k, hold: as in `analyse_eeg`.

    Raises:
        InputError: as `analyse_eeg`; a detector that cannot work on a recording.
    """
    alarms = Alarms(baseline, Rule(k, hold))
    scores = []
    for recording in recordings:
        ready = prepare(recording, Windows(window, band=band, nulls=0))
        found = run_detectors(
            ready.signal, ready.events, baseline=baseline, rule=alarms.rule, band=band, window=window,
            short=alarms.short, step=alarms.fine, dropouts=ready.dropouts,
        )  # fmt: skip
        if found.left_out:
            raise InputError(found.left_out[0])
        scores += found.scores
    return pooled(scores)


def electrodes(run: Run, n: int = 16, *, noise: float = 0.2, seed: int = 0) -> Recording:
    r"""Return a proxy of the local fields at n electrodes in a run of the seizure network, its seizures annotated.

    .. math:: x_j(t) = \frac1{|G_j|} \sum_{i \in G_j} r_i(t) + \text{noise}

    r_i is the spike train of E cell i under a Gaussian of SD 5 ms [Hz], G_j is every n-th cell; 256 samples a second.
    The noise is white and independent, of `noise` times the median SD of the channels before the first seizure. The
    truth is the network's own: a seizure is where the E rate that tires inhibition (entry ``q_rate``, a 100-ms
    filter) stays above 15 Hz for a second and longer; no detector reads it.

    Args:
        run: of the system ``seizure`` with its slow variable.
        n: electrodes.
        noise: [1].
        seed: of the noise.

    Raises:
        InputError: the run has no spikes E or no q_rate.
    """
    cells = run.spikes("E")
    rate = run.recording("q_rate")
    above = rate.numpy()[:, 0] > SEIZING
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]])))
    marks = [
        {"onset": float(rate.times[a]), "duration": float((b - a) * rate.dt), "text": "seizure"}
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if (b - a) * rate.dt >= SHORTEST
    ]
    groups = [cells.select(units=np.arange(at, cells.n_units, n)) for at in range(n)]
    parts = [group.smoothed(1.0 / RATE, SMOOTH).numpy().mean(axis=-1) for group in groups]
    x = np.stack(parts, axis=1)
    quiet = x[: max(2, int(RATE * float(marks[0]["onset"])))] if marks else x  # type: ignore[arg-type]
    x = x + noise * np.median(quiet.std(axis=0)) * np.random.default_rng(seed).standard_normal(x.shape)
    whole = groups[0].smoothed(1.0 / RATE, SMOOTH)
    names = np.array([f"e{at + 1:02d}" for at in range(n)])
    return replace(
        whole,
        values=x,
        quantity="local rate",
        unit_labels={"channel": names},
        source={**run.source, "annotations": marks},
    )
