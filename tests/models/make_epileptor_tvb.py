"""Write epileptor_tvb.csv beside this file, by The Virtual Brain's right-hand side: pip install tvb-library first."""

from pathlib import Path

import numpy as np

KS = -0.7
COLUMNS = ("x1", "y1", "z", "x2", "y2", "g", "coupling", "x0")

if __name__ == "__main__":
    from tvb.simulator.models.epileptor import Epileptor  # not a dependency: this file is run by hand

    rng = np.random.default_rng(0)
    states = rng.uniform((-2.5, -20, -1, -1.5, -1, -0.5), (2, 2, 5, 1.5, 2, 0.5), (200, 6))
    coupling, x0 = rng.normal(size=200), rng.uniform(-2.5, -1.5, 200)
    rows = []
    for x, c, x0_k in zip(states, coupling, x0, strict=True):
        model = Epileptor(x0=np.array([x0_k]), Ks=np.array([KS]))
        derivative = model.dfun(x.reshape(6, 1, 1), np.array([c, 0.0]).reshape(2, 1, 1))
        rows.append([*x, c, x0_k, *np.asarray(derivative).ravel()])
    header = ",".join([*COLUMNS, *(f"d{name}" for name in COLUMNS[:6])])
    np.savetxt(
        Path(__file__).with_name("epileptor_tvb.csv"), rows, fmt="%.17g", delimiter=",", header=header, comments=""
    )
