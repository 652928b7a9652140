"""Engines that run a network: shared wiring and tables, one folder for each engine, and the kernels."""

from ..registry import Registry

ENGINES = Registry("engine", "ictal.simulator.engines", {
    # simulate(instance, duration, seed, signal_dt, progress) -> Run
    "compiled": ("compiled.run:simulate_compiled", "numba kernels in co-moving coordinates; the default"),
    "brian2": ("brian2.engine:simulate_brian2", "Brian2, the reference, for networks of moderate size"),
})  # fmt: skip
