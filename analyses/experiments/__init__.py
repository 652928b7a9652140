"""The experiments. `EXPERIMENTS` maps a name to "module:function" and one line.

`CLAIM_EXPERIMENTS` maps a claim of the source to the module that tests it on evidence.
"""

CLAIM_EXPERIMENTS = {
    "rise": "rise",
    "validation": "validation",
    "depth": "depth",
    "early": "early",
    "transition": "transition",
    "desync": "desync",
    "eeg": "eeg",
    "healthy": "healthy",
}
EXPERIMENTS: dict[str, tuple[str, str]] = {
    "seizure_overfitting": (
        "seizure_overfitting:run",
        "a seizure against rest, and overfitted against healthy classifiers, under the same measures",
    ),
    "rise": ("rise:effects", "claim: SI rises over training, and a high one goes with a large gap"),
    "validation": ("validation:effects", "claim: SI correlates negatively with validation loss"),
    "depth": ("depth:effects", "claim: deeper layers are more synchronous, and synchrony passes on"),
    "early": ("early:effects", "claim: SI at a quarter of training predicts severe overfitting"),
    "transition": ("transition:effects", "claim: SI jumps at a critical value"),
    "desync": ("desync:effects", "claim: desynchronising generalises better than L2 or dropout"),
    "eeg": ("eeg:effects", "claim: seizures and overfitted networks are alike"),
    "healthy": ("healthy:effects", "claim: healthy networks keep SI in .3–.5, and a controller does well to"),
    "planted": ("planted:error_rates", "the pipeline on courses whose relation is known: how often its verdicts err"),
}
