"""`reproduce`: the trainings and stages that the claims rest on, resumed after a stop; `ledger`: the verdicts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..simulator import InputError
from ..simulator.files.disk import make_folder
from ..simulator.files.document import config_of, versions
from ..simulator.progress import shows_progress
from ..simulator.types import Progress, Shown
from .brain import eeg_files
from .gather import FILE, GATHERED, TRAININGS, chosen_doses, is_old, training_file, write
from .scales import SEEDS, PlannedTraining, claims_at, data_forms, data_paths, gathered_plan, plan
from .stages import STAGES, Request, Stage

if TYPE_CHECKING:
    from ..analyses import Drawing, Evidence
    from ..analyses.claims.ledger import Ledger


@dataclass(frozen=True)
class Reproduction:
    """File of the evidence, and counts of trainings.

    Attributes:
        file: the evidence.
        trained, found: number of trainings of this call, and of earlier ones.
        missing: number of trainings that are planned and were not trained, since only finished ones were asked for;
            treated networks whose dose is not chosen yet are not among them.
    """

    file: Path
    trained: int
    found: int
    missing: int = 0


@shows_progress
def reproduce(
    claims: Sequence[str] = (),
    *,
    scale: str = "quick",
    folder: str | os.PathLike[str] = "evidence",
    data: str | Sequence[str] = (),
    seeds: int | None = None,
    eeg: Sequence[str | os.PathLike[str]] = (),
    device: str = "auto",
    finished: bool = False,
    progress: Shown = None,
    stop: Callable[[], bool] = lambda: False,
) -> Reproduction:
    """Run what these claims rest on into FOLDER/SCALE, and write FOLDER/SCALE/evidence.h5.

    Every training is a file. A complete one is not repeated, an interrupted one is resumed. The evidence is written
    anew whenever a seed is complete, so that it can be read after an interruption. What it holds already of trainings
    and stages whose files are elsewhere stays in it.

    Args:
        claims: names; all that this scale can run if empty.
        scale: "quick", "medium" or "full".
        folder: of all files.
        data: ``cifar10:PATH``, one or several, where the scale's data are not embedded.
        seeds: replicates; None: as many as the scale has.
        eeg: EDF files with an annotated seizure, compared with the networks; synthetic EEG if none.
        device: as of `Job`.
        finished: train nothing: attack what is trained, and write the evidence of that.
        progress: called as progress(done, total, text); True shows it with steps of training.
        stop: asked at every step; True raises UnfinishedTrainingError, and nothing is lost.

    Raises:
        InputError: an unknown claim or scale, data that are missing, a folder with other trainings or another
            comparison.
        UnfinishedTrainingError: `stop` returned True.
    """
    chosen = claims_at(scale, claims)
    for file in eeg:
        if not Path(file).is_file():
            raise InputError(f"--eeg {file}: no such file")
    request = Request(
        scale, chosen, Path(folder) / scale, SEEDS[scale] if seeds is None else seeds,
        tuple(data_paths(scale, data).values()), tuple(Path(file) for file in eeg), device,
        plan(scale, chosen, seeds=seeds, data=data, device=device),
    )  # fmt: skip
    work = _Reproducing(request, progress, stop)
    if finished:
        work.choose_doses()
    else:
        work.train()
    return work.finish(train=not finished)


class _Reproducing:
    """One call of `reproduce`.

    Attributes:
        request: what was asked for; its plan grows as doses are chosen.
        fresh: stem -> whether this call trained it, of every training that is done.
        config: of the evidence.
    """

    def __init__(self, request: Request, progress: Progress | None, stop: Callable[[], bool]) -> None:
        self.request, self.progress, self.stop = request, progress, stop
        self.fresh: dict[str, bool] = {}
        needed = {name for claim in request.claims for name in CLAIMS.load(claim).stages}
        self.stages: list[Stage] = [STAGES.load(name) for name in STAGES if name in needed]
        for stage in self.stages:
            stage.check(request)
        make_folder(request.place / TRAININGS)
        self.earlier = config_of(request.place / FILE, "evidence")
        self.claims, self.seeds = _with_earlier(self.earlier, request.claims, request.seeds)
        self.config = {
            "command": _command(request, self.claims, self.seeds, self.earlier),
            "claims": list(self.claims),
            "seeds": list(range(self.seeds)),
            "engine": "torch",
            "versions": versions("torch", "scikit-learn"),
        }

    def train(self) -> None:
        """Train what is missing, seed by seed; the plan grows when the doses are tuned."""
        while left := [item for item in self.request.planned if item.stem not in self.fresh]:
            for _, seed in groupby(left, lambda item: (item.setting, item.seed)):
                if any([self._train(item) for item in seed]):
                    for stage in self.stages:
                        if stage.by_seed:
                            stage.run(self.request, self.progress, self.stop)
                    self._write()
            self.choose_doses()

    def finish(self, *, train: bool) -> Reproduction:
        """Run the stages, those that train nothing alone if not `train`, and write the evidence if it is not there."""
        for stage in self.stages:
            if train or stage.by_seed:
                stage.run(self.request, self.progress, self.stop)
        place = self.request.place
        if {k: v for k, v in self.earlier.items() if k not in GATHERED} != self.config or is_old(place):
            self._write()
        there = sum(training_file(place, item).exists() for item in self.request.planned)
        trained = sum(self.fresh.values())
        return Reproduction(place / FILE, trained, there - trained, len(self.request.planned) - there)

    def choose_doses(self) -> None:
        """Add the treated networks whose doses the finished tuning chooses to the plan."""
        now = self.request
        doses = chosen_doses(now.place, now.planned)
        planned = plan(now.scale, now.claims, seeds=now.seeds, data=now.data, device=now.device, chosen=doses)
        self.request = replace(now, planned=planned)

    def _train(self, item: PlannedTraining) -> bool:
        """Train one network, or resume it; return False if it was complete before."""
        from ..models.training.job import train_to_file

        done = sum(one.steps for one in self.request.planned if one.stem in self.fresh)
        total = sum(one.steps for one in self.request.planned)

        def report(k: int, of: int, text: str) -> None:
            if self.progress:
                self.progress(done + k * item.steps // max(of, 1), total, f"{item.stem}: {text}")

        report(0, 1, "")
        file = training_file(self.request.place, item)
        trained = train_to_file(item.job, file, resume=True, progress=report, stop=self.stop)
        self.fresh[item.stem] = not trained.complete
        return self.fresh[item.stem]

    def _write(self) -> None:
        place, scale = self.request.place, self.request.scale
        doses = chosen_doses(place, gathered_plan(scale, self.claims, self.seeds, {}))
        write(place, gathered_plan(scale, self.claims, self.seeds, doses), self.config)


def ledger(sources: Sequence[str | os.PathLike[str] | Evidence]) -> Ledger:
    """Return the verdicts on the claims: one row a claim and scale, "not run" without evidence.

    Args:
        sources: files, folders that `reproduce` wrote, or Evidence.

    Raises:
        InputError: a file that is no evidence, a folder without any.
    """
    from ..analyses import Evidence
    from ..analyses.claims.ledger import Ledger

    found = ([source] if isinstance(source, Evidence) else _opened(Path(source)) for source in sources)
    return Ledger.of([evidence for some in found for evidence in some])


def evidence_drawings(evidence: Evidence) -> list[Drawing]:
    """Draw a figure a claim, with the verdicts that follow from this evidence."""
    from ..analyses.report.ledger import drawings

    return drawings(ledger([evidence]))


def evidence_overview(evidence: Evidence) -> Drawing:
    """Draw the scoreboard of the claims, with the verdicts that follow from this evidence."""
    from ..analyses.figures.overview.evidence import scoreboard

    found = ledger([evidence])
    statements = {row.claim.name: row.claim.statement for row in found.rows}
    return scoreboard(statements, found.effects[evidence.scale], found.decisions[evidence.scale], evidence.scale)


def evidence_page(evidence: Evidence, path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Write the ledger of this evidence as a page; errors as of `write_claims`."""
    from ..analyses.report.ledger import write_claims

    return write_claims(ledger([evidence]), path, force=force)[-1]


