"""Analysis of a target part by part: exponents, fixed points, attractors, basins, phase plane, scan."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...simulator import InputError, unknown
from ...simulator.fields import check, parameter_types
from ...simulator.files.document import versions
from ...simulator.types import Floats, Progress
from .attractors import Attractors, attractors
from .basins import MOST_POINTS, Axis, Basins, basin_map
from .bifurcation import Scan, scan
from .fixed_points import MOST_UNITS, FixedPoints, fixed_points
from .late_runs import late_runs
from .lyapunov import Spectrum, lyapunov, stepper
from .plane import PhasePlane, phase_plane, turned
from .recorded import recorded_runs
from .result import DynamicsResult
from .settings import DynamicsSettings, Range
from .target import Target

STARTS, RUNS = 32, 8  # initial states of what steps, and of what only records
WHOLE = 64  # units up to which all exponents are taken by default
FIRST = 10  # exponents beyond
EVERY = 5  # steps between decompositions beyond
GRID, FINE = 24, 101  # points a side of a basin map and of a phase plane
PATHS = 6  # runs that are drawn in a phase plane
PROBES = 64  # states at which a scanned parameter must change the drift
SCAN_SHARE = 0.25  # of the length of a run, that of each run of a scan
SCAN_LONGEST = 32  # by default, times as long is a run of a scan that has not settled
RECORDS = 1000  # of the convergence of exponents that are kept


@dataclass(frozen=True)
class Parts:
    """Parts of an analysis.

    Attributes:
        lyapunov: True, or the number of exponents.
        scan: (parameter, lowest, highest, count of values).
    """

    lyapunov: bool | int = False
    fixed_points: bool = False
    attractors: bool = False
    basins: bool = False
    phase_plane: bool = False
    scan: Range | None = None

    @property
    def none(self) -> bool:
        """Return whether no part is wanted."""
        others = (self.fixed_points, self.attractors, self.basins, self.phase_plane, self.scan)
        return self.lyapunov is False and not any(others)


def analyse_target(
    target: Target, parts: Parts, settings: DynamicsSettings, command: str = "", progress: Progress | None = None
) -> DynamicsResult:
    """Analyse a flow, a map, or the runs of a system without equations.

    Args:
        parts: empty: fixed points, Lyapunov exponents and attractors of a flow or a map, attractors of runs.
        command: the line that repeats the analysis, stored with the result.
        progress: called as progress(done, total, part).

    Raises:
        InputError: a part, a unit or a parameter that the target does not have.
    """
    if parts.none:
        parts = Parts(target.kind != "runs", target.kind != "runs", True)
    config: dict[str, Any] = {
        "command": command, "system": target.name, "what": target.kind, "parameters": dict(target.parameters),
        "seed": settings.seed, "late": settings.late, "eps": settings.eps, "min_samples": settings.min_samples,
        "time_unit": target.time_unit, "notes": list(target.notes), "engine": "numpy, torch",
        "versions": versions("torch", "scikit-learn"), **({"source": dict(target.source)} if target.source else {}),
    }  # fmt: skip
    if target.kind == "runs":
        return _of_runs(target, parts, settings, config, progress)
    if settings.starts_from is not None:
        raise InputError(f"starts_from: is for systems without equations; {target.name} is a {target.kind}: use spread")
    return _Analysis(target, parts, settings, config, progress).result()


class _Analysis:
    """Parts of the analysis of a flow or a map, and the states that they share."""

    def __init__(
        self, target: Target, parts: Parts, settings: DynamicsSettings, config: dict[str, Any],
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self.target, self.parts, self.settings, self.config = target, parts, settings, config
        self.progress, self.seed, self.starts = progress, settings.seed, settings.starts or STARTS
        self.time = target.time if settings.time is None else settings.time
        if not (math.isfinite(self.time) and 20 * target.dt <= self.time <= 1e9 * target.dt):
            raise InputError(f"time: must hold 20 to 1e9 steps of {target.dt:g} {target.time_unit}; got {self.time:g}")
        self.n_steps = round(self.time / target.dt)
        self.axes = self._axes(settings.plane)
        for part in ("basins", "phase_plane"):
            if getattr(parts, part) and len(target.units) < 2:
                raise InputError(f"{part}: needs a state of two units or more; {target.name} has {len(target.units)}")
        self.watched = 0 if settings.watch is None else self._unit("watch", settings.watch)
        first = [target.start(self.seed + k) for k in range(self.starts)]
        still = all(np.array_equal(first[0], x) for x in first[1:])
        self.spread = float(still) if settings.spread is None else settings.spread
        self.first = np.array(first, dtype=np.float64)
        self.path = self.first[:1]
        if parts.scan is not None:
            self._scanned = self._values(parts.scan)
        wide = self.spread or parts.fixed_points or parts.basins or parts.phase_plane
        self.low, self.high = self._visited() if wide else (first[0],) * 2

    def result(self) -> DynamicsResult:
        """Return every part that is wanted."""
        parts = self.parts
        self.config |= {"time": self.time, "dt": self.target.dt, "starts": self.starts, "spread": self.spread}
        sought = parts.fixed_points or (parts.phase_plane and len(self.target.units) <= MOST_UNITS)
        fixed = self._fixed_points() if sought else None
        spectrum = self._lyapunov(parts.lyapunov) if parts.lyapunov is not False else None
        ends = self._attractors() if parts.attractors or parts.basins else None
        basins = self._basins(ends) if parts.basins and ends is not None else None
        scanned = self._scan(parts.scan) if parts.scan is not None else None
        drawn = self._phase_plane(fixed) if parts.phase_plane else None
        return DynamicsResult(spectrum, fixed, ends, scanned, basins, drawn, self.target.units, self.config)

    def _report(self, part: str) -> Callable[[int, int], None] | None:
        report = self.progress
        return None if report is None else lambda done, total: report(done, total, part)

    def _visited(self) -> tuple[Floats, Floats]:
        """Return the least and greatest value of every unit in one run, of at most 20,000 steps, and in all starts."""
        x, step = self.first[0], self.target.step
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
        turns = list(self.target.angles)
        low[turns], high[turns] = -math.pi, math.pi
        return low, high

    def _drawn(self, spread: float) -> Floats:
        """Return the initial states: `start(seed + k)`, moved."""
        if not spread:
            return self.first
        nodes = max(1, getattr(self.target.system, "n", 1))
        width = (self.high - self.low).reshape(-1, nodes).max(axis=1).repeat(nodes)
        width = np.where(width > 0, width, 1.0 + np.abs(self.first[0]))  # a run that starts at rest visits nothing
        noise = np.random.default_rng([self.seed, 2]).uniform(-1.0, 1.0, self.first.shape)
        return np.asarray(self.first + spread * width * noise)

    def _fixed_points(self) -> FixedPoints:
        starts = np.concatenate([self._drawn(max(self.spread, 1.0)), self.path[: self.starts]])
        discrete = self.target.kind == "map"
        return fixed_points(self.target.f, starts, discrete=discrete, progress=self._report("fixed points"))

    def _lyapunov(self, k: bool | int) -> Spectrum:
        n = len(self.target.units)
        number = min(n, WHOLE if n <= WHOLE else FIRST) if k is True else int(k)
        every = 1 if n <= WHOLE else EVERY
        found = lyapunov(
            self.target.step, self._drawn(self.spread)[0], n_steps=max(20, self.n_steps), dt=self.target.dt, k=number,
            transient=self.n_steps, every=every, seed=self.seed, progress=self._report("Lyapunov exponents"),
        )  # fmt: skip
        kept = slice((len(found.times) - 1) % (thin := -(-len(found.times) // RECORDS)), None, thin)
        return Spectrum(found.exponents, found.n, found.error, found.history[kept], found.times[kept])

    def _attractors(self) -> Attractors:
        target = self.target
        runs = late_runs(
            target.step, self._drawn(self.spread), n_steps=self.n_steps, dt=target.dt, late=self.config["late"],
            names=target.units, angles=target.angles, time_unit=target.time_unit, progress=self._report("attractors"),
        )  # fmt: skip
        return attractors(runs, eps=self.config["eps"], min_samples=self.config["min_samples"])

    def _basins(self, known: Attractors) -> Basins:
        target = self.target
        x, y = self.axes or self._default_axes(GRID, self.first[0])
        return basin_map(
            target.step, known, x, y, self.first[0], n_steps=self.n_steps, dt=target.dt, late=self.config["late"],
            angles=target.angles, progress=self._report("basins"),
        )  # fmt: skip

    def _phase_plane(self, fixed: FixedPoints | None) -> PhasePlane:
        """Return the plane through the fixed point that most starts came to, else through the first start."""
        target = self.target
        base, self.config["plane_at"] = self.first[0].copy(), "the start"
        if fixed is not None and len(fixed.points):
            base = fixed.points[int(np.argmax(fixed.found))].copy()
            self.config["plane_at"] = "the fixed point that most starts came to"
        base[list(target.angles)] = turned(base[list(target.angles)], -math.pi)
        starts = self._drawn(self.spread if self.settings.spread is not None else max(self.spread, 0.5))[:PATHS]
        x, y = self.axes or self._default_axes(FINE, base)
        drift = target.f if target.kind == "flow" else lambda state: target.f(state) - state
        return phase_plane(
            drift, target.step, x, y, base, starts,
            n_steps=self.n_steps, angles=target.angles, progress=self._report("phase plane"),
        )  # fmt: skip

    def _default_axes(self, count: int, base: Floats) -> tuple[Axis, Axis]:
        """Return axes over all that a run visits and the base, and half as much around."""
        n, nodes = len(self.target.units), max(1, getattr(self.target.system, "n", 1))
        found = []
        for at in (0, nodes if n > nodes else 1):
            low, high = float(min(self.low[at], base[at])), float(max(self.high[at], base[at]))
            reach = 0.0 if at in self.target.angles else 0.5 * (high - low) or 1.0
            found.append(Axis(at, self.target.units[at], low - reach, high + reach, count))
        return found[0], found[1]

    def _axes(self, plane: Sequence[Range]) -> tuple[Axis, Axis] | None:
        if not plane:
            return None
        if len(plane) != 2 or not (self.parts.basins or self.parts.phase_plane):
            raise InputError(
                "plane: belongs to basins or phase_plane, and is given twice: for the axis across and the axis up"
            )
        x, y = (Axis(self._unit("plane", key), key, low, high, count) for key, low, high, count in plane)
        if x.unit == y.unit:
            raise InputError(f"plane: needs two variables; got {x.name} twice")
        if x.count * y.count > MOST_POINTS:
            raise InputError(f"plane: must hold at most {MOST_POINTS} points; got {x.count} × {y.count}")
        return x, y

    def _unit(self, argument: str, name: str) -> int:
        for unit in (name, f"{name} of node 0"):
            if unit in self.target.units:
                return self.target.units.index(unit)
        raise InputError(f"{argument}: {unknown('unit', name, self.target.units[:50])}")

    def _values(self, wanted: Range) -> tuple[Floats, list[Any]]:
        """Return the values of a scan, and a system at each."""
        key, low, high, count = wanted
        name, system = self.target.name, self.target.system
        if system is None:
            raise InputError("scan: a trained network has no parameter to lead up and down; leave it out")
        if not (math.isfinite(low) and math.isfinite(high) and low < high and 2 <= count <= 10_000):
            raise InputError(
                f"scan {key}: must be LOW:HIGH:COUNT with LOW < HIGH, COUNT in 2..10000; got {low:g}:{high:g}:{count}"
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
            raise InputError(f"scan {key}: does not enter the equations of {name}; its drift is the same throughout")
        if self.watched in self.target.angles:
            raise InputError(
                f"scan: {self.target.units[self.watched]} is an angle, which has no least and greatest value; watch "
                "another unit, or use ictal sweep"
            )
        return values, systems

    def _scan(self, wanted: Range) -> Scan:
        (key, *_), (values, systems) = wanted, self._scanned
        at = dict(zip(values.tolist(), systems, strict=True))
        times = 1 if self.settings.time is not None else SCAN_LONGEST
        n_steps = max(20, round(SCAN_SHARE * self.n_steps))
        self.config |= {"scan_time": SCAN_SHARE * self.time, "scan_longest": times * SCAN_SHARE * self.time}
        return scan(
            lambda value: stepper(at[value].drift, self.target.dt), values, self.first[0],
            n_steps=n_steps, longest=times * n_steps, dt=self.target.dt, unit=self.watched,
            angles=self.target.angles, seed=self.seed,
            parameter=key, variable=self.target.units[self.watched], progress=self._report("scan"),
        )  # fmt: skip


def _fields(system: Any) -> dict[str, Any]:
    return {name: getattr(system, name) for name in parameter_types(type(system))}


def _of_runs(
    target: Target, parts: Parts, settings: DynamicsSettings, config: dict[str, Any], progress: Progress | None
) -> DynamicsResult:
    """Run a system without equations several times and find the attractors of these runs.

    The runs take the values of `starts_from` in turn. The seed goes up by 1 after each round of values, and without
    `starts_from` after each run.

    Args:
        config: of the result; the settings of the runs are added to it.
        progress: called before each run.

    Raises:
        InputError: another part than attractors, or a setting of flows and maps, is asked for; `starts_from` names an
            unknown parameter, has fewer than 2 values, or more values than there are runs.
    """
    for part in ("lyapunov", "fixed_points", "basins", "phase_plane", "scan"):
        if getattr(parts, part) not in (False, None):
            kind = "a network of spiking cells" if hasattr(target.system, "network") else "no flow: it has no drift"
            instead = "ictal sweep" if part == "scan" else "attractors"
            raise InputError(f"{part}: {target.name} is {kind}; use {instead} instead")
    for name in ("time", "spread", "plane", "watch"):
        if getattr(settings, name) not in (None, (), []):
            raise InputError(f"{name}: is for flows and maps; {target.name} only records (its length is duration)")
    n, (key, values) = settings.starts or RUNS, settings.starts_from or ("", (None,))
    if key:
        hints = parameter_types(type(target.system))
        if target.changed is None and key not in hints:
            raise unknown(f"parameter of {target.name}", key, hints)
        if len(values) < 2 or n < len(values):
            raise InputError(
                f"starts_from {key}: needs 2 values or more, and as many starts; got {len(values)} and {n}"
            )
    given = _fields(target.system)
    if target.changed is not None:
        systems = [target.changed({key: value} if key else {}) for value in values]
    else:
        systems = [type(target.system)(**{**given, **({key: value} if key else {})}) for value in values]
    runs, lines = [], []
    for at in range(n):
        which, seed = at % len(values), settings.seed + at // len(values)
        if progress is not None:
            progress(at, n, f"run {at + 1} of {n}")
        runs.append(systems[which].record(seed))
        lines.append(f"seed {seed}" + (f", {key}={values[which]}" if key else ""))
    found = attractors(recorded_runs(runs, settings.late), eps=settings.eps, min_samples=settings.min_samples)
    config |= {"starts": n, "runs": lines, "starts_from": [key, *values] if key else None}
    config["notes"] = ["the seed draws all that is random in a system, its connections too where it has any"]
    if key:
        config["notes"].append(f"that {key} changes the start of a run and not its equations is taken on trust")
    config["engine"] = str(runs[0].source.get("engine", ""))
    return DynamicsResult(attractors=found, config=config)
