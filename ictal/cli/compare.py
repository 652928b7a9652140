"""``ictal compare``: the main job, or a stranger's files, under the same measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import (
    BIN,
    SD,
    Band,
    Bin,
    ClockOption,
    Dt,
    Force,
    Json,
    Names,
    PhaseBand,
    Quiet,
    Sd,
    Window,
    check_folder,
    command_line,
    listed,
    make_folder,
)
from .output import Output, number, table
from .sliding import noted

if TYPE_CHECKING:
    from ..analyses.comparison.result import Comparison
    from ..simulator.types import Progress

OUTPUTS = ("compare.h5", "report.html")


def compare(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Runs (.h5), trained networks (.pt) or arrays; none: the main job."),
    ] = None,
    labels: Annotated[
        str,
        typer.Option(
            metavar="A,B", help="Group of each file; a label given twice makes replicates. Default: file names."
        ),
    ] = "",
    entries: Annotated[
        str, typer.Option(metavar="E,… | A=E,B=F", help="Entries that all files have, or one for each group.")
    ] = "",
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help="Main job: digits (default), fashion-mnist, or an .npz file.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Main job: replicates (default 5).")] = None,
    seed: Annotated[int, typer.Option(metavar="K", help="First seed.")] = 0,
    measures: Names = "",
    band: Band = None,
    phase_band: PhaseBand = None,
    nulls: Annotated[int, typer.Option(metavar="N", help="Surrogates a value, at least 199.")] = 199,
    bin: Bin = None,
    sd: Sd = None,
    dt: Dt = None,
    clock: ClockOption = None,
    window: Window = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", readable=False, metavar="DIR", help="Where results go.")
    ] = Path("ictal-compare"),
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups of files; without files, run the main job.

    The main job measures a seizure against rest, and overfitted against healthy classifiers. Writes
    compare.h5, report.html and figures/ into the folder given by -o.
    """
    from ..simulator import InputError

    files = files or []
    only = {"--data": data, "--seeds": seeds} if files else {
        "--labels": labels, "--entries": entries, "--band": band, "--phase-band": phase_band, "--dt": dt,
        "--clock": clock, "--window": window, "--bin": bin, "--sd": sd,
    }  # fmt: skip
    if wrong := [option for option, value in only.items() if value not in (None, "")]:
        raise InputError(
            f"{wrong[0]}: belongs to the {'main job; leave out the files' if files else 'files; name some'}"
        )
    if nulls < 199:
        raise InputError(f"--nulls: must be at least 199; got {nulls}")
    if seeds is not None and seeds < 1:
        raise InputError(f"--seeds: must be at least 1; got {seeds}")
    if seed < 0:
        raise InputError(f"--seed: must be at least 0; got {seed}")
    check_folder(output, OUTPUTS, force)
    figures = output / "figures"
    check_folder(figures, [], force)
    if not force and figures.is_dir() and any(figures.iterdir()):
        raise InputError(f"{figures}: holds figures already; choose another folder or say --force to replace them")
    options: list[tuple[str, object]] = [
        ("--labels", ",".join(listed(labels))),
        ("--entries", ",".join(listed(entries))),
        ("--data", data),
        ("--seeds", seeds),
        ("--seed", seed or None),
        ("--measures", ",".join(listed(measures))),
        ("--band", band),
        ("--phase-band", phase_band),
        ("--bin", bin if bin != BIN else None),
        ("--sd", sd if sd != SD else None),
        ("--nulls", nulls if nulls != 199 else None),
        ("--dt", dt),
        ("--clock", clock),
        ("--window", window),
    ]
    command = command_line(["compare", *files], options)
    out = Output(json, quiet)
    with out.progress("compare") as report:
        if files:
            from ..verbs import compare as compare_verb

            found = compare_verb.compare(
                _grouped(files, listed(labels)),
                entries=_entries(entries),
                dt=dt,
                clock=clock,
                window=window,
                measures=listed(measures),
                nulls=nulls,
                seed=seed,
                command=command,
                progress=report,
                band=band,
                phase_band=phase_band,
                bin=BIN if bin is None else bin,
                sd=SD if sd is None else sd,
            )
        else:
            found = _main_job(data or "digits", 5 if seeds is None else seeds, seed, listed(measures), nulls, report)
            found = found.with_config(command=command)
        if report:
            report(1, 1, "figures and report")
        written = _write(found, output, force)
    out.result({**found.to_json(), "files": [str(path) for path in written]}, lambda: summary(found))
    noted(out, *(source for members in dict(found.config.get("sources", {})).values() for source in members))
    out.note("\n".join(f"wrote {path}" for path in written[:2]))
    out.note(f"wrote {len(written) - 2} figures (PNG, SVG) to {figures}")
    if older := sum(path.suffix in (".png", ".svg") for path in figures.iterdir()) - (len(written) - 2):
        out.note(f"{older} older figures are still in {figures}")


