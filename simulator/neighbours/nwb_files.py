"""Files of NWB, which pynwb reads: time series, units and intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import Run
from . import of_nwb
from .hdf5 import check_contained, opened
from .packages import needed, reading


def read_nwb(source: Path) -> Run:
    """Read an .nwb file as `of_nwb.read` reads its NWBFile.

    Raises:
        InputError: one line: pynwb is not installed or cannot read the file, it links to other files, declares more
            than it stores, or holds no signal.
    """
    pynwb = needed(source, "NWB", "pynwb", "nwb")
    notes: list[str] = []
    with reading(source, "NWB", "pynwb", notes), opened(source) as file:
        check_contained(source, file)
        with pynwb.NWBHDF5IO(file=file, mode="r") as io:
            run = of_nwb.read(io.read())
    if "versions" in run.source and not notes:  # written by Ictal
        return run
    own: Any = run.source.get("assumptions", ())
    return Run(run, {"format": f"NWB, by pynwb {pynwb.__version__}", **run.source, "assumptions": [*own, *notes]})
