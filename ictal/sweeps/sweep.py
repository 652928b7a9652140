"""`sweep`: a system over a grid of parameters and seeds, a file a point, on any executor, resumed by the same call."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..simulator import InputError, Recording, Run, Spikes
from ..simulator.files.document import Document, Group, Variable, about
from ..simulator.files.formats import is_foreign, not_read
from ..simulator.files.readers import READERS
from ..simulator.kinds import Kind
from ..simulator.recordings.recording import to_numpy
from ..simulator.types import Progress
from .folder import MANIFEST, alone, check_point, file_of, is_whole, note, read, remove_leftovers, same_sweep
from .measured import Measured, Measuring, measure_point, measured_of, read_measured
from .points import Grid, Point, run_point
from .workers import run_each

NOTED_EVERY = 2.0  # s between two writings of sweep.json


@dataclass(frozen=True, eq=False)
class Sweep(Kind):
    """Points of a sweep, with the file or the failure of each; iterates over its points.

    Attributes:
        folder: of its files.
        system, settings, grid, seeds: as they were given, without the defaults of the system.
        points: all, in order; the last parameter of the grid and then the seed vary fastest.
        files: point -> its file, of those that are done.
        failures: point -> reason, of those that failed.
        versions: of Ictal and its dependencies, when the sweep was begun.
        found: number of points that were done before this call.
        measuring: what was measured at every point, and how; None where nothing was.
        measured: point -> its values.
    """

    kind = "sweep"

    folder: Path
    system: str
    settings: Mapping[str, Any]
    grid: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]
    points: Sequence[Point]
    files: Mapping[Point, Path]
    failures: Mapping[Point, str]
    versions: Mapping[str, str]
    found: int = 0
    measuring: Measuring | None = None
    measured: Mapping[Point, Measured] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        counts = f"{len(self.points)} points, {len(self.files)} done, {len(self.failures)} failed"
        return f"Sweep({self.system} over {', '.join(self.grid)}: {counts}, in {self.folder})"

    def load(self, point: Point) -> Run:
        """Return the run of this point.

        Raises:
            InputError: the point is not of this sweep, failed, is not done, or its file is damaged or of another run.
        """
        from ..simulator.files.store import load

        if point not in self.files:
            raise InputError(f"{self.folder}: {point.name}: {self.failures.get(point, 'is not done')}")
        return load(self._checked(point))

    def _checked(self, point: Point) -> Path:
        """Return the file of a point, once it names the point."""
        check_point(self.files[point], self.system, {**self.settings, **point.parameters}, point.seed)
        return self.files[point]

    @property
    def config(self) -> dict[str, Any]:
        """System, settings, grid, seeds, measures if there are any, and the versions of the start."""
        swept = {name: getattr(self, name) for name in ("system", "settings", "grid", "seeds")}
        measuring = {} if self.measuring is None else {"measuring": asdict(self.measuring)}
        return {**swept, **measuring, "versions": dict(self.versions)}

    def facts(self) -> dict[str, Any]:
        """Return the grid, the number of finished points, and the failures."""
        grid = {name: ", ".join(map(str, values)) for name, values in self.grid.items()}
        failures = {point.name: why for point, why in self.failures.items()}
        done: dict[str, Any] = {"points": len(self), "done": len(self.files), "failures": failures}
        if self.measuring is not None:
            done["measures"] = list(self.measuring.measures)
        return {"system": self.system, "settings": dict(self.settings), "grid": grid, "seeds": list(self.seeds), **done}

    def document(self) -> Document:
        """Return a table of points: parameters, seed, status, error, means of entries over units and time, measures.

        A column of means is ``mean_ENTRY``, one of a measure ``MEASURE_ENTRY``; its attributes name both. What is not
        defined is NaN.
        """
        columns: dict[str, list[Any]] = {name: [point.parameters[name] for point in self] for name in self.grid}
        columns |= {"seed": [point.seed for point in self], "error": [self.failures.get(point, "") for point in self]}
        columns["status"] = ["done" if p in self.files else "failed" if p in self.failures else "to do" for p in self]
        attrs: dict[str, dict[str, Any]] = {}
        for at, point in enumerate(self):
            for name, entry in (self.load(point) if point in self.files else {}).items():
                attrs[f"mean_{name}"] = {"units": "Hz" if isinstance(entry, Spikes) else entry.unit}
                columns.setdefault(f"mean_{name}", [math.nan] * len(self))[at] = _mean(entry)
        for at, point in enumerate(self):
            for entry_name, values in (self.measured[point].values if point in self.measured else {}).items():
                for name, value in values.items():
                    column = f"{name}_{entry_name}"
                    attrs[column] = {"units": _unit(name), "measure": name, "entry": entry_name}
                    columns.setdefault(column, [math.nan] * len(self))[at] = value
        table = {name: Variable(("row",), _column(found), attrs.get(name, {})) for name, found in columns.items()}
        return Document(about(self.kind, self.config), {"tables/points": Group(table)})

    def table(
        self,
        measures: str | Sequence[str],
        of: str,
        *,
        window: tuple[float, float] | None = None,
        band: tuple[float, float] | None = None,
        units: int | None = None,
    ) -> list[dict[str, Any]]:
        """Measures of the entry `of` against the parameters: one row a point that is done (for `pandas.DataFrame`).

        A row holds the grid's parameters, ``seed`` and every measure; None where it is not defined at this point.
        The arguments are those of `ictal.measure`.

        Raises:
            InputError: a measure that is defined at no point.
        """
        from ..verbs.measure import measure

        names = [measures] if isinstance(measures, str) else list(measures)
        rows = []
        refused: dict[str, InputError] = {}
        for point in self.files:
            file = self._checked(point)
            row: dict[str, Any] = {**point.parameters, "seed": point.seed, **dict.fromkeys(names)}
            for name in names:
                try:
                    found = measure(file, name, entries=[of], window=window, band=band, units=units, seed=point.seed)
                    row[name] = found.value(name)
                except InputError as error:
                    refused.setdefault(name, error)
            rows.append(row)
        for name, refusal in refused.items():
            if all(row[name] is None for row in rows):
                raise refusal
        return rows


def sweep(
    system: Any,
    grid: Mapping[str, Sequence[object]],
    *,
    folder: str | os.PathLike[str],
    seeds: int | Sequence[int] = 1,
    settings: Mapping[str, object] | None = None,
    measures: str | Sequence[str] = (),
    of: str | Sequence[str] = (),
    window: tuple[float, float] | None = None,
    band: tuple[float, float] | None = None,
    units: int | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Run a system at every combination of the grid's values with every seed; each run is a file of `folder`.

    Called again with the same arguments it runs the points that are missing, damaged or failed. Each file has the same
    bits as `ictal.simulate` on every executor.

    Args:
        system: name in `SYSTEMS`; or a `Network` or the path of one in JSON or Python, as of `ictal.simulate`.
        grid: parameter -> values; of a network of one's own, path -> values.
        folder: for this sweep alone; made if it does not exist.
        seeds: their number (0, 1, ...), or a list.
        settings: parameters that all points share.
        measures: names in `MEASURES`, measured at every point without surrogates as `ictal.measure` does with the seed
            of the point. The values are kept in ``sweep.json``: columns of the table of points, drawn by `Sweep.plot`.
        of: entries of the runs to measure; all but learning curves if left out.
        window, band, units: of the measures, as of `ictal.measure`.
        jobs: processes at a time.
        executor: instead of `jobs`, any `concurrent.futures.Executor`. Its workers write the files: on other
            machines they need the folder under the same path.
        progress: called as progress(points done, points, text).

    Returns:
        The finished points; those that raised are in `failures`.

    Raises:
        InputError: a point that the system refuses (before anything runs), a folder of another sweep, a measure that
            is defined at no point (the runs are kept).
    """
    from ..simulator.files.document import versions

    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise InputError(f"sweep.jobs: must be a whole number >= 1; got {jobs!r}")
    if executor is not None and jobs != 1:
        raise InputError("sweep: jobs and executor: give one of them")
    swept = Grid.checked(system, grid, seeds, settings or {})
    measuring = Measuring.checked(measures, of, window, band, units)
    points = swept.points()
    expected = {point: swept.expected(point) for point in points}
    place = Path(os.path.abspath(folder))
    there = same_sweep(place, swept)

    def whole(ours: bool) -> dict[Point, Path]:
        paths = {point: file_of(place, point) for point in points}
        return {
            point: path
            for point, path in paths.items()
            if is_whole(path, expected[point], partial(swept.network, point), ours=ours)
        }

    files = {} if there else whole(ours=False)  # a file in the way is found before the folder is touched
    with alone(place):
        if there is not None:
            files = whole(ours=True)
            remove_leftovers(place, points)
        n_found, begun = len(files), there["versions"] if there else versions()
        failures: dict[Point, str] = {}
        todo = [point for point in points if point not in files]
        measuring, measured = _measured_before(there, measuring, files)
        tasks = [(system, {**swept.settings, **p.parameters}, p.seed, str(file_of(place, p))) for p in todo]
        write = partial(note, place, swept, points, begun, files, failures, measuring, measured)
        write()
        noted = started = time.monotonic()
        try:
            with contextlib.closing(run_each(run_point, tasks, jobs, executor)) as answers:
                for number, (at, error) in enumerate(answers, 1):
                    if error:
                        failures[todo[at]] = error
                    else:
                        files[todo[at]] = file_of(place, todo[at])
                    if progress:
                        left = (time.monotonic() - started) / number * (len(todo) - number)
                        progress(n_found + number, len(points), _remaining(len(failures), left))
                    if time.monotonic() - noted > NOTED_EVERY:
                        write()
                        noted = time.monotonic()
            for point in [point for point in todo if point in files and not files[point].is_file()]:
                failures[point] = "its file cannot be seen from here: the executor's workers need the same folder"
                del files[point]
            if measuring is not None:
                for number, (point, found) in enumerate(_measure(measuring, files, measured, jobs, executor), 1):
                    measured[point] = found
                    if progress:
                        progress(number, len(files), "measured")
        finally:
            write()
    done = Sweep(
        place, **swept.described(), points=points, files={point: files[point] for point in points if point in files},
        failures={point: failures[point] for point in points if point in failures}, versions=begun, found=n_found,
        measuring=measuring, measured={point: measured[point] for point in points if point in measured},
    )  # fmt: skip
    for name in () if measuring is None else measuring.measures:
        if done.measured and not any(name in entry for m in done.measured.values() for entry in m.values.values()):
            why = next(m.reasons.get(name, "") for m in done.measured.values())
            raise InputError(f"sweep.measures: {name} is defined at no point: {why} (the runs are kept)")
    return done


