"""Text of `ictal claims`: counts by claim, then a glyph a claim and setting, an effect and what it needs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .glyphs import GLYPHS, coloured
from .tables import width, wrapped

if TYPE_CHECKING:
    from ..analyses.claims.ledger import Ledger
    from ..analyses.evidence.effect import Effect
    from ..analyses.evidence.rules import Decision

WORDS = {
    "rise": "SI rises", "validation": "falls as loss rises", "depth": "deeper is more", "early": "a quarter predicts",
    "amplitude": "larger activations", "transition": "SI jumps", "desync": "beats L2, dropout",
    "robust": "withstands attacks", "forget": "forgets less", "causal": "SI moves outcomes",
    "eeg": "has SI of seizures", "collapse": "has higher SI", "healthy": "keeps SI in .3–.5",
}  # fmt: skip
HEAD = 7  # characters of a word above a column
LEAST_WORDS = 12
Place = tuple[str, str]  # scale, setting


def claims_text(found: Ledger, sources: Sequence[Path]) -> str:
    """Return the sentence, the table, its key, and the commands that print more."""
    from ..analyses.claims.wording import headline

    by_claim = found.by_claim()
    places = list(dict.fromkeys((scale, row.setting) for scale, rows in found.decisions.items() for row in rows))
    run = [name for name, verdict in by_claim.items() if verdict != "not run"]
    lines = wrapped(headline(found))
    if run:
        lines += ["", *_table(found, run, places), "", *_key(found, run, places)]
    missing = [name for name in by_claim if name not in run]
    if missing:
        lines += wrapped(f"Not run: {', '.join(missing)}.", "", "  ")
    given = shlex.join(map(str, sources)) or "FOLDER"
    lines += [f"In full, with controls: ictal claims {given} --full"] if run else []
    lines += [f"With figures: ictal claims {given} --html claims.html"] if run else []
    return "\n".join(lines) + "\n"


def _table(found: Ledger, run: Sequence[str], places: Sequence[Place]) -> list[str]:
    from ..analyses.evidence.rules import over_ways

    rows = {name: _decisions(found, name) for name in run}
    shown = _aligned({name: _effect(found, name, rows[name]) for name in run})
    effect, need, name_ = (max(map(len, column)) for column in (
        ["effect [95 %]", *(one for one, _ in shown.values())], ["needs", *(one for _, one in shown.values())],
        ["claim", *run]))  # fmt: skip
    heads = [_head(setting) for _, setting in places]
    room = [max(map(len, head)) + 1 for head in heads]
    fixed = name_ + 1 + effect + 2 + need
    longest = max(len(_words(found, name)) for name in run) + 1
    if fixed + sum(room) + longest > width():  # letters, which the key explains
        heads = [("", chr(65 + at)) for at in range(len(places))]
        room = [3] * len(places)
    words = min(longest, width() - fixed - sum(room))
    words = words if words >= LEAST_WORDS else 0
    columns = ["".join(f"{head[line]:<{size}}" for head, size in zip(heads, room, strict=True)) for line in (0, 1)]
    start = name_ + 1 + words
    lines = [f"{'':<{start}}{columns[0]}".rstrip()] if columns[0].strip() else []
    lines.append(f"{'claim':<{start}}{columns[1]}{'effect [95 %]':<{effect}}  {'needs':>{need}}")
    for name in run:
        cells = ""
        for place, size in zip(places, room, strict=True):
            here = rows[name].get(place)
            glyph = GLYPHS.get(over_ways(here)[0], "?") if here else GLYPHS["not run"]
            cells += coloured(glyph) + " " * (size - 1)
        label = f"{name:<{name_}} " + f"{_words(found, name)[: max(words - 1, 0)]:<{words}}" * bool(words)
        lines.append(f"{label}{cells}{shown[name][0]:<{effect}}  {shown[name][1]:>{need}}".rstrip())
    return lines


def _words(found: Ledger, name: str) -> str:
    return WORDS.get(name) or next(row.claim.statement for row in found.rows if row.claim.name == name)


def _head(setting: str) -> tuple[str, str]:
    """Return the network and the data of a setting, a word each.

    >>> _head("ResNet-18, width 16 on CIFAR-10"), _head("the seizure network beside MLPs on digits")
    (('ResNet', 'CIFAR'), ('MLPs', 'digits'))
    """
    network, _, data = setting.rpartition(" on ")
    capital = re.search(r"[A-Z][A-Za-z]*", network or setting)
    word = capital[0] if capital else (network or setting).split(" ")[0]
    return word[:HEAD], re.split(r"[-\s]", data)[0][:HEAD]


def _decisions(found: Ledger, name: str) -> dict[Place, list[Decision]]:
    places: dict[Place, list[Decision]] = {}
    for scale, rows in found.decisions.items():
        for row in rows:
            if row.claim == name:
                places.setdefault((scale, row.setting), []).append(row)
    return places


def _effect(found: Ledger, name: str, places: dict[Place, list[Decision]]) -> Effect | None:
    """Return the effect that decides in the first setting; None where it could not be measured."""
    from ..analyses.evidence.rules import over_ways

    (scale, _), rows = next(iter(places.items()))
    verdict = over_ways(rows)[0]
    row = next((one for one in rows if one.verdict == verdict), rows[0])
    effects: list[Effect] = [
        e for e in found.effects.get(scale, ()) if (e.claim, e.setting, e.way) == (name, row.setting, row.way)
    ]
    by_part = [e for e in effects if e.part == row.decided_by] or [e for e in effects if e.substance]
    return by_part[0] if by_part and by_part[0].n else None


def _aligned(effects: dict[str, Effect | None]) -> dict[str, tuple[str, str]]:
    """Return the texts of effects with their intervals, numbers under each other, and of what is needed."""
    from ..analyses.measures.notation import short

    numbers = {name: [short(x) for x in (e.value, e.low, e.high)] for name, e in effects.items() if e is not None}
    widths = [max(map(len, column)) for column in zip(*numbers.values(), strict=True)] if numbers else []
    texts = {}
    for name, one in effects.items():
        if one is None:
            texts[name] = ("–", "")
            continue
        value, low, high = (f"{text:>{room}}" for text, room in zip(numbers[name], widths, strict=True))
        texts[name] = (f"{value} [{low}, {high}]" if one.n > 1 else value, f">{short(one.least)}")
    return texts


def _key(found: Ledger, run: Sequence[str], places: Sequence[Place]) -> list[str]:
    """Return the glyphs with their words, the settings, and what the effect is."""
    from ..analyses.evidence.rules import over_ways

    present = {over_ways(rows)[0] for name in run for rows in _decisions(found, name).values()}
    glyphs = [f"{glyph} {verdict}{' …' * verdict.endswith('when')}" for verdict, glyph in GLYPHS.items()
              if verdict in present]  # fmt: skip
    lines = wrapped("   ".join([*glyphs, "– not run there"]))
    for at, (scale, setting) in enumerate(places):
        lines += wrapped(f"{chr(65 + at)} {setting} ({scale})", "", "  ")
    return lines + wrapped("Effect: the one that decides in the first setting of the row that was run.", "", "  ")
