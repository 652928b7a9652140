"""Stage of `reproduce`: the main job, and the scan of a brain model and of EEG."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..analyses.claims import CLAIMS
from ..simulator import InputError
from ..simulator.files.document import config_of, to_json
from ..simulator.files.identity import differences, identity
from ..simulator.types import Progress
from .scales import PlannedTraining
from .stages import Request, Stage

COMPARISON, SCAN = "seizure_overfitting.h5", "side_by_side.h5"
KEPT = ("si_3", "chi_c", "lambda1_fraction", "within_class_si", "spectral_peak")  # of the main job


def scan_settings(request: Request) -> dict[str, Any]:
    """Return seeds and EEG of the scan of a brain model and of EEG: at least as many seeds as before, the same EEG.

    Raises:
        InputError: more seeds of a scan of EDF files that are not given.
    """
    earlier = config_of(request.place / SCAN, "observations")
    wanted = {
        "seeds": max(min(request.seeds, 3), earlier.get("seeds", 0)),
        "eeg": [identity(file)["sha256"] for file in request.eeg] or earlier.get("eeg", []),
    }
    if wanted["eeg"] and not request.eeg and wanted["seeds"] != earlier["seeds"]:
        raise InputError("--eeg: the existing scan is of EDF files; give them again for more seeds")
    return wanted


def eeg_files(request: Request) -> int | None:
    """Return the number of EDF files that the scan is of, or will be; None without a scan in the folder."""
    if any("brain" in CLAIMS.load(name).stages for name in request.claims):
        return len(scan_settings(request)["eeg"])
    there = config_of(request.place / SCAN, "observations")
    return len(there.get("eeg", [])) if there else None


def _run(request: Request, progress: Progress | None, stop: Callable[[], bool]) -> None:
    """Run the main job with at least so many seeds, and the scan, unless their files exist."""
    from ..analyses import Observations
    from . import seizure_overfitting, side_by_side

    place, seeds, scan = request.place, request.seeds, scan_settings(request)
    report = None if progress is None else lambda k, of, text: progress(k, of, f"eeg: {text}")
    there = config_of(place / COMPARISON, "comparison")
    if there:
        check_comparison(place / COMPARISON, there)
    if seeds > len(there.get("seeds", [])):
        seizure_overfitting.run(seeds=seeds, progress=report).save(place / COMPARISON, force=True)
    if any(config_of(place / SCAN, "observations").get(key) != value for key, value in scan.items()):
        rows = side_by_side.scan(scan["seeds"], request.eeg, progress=report)
        Observations(rows, scan).save(place / SCAN, force=True)


def _rows(place: Path, planned: Sequence[PlannedTraining]) -> Mapping[str, Sequence[Any]]:
    from ..analyses import Observations
    from ..analyses.comparison.result import Comparison

    rows = []
    if (place / COMPARISON).exists():
        compared = Comparison.load(place / COMPARISON)
        check_comparison(place / COMPARISON, compared.config)
        rows += [row for row in compared.observations if row.measure in KEPT]
    if (place / SCAN).exists():
        rows += Observations.load(place / SCAN).rows
    return {"observations": rows}


def check_comparison(file: Path, config: Mapping[str, Any]) -> None:
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


def _files(place: Path) -> list[Path]:
    return [place / name for name in (COMPARISON, SCAN) if (place / name).exists()]


def _check(request: Request) -> None:
    scan_settings(request)


STAGE = Stage(_run, _rows, _files, _check)
