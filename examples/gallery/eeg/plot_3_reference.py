"""
A common reference looks like synchrony, and measures that ignore zero lag do not see it
========================================================================================

Independent channels are recorded against a reference that has a signal of its own. Every channel
then carries that signal: the PLV and the correlation rise with its amplitude. The wPLI, which is
blind to zero lag, stays where it was; so does the PLV of the same channels against their average.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal
from ictal.analyses import rereferenced

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

clean = ictal.simulate("synthetic_eeg", correlation=0.0, seizure_duration=0.0, duration=60.0, channels=12, seed=1)[
    "eeg"
]
noise = ictal.simulate("synthetic_eeg", correlation=0.0, seizure_duration=0.0, duration=60.0, channels=2, seed=2)["eeg"]


def measured(amplitude: float) -> dict[str, float]:
    """Return measures of the channels against a reference with this amplitude, a share of that of a channel."""
    values = clean.numpy() - amplitude * noise.numpy()[:, :1]
    recording = ictal.Recording(values, clean.dt, "second", "potential", "µV", unit_labels=clean.unit_labels)
    average, _ = rereferenced(recording, "average")
    found = ictal.measure(recording, ["plv", "wpli"], band=(8.0, 12.0))
    again = ictal.measure(average, "plv", band=(8.0, 12.0))
    return {"PLV": found.value("plv"), "wPLI": found.value("wpli"), "PLV, average reference": again.value("plv")}


# %%
amplitudes = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5])
rows = [measured(float(amplitude)) for amplitude in amplitudes]
figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
LINES = (("PLV", "o", "#004D3D", 0), ("PLV, average reference", "s", "#00876C", -6), ("wPLI", "^", "#5FBFA9", 6))
for name, mark, shade, up in LINES:
    values = [row[name] for row in rows]
    axes.plot(amplitudes, values, mark + "-", color=shade)
    axes.annotate(name, (amplitudes[-1], values[-1]), (10, up), textcoords="offset points", color=shade, va="center")
axes.set(
    xlabel="amplitude of the reference / amplitude of a channel",
    ylabel="mean over pairs, 8–12 Hz",
    ylim=(0, 1),
    xlim=(-0.03, 2.1),
    xticks=amplitudes,
    title=f"PLV rises from {rows[0]['PLV']:.2f} to {rows[-1]['PLV']:.2f} with no synchrony at all",
)
plt.show()
