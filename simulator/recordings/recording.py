"""Sampled activity: values over (..., time, unit) with a clock, units and provenance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ..checks import _storable, check_name, rounding
from ..errors import InputError, unknown
from ..fields import check, refuse_units
from ..registry import resolve
from ..types import Array
from .handover import RecordingFaces
from .pieces import Pieces

Clock = Literal["second", "model", "step", "epoch", "frame", "sample"]
CLOCKS: tuple[str, ...] = get_args(Clock)
Labels = Mapping[str, NDArray[Any]]
_LONGEST = 1e100  # ticks, and samples a tick: their squares and cubes are finite


@dataclass(frozen=True, eq=False)
class Recording(RecordingFaces):
    """Sampled activity of a system: an array of values over (..., time, unit).

    Attributes:
        values: real array (..., time, unit); leading axes are trials. Integers and booleans
            become float64, half precision float32. A numpy array is copied unless it is read-only, and is frozen; any
            other array of another library (a torch tensor, on any device, with its graph) stays as it is. `Pieces` are
            read when they are asked for.
        dt: sampling interval [ticks of `clock`], > 0.
        clock: meaning of the time axis. ``"second"``: physical time. ``"model"``: a model's own time
            unit. ``"step"``, ``"epoch"``: training. ``"frame"``: stimuli in an order.
            ``"sample"``: observations that have **no** order (a batch); nothing that needs an
            order, such as a phase, is defined on it.
        quantity: name of the measured quantity, e.g. ``"firing rate"``.
        unit: physical unit of the values, e.g. ``"Hz"``; ``"1"`` where they have none.
        t0: time of the first sample [ticks of `clock`].
        periodic: the time axis is a closed loop: the last sample is followed by the first.
        valid: where the values are defined, bool, the shape of `values`; None means everywhere.
            A spike phase, for one, is not defined before a unit's first spike.
        unit_labels: name -> array (n_units,): population, layer, position ...
        time_labels: name -> array (n_times,): class, phase of a seizure ...
        source: provenance: system, parameters, seed, engine, versions.

    Raises:
        InputError: an invalid shape, clock, interval, label or value; a value that is not finite is named by its
            index.

    >>> r = Recording(np.eye(4), dt=0.001, clock="second", quantity="spike count", unit="1")
    >>> r.n_times, r.n_units, r.duration
    (4, 4, 0.004)
    """

    values: Array
    dt: float
    clock: Clock
    quantity: str
    unit: str
    t0: float = 0.0
    periodic: bool = False
    valid: Array | None = None
    unit_labels: Labels = field(default_factory=dict)
    time_labels: Labels = field(default_factory=dict)
    source: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_units("Recording.values", self.values)
        values = _real_array(self.values)
        if values.ndim < 2:
            raise InputError(
                f"Recording.values: must have at least the axes (time, unit); got shape {tuple(values.shape)}"
            )
        if 0 in values.shape:
            raise InputError(f"Recording.values: must not be empty; got shape {tuple(values.shape)}")
        if not (isinstance(self.clock, str) and self.clock in CLOCKS):
            raise unknown("clock", str(self.clock), CLOCKS)
        for name in ("quantity", "unit"):
            text = getattr(self, name)
            if not (isinstance(text, str) and _storable(text)):
                raise InputError(f"Recording.{name}: must be text that UTF-8 can hold, without NUL; got {text!r}")
        for name in ("dt", "t0"):
            object.__setattr__(self, name, check(f"Recording.{name}", float, getattr(self, name)))
        self._check_times(values.shape[-2])
        _refuse_non_finite(values, "Recording.values")
        object.__setattr__(self, "values", values)
        if self.valid is not None:
            valid: Array = self.valid if api.is_array_api_obj(self.valid) else np.asarray(self.valid)
            if tuple(valid.shape) != tuple(values.shape):
                raise InputError(
                    f"Recording.valid: must have the shape of values {tuple(values.shape)}; got {tuple(valid.shape)}"
                )
            if not api.array_namespace(valid).isdtype(valid.dtype, "bool"):
                raise InputError(f"Recording.valid: must be true or false; got {valid.dtype}")
            object.__setattr__(self, "valid", _frozen(valid) if isinstance(valid, np.ndarray) else valid)
        object.__setattr__(self, "unit_labels", frozen_labels(self.unit_labels, self.n_units, "Recording.unit_labels"))
        object.__setattr__(self, "time_labels", frozen_labels(self.time_labels, self.n_times, "Recording.time_labels"))
        if not isinstance(self.source, Mapping):
            raise InputError(f"Recording.source: must be a mapping; got {type(self.source).__name__}")
        object.__setattr__(self, "source", MappingProxyType(dict(self.source)))

    def _check_times(self, n_times: int) -> None:
        if not isinstance(self.periodic, bool | np.bool_):
            raise InputError(f"Recording.periodic: must be True or False; got {self.periodic!r}")
        object.__setattr__(self, "periodic", bool(self.periodic))
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise InputError(f"Recording.dt: must be a positive interval [{self.clock}]; got {self.dt}")
        if not math.isfinite(self.t0):
            raise InputError(f"Recording.t0: must be finite; got {self.t0}")
        if self.dt < 1 / _LONGEST or n_times * self.dt > _LONGEST:
            raise InputError(
                f"Recording.dt: must leave a sampling rate and a duration below {_LONGEST:g}; got {self.dt:g} "
                f"[{self.clock}] of {n_times} samples"
            )
        if self.t0 + self.dt == self.t0:
            raise InputError(f"Recording.t0: too far from 0 to tell steps of {self.dt:g} apart; got {self.t0:g}")

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.values.shape[-1])

    @property
    def n_times(self) -> int:
        """Number of samples along the time axis."""
        return int(self.values.shape[-2])

    @property
    def duration(self) -> float:
        """n_times · dt [ticks of `clock`]."""
        return self.n_times * self.dt

    @property
    def times(self) -> NDArray[np.float64]:
        """Time of every sample, (n_times,) [ticks of `clock`]."""
        return self.t0 + self.dt * np.arange(self.n_times, dtype=np.float64)

    def in_memory(self) -> Recording:
        """Return the recording with its values in memory: itself, unless they are `Pieces`."""
        return replace(self, values=to_numpy(self.values)) if isinstance(self.values, Pieces) else self

    def numpy(self) -> NDArray[np.floating[Any]]:
        """Return the values as a numpy array (detached from any graph, on the host)."""
        return to_numpy(self.values)

    def to_mne(self) -> Any:
        """Return a Raw of MNE, or Epochs of a recording with trials: potentials in V, names, annotations, start.

        Raises:
            InputError: a clock other than seconds, values that are not defined, or mne is not installed.
        """
        return resolve("ictal.simulator.export.mne_objects:to_mne", "")(self)

    def select(
        self,
        *,
        units: Sequence[int] | NDArray[Any] | None = None,
        where: Mapping[str, object] | None = None,
        time: tuple[float, float] | None = None,
    ) -> Recording:
        """Return the part with the given units and within the given time window.

        Args:
            units: indices, or a boolean mask (n_units,).
            where: unit label -> wanted value, e.g. ``{"population": "E"}``.
            time: (start, stop) [ticks of `clock`]; samples with start <= t < stop.

        Raises:
            InputError: nothing is left, or an index or label does not exist.
        """
        index = unit_index(self.n_units, self.unit_labels, units, where, "Recording.select")
        part = self if index is None else self._take(index, -1)
        if time is None:
            return part
        start, stop = _window(time, "Recording.select")
        first, last = (
            math.ceil(
                min(max((edge - self.t0) / self.dt - max(1e-6, rounding(self.t0, edge) / self.dt), 0.0), self.n_times)
            )
            for edge in (start, stop)
        )  # the slack keeps 0.3 / 0.1 on the grid, and seconds since 1970
        if first >= last:
            raise InputError(
                f"Recording.select: no sample in [{start:g}, {stop:g}) {self.clock}; "
                f"the recording covers [{self.t0:g}, {self.t0 + self.duration:g})"
            )
        return part._slice_times(first, last)

    def subsample(self, n_units: int | None = None, n_times: int | None = None, *, seed: int) -> Recording:
        """Return a random subset of units and a subset of samples.

        Units are drawn without replacement and stay in their order. An ordered time axis is cut after `n_times`
        samples, so that it stays evenly sampled; of a ``"sample"`` axis a random subset is drawn.

        Raises:
            InputError: a number below 1, or above the number of units or samples.
        """
        rng = np.random.default_rng(seed)
        part = self
        if n_units is not None:
            part = part._take(choose(rng, self.n_units, n_units, "Recording.subsample: units"), -1)
        if n_times is None or n_times == self.n_times:
            return part
        if self.clock == "sample":
            chosen = choose(rng, self.n_times, n_times, "Recording.subsample: samples")
            return part._take(chosen, -2)
        if not 1 <= n_times <= self.n_times:
            raise InputError(f"Recording.subsample: samples: wanted {n_times} of {self.n_times}")
        return part._slice_times(0, n_times)

    def _take(self, index: NDArray[np.intp], axis: int) -> Recording:
        field_name = "unit_labels" if axis == -1 else "time_labels"
        labels: dict[str, Any] = {field_name: {k: v[index] for k, v in getattr(self, field_name).items()}}
        valid = None if self.valid is None else _take(self.valid, index, axis)
        return replace(self, values=_take(self.values, index, axis), valid=valid, **labels)

    def _slice_times(self, first: int, last: int) -> Recording:
        return replace(
            self,
            values=v.between(first, last) if isinstance(v := self.values, Pieces) else v[..., first:last, :],
            valid=None if self.valid is None else self.valid[..., first:last, :],
            t0=self.t0 + first * self.dt,
            periodic=self.periodic and (first, last) == (0, self.n_times),
            time_labels={k: v[first:last] for k, v in self.time_labels.items()},
        )

    def __repr__(self) -> str:
        shape = " x ".join(str(n) for n in self.values.shape)
        return f"Recording({self.quantity} [{self.unit}], {shape}, dt={self.dt:g} {self.clock})"


def to_numpy(values: Array) -> NDArray[Any]:
    """Convert an array of the array API standard to a numpy array on the host, without its graph; read `Pieces`."""
    if isinstance(values, np.ndarray):
        return values
    if isinstance(values, Pieces):
        return np.asarray(values)
    if api.is_torch_array(values):
        values = values.detach().cpu()
    return np.from_dlpack(values) if hasattr(values, "__dlpack__") else np.asarray(values)


def check_dense(values: Array, what: str) -> None:
    """Refuse a tensor of torch that is sparse, quantised, nested, or without values.

    Raises:
        InputError: which of these it is.
    """
    if not api.is_torch_array(values):
        return
    ways = {
        "nested": "to_padded_tensor(0.0)",
        "quantized": "dequantize()",
        "sparse": "to_dense()",
        "meta": "to(device)",
    }
    found = next((name for name in ways if getattr(values, f"is_{name}", False)), None)
    found = found or ("sparse" if "strided" not in str(values.layout) else None)
    if found:
        raise InputError(f"{what}: must be a dense tensor with its values; this one is {found}: give x.{ways[found]}")


def frozen_labels(labels: Mapping[str, Any], n: int, what: str) -> Labels:
    """Return labels as read-only arrays of length n.

    Raises:
        InputError: an array of another length.
    """
    if not isinstance(labels, Mapping):
        raise InputError(f"{what}: must be a mapping of names to arrays; got {type(labels).__name__}")
    out = {}
    for name, given in labels.items():
        check_name(name, what)
        array = np.asarray(given)
        if array.shape != (n,):
            raise InputError(f"{what}[{name!r}]: must have shape ({n},); got {array.shape}")
        if array.dtype.kind in "OS":
            array = array.astype(str)
        if array.dtype.kind not in "biufU":
            raise InputError(f"{what}[{name!r}]: must be numbers, booleans or strings; got {array.dtype}")
        if array.dtype.kind == "U" and not all(_storable(text) for text in np.unique(array)):
            raise InputError(f"{what}[{name!r}]: must be text that UTF-8 can hold, without NUL")
        out[name] = _frozen(array)
    return MappingProxyType(out)


def unit_index(
    n: int,
    labels: Labels,
    units: Sequence[int] | NDArray[Any] | None,
    where: Mapping[str, object] | None,
    what: str,
) -> NDArray[np.intp] | None:
    """Return the indices of the selected units, or None for all of them."""
    if units is None and not where:
        return None
    keep = np.ones(n, dtype=bool)
    for name, wanted in (where or {}).items():
        if name not in labels:
            raise unknown("unit label", name, labels)
        keep &= labels[name] == wanted
    if units is None:
        index = np.flatnonzero(keep)
    else:
        given = np.asarray(units)
        if given.dtype == bool:
            if given.shape != (n,):
                raise InputError(f"{what}: a mask of units must have shape ({n},); got {given.shape}")
            given = np.flatnonzero(given)
        if np.unique(given).size != given.size:
            raise InputError(
                f"{what}: units must not repeat; got {given.size} with {np.unique(given).size} of their own"
            )
        if given.size and not (np.issubdtype(given.dtype, np.integer) and 0 <= given.min() and given.max() < n):
            raise InputError(f"{what}: units must be integers in 0..{n - 1}; got {given.min()}..{given.max()}")
        index = given.astype(np.intp)
        index = index[keep[index]] if index.size else index
    if index.size == 0:
        raise InputError(f"{what}: no unit left; units={units!r}, where={dict(where or {})!r}")
    return index


def choose(rng: np.random.Generator, n: int, k: int, what: str) -> NDArray[np.intp]:
    """Draw k of n indices without replacement, in ascending order."""
    if not 1 <= k <= n:
        raise InputError(f"{what}: wanted {k} of {n}")
    return np.sort(rng.choice(n, size=k, replace=False)).astype(np.intp)


def _window(time: tuple[float, float], what: str) -> tuple[float, float]:
    start, stop = cast("tuple[float, float]", check(f"{what}: time", tuple[float, float], time))
    if not (math.isfinite(start) and math.isfinite(stop)):
        raise InputError(f"{what}: time must be finite (start, stop); got ({start:g}, {stop:g}); leave it out for all")
    if not start < stop:
        raise InputError(f"{what}: time must be (start, stop) with start < stop; got ({start:g}, {stop:g})")
    return start, stop


def _real_array(values: Array) -> Array:
    if isinstance(values, Pieces):
        return values
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        mask = np.asarray(values.mask)
        index = tuple(int(i) for i in np.argwhere(mask)[0])
        raise InputError(
            f"Recording.values: must have a value everywhere; {int(mask.sum())} of {mask.size} are masked, first at "
            f"index {index}: select a part without them, or fill them, e.g. with values.filled(number)"
        )
    if not api.is_array_api_obj(values) or isinstance(values, np.ndarray):
        try:
            values = np.asarray(values)
        except (TypeError, ValueError):
            raise InputError(f"Recording.values: must be an array of numbers; got {type(values).__name__}") from None
    if isinstance(values, np.ndarray):
        if values.dtype == object:
            raise InputError("Recording.values: must be numbers; got an array of Python objects")
        if np.iscomplexobj(values):
            raise InputError(f"Recording.values: must be real; got {values.dtype}")
        if values.dtype.kind not in "biuf":
            raise InputError(f"Recording.values: must be numbers; got {values.dtype}")
        if not np.issubdtype(values.dtype, np.floating):
            values = values.astype(np.float64)
        elif values.dtype.itemsize < 4:  # half precision: no linear algebra, and sums overflow
            values = values.astype(np.float32)
        return _frozen(values)
    xp = api.array_namespace(values)
    check_dense(values, "Recording.values")
    if xp.isdtype(values.dtype, "complex floating"):
        raise InputError(f"Recording.values: must be real; got {values.dtype}")
    if not xp.isdtype(values.dtype, "real floating"):
        return xp.astype(values, xp.float64)
    return xp.astype(values, xp.float32) if xp.finfo(values.dtype).bits < 32 else values


def _refuse_non_finite(values: Array, what: str) -> None:
    if isinstance(values, Pieces):  # integers of a converter, scaled
        return
    xp = api.array_namespace(values)
    finite = xp.isfinite(values)
    if bool(xp.all(finite)):
        return
    bad = to_numpy(finite)
    index = tuple(int(i) for i in np.argwhere(~bad)[0])
    raise InputError(
        f"{what}: must be finite; got {to_numpy(values)[index]} at index {index} "
        f"({int((~bad).sum())} of {bad.size} values are not finite)"
    )


def _take(values: Array, index: NDArray[np.intp], axis: int) -> Array:
    if isinstance(values, np.ndarray):
        return np.take(values, index, axis=axis)
    if isinstance(values, Pieces):
        return values.of(index)
    xp = api.array_namespace(values)
    return xp.take(values, xp.asarray(index, device=api.device(values)), axis=axis)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array
