"""Files of runs as what is run: again from their description, or on from their end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models import SYSTEMS
from ..models.own_network import recorded
from ..models.system import parameters as parameters_of
from ..simulator import InputError, Network, Run
from ..simulator.engines.continued import ending
from ..simulator.engines.simulate import simulate
from ..simulator.files.disk import is_same_file
from ..simulator.files.identity import changes, fingerprint, identity
from ..simulator.files.origins import open_origin, state_sha256
from ..simulator.networks.changes import check_sizes
from ..simulator.networks.description import describe
from ..simulator.networks.paths import changed
from ..simulator.progress import of_time, shows_progress
from ..simulator.recordings.origin import Origin
from ..simulator.types import Shown
from .names import build, parse_settings
from .network_files import is_own

if TYPE_CHECKING:
    from ..simulator.long_runs.stream import Written


@dataclass(frozen=True, eq=False)
class FileOfRun:
    """A run that is the start of another one.

    Attributes:
        where: name of the file; "run" of one in memory.
        run: the file, or the run.
        origin: its description, settings and state.
        source: its provenance.
    """

    where: str
    run: Run | str | os.PathLike[str]
    origin: Origin
    source: Mapping[str, Any]

    @classmethod
    def of(cls, run: Run | str | os.PathLike[str]) -> FileOfRun:
        """Return the start of a run or file.

        Raises:
            InputError: it holds no description of a network.
        """
        origin, source = ending(run)
        return cls(str(source.get("file", "run")), run, origin, source)

    @property
    def system(self) -> str:
        """Name of the registered system that it is a run of; "" of a network of one's own."""
        name = str(self.source.get("system", ""))
        return name if name in SYSTEMS and not is_own(name) else ""

    @property
    def duration(self) -> float:
        """Length of the run [s]."""
        return float(self.origin.settings["duration"])

    @property
    def recorded(self) -> dict[str, Any]:
        """Parameters that were recorded."""
        return dict(self.source.get("parameters", {}))

    def parsed(self, settings: Sequence[str]) -> dict[str, object]:
        """Read ``KEY=VALUE`` texts as parameters of the system, or of the network by their paths."""
        return parse_settings(self.system or self._network(), settings)

    def network(self, values: Mapping[str, object], *, goes_on: bool = False) -> Network:
        """Return its network, with other values of parameters.

        Args:
            values: of the system, or of the network by their paths.
            goes_on: whether its state is carried over, which another number of cells does not allow.

        Raises:
            InputError: an unknown parameter, a value that cannot be, or a system that makes another network now.
        """
        network = self._network()
        if goes_on and not self.system:
            check_sizes(network, values)
        if not values or not self.system:
            return changed(network, values) if values else network
        check_made(self.where, self.system, self.recorded, network)
        return build(self.system, {**self.recorded, **values}).network()  # type: ignore[no-any-return]

    def about(self, values: Mapping[str, object], network: Network, seed: int) -> dict[str, Any]:
        """Return the provenance of a run of the network: system, parameters, seed."""
        if self.system:
            given: Mapping[str, object] = parameters_of(build(self.system, {**self.recorded, **values}))
        else:
            given = {**self.recorded, **values, "network_sha256": fingerprint(network)}
        return {"system": self.source.get("system", "Network"), "parameters": recorded(given), "seed": seed}

    def first_part(self) -> Path | None:
        """Return the file from whose end the run of this file went on; None where it began at 0.

        Raises:
            InputError: the first part was a run in memory, is not there, or is another file now.
        """
        before = self.origin.settings.get("continues")
        if before is None:
            return None
        told = f"{self.where}: goes on from {before.get('file', 'a run in memory')} at {before['time']:g} s"
        if "file" not in before:
            raise InputError(f"{told}, which no file holds; save that run, and go on from it by ictal.continue_run")
        named, beside = Path(before["file"]), Path(self.where).parent
        places = [place for place in dict.fromkeys((named, beside / named, beside / named.name)) if place.is_file()]
        if not places:
            raise InputError(f"{told}, which is not there; put it back, or go on from its end with --continue")
        for place in places:
            if identity(place)["sha256"] == before.get("sha256"):
                return place
            origin, _ = open_origin(place)  # a file that was written again has another hash, and the same state
            if origin is not None and origin.state and state_sha256(origin.state) == before.get("state_sha256"):
                return place
        raise InputError(
            f"{told}, and {places[0]} is another file now (SHA-256 {identity(places[0])['sha256'][:12]}… and was "
            f"{str(before.get('sha256'))[:12]}…); put that file back, or go on from the end of this one with --continue"
        )

    def _network(self) -> Network:
        try:
            return self.origin.network  # type: ignore[no-any-return]
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from error


