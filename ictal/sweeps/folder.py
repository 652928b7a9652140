"""Folder of a sweep: its manifest, its complete files, and the lock against a second sweep."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ..simulator.errors import InputError
from ..simulator.files.disk import replacing
from ..simulator.files.document import DAMAGE, FORMAT, FORMAT_VERSION, first_line
from ..simulator.files.guard import open_hdf5
from .measured import Measured, Measuring, as_stored, read_measured
from .points import Grid, Point

if TYPE_CHECKING:
    from ..simulator import Network
    from ..simulator.recordings.origin import Origin

MANIFEST, LOCK = "sweep.json", ".sweep.lock"
MANIFEST_FORMAT, MANIFEST_VERSION = "ictal sweep", 1
SHOWN = 60  # characters of a value in an error
SIGNAL_DT = 0.001  # of every run of a sweep, as by default of `simulate` [s]
_FIX = "remove it to run this point again, or choose another folder"


def file_of(folder: Path, point: Point) -> Path:
    """Return the path of the run of this point."""
    return folder / f"{point.name}.h5"


def note(
    folder: Path,
    grid: Grid,
    points: Sequence[Point],
    versions: Mapping[str, str],
    files: Mapping[Point, Path],
    failures: Mapping[Point, str],
    measuring: Measuring | None = None,
    measured: Mapping[Point, Measured] | None = None,
) -> None:
    """Write the manifest, whole or not at all. The files are the truth; the manifest may lag behind them."""
    entries = []
    for point in points:
        status = "done" if point in files else "failed" if point in failures else "to do"
        entry: dict[str, Any] = {"parameters": point.parameters, "seed": point.seed}
        entry |= {"file": f"{point.name}.h5", "status": status}
        if measured and status == "done" and point in measured:
            entry["measured"] = as_stored(measured[point])
        entries.append(entry | ({"error": failures[point]} if status == "failed" else {}))
    about: dict[str, Any] = {"format": MANIFEST_FORMAT, "format_version": MANIFEST_VERSION, "versions": dict(versions)}
    if measuring is not None:
        about["measuring"] = asdict(measuring)
    text = json.dumps({**about, **_described(grid), "points": entries}, indent=1, allow_nan=False)
    try:
        with replacing(folder / MANIFEST, force=True) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder / MANIFEST}: could not be written: {error.strerror}") from error


def read(folder: Path) -> tuple[Grid, dict[str, Any]] | None:
    """Return the grid of the sweep in a folder, and its manifest; None where there is none.

    Raises:
        InputError: it is damaged, of a newer Ictal or of something else.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {first_line(error)}") from error
    try:
        manifest = json.loads(text)
        if manifest["format"] != MANIFEST_FORMAT:
            raise InputError(f"{path}: is not of a sweep; choose another folder")
        if manifest["format_version"] > MANIFEST_VERSION:
            raise InputError(f"{path}: has format version {manifest['format_version']}; upgrade ictal")
        grid = Grid.read(manifest)
        {entry["file"]: str(entry.get("error")) for entry in manifest["points"]}, dict(manifest["versions"])
        read_measured(manifest)
    except InputError as error:
        raise error if str(error).startswith(str(path)) else InputError(f"{path}: {error}") from error
    except DAMAGE as error:
        raise InputError(f"{path}: is damaged: {first_line(error)}; remove it: whole files stay") from error
    return grid, manifest


