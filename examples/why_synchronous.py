"""Take values of synchrony apart: a shared drift, a sub-group, classes in blocks that no analysis can tell from drift.

python examples/why_synchronous.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

import ictal

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
rng = np.random.default_rng(0)
seconds = np.arange(6000) / 100
noise = rng.standard_normal((6000, 40))

drift = np.sin(2 * np.pi * 0.1 * seconds)[:, None]  # in all units
fast = rng.standard_normal((6000, 1)) * (np.arange(40) < 16)  # in 16 of 40
classes = np.arange(6000) // 160 % 5  # in blocks of 1.6 s
means = rng.standard_normal((5, 1)) + 0.5 * rng.standard_normal((5, 40))


def recording(x: np.ndarray, **labels: np.ndarray) -> ictal.Recording:
    """100 Hz."""
    return ictal.Recording(x, dt=0.01, clock="second", quantity="activity", unit="1", time_labels=labels)


for name, data in {
    "drift and a group": recording(noise + drift + 1.5 * fast),
    "classes in blocks": recording(noise + 0.6 * means[classes] + 0.5 * drift, **{"class": classes}),
    "nothing shared": recording(noise),
}.items():
    found = ictal.why(data, "chi_c")
    print(f"{name}:\n{found.sentence}\n{found.says}\n")
    found.save(folder / f"why-{name.replace(' ', '-')}.h5", force=True)
