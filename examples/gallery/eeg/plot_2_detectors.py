"""
A detector that listens to amplitude finds no seizure of synchrony alone
========================================================================

Four kinds of recording: amplitude and synchrony rise together, one of them rises alone, or neither.
Three detectors with one rule. A detector of synchrony is one only if it fires in the third column
and not in the second.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal
from ictal.analyses import score_detectors

CASES = {
    "both rise": {},
    "amplitude\nalone": {"seizure_correlation": 0.2},
    "synchrony\nalone": {"seizure_gain": 1.0},
    "neither": {"seizure_correlation": 0.2, "seizure_gain": 1.0, "seizure_hz": 10.0, "seizure_share": 0.3},
}
SEEDS = 2

# %%
# Two minutes each, the seizure from 80 s to 110 s; the first minute is the baseline.
hits = {}
for case, parameters in CASES.items():
    runs = [ictal.simulate("synthetic_eeg", onset=80.0, seed=seed, **parameters)["eeg"] for seed in range(SEEDS)]
    for found in score_detectors(runs, baseline=(0.0, 60.0)):
        hits[found.detector, case] = found.hits
detectors = list(dict.fromkeys(detector for detector, _ in hits))
table = np.array([[hits[detector, case] for case in CASES] for detector in detectors])

# %%
figure, axes = plt.subplots(figsize=(7.2, 2.8), layout="constrained")
axes.imshow(table, cmap="Greens", vmin=0, vmax=1.6 * SEEDS, aspect="auto")
for (row, column), count in np.ndenumerate(table):
    axes.text(column, row, f"{count} of {SEEDS}", ha="center", va="center")
axes.set(xticks=range(len(CASES)), yticks=range(len(detectors)), title="seizures that each detector found")
axes.set_xticklabels(CASES)
axes.set_yticklabels(detectors)
axes.tick_params(length=0)
axes.spines[:].set_visible(False)
plt.show()
