"""Result of an analysis of dynamics: exponents, fixed points, phase plane, attractors, scan, basins; the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_type_hints

import numpy as np

from ...simulator.fields import check
from ...simulator.files.document import Group, Variable, from_json, to_json
from ...simulator.files.result import Result
from ...simulator.files.table import NamedParts
from ...simulator.kinds import Kind
from .attractors import Attractors
from .basins import Axis, Basins
from .bifurcation import Scan
from .fixed_points import FixedPoints
from .lyapunov import Spectrum
from .plane import PhasePlane

# part -> (its type, the axes of what is stored as an array; complex numbers get an axis more; the rest is JSON)
PARTS: dict[str, tuple[type[Any], dict[str, tuple[str, ...]]]] = {
    "lyapunov": (
        Spectrum,
        {"exponents": ("exponent",), "error": ("exponent",), "history": ("time", "exponent"), "times": ("time",)},
    ),
    "fixed_points": (
        FixedPoints,
        {"points": ("point", "unit"), "residual": ("point",), "eigenvalues": ("point", "unit"), "found": ("point",)},
    ),
    "attractors": (
        Attractors,
        {
            "labels": ("start",), "features": ("start", "feature"), "names": ("feature",), "scales": ("feature",),
            "states": ("attractor", "unit"), "settled": ("start",), "eps_grid": ("eps",), "samples_grid": ("samples",),
            "dbscan": ("eps", "samples"), "hdbscan": ("samples",),
        },
    ),
    "scan": (
        Scan,
        {
            "values": ("value",), "low": ("way", "value"), "high": ("way", "value"), "mean": ("way", "value"),
            "period": ("way", "value"), "settled": ("way", "value"),
        },
    ),
    "basins": (Basins, {"labels": ("y", "x"), "base": ("unit",)}),
    "phase_plane": (
        PhasePlane,
        {"across": ("y", "x"), "up": ("y", "x"), "paths": ("start", "step", "coordinate"), "base": ("unit",)},
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class DynamicsResult(NamedParts, Result):
    """Parts of an analysis of a system; a part that was not asked for is None.

    Attributes:
        lyapunov, fixed_points, attractors, scan, basins, phase_plane: see their types.
        units: names of the units of the state.
        config: everything that is needed to do it again: ``command``, ``system``, ``what`` it was analysed as (flow,
            map, runs), ``parameters``, ``seed``, ``time_unit`` [of dt and exponents] and so on.
    """

    kind = "dynamics"

    lyapunov: Spectrum | None = None
    fixed_points: FixedPoints | None = None
    attractors: Attractors | None = None
    scan: Scan | None = None
    basins: Basins | None = None
    phase_plane: PhasePlane | None = None
    units: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    def named(self) -> dict[str, Any]:
        """Return the name and the result of every part."""
        return {name: part for name in PARTS if (part := getattr(self, name)) is not None}

    def to_pandas(self, table: str = "") -> Any:
        """Return a part as a DataFrame, by default the first.

        Raises:
            InputError: no such part, or pandas is not installed.
        """
        return Kind.to_pandas(self, table)

    @property
    def rate_unit(self) -> str:
        """Unit of the exponents, and of the eigenvalues of a flow."""
        return f"1/{self.config.get('time_unit', 'model time')}"

    def tables(self) -> dict[str, Any]:
        """Return every part; of attractors without the features of every start."""
        found: dict[str, Any] = {}
        if (spectrum := self.lyapunov) is not None:
            found["lyapunov"] = {
                "exponents": spectrum.exponents, "error": spectrum.error,
                "unit": self.rate_unit, "n": spectrum.n, "kaplan_yorke": spectrum.kaplan_yorke,
            }  # fmt: skip
        if (fixed := self.fixed_points) is not None:
            points = [
                {
                    "point": fixed.points[k].tolist(), "stability": fixed.stability[k], "kind": fixed.kind[k],
                    "residual": float(fixed.residual[k]), "found": int(fixed.found[k]),
                    "eigenvalues": [[value.real, value.imag] for value in fixed.eigenvalues[k].tolist()],
                }
                for k in range(len(fixed.points))
            ]  # fmt: skip
            found["fixed_points"] = {"points": points, "starts": fixed.starts, "lost": fixed.lost}
        if (ends := self.attractors) is not None:
            each = [
                {
                    "share": ends.share(k)[0], "low": ends.share(k)[1], "high": ends.share(k)[2],
                    "starts": int(ends.counts[k]), "still": ends.still(k),
                    "features": dict(zip(ends.names, ends.centre(k).tolist(), strict=True)),
                }
                for k in range(ends.n)
            ]  # fmt: skip
            found["attractors"] = {
                "n": ends.n, "says": ends.says, "robust": ends.robust, "each": each, "eps": ends.eps,
                "min_samples": ends.min_samples, "eps_grid": ends.eps_grid,
                "samples_grid": ends.samples_grid, "dbscan": ends.dbscan,
                "hdbscan": ends.hdbscan, "labels": ends.labels, "diverged": ends.diverged,
            }  # fmt: skip
        if (scan := self.scan) is not None:
            found["scan"] = {
                **{name: getattr(scan, name) for name in ("parameter", "variable", "hysteresis", "unsettled")},
                **{name: getattr(scan, name) for name in PARTS["scan"][1]},
                "stopped": scan.stopped,
            }
        if (basins := self.basins) is not None:
            found["basins"] = {
                "x": basins.x, "y": basins.y,
                "shares": {str(k): basins.share(k) for k in np.unique(basins.labels).tolist()},
            }  # fmt: skip
        if (plane := self.phase_plane) is not None:
            found["phase_plane"] = {"x": plane.x, "y": plane.y, "paths": len(plane.paths)}
        return found

    def to_groups(self) -> dict[str, Group]:
        """Return a group for every part, and the names of units."""
        groups = {
            name: _group(getattr(self, name), PARTS[name][1]) for name in PARTS if getattr(self, name) is not None
        }
        return {**groups, "state": Group({"units": Variable(("unit",), np.array(self.units, dtype=str))})}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> DynamicsResult:
        """Return the inverse of `to_groups`."""
        parts = {name: _part(*PARTS[name], groups[name]) for name in PARTS if name in groups}
        units = tuple(groups["state"].variables["units"].values.tolist()) if "state" in groups else ()
        if not parts:
            raise ValueError("nothing that was asked for is in it")
        return cls(**parts, units=units, config=config)

    def __repr__(self) -> str:
        there = [name for name in PARTS if getattr(self, name) is not None]
        return f"DynamicsResult({self.config.get('system', '')}: {', '.join(there) or 'nothing'})"


def _group(part: Any, axes: Mapping[str, tuple[str, ...]]) -> Group:
    variables = {}
    for name, dims in axes.items():
        values = np.asarray(getattr(part, name))
        if np.iscomplexobj(values):
            dims, values = (*dims, "real_imaginary"), np.stack([values.real, values.imag], axis=-1)
        variables[name] = Variable(dims, values if values.dtype.kind != "U" else values.astype(str))
    plain = {item.name: getattr(part, item.name) for item in fields(part) if item.name not in axes}
    plain = {name: asdict(value) if isinstance(value, Axis) else value for name, value in plain.items()}
    return Group(variables, {"fields": to_json(plain)})


def _part(kind: type[Any], axes: Mapping[str, tuple[str, ...]], group: Group) -> Any:
    given: dict[str, Any] = dict(from_json(group.attrs["fields"]))
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = tuple(value)
        elif isinstance(value, dict):
            given[name] = Axis(**value)
    hints, sizes = get_type_hints(kind), dict[str, int]()
    for name in given.keys() & hints.keys():
        if hints[name] in (float, int, str, bool):
            given[name] = check(f"{kind.__name__}.{name}", hints[name], given[name])
    for name in axes:
        variable = group.variables[name]
        values = variable.values
        if values.ndim != len(axes[name]) + (variable.dims[-1] == "real_imaginary"):
            raise ValueError(f"{name} has the shape {values.shape}; want axes {', '.join(axes[name])}")
        for axis, n in zip(axes[name], values.shape, strict=False):
            if sizes.setdefault(axis, n) != n:
                raise ValueError(f"{name} has the shape {values.shape}; want {sizes[axis]} along {axis}")
        if variable.dims[-1] == "real_imaginary":
            values = values[..., 0] + 1j * values[..., 1]
        given[name] = tuple(values.tolist()) if values.dtype.kind in "UO" else values
    return kind(**given)
