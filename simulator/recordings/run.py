"""One run of one system: named recordings and spike trains. A Run is a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from ..checks import check_name
from ..errors import InputError, unknown
from ..kinds import Kind
from ..registry import resolve
from .handover import OBJECTS
from .origin import Origin
from .recording import Recording
from .spikes import Spikes

NO_NETWORK = "holds no description of a network, as files of older versions and of other systems do not"


class _NoEntryError(InputError, KeyError):
    """No entry of this name: also what a Mapping must raise."""

    __str__ = Exception.__str__


Entry = TypeVar("Entry", Recording, Spikes)


class Run(Mapping[str, Recording | Spikes], Kind):
    """A mapping of names to Recordings and Spikes, with their provenance.

    Args:
        entries: e.g. ``{"E": Spikes, "I": Spikes, "lfp": Recording}`` or ``{"layer1": Recording}``.
        source: provenance, enough to repeat the run: ``system``, ``parameters``, ``seed``, ``engine``, ``versions``.
        origin: of a simulated network: description, settings and final state.

    Raises:
        InputError: no entries, or an entry of another type or with a slash in its name.
    """

    kind = "run"

    def __init__(
        self,
        entries: Mapping[str, Recording | Spikes],
        source: Mapping[str, object] | None = None,
        origin: Origin | None = None,
    ) -> None:
        if not entries:
            raise InputError("Run: must hold at least one recording; got none")
        for name, entry in entries.items():
            if not isinstance(entry, Recording | Spikes):
                raise InputError(f"Run[{name!r}]: must be a Recording or Spikes; got {type(entry).__name__}")
            check_name(name, "Run")
        self._entries = dict(entries)
        self.source: Mapping[str, object] = MappingProxyType(dict(source or {}))
        self.origin = origin

    def __getitem__(self, name: str) -> Recording | Spikes:
        return self._known(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getattr__(self, name: str) -> Recording | Spikes:
        """Return the entry of this name, where no attribute of a Run has it: ``run.E`` is ``run["E"]``."""
        entries = self.__dict__.get("_entries", {})
        if name in entries:
            found: Recording | Spikes = entries[name]
            return found
        listed = f"; its entries: {', '.join(entries)}" if not name.startswith("_") else ""
        raise AttributeError(f"Run has no attribute or entry {name!r}{listed}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in self._entries if name.isidentifier())})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._entries)

    @property
    def network(self) -> Any:
        """The `Network` that was simulated.

        Raises:
            InputError: the run holds no description of a network, or one that cannot be read.
        """
        if self.origin is None:
            raise InputError(f"{self.source.get('file', 'Run')}: {NO_NETWORK}")
        return self.origin.network

    def spikes(self, name: str) -> Spikes:
        """Return the spike trains of this name.

        Raises:
            InputError: no spike trains have this name.
        """
        return self._entry(name, Spikes, "spike trains")

    def recording(self, name: str) -> Recording:
        """Return the recording of this name.

        Raises:
            InputError: no recording has this name.
        """
        return self._entry(name, Recording, "recording")

    def _entry(self, name: str, kind: type[Entry], words: str) -> Entry:
        entry = self._entries.get(name) if isinstance(name, str) else None
        if not isinstance(entry, kind):
            raise unknown(words, name, [k for k, v in self.items() if isinstance(v, kind)])
        return entry

    def select(self, *, time: tuple[float, float]) -> Run:
        """Return every entry within the window [start, stop) of its clock."""
        return Run({name: entry.select(time=time) for name, entry in self.items()}, self.source)

    def plot(self, name: str | None = None, *, ax: Any = None) -> Any:
        """Return the overview as a matplotlib figure, or draw one entry and return its axes.

        Args:
            name: of an entry; with `ax`, that of the one entry if left out.
            ax: axes of matplotlib for this entry; a new figure of pyplot if left out.

        Raises:
            InputError: no such entry, none named of several, or `ax` is no axes of an open figure.
        """
        if name is None and ax is None:
            return super().plot()
        if name is None and len(self) > 1:
            raise InputError(f"Run.plot: name one of the entries to draw into ax: {', '.join(self)}")
        name = next(iter(self)) if name is None else name
        return self._known(name).plot(ax)

    def _known(self, name: str) -> Recording | Spikes:
        if not isinstance(name, str) or name not in self._entries:
            raise _NoEntryError(str(unknown("entry", name, self)))
        return self._entries[name]

    def to_pandas(self, table: str = "") -> Any:
        """Return entry -> DataFrame, or that of the entry `table`; see `Recording.to_pandas` and `Spikes.to_pandas`."""
        if table:
            return self._known(table).to_pandas()
        return {name: entry.to_pandas() for name, entry in self.items()}

    def to_xarray(self) -> Any:
        """Return a DataTree with a node an entry, and the provenance; `ictal.as_run` reads it back.

        The description of a network stays out: `ictal.save` keeps it.

        Raises:
            InputError: xarray is not installed.
        """
        return resolve("trees:tree", OBJECTS)(self)

    def to_neo(self) -> Any:
        """Return a Block of one Segment: signals, spike trains, events and epochs; `ictal.as_run` reads it back.

        Raises:
            InputError: neo is not installed; an entry with another clock than seconds, trials, or values that are not
                defined.
        """
        return resolve("blocks:block", OBJECTS)(self)

    def document(self) -> Any:
        """Return the attributes and groups of its file."""
        return resolve("files.store:to_document", "ictal.simulator")(self)

    def facts(self) -> dict[str, Any]:
        """Return the system, its parameters and the entries."""
        about = {"system": self.source.get("system", ""), "parameters": self.source.get("parameters", {})}
        return {**about, "entries": {name: repr(entry) for name, entry in self.items()}}

    def __repr__(self) -> str:
        return "Run(" + ", ".join(f"{name}: {entry!r}" for name, entry in self.items()) + ")"
