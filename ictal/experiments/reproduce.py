"""`reproduce`: run what the claims rest on, keep it, go on where it was cut short; `ledger`: what follows from it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analyses.claims import CLAIMS
from ..simulator import InputError
from ..simulator.files.document import versions
from ..simulator.files.readers import identity
from ..simulator.types import Progress
from .scales import SEEDS, Planned, claims_at, plan

if TYPE_CHECKING:
    from ..analyses import Drawing, Evidence
    from ..analyses.claims.ledger import Ledger

FILE = "evidence.h5"
TRAININGS = "trainings"
COMPARISON, SCAN = "seizure_overfitting.h5", "side_by_side.h5"
KEPT = ("si_3", "chi_c", "lambda1_fraction", "within_class_si", "spectral_peak")  # of the main job


@dataclass(frozen=True)
class Reproduced:
    """What was run.

    Attributes:
        file: the evidence.
        trained, found: trainings that were done now, and that were there.
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
) -> Reproduced:
    """Run what these claims rest on into FOLDER/SCALE, and write FOLDER/SCALE/evidence.h5.

    Every training is a file of its own; one that is there is not done again, one that was cut short goes on where it
    was. The evidence is written anew whenever a seed is complete, so that what was cut short can be read.

    Args:
        claims: names; all that this scale can run if empty.
        scale: "quick", "medium" or "full".
        folder: where all of it is kept.
        data: ``cifar10:PATH``, where the scale's data are not embedded.
        seeds: replicates; None: as many as the scale has.
        eeg: EDF files with an annotated seizure, to stand beside the networks; synthetic EEG if none.
        device: as of `Job`.
        progress: called as progress(done, total, what) with steps of training.
        stop: asked at every step; True raises UnfinishedTrainingError, and nothing is lost.

    Raises:
        InputError: an unknown claim or scale, data that are missing, a folder with other trainings.
        UnfinishedTrainingError: `stop` said so.
    """
    from .scales import SEEDS

    chosen = claims_at(scale, claims)
    planned = plan(scale, chosen, seeds=seeds, data=data, device=device)
    for file in eeg:
        if not Path(file).is_file():
            raise InputError(f"--eeg {file}: no such file")
    place = Path(folder) / scale
    _make(place / TRAININGS)
    earlier = _config_of(place / FILE, "evidence")
    kept, n = _with_earlier(earlier, chosen, seeds or SEEDS[scale])
    every = plan(scale, kept, seeds=n, data=data, device=device)
    brain = any(CLAIMS.load(name).brain for name in chosen)
    scan = _scan(place, seeds or SEEDS[scale], eeg) if brain else None
    scanned = scan or _config_of(place / SCAN, "observations")
    config = {
        "command": _command(scale, kept, n, data, len(scanned.get("eeg", []))),
        "claims": list(kept),
        "seeds": list(range(n)),
        "engine": "torch",
        "versions": versions("torch", "scikit-learn"),
    }
    total = sum(_steps(item) for item in planned)
    done = trained = 0
    for at, item in enumerate(planned):
        fresh = _train(item, place, done, total, progress, stop)
        trained += fresh
        done += _steps(item)
        if fresh and (at + 1 == len(planned) or planned[at + 1].seed != item.seed):
            _write(place, every, config)
    if scan is not None:
        _compare(place, seeds or SEEDS[scale], eeg, scan, progress)
    if earlier != config or _is_old(place):
        _write(place, every, config)
    return Reproduced(place / FILE, trained, len(planned) - trained)


def ledger(sources: Sequence[str | os.PathLike[str] | Evidence]) -> Ledger:
    """What follows from evidence: one row a claim and scale, "not run" where there is none.

    Args:
        sources: files, folders that `reproduce` wrote, or Evidence.

    Raises:
        InputError: a file that is no evidence, a folder without any.
    """
    from ..analyses import Evidence
    from ..analyses.claims.ledger import Ledger

    found: list[Evidence] = []
    for source in sources:
        found += [source] if isinstance(source, Evidence) else _opened(Path(source))
    return Ledger.of(found)


def evidence_drawings(evidence: Evidence) -> list[Drawing]:
    """Draw a figure a claim, with the verdicts that follow from this evidence."""
    from ..analyses.report.ledger import drawings

    return drawings(ledger([evidence]))


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
    """What a result that is there already was run with; empty if there is none."""
    from ..simulator.files.document import opened

    if not file.exists():
        return {}
    with opened(file, kind) as (attrs, _):
        return dict(json.loads(str(attrs.get("config", "{}"))))


