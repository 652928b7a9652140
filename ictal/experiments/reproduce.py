"""`reproduce`: the trainings and scans that the claims rest on, resumed after a stop; `ledger`: the verdicts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..simulator import InputError
from ..simulator.files.disk import make_folder
from ..simulator.files.document import to_json, versions
from ..simulator.files.identity import differences, identity
from ..simulator.types import Progress
from .scales import SEEDS, PlannedTraining, claims_at, plan

if TYPE_CHECKING:
    from ..analyses import Drawing, Evidence
    from ..analyses.claims.ledger import Ledger

FILE = "evidence.h5"
TRAININGS = "trainings"
COMPARISON, SCAN = "seizure_overfitting.h5", "side_by_side.h5"
KEPT = ("si_3", "chi_c", "lambda1_fraction", "within_class_si", "spectral_peak")  # of the main job
NAMES = ("model", "data", "condition", "kind", "seed")  # of a training


@dataclass(frozen=True)
class Reproduction:
    """File of the evidence, and counts of trainings.

    Attributes:
        file: the evidence.
        trained, found: number of trainings of this call, and of earlier ones.
    """

    file: Path
    trained: int
    found: int


def reproduce(
    claims: Sequence[str] = (),
    *,
    scale: str = "quick",
    folder: str | os.PathLike[str] = "evidence",
    data: str = "",
    seeds: int | None = None,
    eeg: Sequence[str | os.PathLike[str]] = (),
    device: str = "auto",
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Reproduction:
    """Run what these claims rest on into FOLDER/SCALE, and write FOLDER/SCALE/evidence.h5.

    Every training is a file. A complete one is not repeated, an interrupted one is resumed. The evidence is written
    anew whenever a seed is complete, so that it can be read after an interruption.

    Args:
        claims: names; all that this scale can run if empty.
        scale: "quick", "medium" or "full".
        folder: of all files.
        data: ``cifar10:PATH``, where the scale's data are not embedded.
        seeds: replicates; None: as many as the scale has.
        eeg: EDF files with an annotated seizure, compared with the networks; synthetic EEG if none.
        device: as of `Job`.
        progress: called as progress(done, total, text) with steps of training.
        stop: asked at every step; True raises UnfinishedTrainingError, and nothing is lost.

    Raises:
        InputError: an unknown claim or scale, data that are missing, a folder with other trainings or another
            comparison.
        UnfinishedTrainingError: `stop` returned True.
    """
    chosen = claims_at(scale, claims)
    n_seeds = seeds or SEEDS[scale]
    planned = plan(scale, chosen, seeds=seeds, data=data, device=device)
    for file in eeg:
        if not Path(file).is_file():
            raise InputError(f"--eeg {file}: no such file")
    place = Path(folder) / scale
    make_folder(place / TRAININGS)
    earlier = _config_of(place / FILE, "evidence")
    joined, n = _with_earlier(earlier, chosen, n_seeds)
    every = plan(scale, joined, seeds=n, data=data, device=device)
    brain = any(CLAIMS.load(name).brain for name in chosen)
    scan = _scan(place, n_seeds, eeg) if brain else None
    scanned = scan or _config_of(place / SCAN, "observations")
    config = {
        "command": _command(scale, joined, n, data, len(scanned.get("eeg", []))),
        "claims": list(joined),
        "seeds": list(range(n)),
        "engine": "torch",
        "versions": versions("torch", "scikit-learn"),
    }
    total = sum(item.steps for item in planned)
    done = trained = 0
    for at, item in enumerate(planned):
        fresh = _train(item, place, done, total, progress, stop)
        trained += fresh
        done += item.steps
        if fresh and (at + 1 == len(planned) or planned[at + 1].seed != item.seed):
            _write(place, every, config)
    if scan is not None:
        _compare(place, n_seeds, eeg, scan, progress)
    if earlier != config or _is_old(place):
        _write(place, every, config)
    return Reproduction(place / FILE, trained, len(planned) - trained)


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


def _config_of(file: Path, kind: str) -> dict[str, Any]:
    """Return the configuration of an existing result; empty without a file."""
    from ..simulator.files.document import opened

    if not file.exists():
        return {}
    with opened(file, kind) as (attrs, _):
        return dict(json.loads(str(attrs.get("config", "{}"))))


def _with_earlier(earlier: Mapping[str, Any], claims: Sequence[str], seeds: int) -> tuple[tuple[str, ...], int]:
    """Join claims and seeds with those of earlier evidence: a smaller run removes none of it."""
    if not earlier:
        return tuple(claims), seeds
    joined = {*claims, *earlier["claims"]}
    return tuple(name for name in CLAIMS if name in joined), max(seeds, len(earlier["seeds"]))


def _train(
    item: PlannedTraining, place: Path, done: int, total: int, progress: Progress | None, stop: Callable[[], bool]
) -> bool:
    """Train one network, or resume it; return False if it was complete before."""
    from ..models.training.job import train_to_file

    def report(k: int, of: int, text: str) -> None:
        if progress:
            progress(done + k * item.steps // max(of, 1), total, f"{item.stem}: {text}")

    report(0, 1, "")
    trained = train_to_file(item.job, place / TRAININGS / f"{item.stem}.h5", resume=True, progress=report, stop=stop)
    return not trained.complete


def _scan(place: Path, seeds: int, eeg: Sequence[str | os.PathLike[str]]) -> dict[str, Any]:
    """Return seeds and EEG of the scan of a brain model and of EEG: at least as many seeds as before, the same EEG.

    Raises:
        InputError: more seeds of a scan of EDF files that are not given.
    """
    earlier = _config_of(place / SCAN, "observations")
    wanted = {
        "seeds": max(min(seeds, 3), earlier.get("seeds", 0)),
        "eeg": [identity(file)["sha256"] for file in eeg] or earlier.get("eeg", []),
    }
    if wanted["eeg"] and not eeg and wanted["seeds"] != earlier["seeds"]:
        raise InputError("--eeg: the existing scan is of EDF files; give them again for more seeds")
    return wanted


def _compare(
    place: Path, seeds: int, eeg: Sequence[str | os.PathLike[str]], scan: Mapping[str, Any], progress: Progress | None
) -> None:
    """Run the main job with at least so many seeds, and the scan, unless their files exist."""
    from ..analyses import Observations
    from . import seizure_overfitting, side_by_side

    report = None if progress is None else lambda k, of, text: progress(k, of, f"eeg: {text}")
    there = _config_of(place / COMPARISON, "comparison")
    if there:
        _check_comparison(place / COMPARISON, there)
    if seeds > len(there.get("seeds", [])):
        seizure_overfitting.run(seeds=seeds, progress=report).save(place / COMPARISON, force=True)
    if any(_config_of(place / SCAN, "observations").get(key) != value for key, value in scan.items()):
        rows = side_by_side.scan(scan["seeds"], eeg, progress=report)
        Observations(rows, scan).save(place / SCAN, force=True)


def _is_old(place: Path) -> bool:
    """Return whether the evidence is missing, or older than one of its files."""
    file = place / FILE
    files = [*(place / TRAININGS).glob("*.h5"), *place.glob(COMPARISON), *place.glob(SCAN)]
    return not file.exists() or any(one.stat().st_mtime_ns > file.stat().st_mtime_ns for one in files)


def _write(place: Path, planned: Sequence[PlannedTraining], config: Mapping[str, Any]) -> None:
    """Write the evidence of the files so far."""
    from ..analyses import Evidence, Observations, training_run_of
    from ..analyses.comparison.result import Comparison
    from ..simulator.files.store import load

    trainings = []
    for item in planned:
        file = place / TRAININGS / f"{item.stem}.h5"
        if file.exists():
            run, names = load(file), {name: getattr(item, name) for name in NAMES}
            _check_training(file, run.source, item)
            trainings.append(training_run_of(run, **names))
    rows = []
    if (place / COMPARISON).exists():
        compared = Comparison.load(place / COMPARISON)
        _check_comparison(place / COMPARISON, compared.config)
        rows += [row for row in compared.observations if row.measure in KEPT]
    if (place / SCAN).exists():
        rows += Observations.load(place / SCAN).rows
    Evidence(place.name, trainings, rows, config).save(place / FILE, force=True)


def _check_training(file: Path, source: Mapping[str, Any], item: PlannedTraining) -> None:
    """Check that a file is of the training of its name, also one that an earlier call left and this one does not plan.

    Raises:
        InputError: it is of another network, training, treatment or seed.
    """
    from dataclasses import asdict

    job = item.job
    how = {key: value for key, value in asdict(job.how).items() if key != "checkpoint_every"}
    asked = {"system": job.architecture, "seed": job.seed, "treatments": list(job.treatments), "training": how}
    here: dict[str, Any] = json.loads(to_json(asked))
    if unlike := differences({key: source.get(key) for key in here}, here):
        raise InputError(f"{file}: is of another training than its name: {unlike}; move it away")


def _check_comparison(file: Path, config: Mapping[str, Any]) -> None:
    """Check that a file is of the main job on digits, with the seizure network of today.

    Raises:
        InputError: it is of another comparison.
    """
    from ..models.system import parameters
    from .seizure_overfitting import STATES, WINDOW

    asked = {"experiment": "seizure_overfitting", "data": "digits", "window": WINDOW,
             "systems": {name: parameters(system) for name, system in STATES.items()}}  # fmt: skip
    here: dict[str, Any] = json.loads(to_json(asked))
    there = {key: config.get(key) for key in here}
    there["systems"] = {name: one for name, one in dict(there["systems"] or {}).items() if name in STATES}
    if unlike := differences(there, here):
        raise InputError(f"{file}: is of another comparison: {unlike}; move it away")


def _command(scale: str, claims: Sequence[str], seeds: int, data: str, eeg: int) -> str:
    """Return the line that runs it again; with placeholders for the paths of files."""
    words = ["ictal", "reproduce", *claims, "--scale", scale, *["--eeg FILE.edf"] * eeg]
    words += [] if seeds == SEEDS[scale] else ["--seeds", str(seeds)]
    return " ".join([*words, *(["--data", f"{data.partition(':')[0]}:PATH"] if data else [])])
