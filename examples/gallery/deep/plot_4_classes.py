"""
Correlation over images is mostly that of the classes
=====================================================

Units of a trained network answer to the same classes of images: a correlation over images measures
that, and not a synchrony of spikes. ``ictal.why`` takes one value apart: most of the mean squared
correlation goes with the class.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal
from ictal.models import Training, architecture, record_samples, train

data = ictal.load_data("digits", n_train=1000, n_val=100, seed=0)
model = architecture("mlp").build(data.image_shape, data.n_classes)
train(model, data, Training(epochs=40, learning_rate=2e-3), seed=0)
labels = data.y_test[:300]
run = record_samples(model, data.x_test[:300], ["hidden.1.relu"], labels=labels)
layer = next(iter(run.values()))
found = ictal.why(run, "mean_squared_correlation")
print(found.sentence)
parts = {part.part: part.value for part in found.parts}

# %%
# Images sorted by class, units by the class that drives them most. Magnitudes are signed: PuOr
# about 0.
values = layer.numpy()
values = values[:, (values > 0).sum(axis=0) > 20]  # units that answer to some images
z = (values - values.mean(axis=0)) / values.std(axis=0)
images = np.argsort(labels, kind="stable")
means = np.array([z[labels == c].mean(axis=0) for c in range(10)])
units = np.argsort(means.argmax(axis=0), kind="stable")

figure, axes = plt.subplots(figsize=(7.2, 4.0), layout="constrained")
picture = axes.imshow(
    z[np.ix_(images, units)].T, aspect="auto", cmap="PuOr_r", vmin=-2.5, vmax=2.5, interpolation="nearest"
)
edges = np.flatnonzero(np.diff(labels[images])) + 0.5
for edge in edges:
    axes.axvline(edge, color="white", linewidth=0.8)
middles = np.diff([-0.5, *edges, len(images) - 0.5]) / 2 + np.array([-0.5, *edges])
axes.set(
    xticks=middles,
    xlabel="test images by class",
    ylabel="units, by the class that drives them most",
    title=f"of ⟨r²⟩ = {found.values[0].value:.2f}, {parts['class']:.2f} goes with the class",
)
axes.set_xticklabels(range(10))
axes.tick_params(length=0)
figure.colorbar(picture, ax=axes, label="activation, z-score")
plt.show()