def _measured_before(
    manifest: Mapping[str, Any] | None, asked: Measuring | None, files: Mapping[Point, Path]
) -> tuple[Measuring | None, dict[Point, Measured]]:
    """Return what is to be measured, and the values of whole files that the manifest has.

    Without measures those of the manifest are kept; other settings (entries, window, band, units) drop its values.
    """
    before, values = read_measured(manifest) if manifest else (None, {})
    if asked is None:
        asked = before
    elif before is not None and before.settings == asked.settings:
        asked = replace(asked, measures=tuple(dict.fromkeys([*before.measures, *asked.measures])))
    else:
        values = {}
    return asked, {point: values[path.name] for point, path in files.items() if path.name in values}


def _measure(
    measuring: Measuring, files: Mapping[Point, Path], before: Mapping[Point, Measured], jobs: int,
    executor: Executor | None,
) -> Iterator[tuple[Point, Measured]]:  # fmt: skip
    """Measure the points that lack a measure, and yield each with all its values."""
    wanted = {point: measuring.without(before.get(point)) for point in files}
    todo = [point for point, still in wanted.items() if still.measures]
    tasks = [(str(files[point]), point.seed, json.dumps(asdict(wanted[point]))) for point in todo]
    with contextlib.closing(run_each(measure_point, tasks, jobs, executor)) as answers:
        for at, answer in answers:
            try:
                found = measured_of(json.loads(answer))
            except ValueError:  # no values, but the reason of a lost worker
                raise InputError(f"sweep.measures: {todo[at].name}: {answer}; the same call goes on") from None
            yield todo[at], before[todo[at]].joined(found) if todo[at] in before else found


