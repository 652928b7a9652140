"""Definition of a measure, conditions under which it is defined, and its application to a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Spikes
from ...simulator.recordings.recording import to_numpy
from ...simulator.types import Array, Band
from .arrays import namespace, z_scores
from .checks import NO_ORDER, band_reason, circle_reason, classes, pieces_in, scale_reason
from .pairs import Pairs

NullKind = Literal[
    "linear_shift", "innovations", "circular_shift", "train_shift", "interval_jitter", "permute_within_class", "permute"
]
NULLS: tuple[NullKind, ...] = (
    "linear_shift", "circular_shift", "train_shift", "interval_jitter", "permute_within_class", "permute",
)  # fmt: skip
NULLS_OF_PAIRS: tuple[NullKind, ...] = ("linear_shift", "innovations", *NULLS[1:])


@dataclass(frozen=True, eq=False)
class Measure:
    """A pure function of a recording, with a description of what it shows and what it cannot.

    Attributes:
        name: its name in the registry.
        kernel: ``f(x, mask, **inputs) -> (...)`` for x (…, time, unit) and live units (…, unit), written once
            against the array API; for spikes ``f(spikes) -> float``.
        takes: what it reads, a Recording ("values") or Spikes ("spikes").
        formula, range, floor, shows, cannot, citation: prose for ``ictal explain``; `floor` is what a finite
            number of samples and units alone gives.
        unit: unit of the value; "data" is the unit of the recording, "1/clock" cycles per tick.
        needs: of "order", "band", "labels", "stationary"; the last alone if left out.
        inputs: what the kernel takes beyond (x, mask): of "dt", "band", "periodic", "labels", "segment".
        differentiable: whether a gradient through the kernel means something.
        min_units, min_times, min_spikes: the least number of live units and of samples; a unit of spikes
            is live with `min_spikes` spikes.
        nulls: kinds of surrogate that can tell synchrony from none; empty where none can. The data say which decides.
        no_null: why there is none.
        tail: where synchrony lies against the surrogates; only the participation ratio falls with it.
        settings: what else a reader must know about the value, e.g. which phase.
        refine: ``f(x, mask, **inputs) -> mask``, where liveness depends on more than variance.
        split: (prepare, reduce) with kernel = reduce ∘ prepare, and prepare unmoved by a circular shift.
        of_z: ``f(z, mask) -> (...)`` with kernel(x, mask) = of_z(standardised(x, mask), mask), where z-scores are all
            that it needs: several such measures share them.
        of_pairs: the same from the correlations of all pairs: surrogates compute these once for several measures.
        of_counts: it is given spikes as counts in bins: smoothing would take fast rhythms away.
        matrix: ``f(x, mask, **inputs) -> (…, unit, unit)``, or ``f(spikes)``, whose mean over pairs is the value.
        unmix: ``f(x, mask, **inputs) -> (…, unit, unit)``, an orthogonal matrix V, for measures that ignore what units
            share without a lag: surrogates shift the columns of x V in place of the units, and turn them back.
        on_request: it is measured only where it is named, since its cost grows with the number of pairs.
        shuffle_control: the value after a shuffle of the samples belongs to the value.
    """

    name: str
    kernel: Callable[..., Any]
    formula: str
    range: str
    floor: str
    shows: str
    cannot: str
    citation: str
    takes: Literal["values", "spikes"] = "values"
    unit: str = "1"
    needs: frozenset[str] = frozenset({"stationary"})
    inputs: tuple[str, ...] = ()
    differentiable: bool = True
    min_units: int = 2
    min_times: int = 3
    min_spikes: int = 1
    nulls: tuple[NullKind, ...] = NULLS
    no_null: str = ""
    tail: Literal["upper", "lower"] = "upper"
    settings: Mapping[str, object] = field(default_factory=dict)
    refine: Callable[..., Array] | None = None
    split: tuple[Callable[..., Any], Callable[..., Any]] | None = None
    of_z: Callable[[Array, Array], Array] | None = None
    of_pairs: Callable[[Pairs], NDArray[np.float64]] | None = None
    of_counts: bool = False
    matrix: Callable[..., Any] | None = None
    unmix: Callable[..., Array] | None = None
    on_request: bool = False
    shuffle_control: bool = False

    @property
    def prose(self) -> dict[str, str]:
        """Words that are stored with the values of this measure."""
        return {key: getattr(self, key) for key in ("formula", "range", "floor", "shows", "cannot", "citation")}


class Shared:
    """Properties of one recording that several measures need, each computed at first use."""

    def __init__(self, data: Recording) -> None:
        self._values = data.values
        self._named = data.unit, data.quantity

    @cached_property
    def _extremes(self) -> tuple[Array, Array]:
        xp = namespace(self._values)
        return xp.min(self._values, axis=-2), xp.max(self._values, axis=-2)

    @cached_property
    def reason(self) -> str | None:
        """Return the reason for which no measure is defined on these values; None if there is none."""
        return scale_reason(*self._extremes) or circle_reason(self._values, *self._extremes, *self._named)

    @cached_property
    def _standardised(self) -> tuple[Array, Array]:
        return z_scores(self._values, *self._extremes)

    @property
    def z(self) -> Array:
        """Return the z-scores of the units that vary, 0 for the others, (…, time, unit)."""
        return self._standardised[0]

    @property
    def live(self) -> Array:
        """Return the mask of the units that vary, (…, unit)."""
        return self._standardised[1]


def examine(
    measure: Measure,
    data: Recording,
    *,
    band: Band | None = None,
    label: str = "class",
    segment: int | None = None,
    shared: Shared | None = None,
) -> str | tuple[dict[str, Any], Array]:
    """Return (inputs, mask) for the kernel of a measure, or the reason for which it is not defined on the recording."""
    if measure.takes == "spikes":
        return f"reads spike trains, not a recording of {data.quantity}"
    if data.valid is not None and not to_numpy(data.valid).all():
        return f"the {data.quantity} is not defined everywhere; select units and a window in which it is"
    if "order" in measure.needs and data.clock == "sample":
        return NO_ORDER
    if data.n_times < measure.min_times:
        return f"needs at least {measure.min_times} samples; got {data.n_times}"
    if "band" in measure.needs and band is None:
        return f"needs a band=(low, high) [{'Hz' if data.clock == 'second' else f'cycles per {data.clock}'}]; got none"
    inputs: dict[str, Any] = {}
    if "dt" in measure.inputs:
        inputs["dt"] = data.dt
    if "periodic" in measure.inputs:
        inputs["periodic"] = data.periodic
    if "segment" in measure.inputs:
        found = pieces_in(data, band if "band" in measure.needs else None, segment)
        if isinstance(found, str):
            return found
        inputs["segment"] = found
    if "band" in measure.inputs:
        inputs["band"] = band
        if band is not None:
            trimmed = "periodic" in measure.inputs and "band" in measure.needs and not data.periodic
            reason = band_reason(inputs.get("segment", data.n_times), data.dt, band, not trimmed)
            if reason is not None:
                return reason
    if "labels" in measure.inputs:
        if label not in data.time_labels:
            return f"needs a time label {label!r}; there is: {', '.join(sorted(data.time_labels)) or 'none'}"
        one_hot = classes(data, label)
        if one_hot.shape[-1] < 2:
            return f"needs at least 2 classes; the label {label!r} has one"
        xp = namespace(data.values)
        inputs["labels"] = xp.asarray(one_hot, dtype=data.values.dtype, device=api.device(data.values))
    shared = shared or Shared(data)
    if shared.reason is not None:
        return shared.reason
    mask = shared.live
    if measure.refine is not None:
        mask = measure.refine(data.values, mask, **inputs)
    least = int(np.min(to_numpy(mask).sum(axis=-1)))
    if least < measure.min_units:
        what = "all units are constant" if least == 0 else f"{least} of {data.n_units} units vary"
        return f"needs at least {measure.min_units} units that vary; {what}"
    return inputs, mask


def spikes_reason(measure: Measure, data: Spikes) -> str | None:
    """Return the reason for which the measure is not defined on these spike trains; None if it is defined."""
    if measure.takes == "values":
        return "reads sampled values, not spikes; give it spikes.binned(dt) or spikes.smoothed(dt, sd)"
    n = int((data.counts >= measure.min_spikes).sum())
    if n >= measure.min_units:
        return None
    return (
        f"needs at least {measure.min_units} unit{'s' * (measure.min_units > 1)} with {measure.min_spikes} spikes; "
        f"{n} of {data.n_units} have them (most: {int(data.counts.max())} spikes in {data.duration:g} s)"
    )


@dataclass(frozen=True, eq=False)
class MeasureValue:
    """The value of a measure on a recording.

    Attributes:
        measure: name of the measure.
        value: a float, or an array over the leading (trial) axes.
        unit: unit of the value.
        n_units: number of units of the recording.
        n_live: number of units that entered, a number or an array over the leading axes.
        n_times: number of samples; of spikes, the number of spikes.
        settings: band, axis, sampling interval, definition of the phase, label ...
    """

    measure: str
    value: float | NDArray[np.float64]
    unit: str
    n_units: int
    n_live: int | NDArray[np.int64]
    n_times: int
    settings: Mapping[str, object] = field(default_factory=dict)


def apply(
    measure: Measure,
    data: Recording | Spikes,
    *,
    band: Band | None = None,
    label: str = "class",
    segment: int | None = None,
    seed: int = 0,
    shared: Shared | None = None,
) -> MeasureValue:
    """The measure of a recording or of spike trains.

    Args:
        measure: e.g. ``get("si_3")``.
        data: the Recording or Spikes it reads; leading axes give an array of values.
        band: (low, high) [cycles per tick of the clock; Hz for "second"].
        label: the time label that holds the classes.
        segment: samples in each Welch segment: of `spectral_peak` half the recording by default, of cross-spectra
            2 periods of the band's low edge, and 2 over its width.
        seed: of the shuffle that `batch_phase_sync` is shown with.
        shared: of the recording, where several measures are taken of it.

    Raises:
        InputError: the measure is not defined on this recording; the message says why and what would help.

    >>> from . import get
    >>> t = np.arange(100)[:, None]
    >>> wave = Recording(np.sin(t + np.zeros(4)), dt=0.01, clock="second", quantity="activity", unit="1")
    >>> round(apply(get("si_3"), wave).value, 12)
    1.0
    """
    settings: dict[str, object] = dict(measure.settings)
    if isinstance(data, Spikes):
        reason = spikes_reason(measure, data)
        if reason is not None:
            raise InputError(f"{measure.name}: {reason}")
        n_live = int((data.counts >= measure.min_spikes).sum())
        value = float(measure.kernel(data))
        return MeasureValue(
            measure.name, value, measure.unit, data.n_units, n_live, data.time.size, MappingProxyType(settings)
        )
    data = in_double(data)
    shared = shared or Shared(data)
    checked = examine(measure, data, band=band, label=label, segment=segment, shared=shared)
    if isinstance(checked, str):
        raise InputError(f"{measure.name}: {checked}")
    inputs, mask = checked
    settings |= {"axis": data.clock, "dt": data.dt}
    settings |= {key: inputs[key] for key in ("band", "segment") if inputs.get(key) is not None}
    if "labels" in inputs:
        settings |= {"label": label, "classes": int(inputs["labels"].shape[-1])}
    if measure.shuffle_control:
        order = np.random.default_rng(seed).permutation(data.n_times)
        xp = namespace(data.values)
        shuffled = xp.take(data.values, xp.asarray(order, device=api.device(data.values)), axis=-2)
        settings |= {"after_shuffle": _plain(measure.kernel(shuffled, mask, **inputs)), "shuffle_seed": seed}
    unit = {"data": data.unit, "1/clock": "Hz" if data.clock == "second" else f"1/{data.clock}"}
    of_z = measure.of_z if mask is shared.live else None
    return MeasureValue(
        measure.name,
        _plain(measure.kernel(data.values, mask, **inputs) if of_z is None else of_z(shared.z, mask)),
        unit.get(measure.unit, measure.unit),
        data.n_units,
        _plain(to_numpy(mask).sum(axis=-1), np.int64),
        data.n_times,
        MappingProxyType(settings),
    )


def in_double(data: Recording) -> Recording:
    """Numpy values in double precision; half precision of other libraries in single; else as they are."""
    if isinstance(data.values, np.ndarray):
        return data if data.values.dtype == np.float64 else replace(data, values=data.values.astype(np.float64))
    xp = namespace(data.values)
    if xp.finfo(data.values.dtype).bits < 32:
        return replace(data, values=xp.astype(data.values, xp.float32))
    return data


def applicable(
    measure: Measure,
    data: Recording | Spikes,
    *,
    band: Band | None = None,
    label: str = "class",
    segment: int | None = None,
) -> str | None:
    """Return the reason for which the measure is not defined on this recording; None if it is defined."""
    if isinstance(data, Spikes):
        return spikes_reason(measure, data)
    checked = examine(measure, in_double(data), band=band, label=label, segment=segment)
    return checked if isinstance(checked, str) else None


def _plain(value: Array, dtype: type = np.float64) -> Any:
    """Return a number, or an array over the leading axes."""
    array: NDArray[Any] = np.asarray(to_numpy(value), dtype=dtype)
    return array if array.ndim else array.item()
