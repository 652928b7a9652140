"""CPU seconds per biological second: the compiled engine against Brian2, on the same edges and events.

    python benchmarks/engines.py [--repeats N] [--target numpy|cython]

Both engines are run once to warm up (numba from its cache, Brian2's code generation) and then in turn; the ratio is
taken pair by pair, its median and range are printed. Spikes are checked to be identical. Brian2's figure is the time of
`Network.run` with its set-up, as a user waits for it; ours is the whole of `simulate_compiled`.
"""

import argparse
import statistics
import time

import numpy as np

from ictal.models.cuba import Cuba
from ictal.models.seizure import SeizureNetwork
from ictal.simulator.engine_brian2 import simulate_brian2
from ictal.simulator.engine_compiled import simulate_compiled
from ictal.simulator.wiring import freeze_inputs, instantiate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--target", default="numpy", choices=["numpy", "cython"])
    options = parser.parse_args()
    cases = {
        "CUBA, 4000 cells, 1 s": (Cuba().network(), 1000.0),
        "seizure network at rest, 1 s": (SeizureNetwork(protocol="rest").network(), 1000.0),
        "seizure network, g = 0.4, 1 s": (SeizureNetwork(protocol="rest", g=0.4).network(), 1000.0),
    }
    print(f"Brian2 target {options.target}, {options.repeats} pairs")
    print(f"{'network':32s} {'rate [Hz]':>9s} {'ictal [s]':>10s} {'brian2 [s]':>10s} {'ratio':>7s}  range")
    for name, (network, duration) in cases.items():
        instance = instantiate(freeze_inputs(network, duration, 0), 0)
        ours, theirs = [], []
        for repeat in range(options.repeats + 1):
            start = time.process_time()
            run = simulate_compiled(instance, duration, 0)
            middle = time.process_time()
            reference = simulate_brian2(instance, duration, 0, target=options.target)
            end = time.process_time()
            if repeat:
                ours.append(middle - start)
                theirs.append(end - middle)
        for population in network.populations:
            a, b = run.spikes(population.name), reference.spikes(population.name)
            assert np.array_equal(a.time, b.time) and np.array_equal(a.unit, b.unit), name  # noqa: PT018
        rate = sum(run.spikes(p.name).time.size for p in network.populations) / sum(p.n for p in network.populations)
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        print(
            f"{name:32s} {rate * 1000 / duration:9.1f} "
            f"{statistics.median(ours):10.3f} {statistics.median(theirs):10.3f} "
            f"{statistics.median(ratios):7.1f}  {min(ratios):.1f}–{max(ratios):.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
