"""The claims of the source, as it states them, and what each still needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        name: a word.
        statement: what is claimed.
        source: the figures that the source gives for it.
        scales: at which scales it can be run; none: it cannot be run yet.
        needs: what it lacks, where it cannot be run.
    """

    name: str
    statement: str
    source: str
    scales: tuple[str, ...] = ()
    needs: str = ""


_ALL = ("quick", "medium", "full")

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        Claim(
            "rise",
            "SI rises monotonically over training, and SI > 0.8 goes with a gap > 20 %",
            "SI .15 .28 .45 .67 .81 .89 at epochs 0–200 (ResNet-18, CIFAR-10)",
            _ALL,
        ),
        Claim("validation", "SI correlates negatively with validation loss", "no figure", _ALL),
        Claim(
            "depth",
            "Deeper layers are more synchronous, and synchrony passes from layer to layer",
            "SI .23 .41 .68 .85 at layers 1, 5, 10, 15",
            _ALL,
        ),
        Claim(
            "early",
            "SI at a quarter of training > 0.5 predicts severe overfitting",
            "accuracy .87, precision .91, recall .84",
            _ALL,
        ),
        Claim("transition", "SI jumps at a critical value, as a seizure starts", "critical SI about .65", _ALL),
        Claim(
            "desync",
            "Desynchronising generalises better than L2 or dropout",
            "CIFAR-100, test % / SI: none 72.3 / .87; L2 74.8 / .72; dropout 76.2 / .68; DesyncReg 79.1 / .41; "
            "NID 78.5 / .45; both 80.3 / .38",
            ("quick",),
        ),
        Claim(
            "robust",
            "Desynchronising makes a network robust",
            "PGD-10 accuracy % 8.5 (none), 12.1 (L2), 24.7 (DesyncReg), 28.3 (both)",
            needs="attacks (PGD-10)",
        ),
        Claim(
            "forget",
            "Desynchronising lessens forgetting",
            "Split CIFAR-100, 20 tasks, accuracy / retention: 45.2 / 12.3, EWC 62.1 / 48.7, DesyncReg 68.4 / 61.2",
            needs="training on a sequence of tasks, and EWC",
        ),
        Claim(
            "eeg",
            "Seizures and overfitted networks share SI, peak frequency, amplitude variation and spread",
            "SI .85–.95 and .82–.91; peak 3–20 Hz and .1–.5 normalised; local → global and shallow → deep",
            ("quick",),
        ),
        Claim(
            "drugs",
            "To each anti-epileptic mechanism corresponds a regulariser: what lowers synchrony on one side lowers it "
            "on the other",
            "no figure",
            needs="the spiking face of the treatments",
        ),
        Claim(
            "healthy",
            "Healthy networks keep SI in .3–.5, and a controller that holds it there generalises better",
            "SI .3–.5",
            ("quick",),
        ),
        Claim(
            "critical",
            "Networks work best near criticality",
            "avalanche exponent 3/2",
            needs="avalanches of a network's activity, and networks trained at several distances from criticality",
        ),
    )
}
