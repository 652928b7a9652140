"""The same measures on any number of groups: equal units and observations, nulls, replicates, verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace

from threadpoolctl import threadpool_limits

from ...simulator import Recording
from ...simulator.files.document import to_json
from ...simulator.types import Progress
from ..conditions import check_conditions
from ..measures import default_measures, get
from ..values import values
from .figure_arrays import figure_arrays
from .panels import Panel, Replicate, Settings, Side, equalise
from .result import Comparison, ReplicateValue
from .verdict import Contrast, Verdict, agreement, combine, contrast


def compare_panels(
    panels: Sequence[Panel],
    *,
    sides: tuple[Side, Side] | None = None,
    settings: Settings | None = None,
    histories: Mapping[str, Sequence[Recording]] | None = None,
    config: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Measure every replicate of every panel with its null, and contrast the groups.

    All replicates are first cut to the same number of units and of samples (the smallest decides;
    spike trains keep units with at least 5 spikes), so that no measure can tell two groups apart by
    their size.

    Args:
        panels: what to compare.
        sides: two sides whose agreement is judged measure by measure.
        settings: how to measure; see `Settings`.
        histories: group -> learning curves (epoch or step, metric), for the figures, and for `check_conditions`.
        config: provenance that is stored with the result.
        progress: called as progress(done, total, what).

    Raises:
        InputError: a group without a usable replicate, or a setting out of range.
    """
    settings = settings or Settings()
    replicates = equalise(panels, settings)
    names = settings.measures or tuple(default_measures())
    kinds = {panel.name: panel.nulls for panel in panels}
    rows: list[ReplicateValue] = []
    with threadpool_limits(1):  # thousands of small products: more threads only wait for each other
        for at, replicate in enumerate(replicates):
            if progress:
                progress(at, len(replicates), f"{replicate.panel}: {replicate.group} {replicate.number + 1}")
            rows += _values_of(replicate, names, kinds[replicate.panel], settings, at)
    if progress:
        progress(len(replicates), len(replicates), "measured")
    observations = [row for row in rows if not row.reason]
    contrasts = list(_contrasts(panels, names, observations))
    verdicts = list(_verdicts(sides, names, contrasts)) if sides else []
    first = {(r.panel, r.group): r for r in reversed(replicates)}
    return Comparison(
        observations=observations,
        contrasts=contrasts,
        verdicts=verdicts,
        skipped=[row for row in rows if row.reason],
        figures=figure_arrays(first, settings, histories or {}),
        config={
            "settings": {k: getattr(settings, k) for k in Settings.__dataclass_fields__},
            "panels": {p.name: {g: len(r) for g, r in p.groups.items()} for p in panels},
            "n_units": replicates[0].sampled.n_units,
            "n_times": replicates[0].sampled.n_times,
            "sides": [asdict(side) for side in sides or ()],
            "conditions": [asdict(condition) for condition in check_conditions(histories or {})],
            "seed": settings.seed,
            **(config or {}),
        },
    )


def _values_of(
    replicate: Replicate, names: Sequence[str], kinds: Sequence[str], settings: Settings, at: int
) -> Iterator[ReplicateValue]:
    """Yield the values of one replicate, one a null; `at` sets its surrogates apart from those of others."""
    here = settings.on(replicate.sampled.dt)
    for value in values(replicate.activity, names, here, kinds=kinds or None, seed=settings.seed + at, shuffle_seed=0):
        row = value.at(ReplicateValue, panel=replicate.panel, group=replicate.group, replicate=replicate.number)
        notes = {**json.loads(value.settings), "n_varying": replicate.n_live}
        n_times = replicate.sampled.n_times if get(value.measure).takes == "spikes" else value.n_times
        yield replace(row, n_units=replicate.n_units, n_times=n_times, settings=to_json(notes))


def _contrasts(
    panels: Sequence[Panel], names: Sequence[str], observations: Sequence[ReplicateValue]
) -> Iterator[Contrast]:
    found: dict[tuple[str, str, str], dict[int, ReplicateValue]] = {}
    for row in observations:  # the first kind of null decides
        found.setdefault((row.panel, row.measure, row.group), {}).setdefault(row.replicate, row)
    for panel in panels:
        for name in names:
            for a, b in panel.pairs():
                one, two = (list(found.get((panel.name, name, group), {}).values()) for group in (a, b))
                if len(one) < len(panel.groups[a]) or len(two) < len(panel.groups[b]):
                    continue  # undefined on some replicate: listed under "skipped"
                yield contrast(
                    panel.name, name, a, b, [o.value for o in one], [o.value for o in two], [o.p for o in one],
                    [o.p for o in two], tail=-1 if get(name).tail == "lower" else 1,
                    slow_a=[o.too_slow for o in one], slow_b=[o.too_slow for o in two],
                )  # fmt: skip


def _verdicts(sides: tuple[Side, Side], names: Sequence[str], contrasts: Sequence[Contrast]) -> Iterator[Verdict]:
    for name in names:
        read = [_read_side(side, name, contrasts) for side in sides]
        if all(statement == "undefined" for _, statement in read):
            continue
        (d1, s1), (d2, s2) = read
        yield Verdict(name, sides[0].name, d1, s1, sides[1].name, d2, s2, agreement(read[0], read[1]))


def _read_side(side: Side, measure: str, contrasts: Sequence[Contrast]) -> tuple[int, str]:
    for panel in side.panels:
        rows = [c for c in contrasts if c.panel == panel and c.measure == measure and (c.a, c.b) in side.pairs]
        if len(rows) == len(side.pairs):
            return combine(rows)
    return combine([])
