"""One self-contained HTML page of a comparison: a sentence, the dots, a table of glyphs, activity; the rest folded."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from ...simulator.errors import spelled
from ...simulator.files.disk import check_writable, replacing
from ..comparison.origin import WORDS
from ..comparison.result import Comparison
from ..comparison.sentence import Score, listed, scores, sentence
from ..comparison.verdict import TOO_FEW
from ..comparison.wording import number, unmet
from ..figures.comparison import drawings, measure_unit
from ..figures.parts.style import Drawing
from ..figures.save import embedded, save_figures, to_png
from ..measures.notation import NOTATION
from ..nulls import NULL_NAMES
from ..values import limits_of_nulls
from .dots import dots, lines, panels_of, shown_measures
from .glyphs import columns, sections, several_panels
from .page import flat, rendered

KINDS = ("raw", "raster", "activity", "order", "correlation", "spectrum", "history", "null")
BESIDE = 2  # panels whose activity stands on the page; the others are folded


def write_report(
    comparison: Comparison,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    figures: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the page: one file, images inside, nothing fetched from anywhere.

    Args:
        comparison: what `compare` found.
        path: the file, e.g. ``report.html``.
        force: replace it if it exists.
        figures: a folder that the same figures go to as PNG and SVG; drawing is what costs, so it is done once.

    Raises:
        InputError: the file exists (and not force), its folder is missing or cannot be written.
    """
    check_writable(path, force)  # before any figure is drawn
    pairs = None
    if figures is not None:
        drawn = list(drawings(comparison))
        files = save_figures(drawn, figures, force=force)
        pairs = zip(drawn, (file.read_bytes() for file in files if file.suffix == ".png"), strict=True)
    page = render(comparison, pairs)
    with replacing(path, force) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(path)


def render(comparison: Comparison, drawn: Iterable[tuple[Drawing, bytes]] | None = None) -> str:
    """Return the page as text; `drawn` are its figures with their PNG, where they are drawn already."""
    if drawn is None:
        drawn = ((drawing, to_png(drawing.figure, drawing.caption)) for drawing in drawings(comparison))
    return rendered("report.html.j2", _content(comparison, drawn))


def _content(comparison: Comparison, drawn: Iterable[tuple[Drawing, bytes]]) -> dict[str, Any]:
    figures: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for drawing, picture in drawn:
        figures[drawing.name.partition("/")[0]].append(embedded(drawing, picture))
    config = comparison.config
    names = list(dict.fromkeys(row.measure for row in comparison.observations))
    by_measure = sorted(comparison.observations, key=lambda row: names.index(row.measure))
    table = sections(comparison)
    raw, more_raw = _beside(comparison, figures["raw"])
    return {
        "title": _title(comparison),
        "kick": " · ".join(_kick(comparison)),
        "alarms": unmet(comparison),
        "sentence": marked(sentence(comparison)),
        "scores": [_score(comparison, score) for score in scores(comparison)],
        "dots": dots(comparison),
        "key": _key(comparison),
        "table": table,
        "columns": columns(comparison),
        "several": several_panels(comparison),
        "together": bool(comparison.verdicts),
        "n_measures": sum(len(rows) for _, rows in table),
        "few": any(row.statement == TOO_FEW for row in comparison.contrasts),
        "contrasts": [_contrast(comparison, row) for row in comparison.contrasts],
        "least_p": _least_p(comparison),
        "figures": figures,
        "raw": raw,
        "more_raw": more_raw,
        "activity": _activity(figures),
        "nulls": _by_measure(figures["null"]),
        "observations": [_observation(comparison, row) for row in by_measure],
        "skipped": _skipped(comparison),
        "command": config.get("command"),
        "configuration": list(flat({k: v for k, v in config.items() if k not in ("command", "versions")})),
        "versions": list(flat({"version": config.get("versions") or {}})),
        "floor": _floor(config.get("n_units")),
        "limits": limits_of_nulls(comparison.observations),
        "sizes": (config.get("n_units"), config.get("n_times")),
    }


def marked(text: str) -> Markup:
    """Return a text as HTML, with the subscripts of the symbols of measures.

    >>> marked("more by χ_c < all")
    Markup('more by χ<sub>c</sub> &lt; all')
    """
    out = str(escape(spelled(text)))
    for each in NOTATION.values():
        if "_" in each.symbol:
            out = out.replace(each.symbol, each.html)
    return Markup(out)


def _title(comparison: Comparison) -> str:
    if comparison.verdicts:
        return f"{comparison.verdicts[0].first}; {comparison.verdicts[0].second}"
    return ", ".join(dict.fromkeys(row.group for row in comparison.observations)) or "Comparison"


def _kick(comparison: Comparison) -> Iterator[str]:
    """Yield the parts of the line above the sentence: what was compared, its data and layer, sizes."""
    yield "Ictal"
    yield _title(comparison).replace("; ", ", ")
    config = comparison.config
    yield from (str(config[key]) for key in ("data", "layer") if isinstance(config.get(key), str))
    panels = config.get("panels")
    counts = {n for groups in panels.values() for n in groups.values()} if isinstance(panels, Mapping) else set()
    if len(counts) == 1 and isinstance(n := counts.pop(), int):
        yield f"{n} replicate{'s' * (n != 1)} a group"


