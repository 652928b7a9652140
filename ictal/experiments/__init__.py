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
    "rise": (
        "ictal.analyses.claims.rise:effects",
        "claim: SI rises over training, and a high one goes with a large gap",
    ),
    "validation": ("ictal.analyses.claims.validation:effects", "claim: SI correlates negatively with validation loss"),
    "depth": (
        "ictal.analyses.claims.depth:effects",
        "claim: deeper layers are more synchronous, and synchrony passes on",
    ),
    "early": ("ictal.analyses.claims.early:effects", "claim: SI at a quarter of training predicts severe overfitting"),
    "transition": ("ictal.analyses.claims.transition:effects", "claim: SI jumps at a critical value"),
    "desync": ("ictal.analyses.claims.desync:effects", "claim: desynchronising generalises better than L2 or dropout"),
    "eeg": ("ictal.analyses.claims.eeg:effects", "claim: seizures and overfitted networks are alike"),
    "healthy": (
        "ictal.analyses.claims.healthy:effects",
        "claim: healthy networks keep SI in .3–.5, and a controller does well to",
    ),
    "planted": ("planted:error_rates", "the pipeline on courses whose relation is known: how often its verdicts err"),
}
