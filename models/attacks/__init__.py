"""The attacks: changes of images, of a given size, that are to change the class that a network finds.

Each is a frozen dataclass whose first field is the size ε.
"""

from ...simulator.registry import Registry

ATTACKS = Registry("attack", "ictal.models.attacks", {
    "fgsm": ("gradient:FGSM", "one step along the gradient of the loss"),
    "pgd": ("gradient:PGD", "many steps along the gradient, projected back; the worst of several losses and restarts"),
    "random-sign": ("noise:RandomSign", "random noise of the same size, the control of every attack"),
    "transfer": ("transfer:Transfer", "images that PGD made on another model"),
    "linear": ("linear:Linear", "the exact optimum, for models that are linear"),
    "spsa": ("spsa:SPSA", "steps along a gradient that is estimated from outputs alone: a black-box attack"),
}, needs=("__dataclass_fields__", "once"))  # fmt: skip
