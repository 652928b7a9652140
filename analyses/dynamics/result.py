"""What the analysis of a system found: exponents, fixed points, phase plane, attractors, scan, basins; the file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from ...simulator import InputError
from ...simulator.files.document import DAMAGE, Document, Group, Variable, about, first_line, read, to_json, write
from .attractors import Attractors
from .basins import Axis, Basins
from .bifurcation import Scan
from .fixed_points import FixedPoints
from .lyapunov import Spectrum
from .plane import PhasePlane

KIND = "dynamics"
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
class DynamicsResult:
    """What was asked of a system; a part that was not asked for is None.

    Attributes:
        lyapunov, fixed_points, attractors, scan, basins, phase_plane: see their types.
        units: names of the units of the state.
        config: everything that is needed to do it again: ``command``, ``system``, ``what`` it was analysed as (flow,
            map, runs), ``parameters``, ``seed``, ``time_unit`` [of dt and exponents] and so on.
    """

    lyapunov: Spectrum | None = None
    fixed_points: FixedPoints | None = None
    attractors: Attractors | None = None
    scan: Scan | None = None
    basins: Basins | None = None
    phase_plane: PhasePlane | None = None
    units: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rate_unit(self) -> str:
        """Unit of the exponents, and of the eigenvalues of a flow."""
        return f"1/{self.config.get('time_unit', 'model time')}"

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists; of attractors without the features of every start."""
        found: dict[str, Any] = {"kind": KIND}
        if (spectrum := self.lyapunov) is not None:
            found["lyapunov"] = {
                "exponents": spectrum.exponents.tolist(), "error": spectrum.error.tolist(),
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
            found["fixed_points"] = {"points": points, "starts": fixed.starts, "lost": list(fixed.lost)}
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
                "min_samples": ends.min_samples, "eps_grid": ends.eps_grid.tolist(),
                "samples_grid": ends.samples_grid.tolist(), "dbscan": ends.dbscan.tolist(),
                "hdbscan": ends.hdbscan.tolist(), "labels": ends.labels.tolist(), "diverged": list(ends.diverged),
            }  # fmt: skip
        if (scan := self.scan) is not None:
            found["scan"] = {
                **{name: getattr(scan, name) for name in ("parameter", "variable", "hysteresis", "unsettled")},
                **{name: getattr(scan, name).tolist() for name in PARTS["scan"][1]},
                "stopped": list(scan.stopped),
            }
        if (basins := self.basins) is not None:
            found["basins"] = {
                "x": asdict(basins.x), "y": asdict(basins.y),
                "shares": {str(k): basins.share(k) for k in np.unique(basins.labels).tolist()},
            }  # fmt: skip
        if (plane := self.phase_plane) is not None:
            found["phase_plane"] = {"x": asdict(plane.x), "y": asdict(plane.y), "paths": len(plane.paths)}
        return {**found, "config": dict(self.config)}

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write to an HDF5 file, whole or not at all: a group for every part (data/README.md)."""
        groups = {
            name: _group(getattr(self, name), PARTS[name][1]) for name in PARTS if getattr(self, name) is not None
        }
        groups["state"] = Group({"units": Variable(("unit",), np.array(self.units, dtype=str))})
        return write(Document(about(KIND, self.config), groups), path, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DynamicsResult:
        """Read what `save` wrote.

        Raises:
            InputError: one line: missing, truncated, foreign, newer, or of another kind.
        """
        document = read(path, kind=KIND)
        try:
            groups, config = document.groups, dict(json.loads(document.attrs["config"]))
            parts = {name: _part(*PARTS[name], groups[name]) for name in PARTS if name in groups}
            units = tuple(groups["state"].variables["units"].values.tolist()) if "state" in groups else ()
            if not parts:
                raise ValueError("nothing that was asked for is in it")
            return cls(**parts, units=units, config=config)
        except DAMAGE as error:
            message = f"{path}: is no complete analysis of dynamics, a part is missing or damaged: {first_line(error)}"
            raise InputError(message) from error

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
    given: dict[str, Any] = dict(json.loads(group.attrs["fields"]))
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = tuple(value)
        elif isinstance(value, dict):
            given[name] = Axis(**value)
    for name in axes:
        variable = group.variables[name]
        values = variable.values
        if variable.dims[-1] == "real_imaginary":
            values = values[..., 0] + 1j * values[..., 1]
        given[name] = tuple(values.tolist()) if values.dtype.kind in "UO" else values
    return kind(**given)
