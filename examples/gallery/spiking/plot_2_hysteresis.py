"""
A seizure starts at one inhibition and stops only at a higher one
=================================================================

The gain of inhibition g falls and rises again within 32 s. The onset and the offset of the seizure
lie at different g: in between, the state of the network depends on its past (hysteresis).
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter1d

import ictal
from ictal.analyses import transition

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

run = ictal.simulate("seizure", protocol="ramp", duration=32.0, seed=1)
found = transition(run["g"], run["E"], threshold=20.0, smoothing=0.25)  # Hz, s
print(f"onset at g = {found.onset:.2f}, offset at g = {found.offset:.2f}")

# %%
# The rate over g, smoothed by a Gaussian of 0.25 s, light on the way down and dark on the way up. A
# network without memory would go back on its way.
counts = run["E"].binned(0.05)
rate = gaussian_filter1d(counts.numpy().mean(axis=1) / 0.05, 0.25 / 0.05)
g = np.interp(counts.times, run["g"].times, run["g"].numpy()[:, 0])
turn = int(np.argmin(g))

figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
for part, color, words, at in (
    (slice(turn), "#6AAED6", "g falls", 0.56),
    (slice(turn, None), "#00456B", "g rises", 0.85),
):
    axes.plot(g[part], rate[part], color=color)
    near = np.argmin(np.abs(g[part] - at))
    axes.annotate(words, (g[part][near], rate[part][near]), (8, 8), textcoords="offset points", color=color)
for at, words in ((found.onset, "starts"), (found.offset, "stops")):
    axes.axvline(at, color="#1B1B1F", linestyle="--", linewidth=0.8)
    axes.text(at, 0.75 * rate.max(), f" {words} at {at:.2f}")
axes.set(
    xlabel="g, gain of inhibition",
    ylabel="rate of E cells [spikes/s]",
    title=f"It seizes at g = {found.onset:.2f} on the way down and stops only at {found.offset:.2f} on the way up",
)
plt.show()
