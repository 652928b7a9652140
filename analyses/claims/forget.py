"""Claim: desynchronising lessens forgetting. It cannot be run yet."""

from .claim import Claim

CLAIM = Claim(
    "forget",
    "Desynchronising lessens forgetting",
    "Split CIFAR-100, 20 tasks, accuracy / retention: 45.2 / 12.3, EWC 62.1 / 48.7, DesyncReg 68.4 / 61.2",
    __doc__,
    needs="training on a sequence of tasks, and EWC",
)
