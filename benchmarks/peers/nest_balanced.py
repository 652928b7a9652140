"""Brunel's balanced network in NEST: the rates that `ictal simulate balanced` is held against.

    python benchmarks/peers/nest_balanced.py [REGIME ...]      needs NEST (pip install nest-simulator); a minute each

The same description, not the same edges: fixed in-degree without self-connections and doubles, delay 1.5 ms, uniform v.
"""

from __future__ import annotations

import sys
import time

import nest
import numpy as np

REGIMES = {"AI": (5.0, 2.0, 600.0), "SI fast": (6.0, 4.0, 600.0), "SI slow": (4.5, 0.9, 2100.0)}  # g, η, ms
BANDS = {"AI": (60.0, 260.0), "SI fast": (110.0, 260.0), "SI slow": (12.0, 35.0)}  # Hz, of the rhythm
N_E, N_I, C_E, C_I, J, DELAY, DT, START = 10_000, 2_500, 1_000, 250, 0.1, 1.5, 0.1, 100.0
CELL = {"tau_m": 20.0, "t_ref": 2.0, "E_L": 0.0, "V_reset": 10.0, "V_th": 20.0, "C_m": 1.0}


def main() -> None:
    for regime in sys.argv[1:] or list(REGIMES):
        begin = time.process_time()
        rate, rhythm = run(*REGIMES[regime], BANDS[regime])
        cost = time.process_time() - begin
        print(f"{regime}: {rate:.2f} Hz, rhythm {rhythm:.1f} Hz, {cost:.0f} s of CPU", flush=True)


def run(g: float, eta: float, duration: float, band: tuple[float, float]) -> tuple[float, float]:
    """Rate of all cells after 100 ms, and the centre of the power of the population rate in a band [Hz]."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=DT, local_num_threads=1, rng_seed=7)
    e, i = nest.Create("iaf_psc_delta", N_E, CELL), nest.Create("iaf_psc_delta", N_I, CELL)
    cells = e + i
    cells.V_m = np.random.default_rng(1).uniform(0.0, CELL["V_th"], N_E + N_I)
    threshold_rate = CELL["V_th"] / (C_E * J * CELL["tau_m"])  # 1/ms
    outside = nest.Create("poisson_generator", params={"rate": 1000.0 * C_E * eta * threshold_rate})
    nest.Connect(outside, cells, syn_spec={"weight": J, "delay": DT})
    for source, degree, weight in ((e, C_E, J), (i, C_I, -g * J)):
        rule = {"rule": "fixed_indegree", "indegree": degree, "allow_autapses": False, "allow_multapses": False}
        nest.Connect(source, cells, rule, {"weight": weight, "delay": DELAY})
    recorder = nest.Create("spike_recorder", params={"start": START})
    nest.Connect(cells, recorder)
    nest.Simulate(duration)
    length = (duration - START) / 1000.0
    bins = np.arange(START + DT / 2, duration + DT, 2 * DT)
    counts, _ = np.histogram(recorder.events["times"], bins)
    x = counts - counts.mean()
    power, frequency = np.abs(np.fft.rfft(x)) ** 2, np.fft.rfftfreq(x.size, 2 * DT / 1000.0)
    seen = (frequency > band[0]) & (frequency < band[1])
    return recorder.n_events / (N_E + N_I) / length, float((frequency * power)[seen].sum() / power[seen].sum())


if __name__ == "__main__":
    main()
