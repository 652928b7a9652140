"""Stage of `reproduce`: the generators of the claim `collapse`, a file a data set and seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..analyses.evidence.outcomes import GeneratorValue
from ..simulator import InputError
from ..simulator.files.disk import make_folder
from ..simulator.files.document import config_of, to_json
from ..simulator.files.identity import differences
from ..simulator.types import Progress
from .scales import PlannedTraining
from .stages import Request, Stage

FOLDER = "generators"


def _run(request: Request, progress: Progress | None, stop: Callable[[], bool]) -> None:
    """Train the generators whose files are missing."""
    from ..analyses import Evidence
    from ..models import UnfinishedTrainingError
    from .mode_collapse import BENCHES, config_of_run, generator_values

    make_folder(request.place / FOLDER)
    wanted = [(k, name) for k in range(request.seeds) for name in BENCHES]
    missing = [(k, name) for k, name in wanted if not _file(request.place, name, k).exists()]
    steps = sum(condition.how(bench).steps for _, name in missing for bench in [BENCHES[name]]
                for condition in bench.conditions())  # fmt: skip
    done = 0
    for k, name in missing:
        rows: list[GeneratorValue] = []
        for condition in BENCHES[name].conditions():
            if stop():
                raise UnfinishedTrainingError(done, steps)
            if progress:
                progress(done, steps, f"collapse: {name}, {condition.name}, seed {k}")
            rows += generator_values(name, condition, k)
            done += condition.how(BENCHES[name]).steps
        found = Evidence(request.scale, config=config_of_run([name], 1, k), generators=rows)
        found.save(_file(request.place, name, k))


def _rows(place: Path, planned: Sequence[PlannedTraining]) -> Mapping[str, Sequence[Any]]:
    """Read the rows of all files.

    Raises:
        InputError: a file is of other generators than its name.
    """
    from ..analyses import Evidence

    rows: list[GeneratorValue] = []
    for file in _files(place):
        _check_file(file)
        rows += Evidence.load(file).generators
    return {"generators": rows}


def _check_file(file: Path) -> None:
    """Check that a file is of the generators of its name, as they are trained today.

    Raises:
        InputError: it is not.
    """
    from .mode_collapse import BENCHES, config_of_run

    name, _, seed = file.stem.rpartition("-seed")
    if name not in BENCHES or not seed.isdigit():
        raise InputError(f"{file}: is named as no file of generators, DATA-seedN.h5; move it away")
    there, here = config_of(file, "evidence"), json.loads(to_json(config_of_run([name], 1, int(seed))))
    keys = ("generators", "seeds")
    if unlike := differences({key: there.get(key) for key in keys}, {key: here[key] for key in keys}):
        raise InputError(f"{file}: is of other generators than its name: {unlike}; move it away")


def _files(place: Path) -> list[Path]:
    return sorted((place / FOLDER).glob("*.h5"))


def _file(place: Path, name: str, seed: int) -> Path:
    return place / FOLDER / f"{name}-seed{seed}.h5"


def _check(request: Request) -> None:
    for file in _files(request.place):
        _check_file(file)


STAGE = Stage(_run, _rows, _files, _check)
