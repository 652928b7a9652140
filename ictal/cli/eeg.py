"""``ictal eeg``: a recording from its channels to its figures, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Force, Json, Quiet, check_folder, command_line, listed, make_folder
from .output import Output, number, table
from .sliding import remarks, windows_table

if TYPE_CHECKING:
    from ..analyses.eeg.result import EegResult

RESULT = "eeg.h5"
BAND, LENGTH, NULLS, K, HOLD = (3.0, 20.0), 5.0, 199, 3.0, 2.0  # as in ictal.verbs.eeg, which takes a second to import


def eeg(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An EEG: .edf, .bdf, a run (.h5) or an array file.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", readable=False, metavar="DIR", help="Default: NAME-eeg.")
    ] = None,
    band: Annotated[
        tuple[float, float], typer.Option("--band", metavar="LO HI", help="Band of everything that is measured [Hz].")
    ] = BAND,
    window: Annotated[float, typer.Option(metavar="S", help="Length of sliding windows [s].")] = LENGTH,
    step: Annotated[
        float | None, typer.Option(metavar="S", help="From one to the next; default half a window.")
    ] = None,
    nulls: Annotated[int, typer.Option(metavar="N", help="Surrogates a value: 0, or at least 199.")] = NULLS,
    event: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Annotations that are events; default: those that say seizure.")
    ] = None,
    baseline: Annotated[
        tuple[float, float] | None,
        typer.Option(
            "--baseline",
            metavar="START STOP",
            help="Of recruitment and detectors [s]; default: before the first event.",
        ),
    ] = None,
    k: Annotated[float, typer.Option("--k", metavar="K", help="Raised: over mean + K SD of the baseline.")] = K,
    hold: Annotated[float, typer.Option(metavar="S", help="for at least S seconds.")] = HOLD,
    reference: Annotated[str, typer.Option(metavar="R", help="none or average.")] = "none",
    all_channels: Annotated[
        bool, typer.Option("--all-channels", help="Keep copies and channels of poor quality.", show_default=False)
    ] = False,
    measures: Annotated[
        str, typer.Option(metavar="A,B", help="Default: r, chi_c, lambda1_fraction, si_3, and the rhythm.")
    ] = "",
    entry: Annotated[str | None, typer.Option(metavar="A", help="This entry of the file; default eeg.")] = None,
    rate: Annotated[float | None, typer.Option(metavar="HZ", help="Sampling rate of an array [Hz].")] = None,
    seed: Annotated[int, typer.Option(metavar="K", help="Seed of the surrogates.")] = 0,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Analyse an EEG: synchrony, recruitment, detectors.

    Writes eeg.h5 and figures (PNG, SVG) into the folder given by -o.
    """
    from ..simulator.errors import InputError

    folder = output or Path(f"{file.stem}-eeg")
    check_folder(folder, [RESULT], force)
    if seed < 0:
        raise InputError(f"--seed: must be at least 0; got {seed}")

    from ..verbs.eeg import analyse_eeg

    options: list[tuple[str, object]] = [
        ("--band", band if band != BAND else None),
        ("--window", window if window != LENGTH else None),
        ("--step", step),
        ("--nulls", nulls if nulls != NULLS else None),
        ("--event", event),
        ("--baseline", baseline),
        ("--k", k if k != K else None),
        ("--hold", hold if hold != HOLD else None),
        ("--reference", reference if reference != "none" else None),
        ("--measures", ",".join(listed(measures))),
        ("--entry", entry),
        ("--rate", rate),
        ("--seed", seed or None),
    ]
    command = command_line(["eeg", file, *(["--all-channels"] if all_channels else [])], options)
    out = Output(json, quiet)
    with out.progress("eeg") as report:
        found = analyse_eeg(
            file, window=window, step=step, band=band, measures=listed(measures), nulls=nulls, entry=entry, rate=rate,
            event=event, reference=reference, all_channels=all_channels, baseline=baseline, k=k, hold=hold, seed=seed,
            command=command, progress=report,
        )  # fmt: skip
        if report:
            report(1, 1, "figures")

        from ..analyses.figures import save_figures

        make_folder(folder)
        written = [found.save(folder / RESULT, force=force), *save_figures(found.plot().values(), folder, force=force)]
    data = {"file": str(file), **found.to_json(), "files": [str(path) for path in written]}
    out.result(data, lambda: windows_table(found) + _recruited(found) + _detected(found))
    remarks(out, found)
    out.note(f"wrote {written[0]} and {len(written) - 1} figures (PNG, SVG) to {folder}")


def _recruited(found: EegResult) -> str:
    rows = [[r.channel, number(r.time), number(r.latency), number(r.peak)] for r in found.recruitment]
    if not rows:
        return ""
    return table(["channel", "recruited at [s]", "after onset [s]", "peak [SD]"], rows)


def _detected(found: EegResult) -> str:
    rows = [
        [
            s.detector,
            f"{s.hits}/{s.events}",
            number(s.latency),
            str(s.false_alarms),
            f"{s.hours:.3g}",
            number(s.false_per_hour),
        ]
        for s in found.scores
    ]
    columns = ["detector", "events hit", "latency [s]", "false alarms", "in [h]", "false/h"]
    return table(columns, rows) if rows else ""
