"""Claim: networks work best near criticality. It cannot be run yet."""

from .claim import Claim

CLAIM = Claim(
    "critical",
    "Networks work best near criticality",
    "avalanche exponent 3/2",
    __doc__,
    needs="avalanches of a network's activity, and networks trained at several distances from criticality",
)
