"""The result of a comparison: observations, contrasts, verdicts, and the arrays its figures need."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...simulator import InputError
from ...simulator.files.document import DAMAGE, Document, Group, about, first_line, read, to_json, write
from ...simulator.files.rows import from_group, to_group
from ..measures import MEASURES, get
from ..values import LATER, VALUE_COLUMNS, Value
from .verdict import Contrast, Verdict


@dataclass(frozen=True, kw_only=True)
class ReplicateValue(Value):
    """A value of one replicate of a group of a panel."""

    panel: str
    group: str
    replicate: int


@dataclass(frozen=True, repr=False)
class Comparison:
    """What `compare` found. `figures` holds the arrays that figures and report draw from.

    Attributes:
        observations, contrasts, verdicts, skipped: tables of rows.
        figures: name -> Group of arrays: activity, correlation matrices, r(t), rasters, curves.
        config: everything that is needed to do it again, JSON-able.
    """

    observations: Sequence[ReplicateValue]
    contrasts: Sequence[Contrast]
    verdicts: Sequence[Verdict]
    skipped: Sequence[ReplicateValue]
    figures: Mapping[str, Group] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        head = f"Comparison({len(self.observations)} values, {len(self.contrasts)} contrasts)"
        rows = (
            f"  {c.panel:12s} {c.measure:26s} {c.a} − {c.b}: {c.difference:+.3g}"
            f" [{c.ci_low:.3g}, {c.ci_high:.3g}], δ {c.delta:+.2f}: {c.statement}"
            for c in self.contrasts
        )
        return "\n".join((head, *rows))

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the comparison to an HDF5 file, whole or not at all."""
        return write(self.to_document(), path, force=force)

    def report(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write one self-contained HTML page: verdicts first, then figures, numbers and caveats."""
        from ..report.comparison import write_report

        return write_report(self, path, force=force)

    def with_config(self, **more: object) -> Comparison:
        """The same result with more provenance."""
        return replace(self, config={**self.config, **more})

    def values(self, panel: str, measure: str, group: str) -> list[float]:
        """The value of every replicate."""
        rows = {o.replicate: o.value for o in self._of(panel, measure, group)}
        return [rows[k] for k in sorted(rows)]

    def _of(self, panel: str, measure: str, group: str) -> list[ReplicateValue]:
        return [o for o in self.observations if (o.panel, o.measure, o.group) == (panel, measure, group)]

    def to_document(self) -> Document:
        """``/measures/NAME`` (rows of panel, group, replicate), ``/tables/*``, ``/figures/*``."""
        groups: dict[str, Group] = {}
        for name in dict.fromkeys(o.measure for o in self.observations):
            seen = [o for o in self.observations if o.measure == name]
            groups[f"measures/{name}"] = to_group(ReplicateValue, seen, _definition(name, seen))
        for title, kind, rows in (
            ("contrasts", Contrast, self.contrasts),
            ("verdicts", Verdict, self.verdicts),
            ("skipped", ReplicateValue, self.skipped),
        ):
            if rows:
                groups[f"tables/{title}"] = to_group(kind, rows)
        groups |= {f"figures/{name}": group for name, group in self.figures.items()}
        return Document(about("comparison", self.config), groups)

    @classmethod
    def from_document(cls, document: Document) -> Comparison:
        """The inverse of `to_document`."""
        groups = document.groups
        observations = [
            row
            for name in MEASURES
            if (group := groups.get(f"measures/{name}"))
            for row in from_group(ReplicateValue, group, LATER)
        ]
        tables: dict[str, list[Any]] = {}
        for title, kind in (("contrasts", Contrast), ("verdicts", Verdict), ("skipped", ReplicateValue)):
            group = groups.get(f"tables/{title}")
            tables[title] = from_group(kind, group, VALUE_COLUMNS) if group else []
        return cls(
            observations=observations,
            contrasts=tables["contrasts"],
            verdicts=tables["verdicts"],
            skipped=tables["skipped"],
            figures={k.removeprefix("figures/"): v for k, v in groups.items() if k.startswith("figures/")},
            config=dict(json.loads(document.attrs["config"])),
        )


def _definition(name: str, rows: Sequence[ReplicateValue]) -> dict[str, str]:
    """What a reader of the file must know about a measure: definition, and null, band, bin, axis by panel."""
    measure = get(name)
    settings = {row.panel: json.loads(row.settings) for row in reversed(rows)}
    return {
        "definition": measure.formula,
        "range": measure.range,
        "floor": measure.floor,
        "shows": measure.shows,
        "cannot": measure.cannot,
        "citation": measure.citation,
        "null": ", ".join(dict.fromkeys(row.null_kind for row in rows if row.null_kind)) or measure.no_null,
        "settings": to_json(settings),
    }


def load_comparison(path: str | os.PathLike[str]) -> Comparison:
    """Read a comparison.

    Raises:
        InputError: one line: missing, truncated, foreign, newer, or not a comparison.
    """
    document = read(path, kind="comparison")
    try:
        return Comparison.from_document(document)
    except DAMAGE as error:
        message = f"{path}: is not a complete comparison, a part is missing or damaged: {first_line(error)}"
        raise InputError(message) from error
