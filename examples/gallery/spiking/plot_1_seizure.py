"""
One network, one inhibition, two states: rest and seizure
=========================================================

At the same gain of inhibition the network of 2000 cells rests, or seizes after a trigger that has
long ended. Every cell of the raster then fires in volleys with all others, and χ_c, which is 0 for
independent cells, comes near 1.
"""

import matplotlib.pyplot as plt

import ictal

WINDOW = (2.0, 3.0)  # s; the trigger ends at 1 s
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

# %%
# Two runs that differ in their past alone, and the same measure of both. ``nulls`` adds 199
# surrogates, in which every train is moved by a small lag of its own: what is left is the synchrony
# of slow, common changes of rate.
runs = {
    name: ictal.simulate("seizure", protocol=protocol, g=1.0, trigger_until=1.0, duration=3.0, seed=1)
    for name, protocol in (("at rest", "rest"), ("in a seizure", "trigger"))
}
cells = {name: run["E"].select(time=WINDOW) for name, run in runs.items()}
found = {name: ictal.measure(spikes, "chi_c", units=300, nulls=199).value("chi_c") for name, spikes in cells.items()}
print(found)

# %%
# Both columns share their axes.
figure, axes = plt.subplots(
    2, 2, figsize=(7.2, 4.4), sharex=True, sharey="row", height_ratios=(2, 1), layout="constrained"
)
for (raster, rate), (name, spikes) in zip(axes.T, cells.items(), strict=True):
    shown = spikes.unit < 300
    raster.plot(spikes.time[shown], spikes.unit[shown], ",", color="#0072B2", rasterized=True)
    raster.set(title=f"{name}: χ$_c$ = {found[name]:.2f}", xlim=WINDOW)
    counts = spikes.binned(0.005)
    rate.plot(counts.times, counts.numpy().mean(axis=1) / 0.005, color="#0072B2", linewidth=1)
    rate.set(xlabel="time [s]")
axes[0, 0].set(ylabel="cell (of 1600)")
axes[1, 0].set(ylabel="rate [spikes/s]")
plt.show()
