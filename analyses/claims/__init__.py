"""The claims of the paper: one file a claim, which holds all that is said of it."""

from ...simulator.registry import Registry

OWN = {
    "rise": ("rise:CLAIM", "SI rises over training, and a high one goes with a large gap"),
    "validation": ("validation:CLAIM", "SI correlates negatively with validation loss"),
    "depth": ("depth:CLAIM", "deeper layers are more synchronous, and synchrony passes on"),
    "early": ("early:CLAIM", "SI at a quarter of training predicts severe overfitting"),
    "transition": ("transition:CLAIM", "SI jumps at a critical value"),
    "desync": ("desync:CLAIM", "desynchronising generalises better than L2 or dropout"),
    "robust": ("robust:CLAIM", "desynchronising makes a network robust; not run yet"),
    "forget": ("forget:CLAIM", "desynchronising lessens forgetting; not run yet"),
    "eeg": ("eeg:CLAIM", "seizures and overfitted networks are alike"),
    "drugs": ("drugs:CLAIM", "each anti-epileptic mechanism has a regulariser; not run yet"),
    "healthy": ("healthy:CLAIM", "healthy networks keep SI in .3–.5, and a controller does well to"),
    "critical": ("critical:CLAIM", "networks work best near criticality; not run yet"),
}
CLAIMS = Registry("claim", "ictal.analyses.claims", OWN)