def same_sweep(folder: Path, grid: Grid) -> dict[str, Any] | None:
    """Return the manifest of the folder if it is of this very sweep; None without a manifest.

    Raises:
        InputError: the folder is of another sweep; the message names the difference.
    """
    if (found := read(folder)) is None:
        return None
    there, here = _identity(found[0]), _identity(grid)
    for what in {**here, **there}:
        if (was := there.get(what, "absent")) != (now := here.get(what, "absent")):
            raise InputError(
                f"{folder}: holds another sweep: {what} is {_short(was)} there and {_short(now)} here; "
                "choose another folder"
            )
    return found[1]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder and keep other sweeps out of it, as far as its file system knows locks.

    Raises:
        InputError: another one is at work there, or the folder cannot be made or written.
    """
    lock = FileLock(folder / LOCK, blocking=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InputError(f"{folder}: another sweep is at work in this folder") from None
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):  # a network file system without locks
            raise InputError(f"{folder}: cannot be made or written: {error.strerror}") from error
    try:
        yield
    finally:  # forked processes of an executor would hold it on
        lock.release()


def remove_leftovers(folder: Path, points: Sequence[Point]) -> None:
    """Remove half-written files of a killed sweep."""
    ours = {f".{point.name}.h5" for point in points} | {f".{MANIFEST}"}
    for path in folder.glob(".*.tmp"):
        written = path.name.removesuffix(".tmp")
        if written in ours or written.rpartition(".")[0] in ours:  # of an older Ictal
            path.unlink(missing_ok=True)


def is_whole(path: Path, expected: Mapping[str, Any], network: Callable[[], Network | None], ours: bool) -> bool:
    """Return whether the file of a point exists and is undamaged.

    Args:
        path: the file.
        expected: its attributes, see `Grid.expected`.
        network: returns that of a spiking system at this point, None of another system; called where the file is whole.
        ours: the folder is of this sweep, so that a file that cannot be read is a damaged one of this sweep.

    Raises:
        InputError: it is a file of another kind or run, or one that was edited, which must not be replaced.
    """
    from ..simulator.files.origins import is_edited
    from ..simulator.files.store import load

    if not path.exists():
        return False
    try:
        run = load(path)
    except InputError as error:
        if is_edited(path):
            raise InputError(f"{error}; {_FIX}") from error
        if path.is_dir() or not ours or _is_foreign(path):
            raise
        return False
    source = run.source
    try:
        found = {"system": source["system"], **source["parameters"], "seed": source["seed"]}  # type: ignore[dict-item]
    except DAMAGE:
        raise InputError(f"{path}: is a run that names no system, parameters or seed; choose another folder") from None
    for key in {**expected, **found}:
        if found.get(key) != expected.get(key):
            raise InputError(
                f"{path}: is another run: {key} is {found.get(key)!r} there and {expected.get(key)!r} here; "
                "choose another folder"
            )
    if (asked := network()) is not None:
        _check_network(path, run.origin, asked, expected)
    return True


def check_point(path: Path, system: str, parameters: Mapping[str, Any], seed: int) -> None:
    """Check that a file names the system, parameters and seed of its point.

    Raises:
        InputError: it is of another point.
    """
    from ..simulator.files.document import damage_in_one_line, from_json, to_json
    from ..simulator.files.result import attributes

    with damage_in_one_line(path):
        attrs = attributes(path)
        config = from_json(str(attrs["config"]))
        found = {"system": config["system"], **config["parameters"], "seed": from_json(str(attrs["seed"]))}
        wanted = from_json(to_json({"system": system, **parameters, "seed": seed}))
    for key, value in wanted.items():
        if found.get(key) != value:
            raise InputError(f"{path}: is another run: {key} is {found.get(key)!r} there and {value!r} here; {_FIX}")


def _check_network(path: Path, origin: Origin | None, network: Network, expected: Mapping[str, Any]) -> None:
    """Check that a file holds the network of its point, run as a sweep runs it."""
    from ..simulator.engines.common import n_steps, run_settings
    from ..simulator.files.identity import differences
    from ..simulator.networks.description import describe
    from ..simulator.recordings.run import NO_NETWORK

    if origin is None:
        raise InputError(f"{path}: {NO_NETWORK}; {_FIX}")
    total = n_steps(network, expected["duration"] * 1000.0)
    here = run_settings("compiled", network, 0, total, expected["seed"], SIGNAL_DT)
    there = {key: value for key, value in origin.settings.items() if key != "continues"}
    networks = ({"network": describe(one, {})} for one in (origin.network, network))
    if unlike := differences({**there, **next(networks)}, {**here, **next(networks)}):
        raise InputError(f"{path}: is another run: {unlike}; {_FIX}")


def _is_foreign(path: Path) -> bool:
    """Return whether this is an HDF5 file of another program, kind or format; False where it cannot be read."""
    try:
        with open_hdf5(path) as file:
            attrs = dict(file.attrs)
        return not (attrs["format"] == FORMAT and attrs["kind"] == "run" and attrs["format_version"] <= FORMAT_VERSION)
    except LookupError:
        return True  # one of those attributes is not there
    except DAMAGE:
        return False


def _described(grid: Grid) -> dict[str, Any]:
    about = {"system": grid.system, "settings": dict(sorted(grid.settings.items())), "grid": dict(grid.grid)}
    return about | {"seeds": list(grid.seeds)}


def _identity(grid: Grid) -> dict[str, str]:
    """Return the facts that identify a sweep, as texts; the order of the grid decides the names of the files."""
    about = _described(grid)
    each = {f"{what} {key}": value for what in ("settings", "grid") for key, value in about[what].items()}
    parts = {"system": about["system"], **each, "seeds": about["seeds"], "order of the grid": list(grid.grid)}
    return {what: json.dumps(value) for what, value in parts.items()}


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
