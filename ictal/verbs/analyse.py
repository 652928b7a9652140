"""`analyse`: fixed points, Lyapunov exponents, attractors, basins, phase planes and scans of whatever steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ..analyses.dynamics import (
    Attractors,
    Axis,
    Basins,
    FixedPoints,
    PhasePlane,
    Scan,
    Spectrum,
    attractors,
    basin_map,
    fixed_points,
    late_courses,
    lyapunov,
    phase_plane,
    scan,
    stepper,
)
from ..analyses.dynamics.attractors import EPS, MIN_SAMPLES, check_clustering
from ..analyses.dynamics.basins import MOST_POINTS
from ..analyses.dynamics.fixed_points import MOST_UNITS
from ..analyses.dynamics.late_runs import LATE
from ..analyses.dynamics.plane import turned
from ..analyses.dynamics.recorded import recorded_courses
from ..analyses.dynamics.result import DynamicsResult
from ..analyses.dynamics.subject import Subject
from ..simulator import InputError, unknown
from ..simulator.fields import check, parameter_types
from ..simulator.files.document import versions
from ..simulator.types import Floats, Progress
from .sources import plain
from .subjects import subject

STARTS, RUNS = 32, 8  # initial states of what steps, and of what only records
WHOLE = 64  # units up to which all exponents are taken by default
FIRST = 10  # exponents beyond
EVERY = 5  # steps between decompositions beyond
GRID, FINE = 24, 101  # points a side of a basin map and of a phase plane
PATHS = 6  # runs that are drawn in a phase plane
PROBES = 64  # states at which a scanned parameter must change the drift
SCAN_SHARE = 0.25  # of the length of a run, that of each run of a scan
RECORDS = 1000  # of the convergence of exponents that are kept


@dataclass(frozen=True)
class Asked:
    """What is asked for. Nothing: fixed points, Lyapunov exponents and attractors of what steps, else attractors.

    Attributes:
        lyapunov: True, or how many exponents.
        scan: (parameter, low, high, count).
    """

    lyapunov: bool | int = False
    fixed_points: bool = False
    attractors: bool = False
    scan: tuple[str, float, float, int] | None = None
    basins: bool = False
    phase_plane: bool = False

    @property
    def nothing(self) -> bool:
        """Whether nothing was named."""
        named = (self.fixed_points, self.attractors, self.scan, self.basins, self.phase_plane)
        return self.lyapunov is False and not any(named)


def analyse(
    system: Any,
    *,
    lyapunov: bool | int = False,
    fixed_points: bool = False,
    attractors: bool = False,
    scan: tuple[str, float, float, int] | None = None,
    basins: bool = False,
    phase_plane: bool = False,
    starts: int | None = None,
    spread: float | None = None,
    starts_from: tuple[str, Sequence[object]] | None = None,
    time: float | None = None,
    late: float = LATE,
    eps: float = EPS,
    min_samples: int = MIN_SAMPLES,
    plane: Sequence[tuple[str, float, float, int]] = (),
    watch: str | None = None,
    inputs: str = "zero",
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
    settings: Mapping[str, object] | None = None,
    **parameters: object,
) -> DynamicsResult:
    """Analyse the dynamics of a system, a trained recurrent network, or the system that recorded a file.

    With nothing asked for: fixed points, Lyapunov exponents and attractors; of what only records, attractors.

    Args:
        system: name in `SYSTEMS`, a system with `drift` and `start`, FILE.pt of ``ictal train`` (rnn, gru, lstm,
            rate-rnn), FILE.h5 of ``ictal simulate``.
        lyapunov: True, or how many exponents: all up to 64 units, the first 10 beyond.
        fixed_points, attractors: whether to look for them.
        scan: (parameter, low, high, count): led up and down; each value for a quarter of `time`.
        basins: which attractor each state of `plane` goes to; asks for attractors too.
        phase_plane: drift and nullclines over `plane`, and up to six runs in it; asks for fixed points too, of at most
            2,000 units.
        starts: initial states, of `start(seed)`, `start(seed + 1)` …; 32, of what only records 8.
            Newton's method also starts from as many states that a run visits.
        spread: how far they are moved at random, uniformly, in widths of what a run visits; 0, or 1 where `start`
            draws nothing. Newton's method starts from at least 1.
        starts_from: of what only records: (parameter, values) that only change the start; runs are dealt out to them.
        time: length of a run in the unit of dt; the system's duration, of a network 2000 time points.
        late: share of it that attractors are told by.
        eps, min_samples: see `attractors`.
        plane: two of (unit, low, high, count); the first two variables of the first node over what a run visits, if
            left out.
        watch: unit that a scan describes; the first.
        inputs: constant input of a network: "zero" or "mean".
        seed: of everything random.
        command: the command line that this answers, stored with the result.
        progress: called as progress(done, total, what).
        settings: fields of the system, also those that are called as an argument above.
        parameters: the same, by name.

    Raises:
        InputError: what cannot be analysed, an unknown name, a number that cannot be.
    """
    what = subject(system, {**parameters, **(settings or {})}, inputs)
    asked = Asked(lyapunov, fixed_points, attractors, scan, basins, phase_plane)
    if asked.nothing:
        asked = Asked(what.what != "runs", what.what != "runs", True)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: must be a whole number >= 0; got {seed!r}")
    if starts is not None and (isinstance(starts, bool) or not isinstance(starts, int) or starts < 2):
        raise InputError(f"starts: must be a whole number >= 2; got {starts!r}")
    if spread is not None and not 0 <= spread < math.inf:
        raise InputError(f"spread: must be >= 0; got {spread}")
    if not 0 < late <= 1:
        raise InputError(f"late: must lie in 0 to 1; got {late}")
    check_clustering(eps, min_samples)
    config: dict[str, Any] = {
        "command": command, "system": what.name, "what": what.what, "parameters": dict(what.parameters), "seed": seed,
        "late": late, "eps": eps, "min_samples": min_samples, "time_unit": what.time_unit, "notes": list(what.notes),
        "engine": "numpy, torch", "versions": versions("torch", "scikit-learn"),
        **({"source": dict(what.source)} if what.source else {}),
    }  # fmt: skip
    if what.what == "runs":
        return _of_runs(what, asked, config, starts or RUNS, starts_from, (time, spread, plane, watch), progress)
    if starts_from is not None:
        raise InputError(f"--starts-from: is for systems that only record; {what.name} is a {what.what}: use --spread")
    return _Analysis(what, asked, config, starts or STARTS, spread, time, plane, watch, progress).result()


class _Analysis:
    """Of a flow or a map, part by part."""

    def __init__(
        self, what: Subject, asked: Asked, config: dict[str, Any], starts: int, spread: float | None,
        time: float | None, plane: Sequence[tuple[str, float, float, int]], watch: str | None,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self.what, self.asked, self.config, self.progress = what, asked, config, progress
        self.time = what.time if time is None else float(time)
        if not (math.isfinite(self.time) and 20 * what.dt <= self.time <= 1e9 * what.dt):
            raise InputError(f"--time: must hold 20 to 1e9 steps of {what.dt:g} {what.time_unit}; got {self.time:g}")
        self.n_steps = round(self.time / what.dt)
        self.seed, self.starts = int(config["seed"]), starts
        self.axes = self._axes(plane)
        for option, wanted in (("--basins", asked.basins), ("--phase-plane", asked.phase_plane)):
            if wanted and len(what.units) < 2:
                raise InputError(f"{option}: needs a state of two units or more; {what.name} has {len(what.units)}")
        self.watched = 0 if watch is None else self._unit("--watch", watch)
        first = [what.start(self.seed + k) for k in range(starts)]
        self.spread = spread if spread is not None else float(all(np.array_equal(first[0], x) for x in first[1:]))
        self.first = np.array(first, dtype=np.float64)
        self.path = self.first[:1]
        self.moved = spread is not None
        if asked.scan is not None:
            self.scanned = self._values(asked.scan)
        wide = self.spread or asked.fixed_points or asked.basins or asked.phase_plane
        self.low, self.high = self._visited() if wide else (first[0],) * 2

    def result(self) -> DynamicsResult:
        """Every part that was asked for."""
        asked = self.asked
        self.config |= {"time": self.time, "dt": self.what.dt, "starts": self.starts, "spread": self.spread}
        sought = asked.fixed_points or (asked.phase_plane and len(self.what.units) <= MOST_UNITS)
        fixed = self._fixed_points() if sought else None
        spectrum = self._lyapunov(asked.lyapunov) if asked.lyapunov is not False else None
        ends = self._attractors() if asked.attractors or asked.basins else None
        basins = self._basins(ends) if asked.basins and ends is not None else None
        scanned = self._scan() if asked.scan is not None else None
        drawn = self._phase_plane(fixed) if asked.phase_plane else None
        return DynamicsResult(spectrum, fixed, ends, scanned, basins, drawn, self.what.units, self.config)

    def _said(self, what: str) -> Callable[[int, int], None] | None:
        report = self.progress
        return None if report is None else lambda done, total: report(done, total, what)

    def _visited(self) -> tuple[Floats, Floats]:
        """Least and greatest value of every unit in one run, at most of 20,000 steps, and in all starts."""
        x, step = self.first[0], self.what.step
        low, high = self.first.min(axis=0), self.first.max(axis=0)
        with np.errstate(all="ignore"):
            n_steps = min(self.n_steps, 20_000)
            path = []
            for at in range(n_steps):
                x = step(x)
                if not np.isfinite(x).all():
                    break  # that it diverges is said where it is run from
                np.minimum(low, x, out=low)
                np.maximum(high, x, out=high)
                if (at + 1) % max(1, n_steps // self.starts) == 0:
                    path.append(x)
        self.path = np.array([*path, self.first[0]])
        turns = list(self.what.angles)
        low[turns], high[turns] = -math.pi, math.pi
        return low, high

    def _drawn(self, spread: float) -> Floats:
        """Initial states: `start(seed + k)`, moved."""
        if not spread:
            return self.first
        nodes = max(1, getattr(self.what.system, "n", 1))
        width = (self.high - self.low).reshape(-1, nodes).max(axis=1).repeat(nodes)
        width = np.where(width > 0, width, 1.0 + np.abs(self.first[0]))  # a run that starts at rest visits nothing
        noise = np.random.default_rng([self.seed, 2]).uniform(-1.0, 1.0, self.first.shape)
        return np.asarray(self.first + spread * width * noise)

    def _fixed_points(self) -> FixedPoints:
        starts = np.concatenate([self._drawn(max(self.spread, 1.0)), self.path[: self.starts]])
        discrete = self.what.what == "map"
        return fixed_points(self.what.f, starts, discrete=discrete, progress=self._said("fixed points"))

    def _lyapunov(self, k: bool | int) -> Spectrum:
        n = len(self.what.units)
        number = min(n, WHOLE if n <= WHOLE else FIRST) if k is True else int(k)
        every = 1 if n <= WHOLE else EVERY
        found = lyapunov(
            self.what.step, self._drawn(self.spread)[0], n_steps=max(20, self.n_steps), dt=self.what.dt, k=number,
            transient=self.n_steps, every=every, seed=self.seed, progress=self._said("Lyapunov exponents"),
        )  # fmt: skip
        kept = slice((len(found.times) - 1) % (thin := -(-len(found.times) // RECORDS)), None, thin)
        return Spectrum(found.exponents, found.n, found.error, found.history[kept], found.times[kept])

    def _attractors(self) -> Attractors:
        what = self.what
        course = late_courses(
            what.step, self._drawn(self.spread), n_steps=self.n_steps, dt=what.dt, late=self.config["late"],
            names=what.units, angles=what.angles, time_unit=what.time_unit, progress=self._said("attractors"),
        )  # fmt: skip
        return attractors(course, eps=self.config["eps"], min_samples=self.config["min_samples"])

    def _basins(self, known: Attractors) -> Basins:
        what = self.what
        x, y = self.axes or self._default_axes(GRID, self.first[0])
        return basin_map(
            what.step, known, x, y, self.first[0], n_steps=self.n_steps, dt=what.dt, late=self.config["late"],
            angles=what.angles, progress=self._said("basins"),
        )  # fmt: skip

    def _phase_plane(self, fixed: FixedPoints | None) -> PhasePlane:
        """Through the fixed point that most starts came to, else the first start."""
        what = self.what
        base, self.config["plane_at"] = self.first[0].copy(), "the start"
        if fixed is not None and len(fixed.points):
            base = fixed.points[int(np.argmax(fixed.found))].copy()
            self.config["plane_at"] = "the fixed point that most starts came to"
        base[list(what.angles)] = turned(base[list(what.angles)], -math.pi)
        starts = self._drawn(self.spread if self.moved else max(self.spread, 0.5))[:PATHS]
        x, y = self.axes or self._default_axes(FINE, base)
        return phase_plane(
            what.f if what.what == "flow" else lambda state: what.f(state) - state, what.step, x, y, base, starts,
            n_steps=self.n_steps, angles=what.angles, progress=self._said("phase plane"),
        )  # fmt: skip

    def _default_axes(self, count: int, base: Floats) -> tuple[Axis, Axis]:
        """Over what a run visits and the base, and half as much around."""
        n, nodes = len(self.what.units), max(1, getattr(self.what.system, "n", 1))
        found = []
        for at in (0, nodes if n > nodes else 1):
            low, high = float(min(self.low[at], base[at])), float(max(self.high[at], base[at]))
            reach = 0.0 if at in self.what.angles else 0.5 * (high - low) or 1.0
            found.append(Axis(at, self.what.units[at], low - reach, high + reach, count))
        return found[0], found[1]

    def _axes(self, plane: Sequence[tuple[str, float, float, int]]) -> tuple[Axis, Axis] | None:
        if not plane:
            return None
        if len(plane) != 2 or not (self.asked.basins or self.asked.phase_plane):
            raise InputError(
                "--plane: belongs to --basins or --phase-plane, and is given twice: for the axis across and the axis up"
            )
        x, y = (Axis(self._unit("--plane", key), key, low, high, count) for key, low, high, count in plane)
        if x.unit == y.unit:
            raise InputError(f"--plane: needs two variables; got {x.name} twice")
        if x.count * y.count > MOST_POINTS:
            raise InputError(f"--plane: must hold at most {MOST_POINTS} points; got {x.count} × {y.count}")
        return x, y

    def _unit(self, option: str, name: str) -> int:
        if name in self.what.units:
            return self.what.units.index(name)
        if f"{name} of node 0" in self.what.units:
            return self.what.units.index(f"{name} of node 0")
        raise unknown(f"unit for {option}", name, self.what.units[:50])

    def _values(self, asked: tuple[str, float, float, int]) -> tuple[Floats, list[Any]]:
        """Values of a scan and a system at each."""
        key, low, high, count = asked
        name, system = self.what.name, self.what.system
        if system is None:
            raise InputError("--scan: a trained network has no parameter to lead up and down; leave it out")
        if not (math.isfinite(low) and math.isfinite(high) and low < high and 2 <= count <= 10_000):
            raise InputError(
                f"--scan {key}: must be LOW:HIGH:COUNT with LOW < HIGH, COUNT in 2..10000; got {low:g}:{high:g}:{count}"
            )
        hints = parameter_types(type(system))
        if key not in hints:
            raise unknown(f"parameter of {name}", key, hints)
        values = np.linspace(low, high, count)
        many = hints[key] == tuple[float, ...]
        typed = [check(f"{name}.{key}", hints[key], (float(v),) if many else float(v)) for v in values]
        systems = [type(system)(**{**_fields(system), key: value}) for value in typed]
        away = np.random.default_rng([self.seed, 3]).standard_normal((PROBES, self.first.shape[1]))
        states = self.first[0] + away * (1.0 + np.abs(self.first[0]))
        with np.errstate(all="ignore"):
            first, last = (np.asarray(each.drift(states)) for each in (systems[0], systems[-1]))
        if np.array_equal(first, last, equal_nan=True):
            raise InputError(f"--scan {key}: does not enter the equations of {name}; its drift is the same throughout")
        if self.watched in self.what.angles:
            raise InputError(
                f"--scan: {self.what.units[self.watched]} is an angle, which has no least and greatest value; watch "
                "another unit with --watch, or use ictal sweep"
            )
        return values, systems

    def _scan(self) -> Scan:
        values, systems = self.scanned
        at = dict(zip(values.tolist(), systems, strict=True))
        key, variable = cast("tuple[str, float, float, int]", self.asked.scan)[0], self.what.units[self.watched]
        self.config["scan_time"] = SCAN_SHARE * self.time
        return scan(
            lambda value: stepper(at[value].drift, self.what.dt), values, self.first[0],
            n_steps=max(20, round(SCAN_SHARE * self.n_steps)), dt=self.what.dt, unit=self.watched, seed=self.seed,
            parameter=key, variable=variable, progress=self._said("scan"),
        )  # fmt: skip


def _fields(system: Any) -> dict[str, Any]:
    return {name: getattr(system, name) for name in parameter_types(type(system))}


def _of_runs(
    what: Subject, asked: Asked, config: dict[str, Any], n: int, starts_from: tuple[str, Sequence[object]] | None,
    others: tuple[object, ...], progress: Progress | None,
) -> DynamicsResult:  # fmt: skip
    """Of a system that only records: attractors of its runs."""
    beyond = {
        "--lyapunov": asked.lyapunov is not False, "--fixed-points": asked.fixed_points, "--basins": asked.basins,
        "--phase-plane": asked.phase_plane, "--scan": asked.scan is not None,
    }  # fmt: skip
    for option, wanted in beyond.items():
        if wanted:
            kind = "a network of spiking cells" if hasattr(what.system, "network") else "no flow: it has no drift"
            instead = "ictal sweep" if option == "--scan" else "--attractors"
            raise InputError(f"{option}: {what.name} is {kind}; use {instead} instead")
    for option, value in zip(("--time", "--spread", "--plane", "--watch"), others, strict=True):
        if value not in (None, (), []):
            raise InputError(f"{option}: is for flows and maps; {what.name} only records (its length is duration)")
    key, values = starts_from or ("", (None,))
    if starts_from:
        hints = parameter_types(type(what.system))
        if key not in hints:
            raise unknown(f"parameter of {what.name}", key, hints)
        if len(values) < 2 or n < len(values):
            raise InputError(
                f"--starts-from {key}: needs 2 values or more, and as many starts; got {len(values)} and {n}"
            )
    kinds = [type(what.system)(**{**_fields(what.system), **({key: value} if starts_from else {})}) for value in values]
    runs, how = [], []
    for at in range(n):
        which, number = at % len(values), at // len(values)
        if progress is not None:
            progress(at, n, f"run {at + 1} of {n}")
        runs.append(kinds[which].record(int(config["seed"]) + number))
        how.append(f"seed {int(config['seed']) + number}" + (f", {key}={values[which]}" if starts_from else ""))
    found = attractors(
        recorded_courses(runs, float(config["late"])), eps=config["eps"], min_samples=config["min_samples"]
    )
    config |= {"starts": n, "runs": how, "starts_from": [key, *values] if starts_from else None}
    config["notes"] = ["the seed draws all that is random in a system, its connections too where it has any"]
    if starts_from:
        config["notes"].append(f"that {key} changes the start of a run and not its equations is taken on trust")
    config["engine"] = str(plain(runs[0].source).get("engine", ""))
    return DynamicsResult(attractors=found, config=config)
