"""A result of an EEG as one plain dictionary, for whoever holds EEG beside other systems."""

from __future__ import annotations

import math
from typing import Any

from .result import EegResult, PhaseMean
from .synchrony import WindowValue


def summary(result: EegResult) -> dict[str, Any]:
    """What was found, as plain dictionaries, lists, numbers and None where there is no value (JSON-able).

    Returns:
        * ``measures``: name -> lists over sliding windows: start, stop, phase, value, null_mean, null_low,
          null_high, p. Names are those of `MEASURES` (kuramoto_r1, chi_c, lambda1_fraction, si_3) and of `RHYTHMS`
          (band_power: mean log10 of the power; peak_frequency; amplitude_cv).
        * ``share_recruited``: lists over the same windows: stop, value (share of channels recruited by then, 0..1), or
          None if recruitment was not asked for.
        * ``phases``: name -> phase ("before", "during", "after"; "all" without events) -> windows, mean, sd, null_mean,
          null_low, null_high, exceed, tested.
        * ``changes``: name -> phase ("during", "after") -> of, n_before, n, before, mean, difference, low, high, rho,
          p, p_holm, says (`Change`).
        * ``events``: onset, duration, text; ``channels``: used, and left_out: name -> reason.
        * ``recruitment``: channel, time, latency; ``detectors``: name -> events, hits, false_alarms, hours,
          false_per_hour, latency.
        * ``band``, ``window``, ``step``, ``block``, ``nulls``, ``reference``, ``seed``, ``unit``, ``assumptions``,
          ``file`` and ``sha256`` (None if the data came from no file).
    """
    config = result.config
    source = config.get("source", {})
    found: dict[str, Any] = {
        "measures": {name: _columns(result.of(name)) for name in result.measures},
        "share_recruited": _recruited(result),
        "phases": {},
        "changes": {},
        "events": [{"onset": e.onset, "duration": e.duration, "text": e.text} for e in result.events],
        "channels": {
            "used": [c.name for c in result.channels if c.used],
            "left_out": {c.name: c.reason for c in result.channels if not c.used},
        },
        "recruitment": [
            {"channel": r.channel, "time": _plain(r.time), "latency": _plain(r.latency)} for r in result.recruitment
        ],
        "detectors": {
            s.detector: {
                "events": s.events,
                "hits": s.hits,
                "false_alarms": s.false_alarms,
                "hours": s.hours,
                "false_per_hour": _plain(s.false_per_hour),
                "latency": _plain(s.latency),
            }
            for s in result.scores
        },
        "band": None if config["band"] is None else [float(edge) for edge in config["band"]],
        **{key: config.get(key) for key in ("window", "step", "block", "nulls", "reference", "seed", "unit")},
        "assumptions": list(config.get("assumptions", ())),
        "file": source.get("file"),
        "sha256": source.get("sha256"),
    }
    for m in result.summary():
        found["phases"].setdefault(m.measure, {})[m.phase or "all"] = _phase(m)
    for c in result.changes:
        fields = ("of", "n_before", "n", "before", "mean", "difference", "low", "high", "rho", "p", "p_holm", "says")
        found["changes"].setdefault(c.measure, {})[c.phase] = {key: _plain(getattr(c, key)) for key in fields}
    return found


def _columns(rows: list[WindowValue]) -> dict[str, list[Any]]:
    names = ("start", "stop", "phase", "value", "null_mean", "null_low", "null_high", "p")
    return {name: [_plain(getattr(row, name)) for row in rows] for name in names}


def _phase(m: PhaseMean) -> dict[str, Any]:
    names = ("windows", "mean", "sd", "null_mean", "null_low", "null_high", "exceed", "tested")
    return {name: _plain(getattr(m, name)) for name in names}


def _recruited(result: EegResult) -> dict[str, list[float]] | None:
    if not result.recruitment:
        return None
    stops = [row.stop for row in result.of(result.measures[0])]
    n = len(result.recruitment)
    return {"stop": stops, "value": [sum(r.time <= stop for r in result.recruitment) / n for stop in stops]}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
