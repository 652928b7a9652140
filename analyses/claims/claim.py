"""A Claim: what the paper says, what has to be run for it, what is concluded, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...simulator import InputError
from ..evidence.rules import Finding
from ..evidence.store import Evidence
from ..evidence.tuning import FEW
from ..figures.evidence import Panel

PAPER = (
    "“Epilepsy” of neural networks: a mechanism analysis of overfitting and abnormal synchronisation "
    "(manuscript, in Chinese)"
)
SCALES = ("quick", "medium", "full")


@dataclass(frozen=True)
class Doses:
    """One treatment at several doses, on networks that overfit.

    Attributes:
        name: of the treatment in courses, figures and tables.
        texts: as of ``ictal train --treat``; ``{}`` stands for the dose.
        doses: of which validation images choose one; a single "" for a treatment without a dose.
        on: condition of the untreated networks.
        training: fields of `Training` that differ from those of the untreated networks.
        scales: at which it is run.
        sweep: whether every dose is trained with every seed, where else one dose is chosen by shorter trainings, or,
            of a sequence of tasks, by the validation images of the first seed.
    """

    name: str
    texts: tuple[str, ...]
    doses: tuple[str, ...]
    on: str = FEW
    training: Mapping[str, int] = field(default_factory=dict, hash=False)
    scales: tuple[str, ...] = SCALES
    sweep: bool = False


@dataclass(frozen=True, eq=False)
class Claim:
    """One claim.

    Attributes:
        name: a word.
        statement: what is claimed.
        paper: the figures that the paper gives for it.
        text: contrast, measure, control, statistic and refutation, as they were written before the data: ``__doc__``.
        scales: at which scales it can be run; none: it cannot be run yet.
        needs: what it lacks, where it cannot be run.
        courses: whether it needs every network of a scale, made to overfit in several ways and fitted well.
        doses: treatments that it needs, of the networks of a scale on which treatments are tested.
        sequences: treatments that it needs, of networks that learn a sequence of tasks.
        stages: runs beside the trainings that it needs, names in `ictal.experiments.stages.STAGES`.
        effects: evidence -> what was found of it.
        panel: ``panel(axes, shown)`` draws what was measured and returns one sentence for the caption.

    Raises:
        InputError: scales, and no effects or panel.
    """

    name: str
    statement: str
    paper: str
    text: str | None = ""
    scales: tuple[str, ...] = ()
    needs: str = ""
    trainings: bool = False
    doses: tuple[Doses, ...] = ()
    sequences: tuple[Doses, ...] = ()
    stages: tuple[str, ...] = ()
    effects: Callable[[Evidence], Finding] | None = None
    panel: Panel | None = None

    def __post_init__(self) -> None:
        if self.scales and not (self.effects and self.panel):
            raise InputError(f"Claim.effects, Claim.panel: must be given for what is run; {self.name!r} lacks one")
