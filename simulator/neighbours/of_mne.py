"""Objects of MNE: Raw, Epochs and Evoked, an entry for each type of channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import InputError, Recording, Run

KINDS = {  # type of channel: quantity, unit, and the factor from the SI units of MNE
    **dict.fromkeys(("eeg", "seeg", "ecog", "dbs"), ("potential", "µV", 1e6)),
    "mag": ("magnetic field", "fT", 1e15),
    "grad": ("gradient of the magnetic field", "fT/cm", 1e13),
    "csd": ("current source density", "mV/m²", 1e3),
    "hbo": ("oxyhaemoglobin", "µM", 1e6),
    "hbr": ("deoxyhaemoglobin", "µM", 1e6),
}


def read(data: Any) -> Run:
    """Return Raw (time), Epochs (epoch, time) or Evoked (time) as a Run: an entry for EEG, MEG ... each.

    Channels that are marked as bad, and those of other types, such as EOG and triggers, are left out, and named in the
    assumptions. Annotations come along, counted from the first sample.

    Raises:
        InputError: an object of another kind, or no channel of these types.
    """
    if not all(hasattr(data, name) for name in ("info", "times", "ch_names", "get_channel_types", "get_data")):
        raise InputError(
            f"cannot measure {type(data).__name__} of MNE; want Raw, Epochs or Evoked, or its array and dims="
        )
    values = np.asarray(data.get_data())
    values = values[None] if values.ndim == 1 else values
    kinds, names = list(data.get_channel_types()), list(data.ch_names)
    bads = [name for name in names if name in data.info["bads"]]
    marks, notes = _annotations(data)
    others = [name for name, kind in zip(names, kinds, strict=True) if kind not in KINDS and name not in bads]
    notes += [f"bad channels are left out: {', '.join(bads)}"] if bads else []
    notes += [f"channels of other types are left out: {', '.join(others)}"] if others else []
    source = {**({"assumptions": notes} if notes else {}), **({"annotations": marks} if marks else {})}
    if data.info["meas_date"] is not None:
        source["start"] = str(data.info["meas_date"])
    entries = {}
    for kind in dict.fromkeys(kinds):
        chosen = [at for at, name in enumerate(names) if kinds[at] == kind and name not in bads]
        if kind in KINDS and chosen:
            quantity, unit, factor = KINDS[kind]
            signals = np.moveaxis(values[..., chosen, :], -1, -2) * factor
            entries[kind] = Recording(
                signals, dt=1.0 / float(data.info["sfreq"]), clock="second", quantity=quantity, unit=unit,
                t0=float(data.times[0]), unit_labels={"channel": np.array([names[at] for at in chosen])}, source=source,
            )  # fmt: skip
    if not entries:
        raise InputError(
            f"{type(data).__name__} of MNE: has no good channel of {', '.join(KINDS)}; got {', '.join(names)}"
        )
    return Run(entries, source)


def _annotations(data: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the annotations of a Raw, and notes on those that say that a part is bad or cut."""
    marks, bad = [], 0
    if not hasattr(data, "first_time") or getattr(data, "annotations", None) is None:
        return [], []
    for one in data.annotations:
        marks.append({"onset": float(one["onset"]) - float(data.first_time), "duration": float(one["duration"]) or None,
                      "text": str(one["description"])})  # fmt: skip
        bad += str(one["description"]).upper().startswith(("BAD", "EDGE"))
    return marks, [f"{bad} annotations that begin with BAD or EDGE are not cut out"] if bad else []
