"""Runs side by side as panels: which entries can be compared, and which cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...simulator import InputError, Recording, Run, Spikes, unknown
from ..values import unusable
from .panels import Panel

HISTORY = "history"  # the entry that holds learning curves


def panels_of(
    runs: Mapping[str, Sequence[Run]], entries: Sequence[str] | Mapping[str, str] | None = None
) -> list[Panel]:
    """One panel an entry that all runs share; what cannot be compared (one unit, trials, learning curves) is left out.

    Raises:
        InputError: nothing is shared; the names are listed.
    """
    everyone = [run for members in runs.values() for run in members]
    if isinstance(entries, Mapping):
        for group in entries:
            if group not in runs:
                raise unknown("group", group, runs)
        if missing := [group for group in runs if group not in entries]:
            raise InputError(f"compare.entries: names no entry for {', '.join(missing)}; give one for every group")
        return [Panel("activity", {g: [entry_of(run, entries[g]) for run in members] for g, members in runs.items()})]
    if entries is None and all(len(run) == 1 for run in everyone):
        return [Panel("activity", {g: [next(iter(run.values())) for run in members] for g, members in runs.items()})]
    if entries is not None:
        names = list(entries)
    else:
        names = [name for name in everyone[0] if all(name in run for run in everyone)]
        if not names:
            listed = "; ".join(f"{group}: {', '.join(members[0])}" for group, members in runs.items())
            raise InputError(f"compare: the groups share no entry ({listed}); say entries=, one for every group")
        names = [n for n in names if all(_comparable(run[n]) for run in everyone)] or names
    return [Panel(n, {g: [entry_of(run, n) for run in members] for g, members in runs.items()}) for n in names]


def entry_of(run: Run, name: str) -> Recording | Spikes:
    """The entry of this name.

    Raises:
        InputError: there is none; the message names the nearest.
    """
    if name not in run:
        told: Any = run.source.get("assumptions", ())
        for line in told:
            if line.startswith(f"{name} is left out: "):
                raise InputError(line)
        raise unknown("entry", name, run)
    return run[name]


def _comparable(entry: Recording | Spikes) -> bool:
    if isinstance(entry, Spikes):
        return entry.n_units >= 2
    return entry.n_units >= 2 and entry.n_times >= 3 and entry.values.ndim == 2 and not is_curve(entry)


def refuse_unusable(panels: Sequence[Panel]) -> None:
    """Refuse panels with a replicate in which nothing can be synchronous.

    Raises:
        InputError: which replicate, and why.
    """
    for panel in panels:
        for group, members in panel.groups.items():
            for number, entry in enumerate(members):
                if (reason := unusable(entry)) is not None:
                    raise InputError(f"{panel.name}, {group}, replicate {number + 1}: {reason}")


def is_curve(entry: Recording | Spikes) -> bool:
    """Learning curves are metrics over training, theory is curves of its own: nothing in them can be synchronous."""
    return isinstance(entry, Recording) and bool({"metric", "given"} & set(entry.unit_labels))
