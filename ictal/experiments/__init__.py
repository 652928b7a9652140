"""The experiments: functions ``run(*, seed, progress, ...)`` that return a `Result`."""

from ..simulator.registry import Registry

EXPERIMENTS = Registry("experiment", "ictal.experiments", {
    "seizure_overfitting": (
        "seizure_overfitting:run",
        "a seizure against rest, and overfitted against healthy classifiers, under the same measures",
    ),
    "planted": ("planted:error_rates", "the pipeline on courses whose relation is known: how often its verdicts err"),
})  # fmt: skip
