"""
Excitation and inhibition swing round the point where their nullclines cross
============================================================================

The phase plane of Wilson and Cowan's equations: arrows are the drift, lines the nullclines (where
one variable does not change), grey lines six runs. Where the lines cross is a fixed point; here it
is unstable, and all runs end on a cycle round it.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal

found = ictal.phase_plane("wilson_cowan")
plane = found.phase_plane
print(found)

# %%
x, y = plane.x.values, plane.y.values
figure, axes = plt.subplots(figsize=(5.4, 4.6), layout="constrained")
step = max(1, len(x) // 18)
across, up = plane.across[::step, ::step], plane.up[::step, ::step]
size = np.hypot(across, up) + 1e-12
axes.quiver(x[::step], y[::step], across / size, up / size, color="#C9CCD1", scale=32, width=0.003)
axes.contour(x, y, plane.across, [0.0], colors="#0072B2", linewidths=1.6)
axes.contour(x, y, plane.up, [0.0], colors="#6A737D", linewidths=1.6)
for path in plane.paths:
    axes.plot(path[:, 0], path[:, 1], color="#5B6068", linewidth=0.7)
    axes.plot(*path[0], "o", color="#5B6068", markersize=4, markerfacecolor="white")
axes.text(0.03, 0.97, "E' = 0", color="#0072B2", transform=axes.transAxes, va="top")
axes.text(0.03, 0.91, "I' = 0", color="#6A737D", transform=axes.transAxes, va="top")
axes.set(xlabel="E, share of active cells", ylabel="I, share of active cells", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
plt.show()
