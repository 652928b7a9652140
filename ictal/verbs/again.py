"""Files of runs as what is run: again from their description, or on from their end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models import SYSTEMS
from ..models.system import parameters as parameters_of
from ..simulator import InputError, Network, Run
from ..simulator.engines.continued import ending
from ..simulator.engines.simulate import simulate
from ..simulator.files.identity import changes, fingerprint
from ..simulator.networks.description import describe
from ..simulator.networks.paths import changed
from ..simulator.recordings.origin import Origin
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
    def recorded(self) -> dict[str, Any]:
        """Parameters that were recorded."""
        return dict(self.source.get("parameters", {}))

    def parsed(self, settings: Sequence[str]) -> dict[str, object]:
        """Read ``KEY=VALUE`` texts as parameters of the system, or of the network by their paths."""
        return parse_settings(self.system or self._network(), settings)

    def network(self, values: Mapping[str, object]) -> Network:
        """Return its network, with other values of parameters.

        Raises:
            InputError: an unknown parameter, a value that cannot be, or a system that makes another network now.
        """
        network = self._network()
        if not values or not self.system:
            return changed(network, values) if values else network
        made: Network = build(self.system, self.recorded).network()
        if fingerprint(made) != fingerprint(network):
            found = "; ".join(changes(describe(network, {}), describe(made, {}))[:3])
            raise InputError(
                f"{self.where}: {self.system} with the recorded parameters makes another network than the file holds: "
                f"{found}; the file was edited or is of another version: take its network, ictal.load(FILE).network"
            )
        return build(self.system, {**self.recorded, **values}).network()  # type: ignore[no-any-return]

    def about(self, values: Mapping[str, object], network: Network, seed: int) -> dict[str, Any]:
        """Return the provenance of a run of the network: system, parameters, seed."""
        if self.system:
            given: Mapping[str, object] = parameters_of(build(self.system, {**self.recorded, **values}))
        else:
            given = {**self.recorded, **values, "network_sha256": fingerprint(network)}
        return {"system": self.source.get("system", "Network"), "parameters": dict(given), "seed": seed}

    def _network(self) -> Network:
        try:
            return self.origin.network  # type: ignore[no-any-return]
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from error


def continue_run(
    run: Run | str | os.PathLike[str],
    duration: float,
    *,
    network: Network | None = None,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
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
        progress: called with the fraction done.
        parameters: new values of parameters of the system, or of a network of one's own by their paths.

    Raises:
        InputError: a run without a state, or a change that its state cannot be carried over to.
    """
    first = FileOfRun.of(run)
    if network is not None and parameters:
        raise InputError("continue_run: give network or parameters; got both")
    chosen = first.network(parameters) if network is None else network
    settings = first.origin.settings
    made = simulate(
        chosen, duration, settings["seed"], signal_dt=settings["signal_dt"], precision=settings["precision"],
        threads=threads, after=run, progress=None if progress is None else lambda done, end: progress(done / end),
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

    Args:
        file: of a run that holds its network.
        target: the new file.
        more: time for which the run goes on [s]; None runs it again from the start.
        duration, seed: of a run from the start; None is that of the file.
        parameters: new values of parameters.
        command: recorded line.
        how: further arguments of `record_to_file`.

    Raises:
        InputError: as `record_to_file`; the target is the file; a run that went on from another one is run again.
    """
    from ..simulator.long_runs.stream import record_to_file

    first = FileOfRun.of(file)
    settings = first.origin.settings
    if Path(target).exists() and os.path.samefile(file, target):
        raise InputError(f"{target}: is the file that is read; name another one with -o")
    if more is None and (before := settings.get("continues")):
        raise InputError(f"{file}: goes on from {before.get('file', 'a run in memory')} at {before['time']:g} s; run "
                         f"that again: {first.source.get('command') or 'ictal.continue_run'}")  # fmt: skip
    if more is not None and (seed is not None or duration is not None):
        raise InputError("continue: takes the seed of the file, and its own time; leave --seed and --duration out")
    network = first.network(parameters)
    drawn = int(settings["seed"]) if seed is None else seed
    length = more if more is not None else settings["duration"] if duration is None else duration
    return record_to_file(
        network, length, drawn, target, signal_dt=settings["signal_dt"], precision=settings["precision"],
        source=first.about(parameters, network, drawn), run_source={"command": command} if command else {},
        after=None if more is None else file, **how,
    )  # fmt: skip
