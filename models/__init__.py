"""The systems: everything that yields a Run. `SYSTEMS` maps a name to "module:Object" and one line."""

SYSTEMS: dict[str, tuple[str, str]] = {
    "seizure": ("seizure:SeizureNetwork", "LIF network of 2000 cells that rests, or seizes when inhibition fails"),
    "cuba": ("cuba:Cuba", "CUBA benchmark: 4000 current-based LIF cells, irregular activity"),
    "synthetic_eeg": ("synthetic_eeg:SyntheticEeg", "channels of planted correlation and amplitude, with a seizure"),
    "classifier": ("classifier:Classifier", "MLP on images; its layers over samples, a morph loop and training"),
}
