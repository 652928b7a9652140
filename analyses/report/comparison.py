"""One self-contained HTML page of a comparison: verdicts first, then figures, numbers and caveats."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...simulator.files.disk import check_writable, replacing
from ..comparison.result import Comparison
from ..comparison.wording import AGREEMENT, falls, headline, number, shuffled, side_in_words
from ..figures.comparison import drawings, measure_unit
from ..figures.parts.style import Drawing
from ..figures.save import embedded, save_figures, to_png
from ..measures import stored_measure
from ..values import limits_of_nulls
from .page import flat, rendered

KINDS = ("raster", "activity", "order", "correlation", "spectrum", "history", "null")
OPEN_ROWS = 40  # a longer table is folded


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
    return {
        "title": _title(comparison),
        "headline": headline(comparison),
        "sides": (comparison.verdicts[0].first, comparison.verdicts[0].second) if comparison.verdicts else (),
        "verdicts": [_verdict(comparison, row) for row in comparison.verdicts],
        "contrasts": [_contrast(comparison, row) for row in comparison.contrasts],
        "least_p": _least_p(comparison),
        "figures": figures,
        "activity": _activity(figures),
        "correlation": _by_part(figures["correlation"]),
        "nulls": _by_measure(figures["null"], comparison),
        "observations": [_observation(comparison, row) for row in by_measure],
        "skipped": _skipped(comparison),
        "definitions": [definition for name in names if (definition := _definition(name))],
        "command": config.get("command"),
        "configuration": list(flat({k: v for k, v in config.items() if k not in ("command", "versions")})),
        "versions": list(flat({"version": config.get("versions") or {}})),
        "floor": _floor(config.get("n_units")),
        "limits": limits_of_nulls(comparison.observations),
        "sizes": (config.get("n_units"), config.get("n_times")),
        "open_rows": OPEN_ROWS,
    }


def _title(comparison: Comparison) -> str:
    if comparison.verdicts:
        return f"{comparison.verdicts[0].first}; {comparison.verdicts[0].second}"
    return ", ".join(dict.fromkeys(row.group for row in comparison.observations)) or "Comparison"


def _verdict(comparison: Comparison, row: Any) -> dict[str, Any]:
    return {
        "measure": row.measure,
        "falls": falls(row.measure),
        "first": side_in_words(comparison, row, second=False),
        "second": side_in_words(comparison, row, second=True),
        "agreement": AGREEMENT.get(row.agreement, row.agreement),
        "kind": {"same direction": "same", "opposite": "opposite"}.get(row.agreement, "none"),
    }


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


def _by_measure(images: Sequence[dict[str, Any]], comparison: Comparison) -> list[dict[str, Any]]:
    """Group images by measure; a caption that all share stands once."""
    rows = []
    for name, members in _by_part(images):
        captions = {image["caption"] for image in members}
        definition = _definition(name)
        rows.append(
            {
                "measure": name,
                "shows": definition["shows"] if definition else "",
                "shuffled": shuffled(comparison, name),
                "images": members,
                "caption": captions.pop() if len(captions) == 1 else "",
            }
        )
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


def _definition(name: str) -> dict[str, str] | None:
    measure = stored_measure(name)
    if measure is None:
        return None
    return {"name": name, "unit": measure.unit, **measure.prose, "no_null": measure.no_null}


def _floor(n_units: object) -> str:
    return number(math.sqrt(math.pi / (4 * n_units))) if isinstance(n_units, int) and n_units > 0 else ""
