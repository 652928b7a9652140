"""Layout of the arrays behind the figures of a comparison: axes and attributes, as `figure_arrays` makes them."""

from __future__ import annotations

from collections.abc import Mapping

from ...simulator.files.document import Group

ARRAYS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "activity": {"time": ("time",), "values": ("time", "unit"), "mean": ("time",)},
    "correlation": {"r": ("unit", "unit")},
    "order": {"time": ("time",), "r": ("time",)},
    "spectrum": {"frequency": ("frequency",), "power": ("frequency",)},
    "raster": {"timestamps": ("spike",), "unit_index": ("spike",)},
    "history": {"time": ("time",), "curves": ("replicate", "time", "metric")},
}
ATTRIBUTES: Mapping[str, Mapping[str, int]] = {  # how many numbers; 0 is a text
    "activity": {"clock": 0},
    "order": {"clock": 0, "band": 2},
    "raster": {"t0": 1, "duration": 1, "n_units": 1},
    "history": {"clock": 0},
}
LABELS = {"history": ("metric",)}
BESIDE_ACTIVITY = ("raster", "spectrum")  # drawn with the activity of the same group
UNITS = {"spectrum": ("frequency", "power")}  # arrays whose unit is drawn


def check_figures(groups: Mapping[str, Group]) -> None:
    """Check that the groups of a file hold what the figures are drawn from.

    Raises:
        KeyError: a group, an array or an attribute is missing.
        ValueError: an array has other axes, or is no number.
    """
    for name, group in groups.items():
        kind, _, rest = name.partition("/")
        if kind in BESIDE_ACTIVITY and f"activity/{rest}" not in groups:
            raise KeyError(f"figures/activity/{rest}")
        _check_arrays(name, group)


def _check_arrays(name: str, group: Group) -> None:
    """Check the arrays and attributes of a group.

    Raises:
        KeyError: an array or an attribute is missing.
        ValueError: it has other axes, or is no number.
    """
    kind = name.partition("/")[0]
    sizes: dict[str, int] = {}
    wanted = {**ARRAYS.get(kind, {}), **{label: (label,) for label in LABELS.get(kind, ())}}
    wanted |= {key: ("time",) for key in group.variables if key.startswith("time_label_")}
    for key, axes in wanted.items():
        values = group.variables[key].values
        number = key in ARRAYS.get(kind, {})
        if values.ndim != len(axes) or (number and values.dtype.kind not in "biuf"):
            raise ValueError(f"figures/{name}/{key} is {values.dtype} of shape {values.shape}; want {', '.join(axes)}")
        for axis, n in zip(axes, values.shape, strict=True):
            if sizes.setdefault(axis, n) != n:
                raise ValueError(f"figures/{name}/{key} has the shape {values.shape}; want {sizes[axis]} along {axis}")
    if not all(sizes.get(axis, 1) for axis in ("time", "frequency", "unit", "replicate")):
        raise ValueError(f"figures/{name} holds an empty array")
    for key, count in ATTRIBUTES.get(kind, {}).items():
        found = group.attrs[key]
        if count == 0 and not isinstance(found, str):
            raise ValueError(f"figures/{name}: {key} is {found!r}; want a text")
        if count > 0:
            some = list(found) if count > 1 else [found]
            if len(some) != count or not all(isinstance(one, int | float) for one in some):
                raise ValueError(f"figures/{name}: {key} is {found!r}; want {count} number{'s' * (count > 1)}")
    for key in UNITS.get(kind, ()):
        group.variables[key].attrs["units"]
