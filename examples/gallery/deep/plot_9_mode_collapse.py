"""
A generator that loses modes
============================

A generator of points is trained against a discriminator, on a ring of eight Gaussians whose modes
are known exactly. Where the discriminator is trained rarely, the generator runs after it from mode
to mode. SI-3 of its hidden units stands in the title: one seed of each, which proves nothing.
``ictal explain collapse`` says what would.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

import ictal
from ictal.models import GanTraining, RingOfGaussians, record_samples, train_generator

ring = RingOfGaussians(modes=8, sd=0.1)
x = ring.samples(2000, seed=0)
healthy = GanTraining(steps=1200, latent=8, hidden=(64, 64), learning_rate=5e-3, discriminator_rate=1e-3, penalty=0.1)
rarely = GanTraining(
    steps=1200, latent=8, hidden=(64, 64), learning_rate=1e-3, discriminator_rate=1e-3, penalty=0.1, generator_steps=10
)
latents = np.random.default_rng(0).standard_normal((1000, 8), dtype=np.float32)

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.8), sharex=True, sharey=True, layout="constrained")
for panel, words, how in zip(axes, ("healthy", "discriminator trained rarely"), (healthy, rarely), strict=True):
    generator = train_generator(x, how, bounded=False, seed=0)
    with torch.no_grad():
        made = generator(torch.tensor(latents)).numpy()
    found = ring.coverage(made)
    layers = record_samples(generator, latents, "hidden.*.relu")
    si = np.mean([ictal.measure(layer, "si_3").rows[0].value for layer in layers.values()])
    panel.plot(*x.T, ".", color="#D9DBDE", markersize=2, label="data")
    panel.plot(*made.T, ".", color="#C4520A", markersize=2, label="generated")
    panel.set_title(f"{words}:\n{found.covered} of {found.modes} modes, SI-3 = {si:.2f}")
    panel.set(aspect="equal", xlim=(-1.8, 1.8), ylim=(-1.8, 1.8), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
axes[1].legend(loc="center", frameon=False, markerscale=4)
plt.show()
