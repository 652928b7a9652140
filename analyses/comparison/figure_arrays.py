"""The arrays behind the figures of a comparison: what is drawn is stored, and nothing else is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from scipy.signal import periodogram

from ...simulator import InputError, Recording, Spikes
from ...simulator.files.document import Group, Variable
from ...simulator.types import Band
from ..measures.phase import order_parameter_series
from .panels import Replicate, Settings

SHOWN_UNITS = 60


def figure_arrays(
    first: Mapping[tuple[str, str], Replicate],
    settings: Settings,
    histories: Mapping[str, Sequence[Recording]],
) -> dict[str, Group]:
    """Return display arrays of the first replicate of every panel and group, and the learning curves of all.

    Args:
        first: (panel, group) -> the replicate as it was measured.
        settings: of the comparison; the band of phases is read.
        histories: group -> curves (time, metric) with the unit label ``"metric"``, one a replicate.

    Returns:
        ``activity/PANEL/GROUP`` values (time, unit); ``correlation/...`` (unit, other);
        ``order/...`` Kuramoto r(t) where time has an order; ``spectrum/...`` power of the population
        mean; ``raster/...`` spikes; ``history/GROUP`` curves (replicate, time, metric).
    """
    groups: dict[str, Group] = {}
    for (panel, name), replicate in first.items():
        recording, spikes = replicate.sampled, replicate.spikes
        key = f"{panel}/{name}"
        groups[f"activity/{key}"] = _activity(recording)
        groups[f"correlation/{key}"] = _correlation(recording)
        if recording.clock != "sample":
            groups[f"spectrum/{key}"] = _spectrum(recording)
            band = cast(Band, settings.on(recording.dt).phase_band)
            try:
                series = order_parameter_series(recording, band=band)
                r = Variable(("time",), series.numpy()[:, 0], {"units": "1", "long_name": "Kuramoto r"})
                groups[f"order/{key}"] = Group(
                    {"time": _time(series), "r": r}, {"band": np.array(band), "clock": recording.clock}
                )
            except InputError:
                pass  # too short for the band: the measure itself is listed under "skipped", with the reason
        if spikes is not None:
            groups[f"raster/{key}"] = _raster(spikes)
    for name, curves in histories.items():
        groups[f"history/{name}"] = _history(curves)
    return groups


def _time(recording: Recording) -> Variable:
    units = "s" if recording.clock == "second" else recording.clock
    return Variable(("time",), recording.times, {"units": units})


def _activity(recording: Recording) -> Group:
    shown = recording.numpy()[:, :SHOWN_UNITS]
    attrs = {"units": recording.unit, "long_name": recording.quantity}
    variables = {
        "time": _time(recording),
        "values": Variable(("time", "unit"), shown, attrs),
        "mean": Variable(("time",), recording.numpy().mean(axis=-1), attrs),
    }
    for key, labels in recording.time_labels.items():
        variables[f"time_label_{key}"] = Variable(("time",), labels)
    return Group(variables, {"clock": recording.clock, "dt": recording.dt})


def _correlation(recording: Recording) -> Group:
    x = recording.numpy()[:, :SHOWN_UNITS].astype(np.float64)
    x = x - x.mean(axis=0)
    norm = np.sqrt((x**2).sum(axis=0))
    x = x / np.where(norm > 0, norm, 1.0)
    return Group({"r": Variable(("unit", "other"), x.T @ x, {"units": "1", "long_name": "Pearson correlation"})})


def _spectrum(recording: Recording) -> Group:
    mean = recording.numpy().mean(axis=-1)
    frequency, power = periodogram(mean, fs=1.0 / recording.dt, detrend="constant")
    tick = "Hz" if recording.clock == "second" else f"cycles/{recording.clock}"
    return Group(
        {
            "frequency": Variable(("frequency",), frequency, {"units": tick}),
            "power": Variable(("frequency",), power, {"units": f"({recording.unit})^2/({tick})"}),
        }
    )


def _raster(spikes: Spikes) -> Group:
    shown = spikes.select(units=np.arange(min(SHOWN_UNITS, spikes.n_units)))
    return Group(
        {
            "timestamps": Variable(("spike",), shown.time, {"units": "s"}),
            "unit_index": Variable(("spike",), shown.unit),
        },
        {"t0": shown.t0, "duration": shown.duration, "n_units": shown.n_units},
    )


def _history(curves: Sequence[Recording]) -> Group:
    first = curves[0]
    metrics = first.unit_labels.get("metric", np.arange(first.n_units).astype(str))
    return Group(
        {
            "time": _time(first),
            "metric": Variable(("metric",), metrics),
            "curves": Variable(("replicate", "time", "metric"), np.stack([c.numpy() for c in curves])),
        },
        {"clock": first.clock},
    )
