"""Sentences on the tables of an EEG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..comparison.wording import number
from ..nulls import NULL_NAMES
from .change import EXCESS, NO_CHANGE, Change
from .result import EegResult, PhaseMean
from .rhythm import AMPLITUDE_CV, BAND_POWER, PEAK_FREQUENCY

NAMES = {
    "kuramoto_r1": "Kuramoto r",
    "kuramoto_r2": "Kuramoto r₂",
    "chi_c": "χ_c",
    "lambda1_fraction": "λ₁ fraction",
    BAND_POWER: "band power",
    PEAK_FREQUENCY: "peak frequency",
    AMPLITUDE_CV: "amplitude variation (CV)",
    "si_3": "SI-3",
    "line_length": "line length",
}


def shown(name: str) -> str:
    """Return the name of a measure or detector in figures."""
    return NAMES.get(name, name.replace("_", " "))


def statement(name: str, means: Sequence[PhaseMean], found: Sequence[Change] = ()) -> str:
    """Return means by phase, the counts that exceed their null, and the test of the change.

    >>> before = PhaseMean("chi_c", "before", 3, 0.40, 0.02, 0.0, -0.1, 0.1, 3, 3)
    >>> during = PhaseMean("chi_c", "during", 15, 0.43, 0.05, 0.0, -0.1, 0.2, 14, 15)
    >>> test = Change("chi_c", "during", "value", 6, 24, 0.4, 0.43, 0.03, -0.02, 0.08, 0.1, 0.2, 0.4, "no change shown")
    >>> statement("chi_c", [before, during], [test])  # doctest: +NORMALIZE_WHITESPACE
    'χ_c: before 0.4 (3 of 3 windows exceed their null), during 0.43 (14 of 15); during against before no change shown
    (+0.03, 95 % −0.02 to 0.08; p = 0.4): a rise of more than 0.08 is excluded.'
    """
    own = [m for m in means if m.measure == name]
    if not own:
        return f"{shown(name)}: not defined in any whole phase."
    parts, first = [], True
    for m in own:
        if m.tested:
            count = f"{m.exceed} of {m.tested}" + (" windows exceed their null" if first else "")
            first = False
        else:
            count = f"{m.windows} window{'s' * (m.windows != 1)}, no null"
        parts.append(" ".join(filter(None, (m.phase, number(m.mean), f"({count})"))))
    changed = "".join(f"; {_changed(c)}" for c in found if c.measure == name)
    return f"{shown(name)}: {', '.join(parts)}{changed}."


def tested(change: Change) -> str:
    """Return the test of a change in a few words.

    >>> tested(Change("chi_c", "during", "value", 6, 24, 0.4, 0.6, 0.2, 0.1, 0.3, 0.1, 1e-4, 4e-4, "rises"))
    'rises: +0.2 [0.1, 0.3], p = 0.0004'
    """
    sign = "+" if change.difference > 0 else ""
    interval = f"[{number(change.low)}, {number(change.high)}]"
    of_value = f", {change.of_value}" if change.of_value else ""
    return f"{change.says}: {sign}{number(change.difference)} {interval}, p = {number(change.p_holm, 1)}{of_value}"


def notes_of(changes: Sequence[Change]) -> list[str]:
    """Return a line for every note of a change: blocks that are left out, values in place of their excess."""
    said: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        if change.note:
            said.setdefault((change.phase, change.note), []).append(shown(change.measure))
    return [f"{phase} against before of {', '.join(names)}: {note}" for (phase, note), names in said.items()]


def caption(result: EegResult, names: Sequence[str]) -> str:
    """Return the caption of a figure of these measures over time."""
    config, means = result.config, result.summary()
    tick = "s" if config["clock"] == "second" else config["clock"]
    band = config["band"]
    about = f"{config['n_channels']} channels, windows of {config['window']:g} {tick} every {config['step']:g} {tick}"
    about += f", {band[0]:g}–{band[1]:g} {'Hz' if tick == 's' else f'cycles per {tick}'}" if band else ", no band"
    nulls = (
        f" Grey: middle 95 % of {config['nulls']} surrogates a window, {_kinds(result)}; filled dots exceed it "
        "(one-sided p ≤ 0.05 of the part that all shifts cover; not corrected for the number of windows, which "
        "overlap)."
        if any(math.isfinite(row.p) for row in result.rows)
        else " No surrogates were drawn."
    )
    sentences = " ".join(statement(name, means, result.changes) for name in names)
    return f"{about}.{nulls}{_how_tested(result)} {sentences}"


def _kinds(result: EegResult) -> str:
    kinds = dict.fromkeys(row.null_kind for row in result.rows if row.null_kind)
    return ", ".join(NULL_NAMES.get(kind, kind) for kind in kinds)


def recruitment_caption(result: EegResult) -> str:
    """Return the caption of the figure of recruitment."""
    rows, alarms = result.recruitment, result.config["alarms"]
    joined = [row for row in rows if math.isfinite(row.time)]
    base, rule = alarms["baseline"], alarms["rule"]
    how = (
        f"First window of {alarms['short']:g} s whose line length exceeds mean + {rule['k']:g} SD of the baseline "
        f"({base[0]:g}–{base[1]:g} s) for at least {rule['hold']:g} s; the time is the end of that window."
    )
    if not joined:
        return f"{how} None of {len(rows)} channels is recruited."
    first, last = joined[0], joined[-1]
    if not math.isfinite(first.latency):  # no event, so no onset
        when = f"first {first.channel} (at {first.time:.2f} s), last {last.channel} (at {last.time:.2f} s)"
    else:
        when = f"first {first.channel} ({first.latency:+.2f} s from the onset), last {last.channel} "
        when += f"({last.latency:+.2f} s)"
    return f"{how} {len(joined)} of {len(rows)} channels are recruited, {when}."


def detector_caption(result: EegResult) -> str:
    """Return the caption of the figure of detectors."""
    rule = result.config["alarms"]["rule"]
    parts = []
    for s in result.scores:
        hits = f"{s.hits} of {s.events} events" if s.events else "no event is marked"
        late = f", latency {s.latency:.2f} s" if s.hits else ""
        rate = (
            f"{s.false_alarms} false alarms in {s.hours:.3g} h" if s.hours > 0 else "no time to judge false alarms by"
        )
        parts.append(f"{shown(s.detector)}: {hits}{late}, {rate}.")
    return (
        f"Line: the feature at the end of its window. Dashed: mean + {rule['k']:g} SD of the baseline. Bars: alarms, "
        f"raised once it has been exceeded for {rule['hold']:g} s. {' '.join(parts)}"
    )


def _changed(change: Change) -> str:
    sign = "+" if change.difference > 0 else ""
    what = (
        f"{change.phase} against before {change.says} ({sign}{number(change.difference)}, 95 % {number(change.low)} to "
    )
    what += f"{number(change.high)}; p = {number(change.p_holm, 1)}{', ' * bool(change.of_value)}{change.of_value})"
    if change.says == NO_CHANGE:
        what += f": a rise of more than {number(change.high)} is excluded" if change.high > 0 else ": it does not rise"
    return what


def _how_tested(result: EegResult) -> str:
    if not result.changes:
        return ""
    block = number(float(result.config["block"]))
    excess = (
        "the excess of each over its own surrogates' mean (the value itself where there is no null)"
        if any(c.of == EXCESS for c in result.changes)
        else "their values"
    )
    return (
        f" Dotted: mean before the event. In words: the change from before to during, of {excess}, in windows of "
        f"{block} that do not overlap; 95 % interval (of autocorrelated windows, about a course of the event); p of a "
        "two-sided permutation test, Holm-corrected over all tests of this recording."
        + "".join(f" {note[:1].upper()}{note[1:].rstrip('.')}." for note in notes_of(result.changes))
    )
