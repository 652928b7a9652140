"""
A bump of activity remembers a place after its cue is gone
==========================================================

Compte's network of spiking cells on a ring: a cue of a quarter of a second leaves a bump of
persistent activity, which stays near the place of the cue and wanders. The line is the direction of
the population vector.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal
from ictal.analyses import bump_position

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

run = ictal.simulate("compte", cue=90.0, duration=3.0, seed=1)
cells = run["E"]
place = np.degrees(cells.unit_labels["position"])
late = cells.select(time=(0.5, 3.0)).binned(0.1)  # after the cue
where = np.degrees(bump_position(late))
print(f"bump at {where[0]:.0f}° after the cue, at {where[-1]:.0f}° at the end")

# %%
figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
axes.axvspan(0.25, 0.5, color="#EEF0F2")
axes.text(0.375, 168, "cue", ha="center", va="top")
axes.plot(cells.time, (place[cells.unit] + 180) % 360 - 180, ".", markersize=0.8, color="#6AAED6", rasterized=True)
axes.plot(late.times + 0.05, where, color="#1B1B1F")
axes.axhline(90, color="#1B1B1F", linestyle="--", linewidth=0.8)
axes.set(
    xlabel="time [s]",
    ylabel="place on the ring [°]",
    ylim=(-180, 180),
    yticks=(-180, -90, 0, 90, 180),
    xlim=(0, 3),
    title=f"the bump ends {abs(where[-1] - 90):.0f}° from its cue",
)
plt.show()
