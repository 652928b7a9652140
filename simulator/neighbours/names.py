"""Names and units of other libraries, as entries, units and labels of a Run."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

import numpy as np

from ..recordings.dims import ELECTRODES, singular

MICRO = re.compile(r"^(?:u|\u03bc)(?=[VAsSFm]$)")
NO_UNIT = ("", "1", "dimensionless", "none", "a.u.", "au")


def entry_name(name: object, default: str = "activity") -> str:
    """Return the name of an entry from that of an object.

    >>> entry_name("LFP/raw"), entry_name(None)
    ('LFP_raw', 'activity')
    """
    text = "" if name is None else str(name).replace("/", "_").replace("\x00", "").strip(". ")
    return text or default


def free_name(name: str, taken: Container[str]) -> str:
    """Return the name, with a stroke for each entry that has it already.

    >>> free_name("a", ["a", "a'"])
    "a''"
    """
    while name in taken:
        name += "'"
    return name


def unit_text(unit: object) -> str:
    """Return a unit as text; "1" for none, and micro in its one way of writing.

    >>> unit_text("mV"), unit_text("dimensionless"), unit_text(None), unit_text("uV")
    ('mV', '1', '1', 'µV')
    """
    text = "" if unit is None else str(unit).strip()
    return "1" if text.lower() in NO_UNIT else MICRO.sub("µ", text)


def unit_names(names: Any, axis: str) -> dict[str, Any]:
    """Return the label of the units from their names: ``channel`` for electrodes, else ``name``; {} for numbers 0, 1 …

    >>> unit_names(["Fp1", "C3"], "channels"), unit_names([0, 1, 2], "unit")
    ({'channel': ['Fp1', 'C3']}, {})
    """
    given = np.asarray(names)
    if given.ndim != 1 or (given.dtype.kind in "iu" and np.array_equal(given, np.arange(given.size))):
        return {}
    return {"channel" if singular(axis) in ELECTRODES else "name": [str(name) for name in given.tolist()]}
