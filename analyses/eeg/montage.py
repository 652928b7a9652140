"""Channels by their names: new names, differences of electrodes, and channels that serve as reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...simulator import InputError, Recording
from ...simulator.files.names import core, listed, reference_of, sites
from ...simulator.recordings.pieces import each
from .quality import channel_names

# American Clinical Neurophysiology Society, Guideline 3 (2016), longitudinal bipolar
DOUBLE_BANANA = (
    "Fp1-F7,F7-T7,T7-P7,P7-O1,Fp1-F3,F3-C3,C3-P3,P3-O1,Fz-Cz,Cz-Pz,Fp2-F4,F4-C4,C4-P4,P4-O2,Fp2-F8,F8-T8,T8-P8,P8-O2"
)
MONTAGES = {"double-banana": DOUBLE_BANANA}
OLD_NAMES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}  # of the 10–20 system: those of the 10–10 system


def renamed(recording: Recording, names: Mapping[str, str]) -> Recording:
    """Return the recording with other names of channels.

    Args:
        recording: (time, channel).
        names: old name -> new name.

    Raises:
        InputError: no such channel, an empty name, or a name that two channels would have.

    >>> x = Recording(np.eye(3), 1.0, "second", "potential", "µV", unit_labels={"channel": np.array(["1", "2", "3"])})
    >>> channel_names(renamed(x, {"1": "Fp1", "3": "ECG"}))
    ['Fp1', '2', 'ECG']
    """
    old = channel_names(recording)
    places = {find(old, name, "rename"): new.strip() for name, new in names.items()}
    if len(places) < len(names):
        raise InputError("rename: the same channel is named twice")
    new = [places.get(at, name) for at, name in enumerate(old)]
    if "" in new:
        raise InputError(f"rename: the new name of {old[new.index('')]!r} must not be empty")
    if twice := sorted({name for name in new if new.count(name) > 1} - {name for name in old if old.count(name) > 1}):
        raise InputError(f"rename: names must be unique; two channels would be called {twice[0]!r}")
    return replace(recording, unit_labels={**recording.unit_labels, "channel": np.array(new)})


def bipolar(recording: Recording, montage: str) -> tuple[Recording, list[str]]:
    """Return differences of channels, named FIRST-SECOND, and notes.

    Args:
        recording: (time, channel) of the channels that are used, each against the same reference.
        montage: a name in `MONTAGES`, or pairs such as "Fp1-F7,F7-T7". Of a named montage the pairs without both of
            their electrodes are left out.

    Raises:
        InputError: an unknown montage, no such channel, a pair twice, fewer than two pairs, or channels that are
            differences already or have references that differ.

    >>> names = np.array(["Fp1", "F7", "T3"])
    >>> x = Recording(np.array([[1.0, 3, 9]]), 1.0, "second", "potential", "µV", unit_labels={"channel": names})
    >>> y, _ = bipolar(x, "Fp1-F7,F7-T7")
    >>> channel_names(y), y.values.tolist()
    (['Fp1-F7', 'F7-T7'], [[-2.0, -6.0]])
    """
    names, notes = channel_names(recording), []
    _against_one_electrode(names, "montage")
    standard = montage.strip().lower().replace("_", "-").replace(" ", "-")
    wanted = [pair.strip() for pair in MONTAGES.get(standard, montage).split(",") if pair.strip()]
    found: dict[str, tuple[int, int]] = {}
    missing = []
    for pair in wanted:
        places = _ends(names, pair, standard in MONTAGES)
        if places is None:
            missing.append(pair)
        elif pair in found:
            raise InputError(f"montage: the pair {pair} is given twice")
        else:
            found[pair] = places
    if len(found) < 2:
        raise InputError(
            f"montage: {len(found)} of {len(wanted)} pairs have both of their electrodes, and synchrony needs 2; the "
            f"channels that are used: {listed(names)}"
        )
    if missing:
        notes.append(f"pairs of the montage without both of their electrodes are left out: {', '.join(missing)}")
    first, second = ([ends[k] for ends in found.values()] for k in (0, 1))
    if idle := [name for at, name in enumerate(names) if at not in {*first, *second}]:
        notes.append(f"channels in no pair of the montage are left out: {listed(idle)}")
    return replace(
        recording,
        values=each(recording.values, lambda x: x[..., first] - x[..., second]),
        valid=None,
        unit_labels={"channel": np.array(list(found))},
    ), notes


def against(recording: Recording, reference: str) -> tuple[Recording, list[str]]:
    """Return the channels against the mean of those that the reference names, which are left out, and notes.

    Args:
        recording: (time, channel) of the channels that are used.
        reference: names of channels, apart by a comma: "Cz", "A1,A2".

    Raises:
        InputError: no such channel, fewer than two others, or channels that are differences or have other references.

    >>> names = np.array(["Cz", "C3", "C4"])
    >>> x = Recording(np.array([[1.0, 3, 9]]), 1.0, "second", "potential", "µV", unit_labels={"channel": names})
    >>> against(x, "Cz")[0].values.tolist()
    [[2.0, 8.0]]
    """
    names = channel_names(recording)
    wanted = [find(names, name.strip(), "reference") for name in reference.split(",")]
    if len(set(wanted)) < len(wanted):
        raise InputError(f"reference: {reference!r} names a channel twice")
    _against_one_electrode(names, "reference")
    rest = [at for at in range(len(names)) if at not in wanted]
    if len(rest) < 2:
        raise InputError(f"reference: {len(rest)} channels are left beside {reference}; synchrony needs 2")
    title = " and ".join(names[at] for at in wanted)
    note = (
        f"against {title}, which is left out: its own activity is in every channel with the sign turned, which "
        "correlates them whatever the brain does"
    )
    values = each(recording.values, lambda x: x[..., rest] - x[..., wanted].mean(axis=-1, keepdims=True))
    return replace(recording.select(units=rest), values=values, valid=None), [note]


def find(names: Sequence[str], wanted: str, option: str) -> int:
    """Return the place of a channel by its name, or by the site in it: "Cz" is "EEG Cz-Ref", T3 is T7.

    Raises:
        InputError: no channel, or several, are called so.
    """
    places = _places(names, wanted)
    if len(places) > 1:
        raise InputError(f"{option}: {wanted!r} names several channels: {listed([names[at] for at in places])}")
    if not places:
        raise InputError(f"{option}: no channel {wanted!r} among those that are used: {listed(names, 40)}")
    return places[0]


def _places(names: Sequence[str], wanted: str) -> list[int]:
    """Return the places of the channels of this name, by the strictest way of reading it that finds any."""
    ways = (
        lambda name: name == wanted,
        lambda name: name.lower() == wanted.lower(),
        lambda name: _site(name) == _site(wanted),
        lambda name: [OLD_NAMES.get(site, site) for site in sites(name)[:1]] == [_site(wanted)],  # as Fp1-Cz
    )
    return next((places for way in ways if (places := [at for at, name in enumerate(names) if way(name)])), [])


def _site(name: str) -> str:
    text = core(name)
    return OLD_NAMES.get(text, text)


def _ends(names: Sequence[str], pair: str, may_lack: bool) -> tuple[int, int] | None:
    """Return the places of both ends of a pair; None where one is missing and may be."""
    parts = pair.split("-")
    if len(parts) < 2:
        raise InputError(f"montage: must be {' or '.join(MONTAGES)}, or pairs such as Fp1-F7,F7-T7; got {pair!r}")
    cuts = [("-".join(parts[:k]).strip(), "-".join(parts[k:]).strip()) for k in range(1, len(parts))]
    first, second = next((cut for cut in cuts if all(_places(names, end) for end in cut)), cuts[-1])
    if may_lack and not (_places(names, first) and _places(names, second)):
        return None
    ends = find(names, first, "montage"), find(names, second, "montage")
    if ends[0] == ends[1]:
        raise InputError(f"montage: {pair} is one channel minus itself")
    return ends


def _against_one_electrode(names: Sequence[str], option: str) -> None:
    """Refuse differences, and channels whose names say that their references differ."""
    pairs = [name for name in names if len(sites(name)) == 2]
    if 2 * len(pairs) > len(names) and len({sites(name)[1] for name in pairs}) > 1:
        raise InputError(
            f"{option}: the channels are differences of two electrodes already: {listed(pairs, 6)}; leave --{option} "
            "out"
        )
    if len(references := sorted({reference_of(name) for name in names if sites(name)})) > 1:
        shown = ", ".join(reference or "none" for reference in references)
        raise InputError(
            f"{option}: the channels have different references by their names ({shown}), so that their differences are "
            f"not those of their electrodes; leave --{option} out, or rename them if they have one"
        )
