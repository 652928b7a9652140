"""
A network of your own: stronger inhibition lowers its synchrony
===============================================================

Populations, projections and inputs are data. Here inhibition is g times as strong as excitation,
and χ_c of the excitatory cells is measured for six g, each with the 95 % of values that surrogates
give.
"""

import matplotlib.pyplot as plt

import ictal
from ictal.simulator import DeltaSynapse, Network, Pairwise, PoissonInput, Population, Projection

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})


def network(g: float, n: int = 400) -> Network:
    """Return n excitatory and n/4 inhibitory cells; inhibition is g times as strong."""
    cell = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
    synapses = (DeltaSynapse("e"), DeltaSynapse("i", sign=-1))
    cells = [
        Population(name, k, **cell, synapses=synapses, v_init=(0.0, 20.0)) for name, k in (("E", n), ("I", n // 4))
    ]
    edges = [Projection("E", name, "e", Pairwise(0.1), weight=0.4, delay=1.5) for name in "EI"]
    edges += [Projection("I", name, "i", Pairwise(0.1), weight=0.4 * g, delay=1.5) for name in "EI"]
    return Network(cells, edges, [PoissonInput(name, "e", 6.0, weight=0.2) for name in "EI"])


# %%
# One run a value of g, and one measure of each.
values = (3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
rows = []
for g in values:
    run = ictal.simulate(network(g), duration=1.0, seed=1)
    rows.append(ictal.measure(run["E"].select(time=(0.2, 1.0)), "chi_c", nulls=199).rows[0])
    print(f"g = {g:g}: χ_c {rows[-1].value:.2f}, p {rows[-1].p:.3f}")

# %%
figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
axes.fill_between(
    values, [row.null_low for row in rows], [row.null_high for row in rows], color="#D9DBDE", label="chance"
)
axes.plot(values, [row.value for row in rows], "o-", color="#0072B2")
axes.text(values[-1], rows[-1].null_high, "95 % of surrogates ", color="#5B6068", ha="right", va="bottom")
axes.set(
    xlabel="g, strength of inhibition / excitation",
    ylabel="χ$_c$ of E cells",
    ylim=(0, 0.5),
    title=f"χ$_c$ falls from {rows[0].value:.2f} at g = {values[0]:g} to {rows[-1].value:.2f} at g = {values[-1]:g}",
)
plt.show()
