"""Texts of `ictal list`, by kind and group, and of `ictal` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..simulator.registry import Registry
from .tables import width, wrapped

START = """\
Ictal: one bench for synchrony in spiking networks, brain recordings and deep
networks. Three ways in; every line works as it stands.

A spiking network that seizes (30 s):
  ictal simulate seizure --duration 3 -o seizure.h5
  ictal measure seizure.h5 --entries E --window 1 3 --units 100 --nulls 199

An EEG; your own .edf, .bdf, .npy or .csv in place of eeg.h5 (15 s):
  ictal simulate synthetic_eeg -o eeg.h5
  ictal eeg eeg.h5 -o eeg

A deep network; your own PyTorch model: docs/your_model.md (40 s):
  ictal train mlp --n-train 200 --synchrony auto -o net.h5
  ictal plot net.h5 -o net

A seizure beside overfitting, as a page (90 s):  ictal compare -o out
Everything by name:  ictal list, ictal explain NAME, ictal info FILE
All commands:  ictal --help
"""
_GROUPS = {"spiking": "spiking networks", "rate": "rates, neural masses, oscillators", "trained": "deep networks",
           "synthetic_eeg": "EEG"}  # fmt: skip  # folder of a system -> words
PAIRS = "pairs, lags; measured only where they are named"


def overview(registries: Mapping[str, Registry]) -> str:
    """Return every name by kind, without its line."""
    lines = wrapped("Everything with a name. A line each: ictal list KIND. All about one: ictal explain NAME.")
    room = max(map(len, registries)) + 2
    for kind, names in registries.items():
        lines += ["", *_hanging(kind, ", ".join(names), room)]
    return "\n".join(lines) + "\n"


def of_kind(kind: str, names: Registry) -> str:
    """Return the names of one kind in their groups, a line each; of measures with their symbols."""
    measures = kind == "measures"
    groups = _measures(names) if measures else _systems(names) if kind == "systems" else {"": list(names)}
    plural = "data sets" if kind == "data" else kind
    count = f"{len(names)} {names.kind if len(names) == 1 else plural}"
    what = "formula, range, what it cannot see" if measures else "all about one"
    lines = wrapped(f"{count}. ictal explain NAME: {what}.")
    cells = {name: _cells(name, names[name].line, measures) for name in names}
    symbol, name_ = (max(len(row[at]) for row in cells.values()) for at in (0, 1))
    room = 2 + (symbol + 2 if measures else 0) + name_ + 2
    for group, members in groups.items():
        lines += ["", group] if group else [""]
        for member in members:
            sign, name, words = cells[member]
            lines += _hanging(f"{sign:<{symbol}}  {name}" if measures else name, words, room, "  ")
    return "\n".join(lines) + "\n"


def also(kind: str, kinds: Mapping[str, Registry]) -> str:
    """Return the line that names the other kinds."""
    others = " | ".join(other for other in kinds if other != kind)
    return "\n".join(["", *wrapped(f"also: ictal list {others}", "", "      ")]) + "\n"


def _cells(name: str, line: str, measure: bool) -> tuple[str, str, str]:
    """Return the symbol, the name and the words of a line."""
    if not measure:
        return "", name, line
    from ..analyses.measures.notation import NOTATION

    writing = NOTATION.get(name)
    return (writing.symbol, name, writing.words) if writing else ("", name, line)


def _measures(names: Registry) -> dict[str, list[str]]:
    from ..analyses.measures.notation import PAIRS as OF_PAIRS
    from ..analyses.measures.notation import by_group

    return {PAIRS if group == OF_PAIRS else group: members for group, members in by_group(names).items()}


def _systems(names: Registry) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, entry in names.items():
        folder = entry.where.partition(":")[0].partition(".")[0]
        group = "of other packages" if entry.package else _GROUPS.get(folder, folder)
        groups.setdefault(group, []).append(name)
    return groups


def _hanging(label: str, words: str, room: int, indent: str = "") -> Iterator[str]:
    """Yield a label and, from column `room` on, its words; below it where it leaves no place."""
    start = f"{indent}{label}"
    if len(start) + 2 > room or room > width() - 16:
        yield start
        yield from wrapped(words, " " * 6, " " * 6)
        return
    yield from wrapped(words, start.ljust(room), " " * room) or [start]
