"""One run of one system: named recordings and spike trains. A Run is a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..checks import check_name
from ..errors import InputError, unknown
from ..kinds import Kind
from .recording import Recording
from .spikes import Spikes


class Run(Mapping[str, Recording | Spikes], Kind):
    """A mapping of names to Recordings and Spikes, with the provenance of the whole.

    Args:
        entries: e.g. ``{"E": Spikes, "I": Spikes, "lfp": Recording}`` or ``{"layer1": Recording}``.
        source: what is needed to do it again: ``system``, ``parameters``, ``seed``, ``engine``,
            ``versions``.

    Raises:
        InputError: nothing in it, or an entry of another type or with a slash in its name.
    """

    kind = "run"

    def __init__(self, entries: Mapping[str, Recording | Spikes], source: Mapping[str, object] | None = None) -> None:
        if not entries:
            raise InputError("Run: must hold at least one recording; got none")
        for name, entry in entries.items():
            if not isinstance(entry, Recording | Spikes):
                raise InputError(f"Run[{name!r}]: must be a Recording or Spikes; got {type(entry).__name__}")
            check_name(name, "Run")
        self._entries = dict(entries)
        self.source: Mapping[str, object] = MappingProxyType(dict(source or {}))

    def __getitem__(self, name: str) -> Recording | Spikes:
        if name not in self._entries:
            raise KeyError(name)
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def spikes(self, name: str) -> Spikes:
        """The spike trains under this name.

        Raises:
            InputError: there are none of that name.
        """
        entry = self._entries.get(name)
        if not isinstance(entry, Spikes):
            raise unknown("spike trains", name, [k for k, v in self.items() if isinstance(v, Spikes)])
        return entry

    def recording(self, name: str) -> Recording:
        """The recording under this name.

        Raises:
            InputError: there is none of that name.
        """
        entry = self._entries.get(name)
        if not isinstance(entry, Recording):
            raise unknown("recording", name, [k for k, v in self.items() if isinstance(v, Recording)])
        return entry

    def select(self, *, time: tuple[float, float]) -> Run:
        """Every entry within the window [start, stop) of its clock."""
        return Run({name: entry.select(time=time) for name, entry in self.items()}, self.source)

    def document(self) -> Any:
        """Return the attributes and groups of its file."""
        from ..files.store import to_document

        return to_document(self)

    def facts(self) -> dict[str, Any]:
        """Return the system, its parameters and the entries."""
        about = {"system": self.source.get("system", ""), "parameters": self.source.get("parameters", {})}
        return {**about, "entries": {name: repr(entry) for name, entry in self.items()}}

    def __repr__(self) -> str:
        return "Run(" + ", ".join(f"{name}: {entry!r}" for name, entry in self.items()) + ")"
