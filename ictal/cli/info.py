"""``ictal list``, ``ictal explain``, ``ictal info``: names, their descriptions, and the content of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument
from .options import AnyFile, DimsOption, command
from .output import Output, error_line
from .tables import width, wrapped

RELATIVE = "relative paths are relative to the folder in which the command was run"


@command
def list_(
    kind: Annotated[
        str,
        Param("Kind: systems, measures, treatments and so on, as in the full list"),
        Argument("[KIND]", show=False),
    ] = "",
    *,
    out: Output,
) -> None:
    """List everything that has a name, by kind.

    Of one kind: a line each; of measures with symbols and groups.
    """
    from ..simulator import unknown
    from ..verbs.names import REGISTRIES
    from . import COMMANDS
    from .names_text import also, of_kind, overview

    tables = {kind: table.lines() for kind, table in REGISTRIES.items()}
    if kind and kind not in tables:
        raise unknown("kind", kind, tables)
    shown = {kind: tables[kind]} if kind else tables

    def text() -> str:
        return of_kind(kind, REGISTRIES[kind]) + also(kind, REGISTRIES) if kind else overview(REGISTRIES)

    out.result(shown, text)
    for table in (*REGISTRIES.values(), COMMANDS):
        len(table)  # looks for plug-ins
        for problem in table.problems:
            error_line(problem)


@command
def explain(
    name: Annotated[str, Param("A name of `ictal list`, a term of the field, or a file of a run"), Argument("NAME")],
    *,
    out: Output,
) -> None:
    """Explain anything that has a name."""
    from ..verbs.explain import description
    from ..verbs.explained import explained
    from . import COMMANDS

    if name in COMMANDS and name not in ("eeg", "why"):
        raise InputError(f"{name!r} is a command: ictal {name} --help; ictal explain is for the names of ictal list")
    facts = description(name)
    out.result(facts, lambda: explained(facts, width()) + "\n")


@command
def info(
    file: AnyFile,
    *,
    entry: Annotated[str | None, Param("This piece of an EEG with gaps, such as eeg[1]")] = None,
    dims: DimsOption = None,
    out: Output,
) -> None:
    """Describe a file and the command that made it."""
    from ..simulator.files.bids import bids_root
    from ..simulator.files.edf import EDF_SUFFIXES
    from ..simulator.files.readers import ARRAY_SUFFIXES, OF_MNE, is_result

    arrays = file.suffix.lower() in (*ARRAY_SUFFIXES, ".mat")
    is_eeg = file.suffix.lower() in (*EDF_SUFFIXES, *OF_MNE) or (file.is_dir() and bids_root(file) is not None)
    if entry is not None and not is_eeg:
        raise InputError("entry: names a piece of an EEG with gaps; other files are described as a whole")
    if dims is not None and not arrays:
        raise InputError(f"dims: is for files of arrays; {file} names its axes itself; leave it out")
    if is_result(file):
        facts = _document_facts(file)
    else:
        facts = (_eeg_facts(file, entry) if is_eeg else {}) or _run_facts(file, dims, arrays)

    def text() -> str:
        lines = wrapped(f"{file}: {facts['kind']}", "", "  ")
        for key, value in facts.items():
            if key in ("file", "kind", "config") or value in (None, "", {}, []):
                continue
            if isinstance(value, dict):
                lines.append(f"{key}:")
                lines += (part for name, item in value.items() for part in wrapped(f"{name}: {item}", "  ", "    "))
            elif str(value).startswith("ictal "):  # a command stays on one line
                lines.append(f"{key}: {value}")
            else:
                words = ", ".join(map(str, value)) if isinstance(value, list) else value
                lines += wrapped(f"{key}: {words}", "", "  ")
        return "\n".join(lines) + "\n"

    out.result({"file": str(file), **facts}, text)


def _run_facts(file: Path, dims: str | None, arrays: bool) -> dict[str, Any]:
    """Describe a table, arrays, or an export of a run."""
    from ..simulator import Recording
    from ..simulator.files.readers import ARRAY_SUFFIXES, array_shapes, open_run
    from ..simulator.recordings.dims import AxesError
    from ..verbs.sources import remarked

    note, no_clock = "", "an array has no clock: give --dt and --clock to measure it"
    try:
        run = open_run(file, dims=dims)
    except AxesError as error:
        if file.suffix.lower() not in ARRAY_SUFFIXES:
            raise
        stored = {name: repr(shape) for name, shape in array_shapes(file).items()}
        return {"kind": "arrays", "arrays": stored, "note": f"{no_clock}; {str(error).replace('dims=', '--dims ')}"}
    except InputError as error:
        if not arrays or "--dt" not in str(error):
            raise
        try:
            run = open_run(file, clock="sample", dims=dims)
        except InputError:
            raise error from None
        note = no_clock
    run = remarked(run)
    shapes = {n: repr(e.values.shape) if note and isinstance(e, Recording) else repr(e) for n, e in run.items()}
    labels = {
        name: ", ".join(map(str, values))
        for entry in run.values()
        for name, values in entry.unit_labels.items()
        if name in ("name", "channel") and arrays
    }
    return {
        "kind": "arrays" if arrays else "run",
        "arrays" if note else "entries": shapes,
        **labels,
        "note": note,
        "assumptions": run.source.get("assumptions", []),
        "inputs": {"data": _provenance(run.source)},
    }


def _eeg_facts(file: Path, entry: str | None) -> dict[str, Any]:
    """Describe an EEG, its channels and events; {} for a file with other signals, or with trials."""
    from ..analyses.eeg.quality import OF_A_BAND, examine
    from ..analyses.eeg.windows import events_of
    from ..simulator.files.edf import ENTRY, pieces_of
    from ..simulator.files.readers import open_run

    run = open_run(file, lazy=True)
    if entry is None and (gaps := pieces_of(run)):
        raise InputError(f"{file}: {gaps}")
    entry = entry or ENTRY
    if entry == ENTRY and (ENTRY not in run or run.recording(ENTRY).values.ndim > 2):
        return {}
    recording, source = run.recording(entry), run.source
    marks: Any = source.get("annotations", ())
    faults = {channel.name: channel.reason for channel in examine(recording) if channel.reason}
    by_band = {name: reason for name, reason in faults.items() if reason.startswith(OF_A_BAND)}
    seconds = [
        f"{m['text']} at {m['onset']:g} s" + ("" if m["duration"] is None else f" for {m['duration']:g} s")
        for m in marks
    ]
    events, said = events_of(recording)
    assumed: Any = source.get("assumptions", ())
    return {
        "kind": f"EEG ({source['format']})",
        "entries": {entry: repr(recording)},
        "channels": [str(name) for name in recording.unit_labels["channel"]],
        "not to be used": {name: reason for name, reason in faults.items() if name not in by_band},
        "not to be used without a band that leaves it out": by_band,
        "sampling rate": f"{1 / recording.dt:g} Hz",
        "duration": f"{recording.duration:g} s" + (f" from {recording.t0:g} s" if recording.t0 else ""),
        "start": source.get("start", ""),
        "annotations": seconds,
        "events": [f"{event.onset:g} to {event.stop:g} s ({event.text})" for event in events],
        "assumptions": [*assumed, *said],
        "inputs": {"data": _provenance(dict(source))},
    }


def _document_facts(file: Path) -> dict[str, Any]:
    import json

    from ..simulator.files.document import about, damage_in_one_line
    from ..simulator.files.result import attributes, load
    from ..simulator.recordings.run import Run
    from ..verbs.recorded import ways_on

    found = load(file)
    attrs = attributes(file) or about(found.kind, found.config)
    with damage_in_one_line(file, "a part is missing or damaged"):
        config: dict[str, Any] = dict(json.loads(attrs.get("config", "{}")))
        inputs = _inputs(config)
        return {
            "kind": found.kind,
            "created": str(attrs.get("created", "")),
            "again": config.get("command", ""),
            **(ways_on(file, found) if isinstance(found, Run) else {}),
            "continues": config.get("continues", {}),
            "inputs": inputs,
            "note": RELATIVE if config.get("command") or inputs else "",
            "seed": json.loads(attrs.get("seed", "null")),
            "engine": str(attrs.get("engine", "")),
            "versions": dict(json.loads(attrs.get("versions", "{}"))),
            "config": config,
            **found.facts(),
        }


def _inputs(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the inputs of a result: file or command, and SHA-256."""
    found = {"data": config["source"]} if "source" in config else {}
    for group, members in dict(config.get("sources", {})).items():
        found |= {f"{group} {number}": source for number, source in enumerate(members, 1)}
    if not found and "file" in config:  # a run that was read from an array file
        found = {"data": config}
    return {name: _provenance(dict(source)) for name, source in found.items()}


def _provenance(source: Mapping[str, Any]) -> str:
    if "file" in source:
        return f"{source['file']} (SHA-256 {source.get('sha256', 'unknown')})"
    sums = "; ".join(f"{name} {total}" for name, total in dict(source.get("array_sha256", {})).items())
    return f"{source.get('command') or source.get('system') or 'arrays'} in memory (SHA-256 of {sums or 'nothing'})"
