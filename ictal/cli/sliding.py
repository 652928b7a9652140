"""``--window`` with one number or two, and what sliding windows print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import Output, number, table

if TYPE_CHECKING:
    from ..analyses.eeg.result import EegResult

WINDOW = "--window"


def joined(arguments: list[str]) -> list[str]:
    """Return the arguments with the numbers after ``--window`` in one: the parser itself knows fixed counts only.

    >>> joined(["a.npy", "--window", "3", "5", "--json"]), joined(["--window=5", "rec.edf"])
    (['a.npy', '--window', '3,5', '--json'], ['--window', '5', 'rec.edf'])
    """
    out: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word != WINDOW and not word.startswith(f"{WINDOW}="):
            out.append(word)
            continue
        from ..simulator.files.readers import is_number

        numbers = [] if word == WINDOW else [word.partition("=")[2]]
        while rest and len(numbers) < 2 and is_number(rest[0]):
            numbers.append(rest.pop(0))
        out += [WINDOW, ",".join(numbers)] if numbers else [WINDOW]
    return out


def windows_table(found: EegResult) -> str:
    """Return every measure by phase, beside its null, as a table."""
    from ..analyses.eeg.wording import shown

    rows = [
        [m.measure, m.phase or "all", str(m.windows), number(m.mean),
         f"{number(m.null_low)} … {number(m.null_high)}" if m.tested else "–",
         f"{m.exceed}/{m.tested}" if m.tested else "–"]
        for m in found.summary()
    ]  # fmt: skip
    events = "".join(f"{e.text}: {e.onset:g} to {e.stop:g} {found.config['clock']}\n" for e in found.events)
    drawn = table(["measure", "phase", "windows", "mean", "null 95 %", "exceed null (p ≤ .05)"], rows)
    alone = [shown(m) for m in found.measures if not any(row.p == row.p for row in found.of(m))]
    why = f"no null for {', '.join(alone)}\n" if alone and found.config["nulls"] else ""
    return events + drawn + _changes_table(found) + why


def _changes_table(found: EegResult) -> str:
    """Return the test on windows that do not overlap, of every measure, as a table."""
    rows = [
        [c.measure, c.phase, c.of, f"{number(c.before)} → {number(c.mean)}",
         f"{c.difference:+.3g} [{c.low:.3g}, {c.high:.3g}]", f"{c.n_before} + {c.n}", f"{c.p_holm:.2g}", c.says]
        for c in found.changes
    ]  # fmt: skip
    columns = ["measure", "against before", "of", "means", "difference [95 %]", "blocks", "p (Holm)", "so it"]
    return table(columns, rows, f"blocks of {found.config['block']:.3g} {found.config['clock']}") if rows else ""


def remarks(out: Output, found: EegResult) -> None:
    """Print the channels that were left out, and every assumption."""
    for channel in found.channels:
        if channel.reason:
            out.note(f"{channel.name}: {'kept, though ' if channel.used else 'left out, '}{channel.reason}")
    noted(out, found.config)


def noted(out: Output, *sources: object) -> None:
    """Print the assumptions that were made when a file was read, once each."""
    seen: dict[str, None] = {}
    for source in sources:
        given = source.get("assumptions", ()) if isinstance(source, dict) else ()
        seen |= dict.fromkeys(str(line) for line in (given if isinstance(given, list | tuple) else ()))
    for line in seen:
        out.note(f"assumed: {line}")