def _with_earlier(earlier: Mapping[str, Any], claims: Sequence[str], seeds: int) -> tuple[tuple[str, ...], int]:
    """These claims and seeds, and those that evidence is there of: running less does not take away from it."""
    if not earlier:
        return tuple(claims), seeds
    kept = {*claims, *earlier["claims"]}
    return tuple(name for name in CLAIMS if name in kept), max(seeds, len(earlier["seeds"]))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error


def _steps(item: Planned) -> int:
    return int(item.job.how.steps or 0)


def _train(
    item: Planned, place: Path, done: int, total: int, progress: Progress | None, stop: Callable[[], bool]
) -> bool:
    """Train one training, or go on, or do nothing if it is there; whether anything was done."""
    from ..models.training.job import train_to_file

    def say(k: int, of: int, what: str) -> None:
        if progress:
            progress(done + k * _steps(item) // max(of, 1), total, f"{item.stem}: {what}")

    say(0, 1, "")
    trained = train_to_file(item.job, place / TRAININGS / f"{item.stem}.h5", resume=True, progress=say, stop=stop)
    return not trained.complete


def _scan(place: Path, seeds: int, eeg: Sequence[str | os.PathLike[str]]) -> dict[str, Any]:
    """What the scan of a brain model and of EEG is to be made of: as many seeds as before at least, the same EEG.

    Raises:
        InputError: more seeds of a scan of EDF files that are not given.
    """
    earlier = _config_of(place / SCAN, "observations")
    wanted = {
        "seeds": max(min(seeds, 3), earlier.get("seeds", 0)),
        "eeg": [identity(file)["sha256"] for file in eeg] or earlier.get("eeg", []),
    }
    if wanted["eeg"] and not eeg and wanted["seeds"] != earlier["seeds"]:
        raise InputError("--eeg: the scan that is there rests on EDF files; give them again for more seeds")
    return wanted


def _compare(
    place: Path, seeds: int, eeg: Sequence[str | os.PathLike[str]], scan: Mapping[str, Any], progress: Progress | None
) -> None:
    """The main job with at least so many seeds, and the scan, where they are not there yet."""
    from ..analyses import Observations
    from . import seizure_overfitting, side_by_side

    say = None if progress is None else lambda k, of, what: progress(k, of, f"eeg: {what}")
    if seeds > len(_config_of(place / COMPARISON, "comparison").get("seeds", [])):
        seizure_overfitting.run(seeds=seeds, progress=say).save(place / COMPARISON, force=True)
    if any(_config_of(place / SCAN, "observations").get(key) != value for key, value in scan.items()):
        rows = side_by_side.scan(scan["seeds"], eeg, progress=say)
        Observations(rows, scan).save(place / SCAN, force=True)


def _is_old(place: Path) -> bool:
    """Whether the evidence is missing, or older than anything that it is made of."""
    file = place / FILE
    parts = [*(place / TRAININGS).glob("*.h5"), *place.glob(COMPARISON), *place.glob(SCAN)]
    return not file.exists() or any(part.stat().st_mtime_ns > file.stat().st_mtime_ns for part in parts)


def _write(place: Path, planned: Sequence[Planned], config: Mapping[str, Any]) -> None:
    """The evidence of what is there so far."""
    from ..analyses import Evidence, Observations, training_run_of
    from ..analyses.comparison.result import Comparison
    from ..simulator.files.store import load

    trainings = []
    for item in planned:
        file = place / TRAININGS / f"{item.stem}.h5"
        if file.exists():
            names: Mapping[str, Any] = {
                key: getattr(item, key) for key in ("model", "data", "condition", "kind", "seed")
            }
            trainings.append(training_run_of(load(file), **names))
    rows = []
    if (place / COMPARISON).exists():
        rows += [row for row in Comparison.load(place / COMPARISON).observations if row.measure in KEPT]
    if (place / SCAN).exists():
        rows += Observations.load(place / SCAN).rows
    Evidence(place.name, trainings, rows, config).save(place / FILE, force=True)


def _command(scale: str, claims: Sequence[str], seeds: int, data: str, eeg: int) -> str:
    """The line that runs it again; of files only the kind, a path is the reader's own."""
    words = ["ictal", "reproduce", *claims, "--scale", scale, *["--eeg FILE.edf"] * eeg]
    words += [] if seeds == SEEDS[scale] else ["--seeds", str(seeds)]
    return " ".join([*words, *(["--data", f"{data.partition(':')[0]}:PATH"] if data else [])])
