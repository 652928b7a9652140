"""Text of measures in sliding windows: the changes in words, then of every measure its phases with nulls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .measured import three
from .tables import table, width, wrapped

if TYPE_CHECKING:
    from ..analyses.eeg.change import Change
    from ..analyses.eeg.result import EegResult, PhaseMean

HEADS = ("", "mean", "null 95 %", "beyond", "− before [95 %]", "p")


def windows_text(found: EegResult) -> str:
    """Return the events, the changes, every measure by phase with its null, and the settings of the tests."""
    from ..analyses.eeg.wording import shown

    clock = {"second": "s"}.get(str(found.config["clock"]), str(found.config["clock"]))
    lines = [f"{e.text}: {e.onset:g} to {e.stop:g} {clock}" for e in found.events]
    for phase in dict.fromkeys(change.phase for change in found.changes):
        lines += wrapped(_finding(phase, found.changes))
    rows = _rows(found)
    widths = [max(len(cells[at]) for cells in (HEADS, *(row for row in rows if row[1]))) for at in range(len(HEADS))]
    if 2 * (len(HEADS) - 1) + sum(widths) > width():
        return "\n".join(lines) + "\n" + table(*_flat(rows)) + "\n".join(_below(found, clock)) + "\n"
    lines.append("")
    for row in (HEADS, *rows):
        cells = [f"{row[0]:<{widths[0]}}", *(f"{row[at]:>{widths[at]}}" for at in range(1, len(HEADS)))]
        lines.append("  ".join(cells).rstrip() if row[1] else row[0])
    lines += ["", *_below(found, clock)]
    alone = [shown(m) for m in found.measures if not any(row.p == row.p for row in found.of(m))]
    if alone and found.config["nulls"]:
        lines += wrapped(f"no null for {', '.join(alone)}")
    return "\n".join(lines) + "\n"


def _finding(phase: str, changes: Sequence[Change]) -> str:
    from ..analyses.eeg.wording import shown

    said: dict[str, list[str]] = {}
    for change in changes:
        if change.phase == phase:
            of_value = f" ({change.of_value})" if change.of_value else ""
            said.setdefault(change.says + of_value, []).append(shown(change.measure))
    parts = [f"{', '.join(names)} {says}" if len(names) == 1 else f"{says}: {', '.join(names)}"
             for says, names in said.items()]  # fmt: skip
    return f"{phase[:1].upper()}{phase[1:]} against before: {'; '.join(parts)}."


def _rows(found: EegResult) -> list[tuple[str, ...]]:
    """Return a line a measure, and one a phase of it."""
    changed = {(change.measure, change.phase): change for change in found.changes}
    rows: list[tuple[str, ...]] = []
    means: dict[str, list[PhaseMean]] = {}
    for mean in found.summary():
        means.setdefault(mean.measure, []).append(mean)
    for measure, phases in means.items():
        of_value = {change.of_value for change in found.changes if change.measure == measure} - {""}
        rows.append((measure + "".join(f"  (change {text})" for text in of_value), "", "", "", "", ""))
        for mean in phases:
            null = f"{three(mean.null_low)} … {three(mean.null_high)}" if mean.tested else "–"
            beyond = f"{mean.exceed}/{mean.tested}" if mean.tested else f"–/{mean.windows}"
            change = changed.get((measure, mean.phase))
            rows.append((f"  {mean.phase or 'all'}", three(mean.mean), null, beyond, *_change(change)))
    return rows


def _change(change: Change | None) -> tuple[str, str]:
    if change is None:
        return "", ""
    sign = "+" * (change.difference > 0)
    return f"{sign}{three(change.difference)} [{three(change.low)}, {three(change.high)}]", three(change.p_holm)


def _flat(rows: list[tuple[str, ...]]) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a table with the measure in a column of its own."""
    flat, measure = [], ""
    for row in rows:
        if row[1]:
            flat.append([measure, row[0].strip(), *row[1:]])
        else:
            measure = row[0]
    return ["measure", "phase", *HEADS[1:]], flat


def _below(found: EegResult, clock: str) -> list[str]:
    from ..analyses.eeg.wording import notes_of

    lines = wrapped("beyond: windows beyond their null (p ≤ .05), of all", "  ", "    ")
    if found.changes:
        first = {change.phase: change for change in found.changes}
        blocks = ", ".join([f"{next(iter(first.values())).n_before} before",
                            *(f"{change.n} {phase}" for phase, change in first.items())])  # fmt: skip
        of = dict.fromkeys(sorted((change.of for change in found.changes), key=len, reverse=True))
        lines += wrapped(
            f"− before: of the {', or where there is no null of the '.join(of)}, over blocks of "
            f"{found.config['block']:.3g} {clock} ({blocks}); p by permutation and Holm", "  ", "    ",
        )  # fmt: skip
        for note in notes_of(found.changes):
            lines += wrapped(note, "  ", "    ")
    return lines
