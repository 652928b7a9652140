"""Writes the bitcode of the kernels into the package: ``python -m ictal.simulator.engines.ship``, after any change.

It is read where no machine code of a kernel is on the disk yet, and saves numba its part of the work.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..networks.cells import Population, Synapse
from ..networks.connections import Pairwise, Projection
from ..networks.network import Network
from .compiled.engine import PRECISIONS, Simulation
from .kernels.compiling import SOURCES, bitcode
from .kernels.edges import cut_rows, draw_sources, sort_by, sort_rows, transpose
from .kernels.exponential import ANY_PROCESSOR
from .kernels.step import advance
from .native.kernel import Kernel, described
from .native.shipped import CONTENTS, FOLDER, LLVM, label
from .wiring import instantiate


def examples() -> list[tuple[str, Kernel, Sequence[Any]]]:
    """Return every kernel, with a name for its file and arguments of each set of types."""
    one, many, cells, numbers = 1, np.zeros(1, np.int64), np.zeros(1, np.int32), np.zeros(1)
    delays = np.zeros(1, np.uint32)
    found: list[tuple[str, Kernel, Sequence[Any]]] = [
        ("draw_sources", draw_sources, (many, one, one, one, one, cells, cells)),
        ("transpose", transpose, (cells, many, many, cells, many)),
        ("sort_by", sort_by, (many, cells, many, cells)),
        ("sort_rows", sort_rows, (many, cells, numbers, delays, many, cells, numbers, many)),
        ("cut_rows", cut_rows, (many, cells, many, many)),
    ]
    population = Population("E", 2, 20.0, 0.0, 20.0, 10.0, synapses=(Synapse("e", 5.0),))
    network = Network((population,), (Projection("E", "E", "e", Pairwise(0.5), 1.0),))
    for precision in PRECISIONS:
        run = Simulation(instantiate(network, 0), 1, 0, precision=precision)
        (arguments,) = run.arguments(run.stretch(0, 1), 0, 1, np.zeros(16, np.int64))
        found.append((f"advance-{precision}", advance, arguments))
    return found


def main() -> None:
    """Write all files anew."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    files = {}
    ANY_PROCESSOR.set(True)
    for name, kernel, arguments in examples():
        filled = kernel.whole(arguments)
        code = bitcode(kernel.function, filled)
        file = f"{name}.bc.xz"
        (FOLDER / file).write_bytes(lzma.compress(code, preset=9))
        files[label(kernel.name, described(tuple(filled)))] = file
        print(
            f"{file}: {len(code) / 1000:.0f} kB, packed {(FOLDER / file).stat().st_size / 1000:.0f} kB", file=sys.stderr
        )
    contents = {"sources": SOURCES, "llvm": LLVM, "files": files}
    CONTENTS.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
