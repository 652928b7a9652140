"""Evidence of the files that `reproduce` left, and of earlier evidence whose files are elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analyses.evidence.training import TREATED
from ..simulator import InputError
from ..simulator.files.document import to_json
from ..simulator.files.identity import differences
from .scales import PlannedTraining
from .stages import STAGES

if TYPE_CHECKING:
    from ..analyses import Evidence
    from ..analyses.evidence.training import TrainingRun

FILE = "evidence.h5"
TRAININGS = "trainings"
NAMES = ("model", "data", "condition", "kind", "seed")  # of a training, and of the rows on it
GATHERED = ("kept", "doses")  # of the configuration: what follows from the files


def training_file(place: Path, item: PlannedTraining) -> Path:
    """Return the file of a training."""
    return place / TRAININGS / f"{item.stem}.h5"


def write(place: Path, planned: Sequence[PlannedTraining], config: Mapping[str, Any]) -> None:
    """Write the evidence of the files so far, and of the evidence that is there what they do not replace.

    Raises:
        InputError: a file is of another training than its name.
    """
    from ..analyses import Evidence

    trainings = training_runs(place, planned)
    rows: dict[str, list[Any]] = {}
    for name in STAGES.usable():
        for field, values in STAGES.load(name).rows(place, planned).items():
            rows.setdefault(field, []).extend(values)
    earlier = Evidence.load(place / FILE) if (place / FILE).exists() else Evidence(place.name)
    mine = {_identity(training) for training in trainings}
    kept = [training for training in earlier.trainings if _identity(training) not in mine]
    kept = [training.reduced() if training.kind in TREATED else training for training in kept]  # files of before
    for field in ("observations", "attacked", "tasks", "generators"):
        new = rows.setdefault(field, [])
        about = {_identity(row) for row in new}
        new += [row for row in getattr(earlier, field) if _identity(row) not in about]
    found = {**config, **_kept(earlier, len(kept)), **_doses([*kept, *trainings])}
    Evidence(place.name, [*kept, *trainings], config=found, **rows).save(place / FILE, force=True)


def _identity(row: Any) -> tuple[Any, ...]:
    """Return the training that a row is about; of an observation its panel, whose rows are replaced together."""
    names = [*NAMES, "tasks", "scenario"] if hasattr(row, "tasks") else NAMES
    return tuple(getattr(row, name) for name in names) if hasattr(row, "condition") else (row.panel,)


def _kept(earlier: Evidence, n: int) -> dict[str, Any]:
    """Return the number of trainings that earlier evidence alone holds, and the versions that they are of."""
    first = earlier.config.get("kept", {"versions": earlier.config.get("versions", {})})
    return {"kept": {"trainings": n, "versions": first["versions"]}} if n else {}


def _doses(trainings: Sequence[TrainingRun]) -> dict[str, Any]:
    """Return the doses that shorter trainings chose, and the validation accuracies by which they did."""
    from ..analyses.evidence.tuning import treatment_of, tuned_doses

    rows = []
    for (setting, treatment), dose in tuned_doses(trainings).items():
        own = [t for t in trainings if (t.kind, t.setting) == ("tuning", setting)]
        own = [t for t in own if treatment_of(t.condition)[1] == treatment]
        accuracies: dict[str, list[float]] = {}
        for t in own:
            accuracies.setdefault(treatment_of(t.condition)[2], []).append(float(t.metrics["val_accuracy"][-1]))
        rows.append({"setting": setting, "treatment": treatment, "dose": dose, "steps": int(own[0].steps[-1]),
                     "seeds": sorted({t.seed for t in own}), "validation_accuracy": accuracies})  # fmt: skip
    return {"doses": rows} if rows else {}


def chosen_doses(place: Path, planned: Sequence[PlannedTraining]) -> dict[tuple[str, str], str]:
    """Return (network and data, treatment) -> the dose that its tuning chose, where all of that is done."""
    from ..analyses.evidence.tuning import treatment_of, tuned_doses

    tuning: dict[tuple[str, str], list[PlannedTraining]] = {}
    for item in planned:
        if item.kind == "tuning":
            tuning.setdefault((item.setting, treatment_of(item.condition)[1]), []).append(item)
    done = [items for items in tuning.values() if all(training_file(place, item).exists() for item in items)]
    return tuned_doses([run for items in done for run in training_runs(place, items)])


def training_runs(place: Path, planned: Sequence[PlannedTraining]) -> list[TrainingRun]:
    """Return the trainings whose files are there.

    Raises:
        InputError: a file is of another training than its name.
    """
    from ..analyses import training_run_of
    from ..simulator.files.store import load

    out = []
    for item in planned:
        file = training_file(place, item)
        if file.exists():
            run = load(file)
            _check_training(file, run.source, item)
            out.append(training_run_of(run, **{name: getattr(item, name) for name in NAMES}))
    return out


def is_old(place: Path) -> bool:
    """Return whether the evidence is missing, or older than one of its files."""
    file = place / FILE
    files = [
        *(place / TRAININGS).glob("*.h5"),
        *(one for name in STAGES.usable() for one in STAGES.load(name).files(place)),
    ]
    return not file.exists() or any(one.stat().st_mtime_ns > file.stat().st_mtime_ns for one in files)


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
