"""Claims of the paper, one file each."""

from ...simulator.registry import Registry

CLAIMS = Registry("claim", "ictal.analyses.claims", {
    "rise": ("rise:CLAIM", "SI rises over training, and a high one goes with a large gap"),
    "validation": ("validation:CLAIM", "SI correlates negatively with validation loss"),
    "depth": ("depth:CLAIM", "deeper layers are more synchronous, and synchrony passes on"),
    "early": ("early:CLAIM", "SI at a quarter of training predicts severe overfitting"),
    "amplitude": ("amplitude:CLAIM", "overfitted networks have larger activations, and are more confident"),
    "transition": ("transition:CLAIM", "SI jumps at a critical value"),
    "desync": ("desync:CLAIM", "desynchronising generalises better than L2 or dropout"),
    "robust": ("robust:CLAIM", "desynchronising makes a network robust"),
    "forget": ("forget:CLAIM", "desynchronising lessens forgetting"),
    "causal": ("causal:CLAIM", "moving synchrony moves generalisation, robustness or forgetting"),
    "eeg": ("eeg:CLAIM", "seizures and overfitted networks are alike"),
    "drugs": ("not_run:DRUGS", "each anti-epileptic mechanism has a regulariser; not run yet"),
    "collapse": ("collapse:CLAIM", "mode collapse of a generator is abnormal synchrony of its units"),
    "healthy": ("healthy:CLAIM", "healthy networks keep SI in .3–.5, and a controller does well to"),
    "critical": ("not_run:CRITICAL", "networks work best near criticality; not run yet"),
}, needs=("text", "scales"))  # fmt: skip
