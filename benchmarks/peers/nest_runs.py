"""One run of one case in NEST, where its own neuron models can express it. Its shortest delay is one step."""

from __future__ import annotations

import time

import nest
import numpy as np
from common import DT, answer, arguments, mean_statistics, statistics, to_steps, window

CELLS = {"tau_m": 20.0, "t_ref": 5.0, "V_reset": -60.0, "V_th": -50.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}
CUBA = CELLS | {"C_m": 20.0, "E_L": -49.0}  # 1 GΩ: a current of 1 pA is 1 mV
COBA = {k: v for k, v in CELLS.items() if k != "tau_m"} | {
    "C_m": 200.0,
    "g_L": 10.0,
    "E_L": -60.0,
    "E_ex": 0.0,
    "E_in": -80.0,
}
RING = {"tau_m": 20.0, "C_m": 20.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0}
Arrays = dict[str, np.ndarray]


def main() -> None:
    options = arguments()
    with np.load(options.arrays) as file:
        arrays = dict(file)
    if options.mode == "sweep":
        answer(mean_statistics([whole(options.case, arrays, options.duration, x) for x in arrays["values"]]))
    elif options.mode == "whole":
        answer(whole(options.case, arrays, options.duration))
    else:
        cells, recorder = build(options.case, arrays)
        begin, end = window(options)
        nest.Simulate(begin * DT)
        start = time.process_time()
        nest.Simulate(1000 * options.duration)
        cost = (time.process_time() - start) / options.duration
        answer({"steady": cost} | spikes(cells, recorder, begin, end))


def whole(case: str, arrays: Arrays, duration: float, j_i: float = 9.0) -> dict[str, object]:
    cells, recorder = build(case, arrays, j_i)
    nest.Simulate(1000 * duration)
    return spikes(cells, recorder, 0, to_steps(duration))


def build(case: str, a: Arrays, j_i: float = 9.0) -> tuple[nest.NodeCollection, nest.NodeCollection]:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=DT, local_num_threads=1, rng_seed=1, min_delay=DT, max_delay=1.5)
    n = a["v"].size
    if case == "ring":
        tau = {"tau_syn_ex": float(a["tau_s"]), "tau_syn_in": float(a["tau_s"])}
        cells = nest.Create("iaf_psc_exp", n, RING | tau)
        delay = float(a["delay"])
        nest.Connect(cells, cells, "all_to_all", {"weight": a["weights"].T, "delay": delay})  # (target, source)
        noise = nest.Create("poisson_generator", params={"rate": 1000 * float(a["input_rate"])})
        nest.Connect(noise, cells, syn_spec={"weight": float(a["input_weight"]), "delay": DT})
    elif case == "coba":
        cells = nest.Create("iaf_cond_exp", n, COBA)
        cells.set({"g_ex": 10 * a["ge"], "g_in": 10 * a["gi"]})
        connect(cells, a, 6.0, -67.0)
    else:
        cells = nest.Create("iaf_psc_exp", n, CUBA)
        connect(cells, a, 1.62, -j_i)
    cells.set({"V_m": a["v"]})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    return cells, recorder


def connect(cells: nest.NodeCollection, a: Arrays, e: float, i: float) -> None:
    ids = np.array(cells.tolist())
    for name, weight in (("e", e), ("i", i)):
        pre, post = ids[a[f"{name}_pre"]], ids[a[f"{name}_post"]]
        same = {"weight": np.full(pre.size, weight), "delay": np.full(pre.size, DT)}
        nest.Connect(pre, post, "one_to_one", same | {"synapse_model": "static_synapse"})


def spikes(cells: nest.NodeCollection, recorder: nest.NodeCollection, begin: int, end: int) -> dict[str, object]:
    events = recorder.events
    step = np.rint(np.asarray(events["times"]) / DT).astype(int) - 1
    return statistics(step, np.asarray(events["senders"]) - cells[0].global_id, len(cells), begin, end)


if __name__ == "__main__":
    main()
