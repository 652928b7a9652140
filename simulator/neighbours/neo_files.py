"""Files of electrophysiology that Neo reads: Axon, Plexon, Blackrock, Neuralynx, Micromed, Intan, CED, NIX."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from .. import Run
from ..files.readers import OF_NEO
from . import of_neo
from .packages import needed, reading

CLASSES = {  # suffix -> class of neo.io
    ".abf": "AxonIO", ".plx": "PlexonIO", ".ncs": "NeuralynxIO", ".trc": "MicromedIO",
    **dict.fromkeys((".nev", *(f".ns{k}" for k in range(1, 7))), "BlackrockIO"),
    **dict.fromkeys((".rhd", ".rhs"), "IntanIO"), **dict.fromkeys((".smr", ".smrx"), "CedIO"), ".nix": "NixIO",
}  # fmt: skip


def read_neo(source: Path) -> Run:
    """Read a file with Neo as `of_neo.read` reads its Block: signals and spike trains, events and epochs.

    Raises:
        InputError: one line: neo or a package that it needs is not installed, it cannot read the file, or the file
            holds no signal.
    """
    suffix = source.suffix.lower()
    what, name = OF_NEO[suffix], CLASSES[suffix]
    neo = needed(source, what, "neo", "neo")
    notes: list[str] = []
    with reading(source, what, "neo", notes):
        if name == "NeuralynxIO":  # reads the folder of a session
            given: dict[str, Any] = {"dirname": str(source.parent), "include_filenames": [source.name]}
        else:
            given = {"filename": str(source)}
        blocks = getattr(neo.io, name)(**given).read()
        parts = [segment for block in blocks for segment in block.segments]
        run = of_neo.read(blocks[0] if len(blocks) == 1 else _Joined(parts))
        del blocks, parts
        gc.collect()  # closes the files that Neo leaves open
    own: Any = run.source.get("assumptions", ())
    return Run(run, {"format": f"{what}, by neo {neo.__version__}", **run.source, "assumptions": [*own, *notes]})


class _Joined:
    """Segments of several blocks as those of one."""

    def __init__(self, segments: list[Any]) -> None:
        self.segments = segments