def _main_job(data: str, seeds: int, seed: int, measures: list[str], nulls: int, report: Progress | None) -> Comparison:
    from ..analyses.comparison.compare import Settings
    from ..experiments.seizure_overfitting import run

    settings = Settings(measures=tuple(measures), nulls=nulls, seed=seed)
    found: Comparison = run(data=data, seeds=seeds, seed=seed, settings=settings, progress=report)
    return found


def _grouped(files: list[Path], labels: list[str]) -> dict[str, Any]:
    from ..simulator import InputError

    if labels and len(labels) != len(files):
        raise InputError(f"--labels: must be one for each file; got {len(labels)} for {len(files)} files")
    if not labels and len({path.stem for path in files}) < len(files):
        raise InputError("--labels: needed, because two files have the same name, e.g. --labels rest,rest,seizure")
    groups: dict[str, list[Path]] = {}
    for label, path in zip(labels or [path.stem for path in files], files, strict=True):
        groups.setdefault(label, []).append(path)
    return groups


def _entries(text: str) -> list[str] | dict[str, str] | None:
    from ..simulator import InputError

    names = listed(text)
    if not any("=" in name for name in names):
        return names or None
    pairs = [name.partition("=") for name in names]
    if any(not equals or not group or not entry for group, equals, entry in pairs):
        raise InputError(f"--entries: must be ENTRY,… or GROUP=ENTRY,…; got {text!r}")
    return {group: entry for group, _, entry in pairs}


def _write(found: Comparison, folder: Path, force: bool) -> list[Path]:
    from ..analyses.report.comparison import write_report

    figures = folder / "figures"
    make_folder(figures)
    before = {path: path.stat().st_ino for path in figures.iterdir()}
    written = [
        found.save(folder / "compare.h5", force=force),
        write_report(found, folder / "report.html", force=force, figures=figures),
    ]
    return written + sorted(path for path in figures.iterdir() if before.get(path) != path.stat().st_ino)


def summary(found: Comparison) -> str:
    """The verdicts where there are two sides, else every contrast; then what a shuffle of the samples leaves."""
    return _separations(found) + _shuffles(found)


def _shuffles(found: Comparison) -> str:
    from ..analyses.comparison.wording import shuffled

    measures = dict.fromkeys(row.measure for row in found.observations)
    return "".join(
        f"{name} before → after a shuffle of the samples: {text}\n"
        for name in measures
        if (text := shuffled(found, name))
    )


def _separations(found: Comparison) -> str:
    arrow = {1: " ↑", -1: " ↓", 0: ""}
    if found.verdicts:
        first, second = found.verdicts[0].first, found.verdicts[0].second
        rows = [
            [
                v.measure,
                v.first_statement + arrow[v.first_direction],
                v.second_statement + arrow[v.second_direction],
                v.agreement,
            ]
            for v in found.verdicts
        ]
        return table(["measure", first, second, "agreement"], rows)
    rows = [
        [
            c.panel,
            c.measure,
            f"{c.a} {number(c.mean_a)}",
            f"{c.b} {number(c.mean_b)}",
            f"{number(c.difference)} [{number(c.ci_low)}, {number(c.ci_high)}]",
            number(c.p),
            c.statement + arrow[c.direction],
        ]
        for c in found.contrasts
    ]
    return table(["panel", "measure", "a", "b", "a − b [95 %]", "p", "statement"], rows)
