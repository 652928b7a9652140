"""One netCDF4 file that ``xarray.open_datatree`` reads without options."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from .. import InputError
from ..files.disk import Sink, replacing
from ..files.document import Stored
from ..types import Progress
from .entries import OF_THE_FORMAT, SPIKES, Content, Exported, Format, blocks, name_of, plain

if TYPE_CHECKING:
    import h5netcdf

_LONGEST = 255  # bytes of a name, in netCDF
_LABEL = ("unit_label_", "time_label_")
_TIME = re.compile(r"\bsince\b|^\s*(days|hours|minutes|(milli|micro|nano)?seconds)\s*$")  # xarray reads dates of them


def write_netcdf(content: Content, target: Path, force: bool, progress: Progress) -> Exported:
    """Write every group as a node of the tree; labels are coordinates, and NaN stands where values are not defined.

    Args:
        content: entries to export.
        target: the file.
        force: replace a file that exists.
        progress: called as progress(values done, values, entry).

    Raises:
        InputError: a part of the file is damaged, a name is too long, h5netcdf is not installed, or the target
            exists or cannot be written.
        OSError: the disk is full.
    """
    try:
        import h5netcdf
    except ImportError as error:
        raise InputError("export to xarray needs h5netcdf; say pip install 'ictal[xarray]'") from error
    made = {path: plain(path, group, content.where) for path, group in content.groups.items()}
    for name in (part for path, group in made.items() for part in (*path.split("/"), *group.variables)):
        if len(name.encode()) > _LONGEST:
            short = f"{name[:40]!r}… is too long a name for netCDF"
            raise InputError(f"{content.where}: {short}; want at most {_LONGEST} bytes")
    total, done = sum(math.prod(v.shape) for group in made.values() for v in group.variables.values()), 0
    with replacing(target, force) as temporary, Sink(temporary) as sink, h5netcdf.File(sink, "w") as file:
        _set_attrs(file, content.attrs)
        for path, group in made.items():
            found = _named(path, group.variables)
            node = file.create_group(path)
            _set_attrs(node, group.attrs)
            node.dimensions = {d: n for v in found.values() for d, n in zip(v.dims, v.shape, strict=True)}
            for name, variable in found.items():
                labels = _labels(variable, found) if len(variable.dims) > 1 else ""
                for values in _write(node, name, variable, labels):
                    done += values
                    progress(done, total, name_of(path))
    return Exported([target], [])


NETCDF = Format(write_netcdf, ".nc", (".nc",))


def _named(path: str, variables: Mapping[str, Stored]) -> dict[str, Stored]:
    """Rename ``unit`` of spikes to ``unit_index``: ``unit`` is the dimension of labels."""
    if not path.startswith(SPIKES):
        return dict(variables)
    return {"unit_index" if name == "unit" else name: variable for name, variable in variables.items()}


def _labels(variable: Stored, others: Mapping[str, Stored]) -> str:
    """List the labels along the dimensions of an array for CF, without names that have a blank, its separator."""
    named = (n for n, v in others.items() if n.startswith(_LABEL) and v.dims[0] in variable.dims)
    return " ".join(name for name in named if not re.search(r"\s", name))


def _write(node: h5netcdf.Group, name: str, variable: Stored, labels: str) -> Iterator[int]:
    """Write piece by piece, and yield the number of values of each."""
    kind, shape = variable.dtype.kind, variable.shape
    dtype = h5py.string_dtype() if kind == "U" else np.uint8 if kind == "b" else variable.dtype
    made = node.create_variable(name, variable.dims, dtype)
    _set_attrs(made, {("unit" if k == "units" and _TIME.search(str(v)) else k): v for k, v in variable.attrs.items()})
    if kind == "b":
        made.attrs["dtype"] = "bool"  # as xarray has it; netCDF has no boolean type
    if labels:
        made.attrs["coordinates"] = labels
    axis = max(0, len(shape) - 2)  # of the rows
    for place in np.ndindex(*shape[:axis]):
        for block in blocks(shape[axis], math.prod(shape[axis + 1 :]), variable.packed):
            values = variable.part((*place, block))
            made[(*place, block)] = values.astype(object) if kind == "U" else values
            yield values.size


def _set_attrs(target: h5netcdf.File | h5netcdf.Group | h5netcdf.Variable, attrs: Mapping[str, Any]) -> None:
    for name, value in attrs.items():
        if name not in OF_THE_FORMAT:
            target.attrs[name] = np.uint8(value) if isinstance(value, bool) else value
