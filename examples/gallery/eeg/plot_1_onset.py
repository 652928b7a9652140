"""
Synchrony of an EEG rises when the seizure starts
=================================================

Nineteen channels in which a seizure from 60 s to 90 s raises the correlation of any two from .2 to
.6. The dots are windows of 5 s, filled within the seizure; grey is the middle 95 % of surrogates,
whose channels are as slow and as rhythmic but independent.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

# %%
# With a file of yours: ``found = ictal.analyse_eeg("recording.edf", band=(3.0, 20.0))``.
eeg = ictal.simulate("synthetic_eeg", seed=1)["eeg"]
found = ictal.analyse_eeg(eeg, window=5.0, band=(3.0, 20.0), measures=["chi_c"])
(event,) = found.events
rows = [row for row in found.rows if row.measure == "chi_c"]

# %%
# Traces and synchrony on one axis of time.
figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 4.6), sharex=True, height_ratios=(3, 2), layout="constrained")
scale = 250.0  # µV between two channels
for at in range(0, 19, 3):
    above.plot(eeg.times, eeg.numpy()[:, at] / scale - at / 3, color="#00876C", linewidth=0.3, rasterized=True)
above.plot([121.5, 121.5], [-6, -5], color="#1B1B1F", linewidth=2, clip_on=False)
above.text(122.5, -5.5, f"{scale:.0f} µV", va="center")
above.set(yticks=[], ylabel="7 of 19 channels")
middle, values = np.array([(row.start + row.stop) / 2 for row in rows]), np.array([row.value for row in rows])
below.fill_between(middle, [row.null_low for row in rows], [row.null_high for row in rows], color="#D9DBDE")
before = values[middle < event.onset].mean()
during = (middle >= event.onset) & (middle < event.stop)
for chosen, face in ((during, "#00876C"), (~during, "white")):
    below.plot(middle[chosen], values[chosen], "o", color="#00876C", markerfacecolor=face)
for axes in (above, below):
    for at in (event.onset, event.stop):
        axes.axvline(at, color="#1B1B1F", linestyle="--", linewidth=0.8)
below.set(xlabel="time [s]", ylabel="χ$_c$, 3–20 Hz", ylim=(-0.1, 1), xlim=(0, 120))
below.set(
    title=f"mean χ$_c$ {before:.2f} before (open), {values[during].mean():.2f} in the seizure (filled)",
)
plt.show()
