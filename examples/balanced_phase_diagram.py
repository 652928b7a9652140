"""Phase diagram of Brunel's network: rates over g and eta, mean field beside simulation.

python examples/balanced_phase_diagram.py [FOLDER] [--quick]      some minutes; --quick takes four points
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

import ictal

quick = "--quick" in sys.argv
folder = Path(next((word for word in sys.argv[1:] if word != "--quick"), "."))
grid = {"g": [4.5, 6.0], "eta": [2.0, 4.0]} if quick else {"g": [3.0, 4.0, 4.5, 5.0, 6.0], "eta": [0.9, 1.5, 2.0, 4.0]}
begin, end = (0.05, 0.1) if quick else (0.1, 0.3)  # s that are counted

sweep = ictal.sweep("balanced", grid, seeds=1, settings={"duration": end}, folder=folder / "balanced-sweep")
shape = [len(values) for values in grid.values()]
simulated = [row["mean_rate"] for row in sweep.table("mean_rate", of="E", window=(begin, end))]
theory = [sweep.load(point).recording("mean_field").numpy()[0, -1] for point in sweep]

figure = Figure(figsize=(6.8, 3.0), layout="constrained")
for axes, title, rates in zip(figure.subplots(1, 2), ("mean field", "simulation"), (theory, simulated), strict=True):
    table = np.reshape(rates, shape).T
    image = axes.imshow(table, origin="lower", aspect="auto", cmap="Blues", norm=LogNorm(1.0, 400.0))
    axes.set(title=title, xlabel="g", ylabel="η", xticks=range(shape[0]), yticks=range(shape[1]))
    axes.set_xticklabels([f"{g:g}" for g in grid["g"]])
    axes.set_yticklabels([f"{eta:g}" for eta in grid["eta"]])
    for (row, column), rate in np.ndenumerate(table):
        axes.text(column, row, f"{rate:.3g}", ha="center", va="center", color="black" if rate > 30 else "white")
figure.colorbar(image, ax=figure.axes, label="firing rate of E cells [Hz]")
figure.savefig(folder / "balanced-phase-diagram.png", dpi=200)
print(f"{len(theory)} points; {folder / 'balanced-phase-diagram.png'}")
