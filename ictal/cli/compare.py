"""``ictal compare``: the main job, or a stranger's files, under the same measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..simulator.errors import InputError
from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from ..simulator.types import Progress
from .options import Band, Bin, ClockOption, Dt, Force, Line, Names, PhaseBand, Sd, check_folder, command, make_folder
from .output import Output, number, table
from .sliding import noted

if TYPE_CHECKING:
    from ..analyses.comparison.result import Comparison
    from ..simulator.types import Progress

BIN, SD = 0.001, 0.005  # [s]; as in analyses.values.ValueSettings, which takes a second to import
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
    bin: Bin = BIN,
    sd: Sd = SD,
    nulls: Annotated[int, Param("Surrogates a value, at least 199", ge=199)] = 199,
    dt: Dt = None,
    clock: ClockOption = None,
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
                "window": window, "bin": bin != BIN, "sd": sd != SD}  # fmt: skip
    for name, value in ({"data": data, "seeds": seeds} if files else of_files).items():
        if value:
            raise InputError(
                f"{name}: belongs to the {'main job; leave out the files' if files else 'files; name some'}"
            )
    check_folder(output, OUTPUTS, force)
    figures = output / "figures"
    check_folder(figures, [], force)
    if not force and figures.is_dir() and any(figures.iterdir()):
        raise InputError(f"{figures}: holds figures already; choose another folder or say --force to replace them")
    with out.progress("compare") as report:
        if files:
            from ..verbs import compare as compare_verb

            found = compare_verb.compare(
                _grouped(files, labels), entries=_entries(entries), dt=dt, clock=clock, window=window,
                measures=measures, nulls=nulls, seed=seed, command=line, progress=report, band=band,
                phase_band=phase_band, bin=bin, sd=sd,
            )  # fmt: skip
        else:
            found = _main_job(data or "digits", seeds or 5, seed, measures, nulls, report).with_config(command=line)
        if report:
            report(1, 1, "figures and report")
        written = _write(found, output, force)
    out.result({**found.to_json(), "files": [str(path) for path in written]}, lambda: summary(found))
    noted(out, *(source for members in dict(found.config.get("sources", {})).values() for source in members))
    out.note("\n".join(f"wrote {path}" for path in written[:2]))
    out.note(f"wrote {len(written) - 2} figures (PNG, SVG) to {figures}")
    if older := sum(path.suffix in (".png", ".svg") for path in figures.iterdir()) - (len(written) - 2):
        out.note(f"{older} older figures are still in {figures}")


def _main_job(
    data: str, seeds: int, seed: int, measures: Sequence[str], nulls: int, report: Progress | None
) -> Comparison:
    from ..analyses import Settings
    from ..experiments.seizure_overfitting import run

    settings = Settings(measures=tuple(measures), nulls=nulls, seed=seed)
    found: Comparison = run(data=data, seeds=seeds, seed=seed, settings=settings, progress=report)
    return found


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
