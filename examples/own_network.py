"""A spiking network of your own: a run, its description in JSON, a sweep of one of its parameters.

python examples/own_network.py
ictal simulate examples/own_network.py --duration 2 --set g=6 -o mine.h5
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy import sparse

import ictal
from ictal.simulator import DeltaSynapse, Network, Pairwise, PoissonInput, Population, Projection, save_network


def network(g: float = 5.0, n: int = 400) -> Network:
    """Return n excitatory and n/4 inhibitory cells; inhibition is g times as strong."""
    cell = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
    synapses = (DeltaSynapse("e"), DeltaSynapse("i", sign=-1))
    sizes = {"E": n, "I": n // 4}
    cells = [Population(name, k, **cell, synapses=synapses, v_init=(0.0, 20.0)) for name, k in sizes.items()]
    weights = 0.4 * sparse.random(n, n // 4, 0.1, random_state=1)  # E to I, row is source [mV]
    edges = [
        Projection("E", "E", "e", Pairwise(0.1), weight=0.2, delay=1.5),
        Projection.from_matrix("E", "I", "e", weights, delay=1.5),
        *(Projection("I", name, "i", Pairwise(0.1), weight=0.2 * g, delay=1.5) for name in "EI"),
    ]
    return Network(cells, edges, [PoissonInput(name, "e", 6.0, weight=0.2) for name in "EI"])


if __name__ == "__main__":
    run = ictal.simulate(network(), duration=1.0, seed=1)
    print(ictal.measure(run["E"], "chi_c", nulls=199))
    with tempfile.TemporaryDirectory() as folder:
        described = save_network(network(), Path(folder) / "mine.json")
        again = ictal.simulate(described, duration=1.0, seed=1)
        print("from JSON, the same spikes:", np.array_equal(run["E"].time, again["E"].time))
        values = {"projections.2.weight": [0.4, 1.0, 2.0]}
        swept = ictal.sweep(described, values, folder=Path(folder) / "sweep", settings={"duration": 1.0})
        for point, file in swept.files.items():
            print(point.parameters, f"{ictal.load(file)['E'].counts.mean():.1f} spikes a cell in 1 s")
