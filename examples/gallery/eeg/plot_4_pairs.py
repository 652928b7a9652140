"""
A matrix of pairs shows which channels lock
===========================================

Two groups of six channels, each with a rhythm of its own, and four channels that follow none. The
PLV of every pair in 8–12 Hz, with the channels sorted by clustering: the groups come out without
being told.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

import ictal
from ictal.analyses import pairwise

# %%
# The channels are shuffled, so that only the data can say which belong together.
parts = [
    ictal.simulate(
        "synthetic_eeg",
        channels=n,
        correlation=c,
        alpha_share=0.8,
        onset=0.0,
        seizure_duration=0.0,
        duration=30.0,
        seed=seed,
    )["eeg"]
    for seed, (n, c) in enumerate(((6, 0.7), (6, 0.7), (4, 0.0)), start=1)
]
values = np.concatenate([part.numpy() for part in parts], axis=1)
truth = np.repeat(["A", "B", "–"], (6, 6, 4))
order = np.random.default_rng(0).permutation(len(truth))
eeg = ictal.Recording(values[:, order], parts[0].dt, "second", "potential", "µV")
plv = pairwise("plv", eeg, band=(8.0, 12.0))

# %%
# Average linkage on 1 − PLV, with the leaves in their optimal order.
distance = 1 - (plv + plv.T) / 2
np.fill_diagonal(distance, 0)
leaves = leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
labels = truth[order]

figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6), layout="constrained")
for axes, chosen, title in (
    (left, np.arange(len(labels)), "as recorded"),
    (right, leaves, "sorted by clustering on 1 − PLV"),
):
    image = axes.imshow(plv[np.ix_(chosen, chosen)], cmap="Greens", vmin=0, vmax=1)
    axes.set(title=title, xticks=range(len(labels)), yticks=range(len(labels)))
    axes.set_xticklabels(labels[chosen])
    axes.set_yticklabels(labels[chosen])
    axes.tick_params(length=0)
figure.colorbar(image, ax=(left, right), label="PLV, 8–12 Hz", shrink=0.8)
plt.show()
