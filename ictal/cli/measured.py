"""Text of `ictal measure`: the finding, then a line a measure with its null on an axis from 0 to 1."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..simulator.errors import spelled
from .strips import WIDEST, strip, ticks
from .tables import table, width, wrapped

if TYPE_CHECKING:
    from ..analyses.values import EntryValue, Measurements

WITHOUT = "without a null"
LEAST_STRIP = 11  # characters
NO_UNIT = ("1", "directions", "not dimensionless")  # the name says it, or a note
AXIS = "axis {} … 1, so that right is more synchronous"
DIMENSION = "not dimensionless: depends on the unit of the data"


@dataclass
class _Notes:
    """Numbered notes below a table, each once."""

    texts: list[str] = field(default_factory=list)

    def marks(self, *texts: str) -> str:
        """Return the numbers of notes, such as "(1)" or "(1,3)"."""
        numbers = []
        for text in filter(None, texts):
            if text not in self.texts:
                self.texts.append(text)
            numbers.append(str(self.texts.index(text) + 1))
        return f"({','.join(numbers)})" if numbers else ""


@dataclass(frozen=True)
class _Line:
    """One line: its row, and the texts of name, value, ends of the null, p, numbers of notes."""

    row: EntryValue
    name: str
    value: str = ""
    low: str = ""
    high: str = ""
    p: str = ""
    mark: str = ""


def three(value: float, bounded: bool = False) -> str:
    """Return three digits without a leading zero: of a measure from 0 to 1 three decimals.

    >>> three(0.9923), three(-0.05), three(82.13), three(1234.5), three(1.2e-5), three(0.0, True), three(math.nan)
    ('.992', '−.0500', '82.1', '1234', '1.2e-5', '0', '–')
    >>> three(-0.05, True), three(0.9999, True)
    ('−.050', '1.000')
    """
    size = abs(value)
    if not math.isfinite(value):
        return "–"
    if size < 5e-4 and (bounded or size == 0):
        return "0"
    if bounded and size < 10:
        text = f"{size:.3f}"
    elif 1000 <= size < 1e6:
        text = f"{size:.0f}"
    elif size < 1e-3 or size >= 1e6:
        text = f"{size:.1e}".replace("e-0", "e-").replace("e+0", "e")
    else:
        text = f"{size:#.3g}".rstrip(".")
    return ("−" if value < 0 else "") + (text[1:] if text.startswith("0.") else text)


def measured(found: Measurements, file: str) -> str:
    """Return the finding, and of every entry the measures by group with values, nulls, p and strips."""
    nulls = bool(found.config.get("nulls"))
    second: dict[tuple[str, str], list[EntryValue]] = {}
    for row in found.second:
        second.setdefault((row.entry, row.measure), []).append(row)
    entries: dict[str, list[EntryValue]] = {}
    for row in found.rows:
        entries.setdefault(row.entry, []).append(row)
    notes = _Notes()
    tables = [_entry(rows, second, nulls, notes) for rows in entries.values()]
    lines = []
    for at, (name, rows) in enumerate(entries.items()):
        lines += wrapped(("" if at else f"{file}, ") + f"{name}: {_facts(rows, found.config)}")
        lines += [*wrapped(_finding(rows, nulls)), "", *tables[at], ""]
    lines += _legend(found, nulls)
    for number, text in enumerate(notes.texts, 1):
        lines += wrapped(f"({number}) {text}", "  ", "      ")
    lines += wrapped(_tested(found.rows, len(entries) > 1), "  ", "  ")
    return "\n".join(lines) + "\n"


def _tested(rows: Sequence[EntryValue], several: bool) -> str:
    """Return the values that the nulls stand beside, where these are not those of the whole."""
    apart = []
    for row in rows:
        tested, value = (three(x, _bounded(row)) for x in (row.tested, row.value))
        if row.null_kind and tested != value:
            apart.append(f"{row.entry} {row.measure} {tested}" if several else f"{row.measure} {tested}")
    return f"Nulls stand beside the part that they cover: {', '.join(apart)}" if apart else ""


def _ends(row: EntryValue) -> tuple[float, float] | None:
    from ..analyses.measures.scales import axis

    return axis(row.measure, min(row.n_units, row.n_times - 1))


def _bounded(row: EntryValue) -> bool:
    return _ends(row) == (0.0, 1.0)


def _facts(rows: Sequence[EntryValue], config: Mapping[str, object]) -> str:
    """Return units, window and samples; measures that read others are named."""
    import json

    units = max(row.n_units for row in rows)
    chosen = ", chosen at random" if config.get("units") == units else ""
    parts = [f"{units} units{chosen}"]
    settings = [json.loads(row.settings) for row in rows]
    window = config.get("window")
    clock = str(config.get("clock") or next((s["axis"] for s in settings if "axis" in s), ""))
    tick = {"second": "s", "": "ticks"}.get(clock, f"{clock}s")
    if isinstance(window, list | tuple):
        parts.append(f"{window[0]:g}–{window[1]:g} {tick}")
    for name in ("band", "phase_band"):
        if isinstance(band := config.get(name), list | tuple):
            unit = "Hz" if clock == "second" else f"per {clock}" if clock else "cycles per tick"
            parts.append(f"{name.replace('_', ' ')} {band[0]:g}–{band[1]:g} {unit}")
    binned = next((s for s in settings if "bin" in s), None)
    if binned:
        smooth = f" smoothed by {1e3 * binned['sd']:g} ms" if binned.get("sd") else ""
        parts.append(f"bins of {1e3 * binned['bin']:g} ms{smooth}")
    reads = Counter((row.n_live, row.n_times) for row in rows)
    first = True
    for (live, times), _ in reads.most_common():
        names = [row.measure for row in rows if (row.n_live, row.n_times) == (live, times)]
        what = "spikes" if _reads_spikes(names) else "samples"
        whole = f"{times} {what}" + (f" of {live} units" if live != units else "")
        parts.append(whole if first or (what == "spikes" and live == units) else f"{', '.join(names)}: {whole}")
        first = False
    return "; ".join(parts)


def _reads_spikes(names: Sequence[str]) -> bool:
    from ..analyses.measures import stored_measure

    return all((found := stored_measure(name)) is not None and found.takes == "spikes" for name in names)


def _finding(rows: Sequence[EntryValue], nulls: bool) -> str:
    """Return the sentence on the nulls: how many measures are beyond them, and which are not."""
    from ..analyses.values import ALPHA

    if not nulls:
        return "Without nulls, which say what independent units give: --nulls 199 adds them."
    tested = [row for row in rows if row.null_kind]
    if not tested:
        return "No measure has a null here."
    beyond = [row for row in tested if row.p <= ALPHA]
    rest = [row.measure for row in tested if row.p > ALPHA]
    n = len(tested)
    ps = sorted({three(row.p, True) for row in beyond or tested})
    p = f"p = {ps[0]}" if len(ps) == 1 else f"p {ps[0]} to {ps[-1]}"
    have = "the measure that has a null" if n == 1 else f"{n} measures that have a null"
    if not rest:
        return f"In {'' if n == 1 else 'all '}{have}, the activity is beyond it ({p})."
    if not beyond:
        return (
            f"In {'' if n == 1 else 'none of the '}{have}, the activity is {'within' if n == 1 else 'beyond'} it ({p})."
        )
    return f"In {len(beyond)} of {have}, the activity is beyond it ({p}); within it: {', '.join(rest)}."


def _entry(
    rows: Sequence[EntryValue],
    second: Mapping[tuple[str, str], Sequence[EntryValue]],
    nulls: bool,
    notes: _Notes,
) -> list[str]:
    """Return the table of one entry."""
    from ..analyses.measures.notation import by_group

    named = {row.measure: row for row in rows}
    groups = by_group([name for name, row in named.items() if row.null_kind or not nulls])
    lines: list[_Line | str] = []
    for group, names in [
        *groups.items(),
        (WITHOUT, [name for name, row in named.items() if not row.null_kind and nulls]),
    ]:
        if names:
            lines.append(group)
        for name in names:
            lines += _measure(named[name], second.get((named[name].entry, name), ()), notes)
    return _drawn(lines, nulls)


def _measure(row: EntryValue, others: Sequence[EntryValue], notes: _Notes) -> Iterator[_Line]:
    """Yield the line of a measure, and one for each further null."""
    from ..analyses.nulls import NULL_NAMES
    from ..analyses.values import both_nulls

    ends, bounded = _ends(row), _bounded(row)
    unit = "" if row.unit in NO_UNIT else f" {row.unit}"
    value = three(row.value, bounded)
    shown = [
        AXIS.format(f"{ends[0]:g}") if ends and not bounded else "",
        DIMENSION if row.unit == NO_UNIT[-1] else "",
        "" if row.after_shuffle is None else f"after a shuffle of the samples {three(row.after_shuffle, bounded)}",
        row.no_null.removeprefix("has no null: "),
        row.remark,
        both_nulls(row, others[0]) if others else "",
    ]
    yield _Line(row, row.measure, value + unit, *_null(row, bounded), notes.marks(*shown))
    for other in others:
        tested = three(other.tested, bounded)
        name = f"  {NULL_NAMES.get(other.null_kind, other.null_kind)}"
        apart = "" if tested == value else tested
        yield _Line(other, name, apart, *_null(other, bounded), notes.marks(other.remark))


def _null(row: EntryValue, bounded: bool) -> tuple[str, str, str]:
    if not row.null_kind:
        return "", "", ""
    return three(row.null_low, bounded), three(row.null_high, bounded), three(row.p, True)


def _drawn(lines: Sequence[_Line | str], nulls: bool) -> list[str]:
    """Return the lines with columns under each other; the strip takes what the width leaves."""
    cells = [line for line in lines if isinstance(line, _Line)]

    def wide(part: str) -> int:
        return max(len(spelled(getattr(line, part))) for line in cells)

    name, value, low, high, mark = (wide(part) for part in ("name", "value", "low", "high", "mark"))
    name, value, p = name + 2, max(value, 5), wide("p")
    null = max(low + 3 + high, 9) if low else 0
    used = name + 2 + value + (2 + null + 2 + p if null else 0)
    room = min(width() - used - 2 - (mark + 1 if mark else 0), WIDEST)
    if used > width():
        return _narrow(lines)
    size = room - 1 + room % 2 if room >= LEAST_STRIP else 0
    drawn = []
    for line in lines:
        if isinstance(line, str):
            drawn.append(line)
            continue
        text = f"  {spelled(line.name):<{name - 2}}  {line.value:>{value}}"
        if null:
            ends = f"{line.low:>{low}} … {line.high:<{high}}" if line.low else ""
            text += f"  {ends:<{null}}  {line.p:>{p}}"
        if size:
            text += f"  {_strip(line.row, size):<{size}}"
        drawn.append(f"{text} {line.mark}".rstrip() if mark else text.rstrip())
    head = f"{'':<{name}}  {'value':>{value}}"
    if null:
        head += f"  {'null 95 %':<{null}}  {'p':>{p}}"
    return [(head + (f"  {ticks(size)}" if size else "")).rstrip(), *drawn]


def _strip(row: EntryValue, size: int) -> str:
    """Return the strip of a measure; empty where its range is open."""
    ends = _ends(row)
    return (
        ""
        if ends is None
        else strip(row.tested if row.null_kind else row.value, row.null_low, row.null_high, ends, size)
    )


def _narrow(lines: Sequence[_Line | str]) -> list[str]:
    rows = []
    for line in lines:
        if isinstance(line, _Line):
            null = f"{line.low} … {line.high}" if line.low else "–"
            rows.append([f"{line.name.strip()} {line.mark}".strip(), line.value, null, line.p])
    return table(["measure", "value", "null 95 %", "p"], rows).strip("\n").splitlines()


def _legend(found: Measurements, nulls: bool) -> Iterator[str]:
    """Yield the words for the marks, and what each kind of surrogate answers."""
    from ..analyses.nulls.kinds import DESCRIPTIONS

    yield "  ● value" + (f"   ░ 95 % of {found.config['nulls']} surrogates" if nulls else "")
    for row_kind in dict.fromkeys(row.null_kind for row in (*found.rows, *found.second) if row.null_kind):
        yield from wrapped(f"{row_kind}: {DESCRIPTIONS.get(row_kind, '')}", "  ", "    ")


def not_defined(found: Measurements) -> list[str]:
    """Return the number and names of measures that are not defined on any entry, as a note."""
    defined = {row.measure for row in found.rows}
    missing = list(dict.fromkeys(one.measure for one in found.skipped if one.measure not in defined))
    if not missing:
        return []
    count = f"{len(missing)} measure{'s' * (len(missing) > 1)}"
    return wrapped(f"not defined here: {count}, {', '.join(missing)} (why: --json)")
