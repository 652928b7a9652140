"""Measures of the points of a sweep: settings, the unit of work, and their place in the manifest."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..simulator.errors import InputError

Values = Mapping[str, Mapping[str, float]]  # entry -> measure -> value; what is not defined is left out


@dataclass(frozen=True)
class Measured:
    """Measures of one point.

    Attributes:
        values: entry -> measure -> value.
        reasons: measure -> reason, of those that no entry of the point defines.
    """

    values: Values
    reasons: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Return whether the measure was tried."""
        return name in self.reasons or any(name in found for found in self.values.values())

    def joined(self, other: Measured) -> Measured:
        """Return both, the other where they differ."""
        entries = dict.fromkeys([*self.values, *other.values])
        values = {name: {**self.values.get(name, {}), **other.values.get(name, {})} for name in entries}
        return Measured(values, {**self.reasons, **other.reasons})


@dataclass(frozen=True)
class Measuring:
    """Measures of every point, as by `ictal.measure` without surrogates, with the seed of the point.

    Attributes:
        measures: names in `MEASURES`.
        of: entries; all but learning curves if empty.
        window: (start, stop) [ticks of the clock].
        band: (low, high) of the filter [cycles per tick].
        units: a random choice of as many units.
    """

    measures: tuple[str, ...]
    of: tuple[str, ...] = ()
    window: tuple[float, float] | None = None
    band: tuple[float, float] | None = None
    units: int | None = None

    @classmethod
    def checked(
        cls, measures: str | Sequence[str], of: str | Sequence[str], window: Sequence[float] | None,
        band: Sequence[float] | None, units: int | None,
    ) -> Measuring | None:  # fmt: skip
        """Return the settings; None without measures.

        Raises:
            InputError: an unknown measure, ends that are not two rising numbers, settings without measures.
        """
        from ..analyses.measures import get

        names = (measures,) if isinstance(measures, str) else tuple(measures)
        entries = (of,) if isinstance(of, str) else tuple(of)
        if not names:
            settings = {"of": entries, "window": window, "band": band, "units": units}
            if given := next((name for name, value in settings.items() if value), None):
                raise InputError(f"sweep.{given}: is for measures; give measures, e.g. measures='chi_c'")
            return None
        for name in names:
            get(name)
        if units is not None and (isinstance(units, bool) or not isinstance(units, int) or units < 2):
            raise InputError(f"sweep.units: must be a whole number of at least 2; got {units!r}")
        return cls(names, entries, _ends("window", window), _ends("band", band), units)

    @property
    def settings(self) -> dict[str, Any]:
        """Everything but the measures, as the manifest stores it."""
        stored = json.loads(json.dumps(asdict(self)))
        return {name: value for name, value in stored.items() if name != "measures"}

    def without(self, found: Measured | None) -> Measuring:
        """Return the settings with the measures that were not tried yet."""
        return replace(self, measures=tuple(n for n in self.measures if found is None or not found.has(n)))


def measure_point(path: str, seed: int, settings: str) -> str:
    """Measure the run of a point. The unit of work: plain arguments, a short answer, any executor.

    Args:
        path: of its file.
        seed: of the choice of units and of shuffles.
        settings: a `Measuring` as JSON.

    Returns:
        `Measured` as JSON.
    """
    from ..simulator.files.store import load
    from ..verbs.measure import measure

    given = json.loads(settings)
    names = given.pop("measures")
    chosen: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    entries = chosen.pop("of") or None
    values: dict[str, dict[str, float]] = {}
    reasons: dict[str, str] = {}
    run = load(path)
    for name in names:
        try:
            found = measure(run, name, entries=entries, seed=seed, **chosen)
        except InputError as error:
            reasons[name] = str(error)
            continue
        for row in found.rows:
            if math.isfinite(row.value):
                values.setdefault(row.entry, {})[name] = row.value
        if not any(name in entry for entry in values.values()):
            reasons[name] = "its value is not finite"
    return json.dumps({"values": values, "reasons": reasons})


def read_measured(manifest: Mapping[str, Any]) -> tuple[Measuring | None, dict[str, Measured]]:
    """Return what a manifest says was measured: the settings, and file name -> values.

    Raises:
        LookupError, TypeError, ValueError: it is damaged.
    """
    if "measuring" not in manifest:
        return None, {}
    given: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in dict(manifest["measuring"]).items()
    }
    found = {entry["file"]: measured_of(entry["measured"]) for entry in manifest["points"] if "measured" in entry}
    return Measuring(**given), found


def measured_of(stored: Mapping[str, Any]) -> Measured:
    """Return the inverse of `as_stored`."""
    values = {
        str(entry): {str(name): float(value) for name, value in dict(found).items()}
        for entry, found in dict(stored["values"]).items()
    }
    return Measured(values, {str(name): str(why) for name, why in dict(stored["reasons"]).items()})


def as_stored(found: Measured) -> dict[str, Any]:
    """Return the values and reasons as the manifest stores them."""
    return {"values": {k: dict(v) for k, v in found.values.items()}, "reasons": dict(found.reasons)}


def _ends(what: str, given: Sequence[float] | None) -> tuple[float, float] | None:
    if given is None:
        return None
    numbers = tuple(given)
    good = len(numbers) == 2 and all(isinstance(x, int | float) and math.isfinite(x) for x in numbers)
    if not (good and numbers[0] < numbers[1]):
        raise InputError(f"sweep.{what}: must be two numbers that rise; got {given!r}")
    return float(numbers[0]), float(numbers[1])
