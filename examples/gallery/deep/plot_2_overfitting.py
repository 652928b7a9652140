"""
A network that memorises wrong labels is less synchronous, not more
===================================================================

Three MLPs that learn 300 digits, and three that memorise the same images with 40 % wrong labels;
SI-3 of the last hidden layer over 192 test images. Grey is the middle 95 % of 199 permutations of
the images; hatched: permutations within classes.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal
from ictal.models import Training, architecture, record_samples, train

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
KINDS, SEEDS = {"healthy": 0.0, "40 % wrong labels": 0.4}, 3
NULLS = {"permute": None, "permute_within_class": "////"}  # kind -> hatch
how = Training(epochs=100, learning_rate=2e-3)

# %%
found, gap = {}, {}
for name, noise in KINDS.items():
    for seed in range(SEEDS):
        data = ictal.load_data("digits", n_train=300, n_val=100, label_noise=noise, seed=seed)
        model = architecture("mlp").build(data.image_shape, data.n_classes)
        history = train(model, data, how, seed=seed).final()
        run = record_samples(model, data.x_test[:192], ["hidden.1.relu"], labels=data.y_test[:192])
        for null in NULLS:
            found[name, seed, null] = ictal.measure(run, "si_3", nulls=199, null=null).rows[0]
        gap[name, seed] = history["train_accuracy"] - history["test_accuracy"]

# %%
figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for at, name in enumerate(KINDS):
    for null, hatch in NULLS.items():
        rows = [found[name, seed, null] for seed in range(SEEDS)]
        low, high = np.mean([(row.null_low, row.null_high) for row in rows], axis=0)
        axes.text(at - 0.3, high + 0.008, "chance" if hatch is None else "classes alone", color="#5B6068", fontsize=8)
        axes.fill_between(
            [at - 0.3, at + 0.3],
            low,
            max(high, low + 0.006),
            facecolor="#D9DBDE",
            edgecolor="#9A9EA5",
            hatch=hatch,
            linewidth=0.8,
        )
    values = [found[name, seed, "permute"].value for seed in range(SEEDS)]
    axes.plot(
        at + np.linspace(-0.2, 0.2, SEEDS),
        values,
        "o",
        color="#C4520A",
        markerfacecolor="white" if at == 0 else "#C4520A",
    )
    axes.text(
        at,
        max(values) + 0.02,
        f"{np.mean(values):.2f}; gap {np.mean([gap[name, seed] for seed in range(SEEDS)]):.2f}",
        ha="center",
    )
axes.set(
    xticks=range(len(KINDS)),
    ylabel="SI-3, last hidden layer",
    ylim=(0, 0.5),
    xlim=(-0.6, 1.6),
    title="one dot a seed; gap: training minus test accuracy",
)
axes.set_xticklabels(KINDS)
plt.show()
