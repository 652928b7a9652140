"""Spikes in a file of the SONATA specification, without other content."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from ..files.disk import Sink, replacing
from ..files.document import SONATA_MAGIC, SONATA_SORTING, SONATA_VERSION, Stored
from ..files.store import UNIT_LABEL
from ..types import Progress
from .entries import Content, Exported, Format, blocks, name_of, spikes_of


def write_sonata(content: Content, target: Path, force: bool, progress: Progress) -> Exported:
    """Write ``/spikes/POPULATION`` with ``timestamps`` [ms], ``node_ids`` and the attribute ``sorting``.

    Readers of SONATA leave alone what else is there and reads back to the same trains: ``n_units``, ``duration`` and
    ``t0`` [s], labels of units, and ``residual`` [s], where ms lose the last bit of a time.

    Args:
        content: entries to export; those without spikes are left out, or refused if they were named.
        target: the file.
        force: replace a file that exists.
        progress: called as progress(spikes done, spikes, entry).

    Raises:
        InputError: there are no spikes, a part of the file is damaged, or the target exists or cannot be written.
        OSError: the disk is full.
    """
    groups = spikes_of(content.groups, content.where, asked=content.asked)
    total, done = sum(group.variables["timestamps"].shape[0] for group in groups.values()), 0
    with (
        replacing(target, force) as temporary,
        Sink(temporary) as sink,
        h5py.File(sink, "w", libver=("earliest", "v110")) as file,
    ):
        file.attrs["magic"], file.attrs["version"] = SONATA_MAGIC, SONATA_VERSION
        for path, group in groups.items():
            spikes = group.variables["timestamps"].shape
            population = file.create_group(path)
            sorting = h5py.enum_dtype(SONATA_SORTING, basetype="u1")
            population.attrs.create("sorting", SONATA_SORTING["by_time"], dtype=sorting)
            made = {
                "timestamps": population.create_dataset("timestamps", shape=spikes, dtype=np.float64),
                "node_ids": population.create_dataset("node_ids", shape=spikes, dtype=np.uint64),
            }
            if "residual" in group.variables:
                made["residual"] = population.create_dataset("residual", shape=spikes, dtype=np.float64)
                made["residual"].attrs["units"] = "s"
            for name in ("n_units", "duration", "t0"):
                if name in group.attrs:
                    population.attrs[name] = group.attrs[name]
            for name, labels in group.variables.items():
                if name.startswith(UNIT_LABEL):
                    _write_labels(population, name, labels)
            made["timestamps"].attrs["units"] = "ms"
            for block in blocks(spikes[0], 2, 1):
                for name, dataset in made.items():
                    dataset[block] = group.variables[name].part(block)
                done += block.stop - block.start
                progress(done, total, name_of(path))
    return Exported([target], [name_of(path) for path in content.groups if path not in groups])


def _write_labels(population: h5py.Group, name: str, labels: Stored) -> None:
    values = labels.part(slice(None))
    kind = values.dtype.kind
    made = values.astype(object) if kind == "U" else values
    population.create_dataset(name, data=made, dtype=h5py.string_dtype() if kind == "U" else None)


SONATA = Format(write_sonata, "-sonata.h5", (".h5", ".hdf5"))
