"""The treatments: changes to a system meant to lower synchrony, and what they are compared with.

Each is a frozen dataclass whose first field is the dose.
"""

from ...simulator.registry import Registry

TREATMENTS = Registry("treatment", "ictal.models.treatments", {
    "desync": ("desync:DesyncReg", "penalty on the distance of every layer's synchrony from a target"),
    "healthy": ("healthy:HealthyTraining", "the paper's controller: that penalty, stronger while synchrony is high"),
    "validation": ("validation:ValidationControl", "that penalty, stronger while the validation loss does not fall"),
    "nid": ("nid:NID", "the paper's noise as written: plain Gaussian noise on activations"),
    "nid-shrink": ("nid:ShrinkingNID", "noise that moves activations towards their mean"),
    "dropout": ("dropout:Dropout", "random units set to 0"),
    "l2": ("l2:L2", "gradient of half the squared norm of the weights"),
    "label-smoothing": ("label_smoothing:LabelSmoothing", "targets mixed with the uniform distribution"),
    "clip": ("clip:Clip", "gradient scaled down to a largest norm"),
    "ewc": ("ewc:EWC", "against forgetting: pull to earlier tasks' weights, by their Fisher information"),
    "l2-sp": ("l2_sp:L2SP", "control of ewc: pull of all weights alike to those of the last task"),
    "replay": ("replay:Replay", "against forgetting: training on kept examples of earlier tasks"),
    "generative-replay": ("generative_replay:GenerativeReplay", "against forgetting: training on generated images"),
}, needs=("__dataclass_fields__", "artificial"))  # fmt: skip
