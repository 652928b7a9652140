"""Claims that cannot be run yet: what the paper says, and what is missing."""

from .claim import Claim

DRUGS = Claim(
    "drugs",
    "To each anti-epileptic mechanism corresponds a regulariser: what lowers synchrony on one side lowers it on the "
    "other",
    "no figure", "Treatments of spiking networks are not there yet.", needs="the spiking face of the treatments",
)  # fmt: skip
CRITICAL = Claim(
    "critical", "Networks work best near criticality", "avalanche exponent 3/2", "Avalanches are not there yet.",
    needs="avalanches of a network's activity, and networks trained at several distances from criticality",
)  # fmt: skip
