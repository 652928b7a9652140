"""The systems: everything that yields a Run. `SYSTEMS` maps a name to "module:Object" and one line."""

SYSTEMS: dict[str, tuple[str, str]] = {
    "seizure": ("seizure:SeizureNetwork", "LIF network that rests, seizes when inhibition fails, and ramps (2000 cells)"),
    "cuba": ("cuba:Cuba", "CUBA benchmark: 4000 current-based LIF cells, irregular activity"),
    "classifier": ("classifier:Classifier", "MLP trained on images; its layers recorded over samples, morphs and training"),
}
