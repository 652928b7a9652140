"""Claim: desynchronising makes a network robust. It cannot be run yet."""

from .claim import Claim

CLAIM = Claim(
    "robust",
    "Desynchronising makes a network robust",
    "PGD-10 accuracy % 8.5 (none), 12.1 (L2), 24.7 (DesyncReg), 28.3 (both)",
    __doc__,
    needs="attacks (PGD-10)",
)
