"""``ictal eeg``: a recording from its channels to its figures; tables of sliding windows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .electrodes import Channels, Marked
from .options import DimsOption, Force, Line, check_folder, command
from .output import Output, assumptions, number
from .tables import table
from .windows_text import windows_text

if TYPE_CHECKING:
    from ..analyses.eeg.result import EegResult

RESULT = "eeg.h5"


@command
def eeg(
    *,
    file: Annotated[Path, Param("An EEG: .edf, .bdf, .vhdr, .set, .fif, .gdf ..., .h5 or an array"), Argument("FILE")],
    channels: Channels,
    band: Annotated[tuple[float, float], Param("Band of everything that is measured [Hz]")] = (3.0, 20.0),
    window: Annotated[float, Param("Length of sliding windows [s]")] = 5.0,
    step: Annotated[float | None, Param("From one window to the next; default half a window")] = None,
    nulls: Annotated[int, Param("Surrogates a value: 0, or at least 199")] = 199,
    marked: Marked,
    baseline: Annotated[
        tuple[float, float] | None, Param("Baseline of recruitment and detectors [s]; default: before the first event")
    ] = None,
    k: Annotated[float, Param("Raised: over mean + K SD of the baseline")] = 3.0,
    hold: Annotated[float, Param("Raised for at least S seconds")] = 2.0,
    measures: Annotated[
        tuple[str, ...], Param("Default: kuramoto_r1, chi_c, lambda1_fraction, si_3, and the rhythm")
    ] = (),
    entry: Annotated[str | None, Param("This entry of the file; default eeg")] = None,
    rate: Annotated[float | None, Param("Sampling rate of an array [Hz]")] = None,
    dims: DimsOption = None,
    seed: Annotated[int, Param("Seed of the surrogates", ge=0)] = 0,
    output: Annotated[Path | None, Param("Default: NAME-eeg"), Option("DIR", "-o --output", record="never")] = None,
    force: Force = False,
    line: Line,
    out: Output,
) -> None:
    """Analyse an EEG: synchrony, recruitment, detectors.

    Writes eeg.h5 and figures (PNG, SVG) into the folder given by -o.
    """
    folder = output or Path(f"{file.stem}-eeg")
    check_folder(folder, [RESULT], force)

    from ..verbs.eeg import analyse_eeg

    with out.progress("eeg") as report:
        found = analyse_eeg(
            file, window=window, step=step, band=band, measures=measures, nulls=nulls, entry=entry, rate=rate,
            dims=dims, baseline=baseline, k=k, hold=hold, seed=seed, **channels.arguments(), **marked.arguments(),
            command=line, progress=report,
        )  # fmt: skip
        if report:
            report(1, 1, "figures")

        from ..analyses.figures.save import save_figures
        from ..simulator.files.disk import make_folder

        make_folder(folder)
        written = [
            found.save(folder / RESULT, force=force),
            *save_figures(found.pictures().values(), folder, force=force),
        ]
    data = {"file": str(file), **found.to_json(), "files": [str(path) for path in written]} if out.json else {}
    out.result(data, lambda: windows_text(found) + _recruited(found) + _detected(found))
    out.note(*channel_notes(found), f"wrote {written[0]} and {len(written) - 1} figures (PNG, SVG) to {folder}")


def channel_notes(found: EegResult) -> list[str]:
    """Return the channels of poor quality, every assumption, and the limits of the nulls, as notes."""
    from ..analyses.values import limits_of_nulls

    poor = [channel for channel in found.channels if channel.reason]
    notes = [f"{c.name}: {'kept, though ' if c.used else 'left out, '}{c.reason}" for c in poor]
    return notes + assumptions(found.config) + limits_of_nulls(found.rows)


def _recruited(found: EegResult) -> str:
    rows = [[r.channel, number(r.time), number(r.latency), number(r.peak)] for r in found.recruitment]
    if not rows:
        return ""
    return table(["channel", "recruited at [s]", "after onset [s]", "peak [SD]"], rows)


def _detected(found: EegResult) -> str:
    rows = [
        [s.detector, f"{s.hits}/{s.events}", number(s.latency), str(s.false_alarms), f"{s.hours:.3g}",
         number(s.false_per_hour)]
        for s in found.scores
    ]  # fmt: skip
    columns = ["detector", "events hit", "latency [s]", "false alarms", "in [h]", "false/h"]
    return table(columns, rows) if rows else ""
