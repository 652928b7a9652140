"""Claim: each anti-epileptic mechanism has a regulariser that corresponds to it. It cannot be run yet."""

from .claim import Claim

CLAIM = Claim(
    "drugs",
    "To each anti-epileptic mechanism corresponds a regulariser: what lowers synchrony on one side lowers it "
    "on the other",
    "no figure",
    __doc__,
    needs="the spiking face of the treatments",
)
