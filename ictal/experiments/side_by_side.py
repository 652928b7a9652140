"""One measure and its null against a driver: inhibition of a spiking network, time about a seizure in EEG.

The trainings of the other experiments yield the same for networks (step, wrong labels). Spike trains are shifted by up
to 5 SDs of their smoothing, channels of EEG by up to a quarter of the window; images are permuted. The correlated
quantities differ: spikes over time, fields over time, responses to images (signal), responses to images of one class
(noise).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..analyses.comparison.result import ReplicateValue
from ..models.spiking.seizure import SeizureNetwork
from ..models.synthetic_eeg import SyntheticEeg
from ..simulator import InputError
from ..simulator.files.document import to_json
from ..simulator.types import Progress
from ..verbs.eeg import measure_over_time
from ..verbs.measure import measure

GAINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)  # inhibition, in units of the network's own
WINDOW, UNITS, SURROGATES = (3.0, 5.0), 64, 199  # s, cells, of every value
SECONDS, BAND = 5.0, (3.0, 20.0)  # of a window of EEG [s], [Hz]
INHIBITION, FIELD = "inhibition", "EEG"
MEASURE = "si_3"


def scan(
    seeds: int = 3, eeg: Sequence[str | os.PathLike[str]] = (), progress: Progress | None = None
) -> list[ReplicateValue]:
    """Measure SI-3 with its null of the seizure network by inhibition, and of EEG by time from the onset.

    Args:
        seeds: replicates of the network, and of synthetic EEG where no files are given.
        eeg: EDF files with an annotated seizure.
        progress: called as progress(done, total, text).
    """
    rows = []
    total = len(GAINS) * seeds + (len(eeg) or seeds)
    for at, g in enumerate(GAINS):
        for seed in range(seeds):
            if progress:
                progress(at * seeds + seed, total, f"inhibition {g}, seed {seed}")
            run = SeizureNetwork(duration=WINDOW[1], g=g, protocol="trigger").record(seed)
            try:
                found = measure(
                    run.spikes("E").select(time=WINDOW),
                    MEASURE,
                    units=UNITS,
                    nulls=SURROGATES,
                    null="train_shift",
                    seed=seed,
                )
            except InputError:  # so much inhibition that too few cells fire to measure anything
                continue
            rows += [row.at(ReplicateValue, panel=INHIBITION, group=f"{g:g}", replicate=seed) for row in found.rows]
    for k in range(len(eeg) or seeds):
        if progress:
            progress(len(GAINS) * seeds + k, total, f"EEG {k}")
        rows += _windows(k, eeg)
    return rows


def _windows(k: int, eeg: Sequence[str | os.PathLike[str]]) -> list[ReplicateValue]:
    """Measure windows of the k-th EEG, by the time of their middle from the onset [s]."""
    source = eeg[k] if eeg else SyntheticEeg().record(k)
    found = measure_over_time(source, MEASURE, window=SECONDS, step=SECONDS, band=BAND, nulls=SURROGATES, seed=k)
    onset = found.events[0].onset if found.events else 0.0
    name = Path(eeg[k]).name if eeg else f"synthetic, seed {k}"
    middle = [(row.start + row.stop) / 2 - onset for row in found.rows]
    return [
        row.at(ReplicateValue, panel=FIELD, group=f"{at:g}", replicate=k, settings=to_json({"file": name}))
        for at, row in zip(middle, found.rows, strict=True)
    ]
