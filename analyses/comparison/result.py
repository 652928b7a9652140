"""The result of a comparison: observations, contrasts, verdicts, and the arrays its figures need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...simulator.files.document import Group, to_json
from ...simulator.files.result import Result
from ...simulator.files.rows import from_group, to_group
from ..measures import MEASURES, get
from ..values import Value, completed, of_measures
from .layout import check_figures
from .verdict import Contrast, Verdict


@dataclass(frozen=True, kw_only=True)
class ReplicateValue(Value):
    """A value of one replicate of a group of a panel."""

    panel: str
    group: str
    replicate: int


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """Values of groups of replicates, their contrasts and verdicts, and the arrays of the figures.

    Attributes:
        observations, contrasts, verdicts, skipped: tables of rows.
        figures: name -> Group of arrays: activity, correlation matrices, r(t), rasters, curves.
        config: everything that is needed to do it again, JSON-able.
    """

    kind = "comparison"
    main = "observations"
    stored = (
        ("contrasts", "tables/contrasts", Contrast),
        ("verdicts", "tables/verdicts", Verdict),
        ("skipped", "tables/skipped", ReplicateValue),
    )

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

    def with_config(self, **more: object) -> Comparison:
        """The same result with more provenance."""
        return replace(self, config={**self.config, **more})

    def values(self, panel: str, measure: str, group: str) -> list[float]:
        """Return the value of every replicate, in the order of their numbers."""
        own = [o for o in self.observations if (o.panel, o.measure, o.group) == (panel, measure, group)]
        rows = {o.replicate: o.value for o in own}
        return [rows[k] for k in sorted(rows)]

    def tables(self) -> dict[str, Any]:
        """Return every table."""
        return {name: getattr(self, name) for name in ("verdicts", "contrasts", "observations", "skipped")}

    def facts(self) -> dict[str, Any]:
        """Return the replicates, settings, measures and stored arrays."""
        measures = list(dict.fromkeys(o.measure for o in self.observations))
        kept = {"replicates": self.config.get("panels", {}), "settings": self.config.get("settings", {})}
        kept["conditions"] = self.config.get("conditions", [])
        return {**kept, "measures": measures, "arrays": [f"figures/{name}" for name in self.figures]}

    def to_groups(self) -> dict[str, Group]:
        """Return ``/measures/NAME`` (rows of panel, group, replicate), ``/tables/*``, ``/figures/*``."""
        groups: dict[str, Group] = {}
        for name in dict.fromkeys(o.measure for o in self.observations):
            seen = [o for o in self.observations if o.measure == name]
            groups[f"measures/{name}"] = to_group(ReplicateValue, seen, _definition(name, seen))
        return groups | super().to_groups() | {f"figures/{name}": group for name, group in self.figures.items()}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Comparison:
        """Return the inverse of `to_groups`."""
        groups = completed(groups)
        observations = [row for group in of_measures(groups) for row in from_group(ReplicateValue, group)]
        arrays = {k.removeprefix("figures/"): v for k, v in groups.items() if k.startswith("figures/")}
        check_figures(arrays)
        return super().from_groups(groups, config, observations=observations, figures=arrays, **fields)


def _definition(name: str, rows: Sequence[ReplicateValue]) -> dict[str, str]:
    """Return the definition of a measure, and its null, band, bin and axis by panel."""
    if name not in MEASURES:  # of a package that is not installed here
        return {}
    measure = get(name)
    prose = {"definition" if key == "formula" else key: text for key, text in measure.prose.items()}
    settings = {row.panel: json.loads(row.settings) for row in reversed(rows)}
    return {
        **prose,
        "null": ", ".join(dict.fromkeys(row.null_kind for row in rows if row.null_kind)) or measure.no_null,
        "settings": to_json(settings),
    }
