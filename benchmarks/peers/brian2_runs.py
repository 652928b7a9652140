"""One run of one case in Brian2: numpy, cython or cpp_standalone."""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from common import SHORT, answer, arguments, mean_statistics, statistics, to_steps, window

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import brian2 as b
    from brian2_models import MODELS, Model

STAMP = '{{ std::ofstream stamp("{path}", std::ios::app); stamp << (double)std::clock()/CLOCKS_PER_SEC << std::endl; }}'


def main() -> None:
    options = arguments(target=("numpy", "cython", "cpp_standalone"))
    with np.load(options.arrays) as file:
        arrays = dict(file)
    options.folder.mkdir(parents=True, exist_ok=True)
    standalone = options.target == "cpp_standalone"
    if standalone:
        b.set_device("cpp_standalone", directory=str(options.folder), build_on_run=False)
    else:
        b.prefs.codegen.target = options.target
        b.prefs.codegen.runtime.cython.cache_dir = str(options.folder)
    b.defaultclock.dt = 0.1 * b.ms
    b.seed(1)
    model = MODELS[options.case](arrays)
    if options.mode == "steady":
        answer((steady_standalone if standalone else steady)(model, options))
    elif options.mode == "whole":
        b_run(model, options.duration - model.first * 1e-4)
        if standalone:
            b.device.build(directory=str(options.folder))
        answer(spikes(model, 0, to_steps(options.duration)))
    else:
        answer(sweep(model, arrays["values"], options.duration, standalone, options.folder))


def b_run(model: Model, seconds: float) -> None:
    model.network.run(seconds * b.second, namespace={})


def spikes(model: Model, begin: int, end: int) -> dict[str, object]:
    step = np.concatenate([np.rint(np.asarray(m.t / b.ms) * 10).astype(int) + model.first for m, _ in model.monitors])
    cell = np.concatenate([np.asarray(m.i) + first for m, first in model.monitors])
    return statistics(step, cell, model.n, begin, end)


def steady(model: Model, options: argparse.Namespace) -> dict[str, object]:
    """A long run less a short one: the set-up of Brian2's run falls out."""
    if options.warm:
        b_run(model, options.warm)
    times = [time.process_time()]
    for seconds in (SHORT * options.duration, options.duration):
        b_run(model, seconds)
        times.append(time.process_time())
    cost = (times[2] - 2 * times[1] + times[0]) / (options.duration * (1 - SHORT))
    return {"steady": cost} | spikes(model, *window(options))


def steady_standalone(model: Model, options: argparse.Namespace) -> dict[str, object]:
    """The CPU clock of the binary around the run itself."""
    path = options.folder.resolve() / "stamps.txt"
    path.unlink(missing_ok=True)
    b_run(model, options.warm + SHORT * options.duration)
    b.device.insert_code("main", STAMP.format(path=path))
    b_run(model, options.duration)
    b.device.insert_code("main", STAMP.format(path=path))
    b.device.build(directory=str(options.folder))
    start, stop = map(float, path.read_text().split())
    return {"steady": (stop - start) / options.duration} | spikes(model, *window(options))


def sweep(model: Model, values: np.ndarray, seconds: float, standalone: bool, folder: Path) -> dict[str, object]:
    """One build; then standalone takes the value as an argument of its binary, runtime restores and runs again."""
    each = []
    end = to_steps(seconds)
    if standalone:
        b_run(model, seconds)
        b.device.build(directory=str(folder), run=False)
        for value in values:
            b.device.run(run_args={model.knob: value * model.unit})
            each.append(spikes(model, 0, end))
    else:
        model.network.store()
        for value in values:
            model.network.restore()
            model.knob[:] = value * model.unit
            b_run(model, seconds)
            each.append(spikes(model, 0, end))
    return mean_statistics(each)


if __name__ == "__main__":
    main()