def _score(comparison: Comparison, score: Score) -> dict[str, Any]:
    pairs = columns(comparison)
    named = (
        {"first": comparison.verdicts[0].first, "second": comparison.verdicts[0].second} if comparison.verdicts else {}
    )
    hues = {pair.hue for pair in pairs if score.side in ("first", "second") and pair.side == named.get(score.side, "")}
    return {"count": score.count, "words": marked(score.words), "hue": hues.pop() if len(hues) == 1 else ""}


def _key(comparison: Comparison) -> dict[str, Any]:
    """Return what the marks, the grey and the hues of the figure stand for."""
    found = [line for measure in shown_measures(comparison) for line in lines(comparison, measure)]
    marks = []
    for filled in (False, True):
        names = list(dict.fromkeys(line.group for line in found if line.filled is filled))
        if names:
            marks.append({"filled": filled, "names": listed(names)})
    hues: dict[str, list[str]] = {}
    for line in found:
        if line.hue:
            hues.setdefault(line.hue, []).append(line.group)
    kinds = dict.fromkeys(row.null_kind for line in found for row in line.values if row.null_kind)
    words = [(hue, f"{listed(list(dict.fromkeys(names)))}: {WORDS[hue]}") for hue, names in hues.items()]  # type: ignore[index]
    tested = any(abs(row.tested - row.value) > 1e-9 for line in found for row in line.values if row.null_kind)
    return {"marks": marks, "hues": words, "tested": tested, "null": ", ".join(NULL_NAMES.get(k, k) for k in kinds),
            "panels": listed(panels_of(comparison))}  # fmt: skip


def _beside(
    comparison: Comparison, images: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the figures of activity that stand on the page, of the first panel of each side, and the others."""
    panels = list(dict.fromkeys(image["name"].split("/")[1] for image in images))
    sides = comparison.config.get("sides") or () if comparison.verdicts else ()
    first = [side["panels"][0] for side in sides] or panels[:BESIDE]
    shown = [image for panel in first for image in images if image["name"].split("/")[1] == panel]
    return shown, [image for image in images if image not in shown]


def _contrast(comparison: Comparison, row: Any) -> dict[str, Any]:
    finite = math.isfinite(row.ci_low) and math.isfinite(row.ci_high)
    return {
        "row": row,
        "unit": _bracket(measure_unit(comparison, row.measure, row.panel)),
        "interval": f"{number(row.ci_low)} to {number(row.ci_high)}" if finite else "not defined",
        "p": number(row.p),
        "statement": row.statement + {1: ", a higher", -1: ", a lower", 0: ""}[row.direction],
    }


def _least_p(comparison: Comparison) -> str:
    """The smallest p that so many replicates can give."""
    sizes = [(row.n_a, row.n_b) for row in comparison.contrasts if min(row.n_a, row.n_b) > 1]
    if not sizes:
        return ""
    a, b = max(sizes, key=lambda size: size[0] + size[1])
    arrangements = math.comb(a + b, a)
    least = (2 if a == b else 1) / arrangements
    return f"With {a} against {b} replicates the smallest p that can be reached is {number(least)}."


def _observation(comparison: Comparison, row: Any) -> dict[str, Any]:
    interval = f"{number(row.null_low)} to {number(row.null_high)}" if row.null_kind else "none"
    return {"row": row, "unit": _bracket(measure_unit(comparison, row.measure, row.panel)), "interval": interval}


def _bracket(unit: str) -> str:
    return "" if unit in ("", "1") else f"[{unit}]"


def _by_part(images: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Images by the second part of their name, the panel or the measure: each gets a row."""
    found: dict[str, list[dict[str, Any]]] = {}
    for image in images:
        found.setdefault(image["name"].split("/")[1], []).append(image)
    return list(found.items())


def _activity(figures: Mapping[str, list[dict[str, Any]]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Group rasters, then the maps of panels without a raster, then the rates of panels with one."""
    rasters, maps = _by_part(figures["raster"]), _by_part(figures["activity"])
    spiking = {panel for panel, _ in rasters}
    return [
        *((f"{panel}: raster and population rate", images) for panel, images in rasters),
        *((f"{panel}: activation map", images) for panel, images in maps if panel not in spiking),
        *((f"{panel}: activity, as measured", images) for panel, images in maps if panel in spiking),
    ]


def _by_measure(images: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Group images by measure; a caption that all share stands once."""
    rows = []
    for name, members in _by_part(images):
        captions = {image["caption"] for image in members}
        rows.append({"measure": name, "images": members, "caption": captions.pop() if len(captions) == 1 else ""})
    return rows


def _skipped(comparison: Comparison) -> list[dict[str, Any]]:
    """Rows with one reason and panel become one."""
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, set[int]]]] = {}
    for row in comparison.skipped:
        reason = row.reason.removeprefix(row.measure).lstrip(": ")
        measures, groups = found.setdefault((row.panel, reason), ({}, {}))
        measures.setdefault(row.measure)
        groups.setdefault(row.group, set()).add(row.replicate)
    return [
        {
            "panel": panel,
            "measures": ", ".join(measures),
            "groups": ", ".join(f"{name} ({len(members)})" for name, members in groups.items()),
            "reason": reason,
        }
        for (panel, reason), (measures, groups) in found.items()
    ]


def _floor(n_units: object) -> str:
    return number(math.sqrt(math.pi / (4 * n_units))) if isinstance(n_units, int) and n_units > 0 else ""
