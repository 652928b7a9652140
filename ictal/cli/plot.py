"""``ictal plot``: the figures of a file, drawn from the file alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .options import ClockOption, Dt, Force, Json, Quiet, check_folder, command, make_folder
from .output import Output

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@command
def plot(
    file: Annotated[
        Path,
        Param(
            "A run, a comparison, an EEG result, dynamics, evidence (.h5), an EEG (.edf, .bdf), a trained network "
            "(.pt), or an array file"
        ),
        Argument("FILE"),
    ],
    output: Annotated[Path | None, Param("Default: NAME-figures"), Option("DIR", "-o --output")] = None,
    dt: Dt = None,
    clock: ClockOption = None,
    animate: Annotated[bool, Param("Also a GIF of every bump on a ring"), Option()] = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw the figures of a run or a result as PNG and SVG."""
    folder = output or Path(f"{file.stem}-figures")
    check_folder(folder, [], force)
    out = Output(json, quiet)
    with out.progress("plot"):
        films = _films(file, dt, clock) if animate else {}
        figures = _figures(file, dt, clock)

        from ..analyses.figures import save_figures
        from ..analyses.figures.save import save_films

        make_folder(folder)
        written = save_figures(figures, folder, force=force) + save_films(films, folder, force=force)
    out.result(
        {
            "kind": "figures", "file": str(file), "folder": str(folder), "files": [str(path) for path in written],
            "captions": {name: caption for name, (_, caption) in figures.items()},
        },
        lambda: "" if quiet else "".join(
            [*(f"wrote {path}\n" for path in written), *(f"\n{name}: {said}\n" for name, (_, said) in figures.items())]
        ),
    )  # fmt: skip


def _films(file: Path, dt: float | None, clock: str | None) -> dict[str, bytes]:
    """Name -> GIF."""
    from ..analyses.figures.rings import films
    from ..verbs.sources import open_source

    return films(open_source(file, dt=dt, clock=clock))


def _figures(file: Path, dt: float | None, clock: str | None) -> dict[str, tuple[Figure, str]]:
    """Name -> (figure, caption)."""
    from ..simulator import InputError
    from ..simulator.files.document import read
    from ..simulator.files.edf import EDF_SUFFIXES
    from ..simulator.files.readers import ARRAY_SUFFIXES
    from ..verbs.sources import NETWORK_SUFFIX, open_source

    raw = file.suffix.lower() in (*ARRAY_SUFFIXES, *EDF_SUFFIXES, NETWORK_SUFFIX)
    kind = "run" if raw else str(read(file).attrs.get("kind"))
    if kind not in ("run", "comparison", "eeg", "evidence", "dynamics"):
        kinds = "a run, a comparison, synchrony over time, an analysis of dynamics, or evidence"
        raise InputError(f"{file}: holds {kind}; plot draws {kinds}")

    if kind == "dynamics":
        from ..analyses.dynamics.result import DynamicsResult
        from ..analyses.figures.dynamics import dynamics_drawings

        return {drawn.name: (drawn.figure, drawn.caption) for drawn in dynamics_drawings(DynamicsResult.load(file))}

    if kind == "eeg":
        from ..analyses.eeg.result import EegResult
        from ..analyses.figures.eeg import eeg_drawings

        return {drawn.name: (drawn.figure, drawn.caption) for drawn in eeg_drawings(EegResult.load(file))}

    if kind == "evidence":
        from ..analyses.report.ledger import drawings
        from ..experiments.reproduce import ledger

        return {drawn.name: (drawn.figure, drawn.caption) for drawn in drawings(ledger([file]))}

    from ..analyses.comparison.result import load_comparison
    from ..analyses.figures import drawings_of_run, figures_of_comparison

    if kind == "comparison":
        found = load_comparison(file)
        if not isinstance(found.config, Mapping):
            raise InputError(f"{file}: is not a complete comparison, its config is damaged")
        return figures_of_comparison(found)
    run = open_source(file, dt=dt, clock=clock)
    return {drawn.name: (drawn.figure, drawn.caption) for drawn in drawings_of_run(run)}
