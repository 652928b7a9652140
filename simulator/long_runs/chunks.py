"""The folder FILE.h5.part of an unfinished run: whole files only, so that a killed run can go on.

::

    run.json          the manifest, with the identity: settings that decide the bits of the run
    000000.h5, ...    chunks: the spikes [steps, cells], triggers [steps] and samples of the steps begin..end-1
    state-000003.h5   state of the engine after chunk 3, to resume from; only the newest two

Every file is written under a temporary name, synced and renamed, and every array carries its CRC-32.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..files.disk import Sink, replacing
from ..files.document import DAMAGE, first_line, to_json
from ..files.guard import open_hdf5
from ..files.origins import checksum
from ..files.unfinished import Unfinished

STATES_KEPT = 2  # one more than is needed: a damaged newest chunk or state costs one chunk, not the run

Arrays = dict[str, NDArray[Any]]


class DamageError(Exception):
    """A file of an unfinished run that cannot be read whole."""


@dataclass(frozen=True)
class UnfinishedRun(Unfinished):
    """The chunks and states of an unfinished run."""

    FORMAT = "ictal part"
    VERSION = 2
    OURS = re.compile(r"run\.json|(state-)?\d{6,}\.h5|\..*\.tmp")
    PROOF = "run.json"
    LEFT = "an unfinished run"
    DOING = "writing this run"

    def write_chunk(self, number: int, begin: int, end: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write the chunk of this number, which covers the steps begin..end-1."""
        _write(self.chunk_path(number), {"kind": "chunk", "begin": begin, "end": end}, arrays)

    def write_state(self, number: int, end: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write the state after the chunk of this number, and remove all states but the newest two."""
        _write(self._state(number), {"kind": "state", "end": end}, arrays)
        for old in self._numbers("state-")[:-STATES_KEPT]:
            self._state(old).unlink()

    def chunks(self, first: int = 0) -> Iterator[tuple[int, int, Arrays]]:
        """Yield (begin, end, arrays) of every chunk in order; `first` is the first step of the run.

        Raises:
            DamageError: one is missing, torn or changed.
        """
        done = first
        for number in range(len(self._numbers(""))):
            attrs, arrays = _read(self.chunk_path(number))
            begin, end = int(attrs["begin"]), int(attrs["end"])
            if begin != done or end <= begin:
                raise DamageError(
                    f"{self.chunk_path(number)}: holds the steps {begin}..{end - 1}; want those from {done}"
                )
            done = end
            yield begin, end, arrays

    def train(self, name: str) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """Yield steps and cells of a population or triggered input by chunk, without checks: read `chunks` before."""
        for file in self._files():
            if name in file["spikes"]:
                yield file[f"spikes/{name}/steps"][...], file[f"spikes/{name}/cells"][...]
            else:
                step = file[f"triggers/{name}/steps"][...]
                yield step, np.zeros(step.size, dtype=np.int32)

    def samples(self, name: str) -> Iterator[NDArray[np.float64]]:
        """Yield the samples of one name by chunk, without checks."""
        for file in self._files():
            yield file[f"samples/{name}"][...]

    def _files(self) -> Iterator[h5py.File]:
        for number in range(len(self._numbers(""))):
            with open_hdf5(self.chunk_path(number)) as file:
                yield file

    def final_state(self) -> Arrays:
        """Return the newest state.

        Raises:
            DamageError: it is missing, torn or changed.
        """
        numbers = self._numbers("state-")
        if not numbers:
            raise DamageError(f"{self.folder}: holds no state")
        return _read(self._state(numbers[-1]))[1]

    def steps_done(self, first: int = 0) -> int:
        """Return the step that was reached, from the head of the newest state that can be read; `first` without one."""
        for number in reversed(self._numbers("state-")):
            with contextlib.suppress(*DAMAGE), open_hdf5(self._state(number)) as file:
                return int(file.attrs["end"])
        return first

    def resume(self, first: int = 0) -> tuple[int, int, Arrays, list[str]]:
        """Return the number of whole chunks, the step reached, the state there (empty at `first`), and damage found.

        The state is the newest whole one whose chunks are all whole. Later files are removed.
        """
        notes, ends = [], []
        try:
            for _, end, _ in self.chunks(first):
                ends.append(end)
        except DamageError as error:
            notes.append(str(error))
        found: tuple[int, int, Arrays] = (0, first, {})
        for number in reversed(self._numbers("state-")):
            if number >= len(ends):
                continue
            try:
                attrs, arrays = _read(self._state(number))
            except DamageError as error:
                notes.append(str(error))
                continue
            if attrs["end"] == ends[number]:
                found = number + 1, ends[number], arrays
                break
        for item in self.folder.iterdir():
            name = re.fullmatch(r"(?:state-)?(\d+)\.h5", item.name)
            if item != self._manifest and (name is None or int(name[1]) >= found[0]):
                item.unlink()
        return *found, notes

    def chunk_path(self, number: int) -> Path:
        """Return the path of the chunk of this number."""
        return self.folder / f"{number:06d}.h5"

    def _state(self, number: int) -> Path:
        return self.folder / f"state-{number:06d}.h5"

    def _numbers(self, prefix: str) -> list[int]:
        names = (re.fullmatch(prefix + r"(\d{6,})\.h5", item.name) for item in self.folder.iterdir())
        return sorted(int(name[1]) for name in names if name)


def _write(path: Path, attrs: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]) -> None:
    with replacing(path, force=True) as temporary, Sink(temporary) as sink, h5py.File(sink, "w") as file:
        for key, value in attrs.items():
            file.attrs[key] = value
        file.attrs["names"] = to_json(sorted(arrays))
        for name, values in arrays.items():
            file.create_dataset(name, data=values).attrs["crc32"] = checksum(np.asarray(values))


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    arrays: Arrays = {}
    try:
        with open_hdf5(path) as file:
            attrs = dict(file.attrs)
            for name in json.loads(attrs["names"]):
                arrays[name] = np.asarray(file[name][()])
                if checksum(arrays[name]) != file[name].attrs["crc32"]:
                    raise DamageError(f"{path}: is damaged: {name} has been changed")
    except DAMAGE as error:
        raise DamageError(f"{path}: is damaged: {first_line(error)}") from error
    return attrs, arrays
