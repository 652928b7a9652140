"""Bytes of EDF and BDF files: text of any encoding, and samples of one channel, read from disk when they are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .tals import printable

WIDTHS = {"EDF": 2, "BDF": 3}  # bytes of a sample
FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # of the header, bytes a signal: label, transducer, unit ... samples
LABEL, UNIT, COUNT = 0, 2, 8  # places in FIELDS
AT_ONCE = 2**23  # bytes that are read at once
FIXED = 256  # bytes of the header before the signals
VOLTS = {"V": 1e6, "mV": 1e3, "µV": 1.0, "nV": 1e-3}  # µV in one of them
_PREFIXES = {"": "V", "m": "mV", "milli": "mV", "n": "nV", "nano": "nV", "u": "µV", "micro": "µV", "mc": "µV"}
# µ in Latin-1 and Windows, µ and μ in UTF-8, the byte E6 of code page 437 in Latin-1, µ of UTF-8 taken for Latin-1
_MICRO = ("µ", "μ", "æ", "Âµ", "Î¼")


@dataclass(frozen=True)
class Layout:
    """Places of all signals within a data record, and the data records on disk."""

    kind: str  # "EDF" or "BDF"
    labels: tuple[str, ...]
    units: tuple[str, ...]  # as they are written
    counts: tuple[int, ...]  # samples a data record
    records: Records

    @property
    def is_notes(self) -> list[bool]:
        """Flags of the signals that hold annotations."""
        return [label == f"{self.kind} Annotations" for label in self.labels]

    @property
    def record_size(self) -> int:
        """Bytes of a data record."""
        return WIDTHS[self.kind] * sum(self.counts)

    def rows(self, signal: int) -> Iterator[bytes]:
        """Yield the bytes of a signal, data record by data record."""
        step = max(1, AT_ONCE // max(1, self.records.size))
        for first in range(0, len(self.records), step):
            for row in self._bytes(self.records.read(first, min(first + step, len(self.records))), signal):
                yield row.tobytes()

    def digital(self, block: NDArray[np.uint8], signal: int) -> NDArray[Any]:
        """Return the stored numbers of a signal in data records, (time,); `block` is read by `Records.read`."""
        raw = np.ascontiguousarray(self._bytes(block, signal)).reshape(-1)
        if self.kind == "EDF":
            return raw.view("<i2")
        triples = raw.reshape(-1, 3).astype(np.int32)
        values: NDArray[np.int32] = triples[:, 0] | triples[:, 1] << 8 | triples[:, 2] << 16
        return np.where(values >= 1 << 23, values - (1 << 24), values)

    def _bytes(self, block: NDArray[np.uint8], signal: int) -> NDArray[np.uint8]:
        width = WIDTHS[self.kind]
        start = width * sum(self.counts[:signal])
        return block[:, start : start + width * self.counts[signal]]


@dataclass(frozen=True)
class Records:
    """Data records on disk. They are read and not mapped: pages that were mapped would count as memory.

    Attributes:
        source: the file.
        offset: bytes before the first.
        size: bytes of each.
        number: of whole ones.
    """

    source: Path
    offset: int
    size: int
    number: int

    def __len__(self) -> int:
        return self.number

    def read(self, first: int, last: int) -> NDArray[np.uint8]:
        """Return the records first to last − 1, (record, byte).

        Raises:
            InputError: the file is gone, or shorter than when it was opened.
        """
        want = (last - first) * self.size
        try:
            found = np.fromfile(self.source, np.uint8, want, offset=self.offset + first * self.size)
        except OSError as error:
            raise InputError(f"{self.source}: cannot be read: {error.strerror or error}") from error
        if found.size < want:
            raise InputError(f"{self.source}: is shorter than when it was opened")
        return found.reshape(last - first, self.size)


def layout(source: Path, kind: str, head: bytes, n_signals: int) -> Layout:
    """Return the layout of a file whose header is `head`.

    Raises:
        InputError: a data record without a sample.
    """
    columns = []
    at = FIXED
    for width in FIELDS:
        columns.append([head[at + k * width : at + (k + 1) * width] for k in range(n_signals)])
        at += width * n_signals
    counts = tuple(int(field) for field in columns[COUNT])
    size = WIDTHS[kind] * sum(counts)
    if min(counts, default=1) < 0 or (counts and size <= 0):
        raise InputError(f"{source}: its data records hold no sample")
    n_records = (source.stat().st_size - len(head)) // size if size else 0
    labels = tuple(text_of(field) for field in columns[LABEL])
    return Layout(
        kind, labels, tuple(text_of(field) for field in columns[UNIT]), counts,
        Records(source, len(head), size, n_records),
    )  # fmt: skip


def text_of(field: bytes) -> str:
    """Return the text of a field of the header: UTF-8 if it is, else Latin-1.

    >>> text_of(b"\\xb5V      "), text_of(b"\\xc2\\xb5V"), text_of(b"Fp1 \\0")
    ('µV', 'µV', 'Fp1')
    """
    try:
        text = field.decode("utf-8")
    except UnicodeDecodeError:
        text = "".join("?" if "\x80" <= c < "\xa0" else c for c in field.decode("latin-1"))  # lost, but not nothing
    return printable(text)


def unit_of(text: str) -> str:
    """Return a unit of potential as one of `VOLTS`, any other as it is; µ may stand in any encoding.

    >>> [unit_of(text) for text in ("uV", "µv", "æV", "μV", "microvolts", "mV", "Volt", "%", "")]
    ['µV', 'µV', 'µV', 'µV', 'µV', 'mV', 'V', '%', '']
    """
    plain = text.replace(" ", "").rstrip(".")
    low = plain.casefold().replace("μ", "µ")  # casefold makes μ of µ
    for end in ("volts", "volt", "v"):
        if low.endswith(end):
            prefix = low.removesuffix(end)
            if prefix in _PREFIXES:
                return _PREFIXES[prefix]
            return "µV" if _is_micro(plain[: len(prefix)]) else text
    return text


def is_plain(text: str) -> bool:
    """Tell a unit that is written in a common way from one whose µ was read from other bytes.

    >>> is_plain("µV"), is_plain("æV"), is_plain("?V"), is_plain("ìV")
    (True, True, False, False)
    """
    return unit_of(text) != "µV" or (text.isascii() and "?" not in text) or text.startswith(_MICRO)


def _is_micro(prefix: str) -> bool:
    """Tell µ in some encoding: no other prefix of a unit goes beyond ASCII, and "?" is a character that was lost."""
    return prefix in _MICRO or prefix == "?" or (0 < len(prefix) <= 4 and not any(c.isascii() for c in prefix))
