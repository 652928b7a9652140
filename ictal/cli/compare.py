"""``ictal compare``: groups of files, or the main job, under the same measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..analyses.settings import ValueSettings
from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .heard import heard, joined
from .options import (
    Band,
    Bin,
    ClockOption,
    DimsOption,
    Dt,
    Force,
    Line,
    MaxLag,
    Names,
    Null,
    PhaseBand,
    Sd,
    TrainShift,
    check_folder,
    command,
)
from .output import Output, assumptions, number
from .tables import on_lines, table

if TYPE_CHECKING:
    from ..analyses.comparison.result import Comparison

OUTPUTS = ("compare.h5", "report.html")


@command
def compare(
    *,
    files: Annotated[
        tuple[Path, ...], Param("Runs (.h5), trained networks (.pt) or arrays; none: the main job"), Argument("FILE...")
    ] = (),
    labels: Annotated[
        tuple[str, ...], Param("Group of each file; a label given twice makes replicates. Default: file names")
    ] = (),
    entries: Annotated[
        tuple[str, ...], Param("Entries that all files have, or one for each group"), Option("E,…|A=E,B=F")
    ] = (),
    data: Annotated[str | None, Param("Main job: digits (default), fashion-mnist, or an .npz file")] = None,
    seeds: Annotated[int | None, Param("Main job: replicates (default 5)", ge=1)] = None,
    seed: Annotated[int, Param("First seed", ge=0)] = 0,
    measures: Names = (),
    band: Band = None,
    phase_band: PhaseBand = None,
    bin: Bin = ValueSettings.bin,
    sd: Sd = ValueSettings.sd,
    nulls: Annotated[int, Param("Surrogates a value, at least 199", ge=199)] = 199,
    null: Null = (),
    max_lag: MaxLag = None,
    train_shift: TrainShift = None,
    dt: Dt = None,
    clock: ClockOption = None,
    dims: DimsOption = None,
    window: Annotated[tuple[float, float] | None, Param("Only this part of the time axis [ticks]")] = None,
    output: Annotated[Path, Param("Where results go"), Option("DIR", "-o --output", record="never")] = Path(
        "ictal-compare"
    ),
    force: Force = False,
    line: Line,
    out: Output,
) -> None:
    """Compare groups of files; without files, run the main job.

    The main job measures a seizure against rest, and overfitted against healthy classifiers. Writes
    compare.h5, report.html and figures/ into the folder given by -o.
    """
    of_files = {"labels": labels, "entries": entries, "band": band, "phase_band": phase_band, "dt": dt, "clock": clock,
                "dims": dims, "window": window, "bin": bin != ValueSettings.bin,
                "sd": sd != ValueSettings.sd}  # fmt: skip
    for name, value in ({"data": data, "seeds": seeds} if files else of_files).items():
        if value:
            raise InputError(
                f"{name}: belongs to the {'main job; leave out the files' if files else 'files; name some'}"
            )
    check_folder(output, OUTPUTS, force)
    figures = output / "figures"
    check_folder(figures, [], force)
    if not force and figures.is_dir() and any(figures.iterdir()):
        raise InputError(f"{figures}: holds figures already; choose another folder or give --force to replace them")
    with out.progress("compare") as report:
        if files:
            from ..verbs import compare as compare_verb

            found = compare_verb.compare(
                _grouped(files, labels), entries=_entries(entries), dt=dt, clock=clock, dims=dims, window=window,
                measures=measures, nulls=nulls, seed=seed, command=line, progress=report, band=band,
                phase_band=phase_band, bin=bin, sd=sd, null=null, max_lag=max_lag, train_shift=train_shift,
            )  # fmt: skip
        else:
            from ..analyses import Settings
            from ..experiments.seizure_overfitting import run

            settings = Settings(
                measures=measures, nulls=nulls, seed=seed, null=null, max_lag=max_lag, train_shift=train_shift
            )  # fmt: skip
            with heard() as words:
                found = run(data=data or "digits", seeds=seeds or 5, seed=seed, settings=settings, progress=report)
            found = found.with_config(command=line, assumptions=joined(found.config["assumptions"], words))
        if report:
            report(1, 1, "figures and report")
        written = _write(found, output, force)
    from ..analyses.comparison.sentence import headline

    answer = {**found.to_json(), "headline": headline(found), "files": [str(path) for path in written]}
    out.result(answer, lambda: summary(found))
    out.note(
        *assumptions(
            found.config, *(source for members in dict(found.config.get("sources", {})).values() for source in members)
        ),
        *(f"wrote {path}" for path in written[:2]),
        f"wrote {len(written) - 2} figures (PNG, SVG) to {figures}",
    )
    from ..analyses.values import limits_of_nulls

    out.note(*limits_of_nulls(found.observations))
    if older := sum(path.suffix in (".png", ".svg") for path in figures.iterdir()) - (len(written) - 2):
        out.note(f"{older} older figures are still in {figures}")


def _grouped(files: Sequence[Path], labels: Sequence[str]) -> dict[str, Any]:
    """Return label -> files."""
    if labels and len(labels) != len(files):
        raise InputError(f"labels: must be one for each file; got {len(labels)} for {len(files)} files")
    if not labels and len({path.stem for path in files}) < len(files):
        raise InputError("labels: needed, because two files have the same name, e.g. --labels rest,rest,seizure")
    groups: dict[str, list[Path]] = {}
    for label, path in zip(labels or [path.stem for path in files], files, strict=True):
        groups.setdefault(label, []).append(path)
    return groups


def _entries(names: Sequence[str]) -> list[str] | dict[str, str] | None:
    """Return the entries of every group, or group -> entry."""
    if not any("=" in name for name in names):
        return list(names) or None
    pairs = [name.partition("=") for name in names]
    if any(not equals or not group or not entry for group, equals, entry in pairs):
        raise InputError(f"entries: must be ENTRY,… or GROUP=ENTRY,…; got {','.join(names)!r}")
    return {group: entry for group, _, entry in pairs}


def _write(found: Comparison, folder: Path, force: bool) -> list[Path]:
    from ..analyses.report.comparison import write_report
    from ..simulator.files.disk import make_folder

    figures = folder / "figures"
    make_folder(figures)
    before = {path: path.stat().st_ino for path in figures.iterdir()}
    written = [
        found.save(folder / "compare.h5", force=force),
        write_report(found, folder / "report.html", force=force, figures=figures),
    ]
    return written + sorted(path for path in figures.iterdir() if before.get(path) != path.stat().st_ino)


def summary(found: Comparison) -> str:
    """Return the headline, the verdicts or else every contrast, and values after a shuffle."""
    from ..analyses.comparison.sentence import headline
    from ..analyses.comparison.wording import shuffled

    measures = dict.fromkeys(row.measure for row in found.observations)
    shuffles = ((name, shuffled(found, name)) for name in measures)
    lines = (f"{name} before → after a shuffle of the samples: {text}" for name, text in shuffles if text)
    return on_lines(*headline(found)) + _separations(found) + on_lines(*lines)


def _separations(found: Comparison) -> str:
    arrow = {1: " ↑", -1: " ↓", 0: ""}
    if found.verdicts:
        first, second = found.verdicts[0].first, found.verdicts[0].second
        rows = [
            [v.measure, v.first_statement + arrow[v.first_direction], v.second_statement + arrow[v.second_direction],
             v.agreement]
            for v in found.verdicts
        ]  # fmt: skip
        return table(["measure", first, second, "agreement"], rows)
    rows = [
        [c.panel, c.measure, f"{c.a} {number(c.mean_a)}", f"{c.b} {number(c.mean_b)}",
         f"{number(c.difference)} [{number(c.ci_low)}, {number(c.ci_high)}]", number(c.p),
         c.statement + arrow[c.direction]]
        for c in found.contrasts
    ]  # fmt: skip
    return table(["panel", "measure", "a", "b", "a − b [95 %]", "p", "statement"], rows)