def _opened(path: Path) -> list[Evidence]:
    from ..analyses import Evidence

    if not path.is_dir():
        return [Evidence.load(path)]
    files = sorted({*path.glob("evidence*.h5"), *path.glob(f"*/{FILE}")})
    if not files:
        raise InputError(f"{path}: holds no evidence; ictal reproduce -o {path} makes it")
    return [Evidence.load(file) for file in files]


def _with_earlier(earlier: Mapping[str, Any], claims: Sequence[str], seeds: int) -> tuple[tuple[str, ...], int]:
    """Join claims and seeds with those of earlier evidence: a smaller run removes none of it."""
    if not earlier:
        return tuple(claims), seeds
    joined = {*claims, *earlier["claims"]}
    return tuple(name for name in CLAIMS if name in joined), max(seeds, len(earlier["seeds"]))


def _command(request: Request, claims: Sequence[str], seeds: int, earlier: Mapping[str, Any]) -> str:
    """Return the line that runs it again; with placeholders for the paths of files."""
    eeg = eeg_files(request)
    if eeg is None:  # of the scan whose observations stay in the evidence
        eeg = str(earlier.get("command", "")).count("--eeg FILE.edf")
    words = ["ictal", "reproduce", *claims, "--scale", request.scale, *["--eeg FILE.edf"] * eeg]
    words += [] if seeds == SEEDS[request.scale] else ["--seeds", str(seeds)]
    return " ".join([*words, *(f"--data {form}" for form in data_forms(request.scale, claims))])
