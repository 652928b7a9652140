"""Reference of a recording: the potential that all channels are measured against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.recordings.pieces import each
from .montage import against, bipolar
from .quality import channel_names

_PAIR = re.compile(
    r"^(?:EEG\s+)?([A-Z]{1,3}\d{0,2}[zZ]?)\s*-\s*([A-Z]{1,3}\d{0,2}[zZ]?)(?:-\d+|\s*\(\d+\))?$", re.IGNORECASE
)
_COMMON = {"A1", "A2", "M1", "M2", "REF", "LE", "AR", "AV", "AVG", "CAR"}  # second electrodes that many channels share


def is_bipolar(names: Sequence[str]) -> bool:
    """Return whether most names are differences of two electrodes that do not all share one reference.

    >>> is_bipolar(["FP1-F7", "F7-T7", "T8-P8 (2)"]), is_bipolar(["Fp1-A1", "F7-A1", "O2-A2"]), is_bipolar(["C3", "C4"])
    (True, False, False)
    """
    pairs = [match.groups() for name in names if (match := _PAIR.match(name.strip()))]
    seconds = {second.upper() for _, second in pairs if second.upper() not in _COMMON}
    differences = [second for _, second in pairs if second.upper() not in _COMMON]
    return 2 * len(differences) > len(names) and (len(seconds) > 1 or len(names) == 1)


def rereferenced(recording: Recording, reference: str, montage: str = "") -> tuple[Recording, list[str]]:
    r"""Return the recording against another reference, or as differences of channels, and notes on it.

    .. math:: \text{average:} \quad x_j(t) - \tfrac1n \textstyle\sum_k x_k(t)

    Args:
        recording: (time, channel) of the channels that are used.
        reference: "none" leaves it as it was recorded; "average" takes the mean of all channels off each; names of
            channels ("Cz", "A1,A2") take the mean of these off the others.
        montage: as in `bipolar`; "" for none.

    Raises:
        InputError: no such channel or montage, both a montage and a reference, or as `against` and `bipolar`.
    """
    name = reference.strip()
    notes: list[str] = []
    if montage:
        if name.lower() != "none":
            raise InputError(
                f"montage: differences of channels do not depend on the reference; leave --reference {reference} out"
            )
        recording, notes = bipolar(recording, montage)
    pairs = is_bipolar(channel_names(recording))
    if pairs:
        notes.append(
            "the channels are bipolar by their names: neighbours of one chain share an electrode, which correlates "
            "them whatever the brain does"
        )
    if name.lower() == "none":
        return recording, notes
    if name.lower() != "average":
        recording, remarks = against(recording, name)
        return recording, notes + remarks
    if pairs:
        notes.append("an average over bipolar channels is the reference of nothing; the differences were meant as such")
    notes.append(
        "against their average the channels sum to 0 at every moment: their mean correlation is forced to about "
        "-1/(n - 1) and chi_c and r cannot show a rise that all share; read lambda1_fraction"
    )
    return replace(recording, values=each(recording.values, lambda x: x - x.mean(axis=-1, keepdims=True))), notes


def weights(recording: Recording, reference: str, montage: str = "") -> NDArray[np.float64]:
    """Return the weight of every channel in every channel of `rereferenced`, (channel, new channel)."""
    alone = replace(recording, values=np.eye(recording.n_units), valid=None, time_labels={})
    return np.asarray(rereferenced(alone, reference, montage)[0].numpy())