def check_made(where: str, system: str, recorded: Mapping[str, object], network: Network) -> None:
    """Check that a registered system with the recorded parameters makes the network that a file holds.

    Raises:
        InputError: it makes another one.
    """
    made: Network = build(system, recorded).network()
    if fingerprint(made) != fingerprint(network):
        found = "; ".join(changes(describe(network, {}), describe(made, {}))[:3])
        raise InputError(
            f"{where}: {system} with the recorded parameters makes another network than the file holds: {found}; the "
            "file was edited or is of another version: take its network, ictal.load(FILE).network"
        )


@shows_progress
def continue_run(
    run: Run | str | os.PathLike[str],
    duration: float,
    *,
    network: Network | None = None,
    threads: int = 1,
    progress: Shown = None,
    **parameters: object,
) -> Run:
    """Go on from the end of a run, for another `duration`, with parameters changed or not.

    State, random numbers and the spikes under way are carried over, so that with nothing changed the result is the end
    of the longer run, bit for bit. It holds the new part alone, on the same clock: its times begin where `run` ends.

    Args:
        run: of the compiled engine, in memory or the name of its file.
        duration: of the new part [s].
        network: in place of `parameters`: ``run.network``, changed by `dataclasses.replace`.
        threads: of the engine.
        progress: called as progress(done, total, text); True shows it.
        parameters: new values of parameters of the system, or of a network of one's own by their paths.

    Raises:
        InputError: a run without a state, or a change that its state cannot be carried over to.
    """
    first = FileOfRun.of(run)
    if network is not None and parameters:
        raise InputError("continue_run: give network or parameters; got both")
    chosen = first.network(parameters, goes_on=True) if network is None else network
    settings = first.origin.settings
    made = simulate(
        chosen, duration, settings["seed"], signal_dt=settings["signal_dt"], precision=settings["precision"],
        threads=threads, after=run, progress=of_time(progress),
    )  # fmt: skip
    about = first.about(parameters, chosen, settings["seed"]) if network is None else {}
    return Run(made, {**made.source, **about}, made.origin)


def file_to_file(
    file: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    more: float | None = None,
    duration: float | None = None,
    seed: int | None = None,
    parameters: Mapping[str, object],
    command: str = "",
    **how: Any,
) -> Written:
    """Run the network of a file again, or go on from its end, into another file.

    A run that went on from another file goes on from there again.

    Args:
        file: of a run that holds its network.
        target: the new file.
        more: time for which the run goes on [s]; None runs it again.
        duration, seed: of a run that is run again; None is that of the file.
        parameters: new values of parameters.
        command: recorded line.
        how: further arguments of `record_to_file`.

    Raises:
        InputError: as `record_to_file`; the target is a file that is read; a first part that is not there, or is
            another file now.
    """
    from ..simulator.long_runs.stream import record_to_file

    first = FileOfRun.of(file)
    settings = first.origin.settings
    after = first.first_part() if more is None else file
    for read in (file, after):
        if read is not None and is_same_file(read, target):
            raise InputError(f"{target}: is the file that is read; name another one with -o")
    if more is not None and (seed is not None or duration is not None):
        raise InputError("continue: takes the seed of the file, and its own time; leave --seed and --duration out")
    if after is not None and seed is not None:
        raise InputError(f"seed: {file} goes on from {after} with its seed, {settings['seed']}; leave it out")
    network = first.network(parameters, goes_on=after is not None)
    drawn = int(settings["seed"]) if seed is None else seed
    length = more if more is not None else settings["duration"] if duration is None else duration
    return record_to_file(
        network, length, drawn, target, signal_dt=settings["signal_dt"], precision=settings["precision"],
        source=first.about(parameters, network, drawn), run_source={"command": command} if command else {},
        after=after, **how,
    )  # fmt: skip
