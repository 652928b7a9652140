"""One run of CUBA or COBA in ANNarchy, one thread."""

from __future__ import annotations

import time

import ANNarchy
import numpy as np
from common import DT, answer, arguments, statistics, to_steps, window
from scipy.sparse import csr_matrix

SYNAPSES = """
    tau*dv/dt = {drive}
    taue*dg_exc/dt = -g_exc : exponential
    taui*dg_inh/dt = -g_inh : exponential
"""
CELL = "tau = 20.0 : population\ntaue = 5.0 : population\ntaui = 10.0 : population\nEl = {rest} : population"
MODELS = {  # rest, drive, weights
    "cuba": (-49.0, "El - v + g_exc - g_inh : exponential, init = -60.0", 1.62, 9.0),
    "coba": (-60.0, "El - v + g_exc*(0.0 - v) + g_inh*(-80.0 - v) : exponential, init = -60.0", 0.6, 6.7),
}


def main() -> None:
    options = arguments()
    with np.load(options.arrays) as file:
        a = dict(file)
    rest, drive, e, i = MODELS[options.case]
    neuron = ANNarchy.Neuron(
        parameters=CELL.format(rest=rest),
        equations=SYNAPSES.format(drive=drive),
        spike="v >= -50.0",
        reset="v = -60.0",
        refractory=5.0,
    )
    net = ANNarchy.Network(dt=DT, seed=1)
    n, n_e = a["v"].size, int(a["n_e"])
    cells = net.create(geometry=n, neuron=neuron)
    for name, source, first, weight in (("e", cells[:n_e], 0, e), ("i", cells[n_e:], n_e, i)):
        pre, post = a[f"{name}_pre"] - first, a[f"{name}_post"]
        made = net.connect(source, cells, "exc" if name == "e" else "inh")
        made.from_sparse(csr_matrix((np.full(pre.size, weight), (pre, post)), shape=(len(source), n)))
    monitor = net.monitor(cells, "spike")
    net.compile(directory=str(options.folder), silent=True)
    cells.v = a["v"]
    if options.case == "coba":
        cells.g_exc, cells.g_inh = a["ge"], a["gi"]
    begin, end = window(options) if options.mode == "steady" else (0, to_steps(options.duration))
    if begin:
        net.simulate(begin * DT)
    start = time.process_time()
    net.simulate(1000 * options.duration)
    cost = (time.process_time() - start) / options.duration
    step, cell = monitor.raster_plot(monitor.get("spike"))
    step = np.rint(np.asarray(step) / DT).astype(int)
    found = statistics(step, np.asarray(cell, int), n, begin, end)
    answer(({"steady": cost} if options.mode == "steady" else {}) | found)


if __name__ == "__main__":
    main()