def open_sweep(folder: str | os.PathLike[str]) -> Sweep:
    """Open the sweep in a folder, finished or not; nothing is run.

    Raises:
        InputError: no sweep is there, or its sweep.json is damaged.
    """
    place = Path(os.path.abspath(folder))
    if (found := read(place)) is None:
        if is_foreign(place.suffix.lower()):
            raise not_read(Path(folder), tuple(READERS))
        raise InputError(f"{folder}: holds no {MANIFEST}; want the folder of a sweep")
    grid, manifest = found
    points = grid.points()
    files = {point: file_of(place, point) for point in points if file_of(place, point).is_file()}
    errors = {entry["file"]: entry.get("error", "") for entry in manifest["points"]}
    failures = {p: errors[f"{p.name}.h5"] for p in points if p not in files and errors.get(f"{p.name}.h5")}
    measuring, values = read_measured(manifest)
    measured = {point: values[path.name] for point, path in files.items() if path.name in values}
    return Sweep(
        place, **grid.described(), points=points, files=files, failures=failures, versions=manifest["versions"],
        found=len(files), measuring=measuring, measured=measured,
    )  # fmt: skip


def _unit(measure: str) -> str:
    """Return the unit of a measure; that of the recording is left out."""
    from ..analyses.measures import get

    unit = get(measure).unit
    return "" if unit == "data" else unit


def _mean(entry: Recording | Spikes) -> float:
    """Return the rate of a unit [Hz], or the mean of the defined values."""
    if isinstance(entry, Spikes):
        return float(entry.counts.mean() / entry.duration)
    values = entry.numpy()
    return float(values.mean() if entry.valid is None else values[to_numpy(entry.valid)].mean())


def _column(values: list[Any]) -> NDArray[Any]:
    """Return numbers as they are, a column with other values as texts."""
    plain = all(isinstance(value, bool | int | float) for value in values)
    return np.array(values if plain else list(map(str, values)))


def _remaining(n_failed: int, left: float) -> str:
    """Return the number of failures and the time left [s] as words.

    >>> _remaining(0, 30.0), _remaining(2, 90.0), _remaining(0, 20000.0), _remaining(1, 0.0)
    ('about 30 s left', '2 failed, about 2 min left', 'about 5.6 h left', '1 failed')
    """
    span = f"{left:.0f} s" if left < 60 else f"{left / 60:.0f} min" if left < 3600 else f"{left / 3600:.1f} h"
    return ", ".join(filter(None, (f"{n_failed} failed" if n_failed else "", f"about {span} left" if left else "")))
