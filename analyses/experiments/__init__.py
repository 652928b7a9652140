"""The experiments. `EXPERIMENTS` maps a name to "module:function" and one line."""

EXPERIMENTS: dict[str, tuple[str, str]] = {
    "seizure_overfitting": (
        "seizure_overfitting:run",
        "a seizure against rest, and overfitted against healthy classifiers, under the same measures",
    ),
}
