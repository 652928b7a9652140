"""The treatments: changes to a system meant to lower synchrony, and what they are compared with.

`TREATMENTS` maps a name to "module:Class" and one line; the class is a frozen dataclass whose first field is the dose.
"""

from typing import Any

from ...simulator.registry import found

TREATMENTS: dict[str, tuple[str, str]] = {
    "desync": ("desync:DesyncReg", "penalty on the distance of every layer's synchrony from a target"),
    "healthy": ("healthy:HealthyTraining", "the source's controller: that penalty, stronger while synchrony is high"),
    "validation": ("validation:ValidationControl", "that penalty, stronger while the validation loss does not fall"),
    "nid": ("nid:NID", "the source's noise as written: plain Gaussian noise on activations"),
    "nid-shrink": ("nid:ShrinkingNID", "noise that moves activations towards their mean"),
    "dropout": ("dropout:Dropout", "random units set to 0"),
    "l2": ("l2:L2", "gradient of half the squared norm of the weights"),
    "label-smoothing": ("label_smoothing:LabelSmoothing", "targets mixed with the uniform distribution"),
    "clip": ("clip:Clip", "gradient scaled down to a largest norm"),
}


def treatment(name: str) -> Any:
    """The class of this treatment.

    Raises:
        InputError: there is none; the message names the nearest.
    """
    return found("treatment", TREATMENTS, name, "ictal.models.treatments")
