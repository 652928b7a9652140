"""Objects of MNE: Raw, Epochs and Evoked, an entry for each type of channel."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import InputError, Recording, Run
from ..files.names import listed
from ..machine import check_memory
from ..recordings.pieces import Pieces

KINDS = {  # type of channel: quantity, unit, and the factor from the SI units of MNE
    **dict.fromkeys(("eeg", "seeg", "ecog", "dbs"), ("potential", "µV", 1e6)),
    "mag": ("magnetic field", "fT", 1e15),
    "grad": ("gradient of the magnetic field", "fT/cm", 1e13),
    "csd": ("current source density", "mV/m²", 1e3),
    "hbo": ("oxyhaemoglobin", "µM", 1e6),
    "hbr": ("deoxyhaemoglobin", "µM", 1e6),
}
OTHERS = {"misc": ("signal", "1", 1.0)}  # read where no channel is of the types above
COPIES = 3  # of the values, while they are read, scaled and checked


def read(data: Any, lazy: bool = False) -> Run:
    """Return Raw (time), Epochs (epoch, time) or Evoked (time) as a Run: an entry for EEG, MEG ... each.

    Channels that are marked as bad, and those of other types, such as EOG and triggers, are left out, and named in the
    assumptions. Annotations come along, counted from the first sample; of Epochs the name of each event.

    Args:
        data: the object.
        lazy: whether values of a Raw stay where they are and are read in pieces (`Pieces`).

    Raises:
        InputError: an object of another kind, no channel of these types, complex values, or more than memory holds.
    """
    if not all(hasattr(data, name) for name in ("info", "times", "ch_names", "get_channel_types", "get_data")):
        raise InputError(
            f"cannot measure {type(data).__name__} of MNE; want Raw, Epochs or Evoked, or its array and dims="
        )
    if getattr(data, "_bad_dropped", True) is False:
        raise InputError("epochs of MNE that are not loaded have no known number; call epochs.load_data() first")
    kinds, names = list(data.get_channel_types()), list(data.ch_names)
    bads = [name for name in names if name in data.info["bads"]]
    good = [name not in bads for name in names]
    wanted = KINDS if any(ok and kind in KINDS for ok, kind in zip(good, kinds, strict=True)) else OTHERS
    others = [name for name, kind, ok in zip(names, kinds, good, strict=True) if ok and kind not in wanted]
    marks, notes = _annotations(data)
    notes += [f"bad channels are left out: {', '.join(bads)}"] if bads else []
    notes += [f"channels of other types are left out: {', '.join(others)}"] if others else []
    if hasattr(data, "first_samp") and hasattr(data, "n_times") and data.first_samp:  # a Raw
        notes.append(f"times are counted from the first sample, at {float(data.first_time):g} s of MNE's own count")
    if rates := mixed_rates(data):
        notes.append(f"the file has channels at {rates}, which MNE brought to {float(data.info['sfreq']):g} Hz")
    if wanted is OTHERS and (
        unknown := [n for n, kind, ok in zip(names, kinds, good, strict=True) if ok and kind in OTHERS]
    ):
        notes.append(
            f"channels of type misc, to which MNE gives no unit, are read as signals, and analysed as EEG "
            f"where one is asked for; raw.set_channel_types says other types: {', '.join(unknown)}"
        )
    source: dict[str, Any] = {**({"assumptions": notes} if notes else {}), **({"annotations": marks} if marks else {})}
    if data.info["meas_date"] is not None:
        source["start"] = str(data.info["meas_date"])
    if trials := _trials(data):
        source["trials"] = trials
    entries = {}
    for kind in dict.fromkeys(kinds):
        chosen = [at for at, own in enumerate(kinds) if own == kind and good[at]]
        if kind in wanted and chosen:
            quantity, unit, factor = wanted[kind]
            entries[kind] = Recording(
                _values(data, chosen, factor, lazy), dt=1.0 / float(data.info["sfreq"]), clock="second",
                quantity=quantity, unit=unit, t0=float(data.times[0]),
                unit_labels={"channel": np.array([names[at] for at in chosen])}, source=source,
            )  # fmt: skip
    if not entries:
        raise InputError(
            f"{type(data).__name__} of MNE: has no good channel of {', '.join(KINDS)}; got "
            + ", ".join(f"{n} ({kind if ok else 'bad'})" for n, kind, ok in zip(names, kinds, good, strict=True))
        )
    return Run(entries, source)


def _values(data: Any, chosen: list[int], factor: float, lazy: bool) -> NDArray[np.float64] | Pieces:
    """Return the chosen channels, (..., time, channel); of a Raw in pieces, read or unread."""
    what = f"{type(data).__name__} of MNE"
    size = (len(data) if hasattr(data, "events") else 1) * len(data.times) * len(chosen)
    if not lazy or not hasattr(data, "first_samp"):
        n, hours = len(data.times), len(data.times) / float(data.info["sfreq"]) / 3600
        check_memory(f"{what}: {n} samples ({hours:.3g} h) of {len(chosen)} channels", COPIES * 8 * size)
    if not hasattr(data, "first_samp") or not hasattr(data, "n_times"):
        values = np.asarray(data.get_data(picks=chosen))
        _refuse_complex(values, what)
        return np.ascontiguousarray(np.moveaxis(values, -1, -2) * factor)

    def part(first: int, last: int, units: NDArray[np.intp]) -> NDArray[np.float64]:
        values = np.asarray(data.get_data(picks=[chosen[at] for at in units], start=first, stop=last))
        _refuse_complex(values, what)
        if not np.isfinite(values).all():
            channel, sample = (int(at) for at in np.argwhere(~np.isfinite(values))[0])
            name = data.ch_names[chosen[units[channel]]]
            raise InputError(
                f"{what}: {name}: must be finite; got {values[channel, sample]} at sample {first + sample}"
            )
        return np.ascontiguousarray(values.T * factor)

    part(0, 1, np.arange(1))
    pieces = Pieces(part, np.arange(len(chosen)), 0, int(data.n_times), what)
    return pieces if lazy else np.asarray(pieces)


def mixed_rates(data: Any) -> str:
    """Return the sampling rates [Hz] of a file whose channels MNE brought to the highest, in words; "" for one."""
    extras = (getattr(data, "_raw_extras", None) or [None])[0]
    counts = extras.get("n_samps") if isinstance(extras, dict) else None  # of EDF, BDF and GDF: samples a data record
    if counts is None or len(counts) != len(data.ch_names) or len(set(map(int, counts))) < 2:
        return ""
    most = max(map(int, counts))
    rates: dict[float, list[str]] = {}
    for name, count in zip(data.ch_names, counts, strict=True):
        rates.setdefault(float(data.info["sfreq"]) * int(count) / most, []).append(name)
    return ", ".join(f"{rate:g} Hz ({listed(names)})" for rate, names in sorted(rates.items(), reverse=True))


def _refuse_complex(values: NDArray[Any], what: str) -> None:
    if np.iscomplexobj(values):
        raise InputError(
            f"{what}: holds complex values, {values.dtype}; give its phase or amplitude: .apply_function(numpy.abs)"
        )


def _trials(data: Any) -> list[str]:
    """Return the name of the event of each epoch; of other objects none."""
    if not hasattr(data, "event_id") or not hasattr(data, "events"):
        return []
    called = {number: name for name, number in (data.event_id or {}).items()}
    return [str(called.get(number, number)) for number in np.asarray(data.events)[:, 2].tolist()]


def _annotations(data: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the annotations of a Raw, and notes on those that say that a part is bad or cut."""
    marks, bad, of_channels = [], 0, Counter[str]()
    if not hasattr(data, "first_time") or getattr(data, "annotations", None) is None:
        return [], []
    for one in data.annotations:
        text = str(one["description"])
        marks.append({"onset": float(one["onset"]) - float(data.first_time), "duration": float(one["duration"]) or None,
                      "text": text})  # fmt: skip
        bad += text.upper().startswith(("BAD", "EDGE"))
        of_channels.update([text] * bool(one.get("ch_names")))
    notes = [f"{bad} annotations that begin with BAD or EDGE are not cut out"] if bad else []
    if of_channels:
        notes.append(f"annotations of single channels are taken for all: {', '.join(of_channels)}")
    return marks, notes
