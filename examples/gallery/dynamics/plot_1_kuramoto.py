"""
Oscillators lock above a critical coupling, as theory says
==========================================================

For frequencies of a Lorentzian of half width γ, Kuramoto's oscillators lock above K_c = 2γ with r =
√(1 − K_c/K). Dots are simulations of 200 oscillators, the line is the theory, and grey is r of as
many free oscillators.
"""

import matplotlib.pyplot as plt
import numpy as np

import ictal

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

couplings, n = np.array([0.5, 1.0, 1.5, 1.8, 2.0, 2.2, 2.5, 3.0, 4.0, 5.0]), 200
order = []
for k in couplings:
    run = ictal.simulate("kuramoto", k=float(k), n=n, spread=1.0, duration=60.0, seed=1)
    order.append(run["r"].select(time=(30.0, 60.0)).numpy().mean())

# %%
k = np.linspace(2.0, 5.2, 200)
figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
axes.axhspan(0, np.sqrt(np.pi / (4 * n)), color="#D9DBDE")
axes.plot([0, 2, *k], [0, 0, *np.sqrt(1 - 2 / k)], color="#1B1B1F", linewidth=1)
axes.plot(couplings, order, "o", color="#0072B2", clip_on=False)
axes.axvline(2.0, color="#1B1B1F", linestyle="--", linewidth=0.8)
axes.text(2.0, 0.97, " K$_c$ = 2γ", va="top")
axes.text(5.2, 0.83, "theory, n → ∞", ha="right")
axes.text(0.02, np.sqrt(np.pi / (4 * n)), " free oscillators", color="#5B6068", va="bottom")
axes.set(
    xlabel="coupling K [rad/time]",
    ylabel="r, mean over time",
    ylim=(0, 1),
    xlim=(0, 5.2),
    title=f"r rises from {order[0]:.2f} at K = {couplings[0]:g} to {order[-1]:.2f} at K = {couplings[-1]:g}",
)
plt.show()
