"""Compare arrays of your own under the same measures and nulls, and write the report.

python examples/compare_arrays.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

import ictal

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")


def activity(correlation: float, seed: int) -> ictal.Recording:
    """40 units, 5 s at 100 Hz, that share a common signal of known strength."""
    rng = np.random.default_rng(seed)
    common, private = rng.normal(size=(500, 1)), rng.normal(size=(500, 40))
    x = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * private
    return ictal.Recording(x, dt=0.01, clock="second", quantity="activity", unit="1")


comparison = ictal.compare(
    {
        "independent": [activity(0.0, seed) for seed in range(4)],
        "correlated": [activity(0.3, 100 + seed) for seed in range(4)],
    },
    measures=["si_3", "chi_c", "lambda1_fraction", "kuramoto_r1"],
)
for row in comparison.contrasts:
    print(f"{row.measure:18s} {row.a} − {row.b}: {row.difference:+.3f}, delta {row.delta:+.2f}: {row.statement}")
print(comparison.save(folder / "arrays.h5", force=True), comparison.html(folder / "arrays.html", force=True))
