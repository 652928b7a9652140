"""Sentences on the parts of a value, by rules: "goes with", never "caused by"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..measures.notation import short
from ..values import Value
from .parts import ALL, CLASS, FAST, LINEAR, SLOW, TRIALS, WITHIN_CLASSES, WITHIN_TRIALS
from .result import BACKGROUND, SUBTRACTED, Facts, PairSet, Part, Range, Shift

CYCLES, UNITS, CLASSES, SAMPLES, INDEPENDENT = 60, 20, 10, 4000, 1000  # that return planted shares within .05
GROUPS_FROM = 400  # T_eff: below 300 gains that differ are too near to groups, and T_eff itself scatters by a quarter
TOO_SLOW = 10  # T_eff below which one recording says little


def decimals(value: float) -> int:
    """Return the decimals by which parts of a value are read: two, more of a small value."""
    return 2 if abs(value) >= 0.1 or value == 0 else 3 if abs(value) >= 0.01 else 4


def interval(low: float, high: float, digits: int = 2) -> str:
    """Return an interval in brackets; "" without one, or where its ends read the same.

    >>> interval(0.331, 0.494), interval(0.001, 0.002), interval(math.nan, math.nan)
    (' (.33 to .49)', '', '')
    """
    ends = short(low, digits), short(high, digits)
    return f" ({ends[0]} to {ends[1]})" if math.isfinite(low) and ends[0] != ends[1] else ""


def frequency(corner: float, clock: str) -> str:
    """Return a frequency with its unit.

    >>> frequency(1.0, "second"), frequency(0.02, "frame")
    ('1 Hz', '0.02 cycles per frame')
    """
    text = f"{corner:.3g}"
    return f"{text} Hz" if clock == "second" else f"{text} cycles per {clock}"


def seconds(value: float) -> str:
    """Return a time [s] in its usual unit.

    >>> seconds(0.05), seconds(2.0)
    ('50 ms', '2 s')
    """
    return f"{1000 * value:.3g} ms" if value < 0.1 else f"{value:.3g} s"


def null_in_words(value: Value) -> str:
    """Return the 95 % range of the null and p; "" without a null."""
    if not value.null_kind:
        return ""
    digits = decimals(max(abs(value.null_low), abs(value.null_high)))
    return f"{short(value.null_low, digits)} to {short(value.null_high, digits)}, p {short(value.p, 3)}"


def finding(
    measure: str, value: float, parts: Sequence[Part], sets: Sequence[PairSet], ranges: Sequence[Range], facts: Facts,
    clock: str, null: str, beyond_null: bool,
) -> str:  # fmt: skip
    """Return the sentence of a value: what it is, and with what its parts go.

    Args:
        measure: its name.
        value: of the measure.
        parts, sets, ranges, facts: tables of the result.
        clock: of the time axis.
        null: range of the null in words, "" without one.
        beyond_null: whether p is at most .05.
    """
    digits = decimals(value)
    n = facts.n_units
    if facts.within_chance:
        slow = f"independent signals{' this slow' if facts.n_effective < 0.8 * facts.n_samples else ''}"
        given = f"T_eff {facts.n_effective:.0f}{f'; null {null}' if null else ''}"
        within, few = ("is" if measure in LINEAR else "cannot be told from"), "nothing"
        if beyond_null:
            within, few = "lies beyond its null, but within 3 SD of", "too little"
        return f"{measure} {short(value, digits)} {within} what {n} {slow} give ({given}): {few} to take apart."
    if untold := next((row.reason for row in parts if not row.told), ""):
        return f"{measure} is {short(value, digits)}; its parts cannot be told: {untold}."
    corner = frequency(facts.corner, clock)
    words = {
        CLASS: "with the class",
        TRIALS: "with what differs between trials",
        SLOW: f"with what the units share slower than {corner}",
        FAST: f"with faster than {corner}" if not _has(parts, SLOW) else "with faster",
        WITHIN_CLASSES: "with what they share within classes",
        WITHIN_TRIALS: "with what they share within trials",
        ALL: "with what they share, undivided",
    }
    rows = [row for row in parts if row.part != SUBTRACTED]
    confounded = next((r for r in ranges if r.of == CLASS and math.isfinite(r.high)), None)
    said = []
    if confounded is not None:
        both = [row for row in rows if row.part in (CLASS, SLOW)]
        said.append((sum(row.value for row in both), "", "with class and drift together"))
        rows = [row for row in rows if row not in both]
    peak = next((r for r in ranges if r.of == SLOW and math.isfinite(r.high)), None)
    rest = ""
    if peak is not None and confounded is None:  # neither of the two is told
        ends = f"between {short(peak.low, digits)} and {short(peak.high, digits)}"
        rest = f"{ends} {words[SLOW]}, the rest with faster"
        rows = [row for row in rows if row.part not in (SLOW, FAST)]
    for row in rows:
        said.append((row.value, interval(row.low, row.high, digits), words[row.part]))
    if [row.part for row in rows] == [ALL]:
        text = f"{measure} is {short(value, digits)}"
    else:
        same = [one for one in said if one[0] * value >= 0 or short(one[0], digits) == "0"]
        against = [one for one in said if one not in same]
        lead = [f"{short(v, digits)}{error}{' goes' * (k == 0)} {w}" for k, (v, error, w) in enumerate(same)]
        lead += [rest if same else rest.replace(" with", " goes with", 1)] * bool(rest)
        cancelled = [f"{short(v, digits)}{error} {w}" for v, error, w in against]
        text = f"Of {measure} {short(value, digits)}, " + ", ".join(lead)
        text += f", partly cancelled by {' and '.join(cancelled)}" if cancelled else ""
    about_groups = groups(sets, facts, digits)
    return f"{text}; {about_groups}." if about_groups else f"{text}."


def groups(sets: Sequence[PairSet], facts: Facts, digits: int = 2) -> str:
    """Return the words on groups of units; "" where groups cannot be told."""
    named = [row for row in sets if row.pairs != BACKGROUND]
    if named:
        parts = []
        for row in named:
            error = interval(row.low, row.high, digits)
            kind = "near-copies" if row.pairs.startswith("near") else "units"
            parts.append(f"{short(row.value, digits)}{error} lies within {row.n_units} {kind} of {facts.n_units}")
        return " and ".join(parts)
    if not math.isfinite(facts.explained):
        return ""
    if facts.explained > 0.5:
        return (
            "gains differ from unit to unit and no group stands out (as if "
            f"{facts.carriers:.0f} of {facts.n_units} units carried it)"
        )
    return "none with a sub-group"


def time_scales(measure: str, value: float, flat: Shift) -> str:
    """Return the sentence on the curve over shifts of spike trains.

    >>> time_scales("chi_c", 0.21, Shift(shift=0.05, left=0.11, start=0.2, stop=2.0, gone=0.02))  # doctest: +ELLIPSIS
    'Of chi_c .21, .11 outlasts a shift of ± 50 ms and .02 one of ± 2 s: a shared rate with a time scale of 0.2 ...
    """
    digits = decimals(value)
    ends = seconds(flat.start), seconds(flat.stop)
    gone, scale = "", f"more than {ends[0]}"
    if math.isfinite(flat.stop):
        left = short(flat.gone, digits)
        gone = f" and nothing one of ± {ends[1]}" if left == "0" else f" and {left} one of ± {ends[1]}"
        same = ends[0].split()[1] == ends[1].split()[1]
        scale = f"{ends[0].split()[0] if same else ends[0]} to {ends[1]}"
    return (
        f"Of {measure} {short(value, digits)}, {short(flat.left, digits)} outlasts a shift of ± {seconds(flat.shift)}"
        f"{gone}: a shared rate with a time scale of {scale}; {short(value - flat.left, digits)} is finer."
    )


def further(
    measure: str,
    value: float,
    parts: Sequence[Part],
    sets: Sequence[PairSet],
    ranges: Sequence[Range],
    facts: Facts,
    clock: str,
    null: str,
) -> list[str]:
    """Return the sentences after the first: what cannot be told, and limits of size."""
    if facts.within_chance:
        return []
    digits = decimals(value)
    out = []
    for one in ranges:
        if not math.isfinite(one.high):
            what = {CLASS: "The class part is not told", SLOW: "Slow and fast are not told apart"}
            out.append(f"{what.get(one.of, 'A common reference cannot be bounded')}: {one.reason}.")
            continue
        low, high, whole = short(one.low, digits), short(one.high, digits), short(value, digits)
        if one.of == CLASS:
            out.append(f"Class: between {low} and {high} of {whole}: {one.reason}.")
        elif one.of == SLOW:
            out.append(
                f"Slower than {frequency(facts.corner, clock)}: between {low} and {high} of {whole}: {one.reason}."
            )
        elif one.told:
            out.append(f"A common reference makes up at most {high} of {whole}.")
        else:
            out.append(f"Up to {high} of {whole} may be a common reference: {one.reason}.")
    if measure not in LINEAR and not null:
        out.append("Chance was not drawn: --nulls 199 puts what independent signals give beside the value.")
    elif measure not in LINEAR:
        out.append(f"Independent signals give {null}; this is not subtracted.")
    if not math.isfinite(facts.explained):
        out.append(f"Groups of units cannot be told: T_eff {facts.n_effective:.0f}; {GROUPS_FROM} are needed.")
    here = [
        (facts.cycles, CYCLES, "cycles of the corner", _has(parts, SLOW)),
        (facts.n_units, UNITS, "units", _has(parts, SLOW)),
        (facts.n_classes, CLASSES, "classes", _has(parts, CLASS)),
        (facts.n_samples, SAMPLES, "samples", _has(parts, CLASS)),
        (facts.n_effective, INDEPENDENT, "independent samples", len(sets) > 1),
    ]
    few = [f"{n:.0f} of {least} {what}" for n, least, what, asked in here if asked and n < least - 0.5]
    out += [f"Short of what returns planted shares within .05: {', '.join(few)}."] * bool(few)
    if facts.n_effective < TOO_SLOW:
        out.append(f"Too slow for its length: T_eff {facts.n_effective:.1f}; another recording may divide otherwise.")
    return out


def _has(parts: Sequence[Part], name: str) -> bool:
    return any(row.part == name for row in parts)
