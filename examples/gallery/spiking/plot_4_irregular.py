"""
Cells of a balanced network fire irregularly, but less so than a Poisson process
================================================================================

The CUBA benchmark network has 4000 cells that excite and inhibit each other. Its raster, its rate,
and the statistics of its single trains: the CV of the intervals between spikes is 1 for a Poisson
process and 0 for a clock.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

run = ictal.simulate("cuba", duration=2.0, seed=1)
cells = run["E"].select(time=(0.5, 2.0))
found = ictal.measure(cells, ["mean_rate", "cv_isi", "fano_factor"])
print(found)

# %%
# Intervals between the spikes of one cell are differences of its sorted times.
order = np.lexsort((cells.time, cells.unit))
time, unit = cells.time[order], cells.unit[order]
intervals = 1000 * np.diff(time)[np.diff(unit) == 0]  # ms

figure, axes = plt.subplot_mosaic("aac;bbc", figsize=(7.2, 4.2), height_ratios=(2, 1), layout="constrained")
shown = cells.unit < 150
axes["a"].plot(cells.time[shown], cells.unit[shown], ".", markersize=1.5, color="#0072B2", rasterized=True)
axes["a"].set(ylabel="cell (of 3200)", title=f"{found.value('mean_rate'):.1f} spikes/s a cell")
counts = cells.binned(0.005)
axes["b"].plot(counts.times, counts.numpy().mean(axis=1) / 0.005, color="#0072B2", linewidth=1)
axes["b"].set(xlabel="time [s]", ylabel="rate [spikes/s]", ylim=(0, None))
axes["c"].hist(intervals, bins=np.linspace(0, 400, 41), color="#0072B2")
axes["c"].set(xlabel="interval [ms]", ylabel="intervals", title=f"CV = {found.value('cv_isi'):.2f}")
axes["b"].sharex(axes["a"])
plt.show()
