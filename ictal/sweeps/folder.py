"""The folder of a sweep: its table of contents, whose files are whole, and who may work in it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..simulator.errors import InputError
from ..simulator.files.document import DAMAGE, FORMAT, FORMAT_VERSION, first_line, replacing
from .points import Plan, Point

MANIFEST, LOCK = "sweep.json", ".sweep.lock"
MANIFEST_FORMAT, MANIFEST_VERSION = "ictal sweep", 1
SHOWN = 60  # characters of a value in an error


def file_of(folder: Path, point: Point) -> Path:
    """Where the run of this point is or will be."""
    return folder / f"{point.name}.h5"


def note(
    folder: Path,
    plan: Plan,
    points: Sequence[Point],
    versions: Mapping[str, str],
    files: Mapping[Point, Path],
    failures: Mapping[Point, str],
) -> None:
    """Write the table of contents, whole or not at all. The files are the truth; it may lag behind them."""
    entries = []
    for point in points:
        status = "done" if point in files else "failed" if point in failures else "to do"
        entry = {"parameters": point.parameters, "seed": point.seed, "file": f"{point.name}.h5", "status": status}
        entries.append(entry | ({"error": failures[point]} if status == "failed" else {}))
    about = {"format": MANIFEST_FORMAT, "format_version": MANIFEST_VERSION, "versions": dict(versions)}
    text = json.dumps({**about, **_described(plan), "points": entries}, indent=1, allow_nan=False)
    try:
        with replacing(folder / MANIFEST, force=True) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder / MANIFEST}: could not be written: {error.strerror}") from error


def read(folder: Path) -> tuple[Plan, dict[str, Any]] | None:
    """The plan of the sweep that a folder holds, and its table of contents; None where there is none.

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
        held = json.loads(text)
        if held["format"] != MANIFEST_FORMAT:
            raise InputError(f"{path}: is not of a sweep; choose another folder")
        if held["format_version"] > MANIFEST_VERSION:
            raise InputError(f"{path}: has format version {held['format_version']}; upgrade ictal")
        plan = Plan.checked(held["system"], held["grid"], held["seeds"], held["settings"])
        {entry["file"]: str(entry.get("error")) for entry in held["points"]}, dict(held["versions"])
    except InputError as error:
        raise error if str(error).startswith(str(path)) else InputError(f"{path}: {error}") from error
    except DAMAGE as error:
        raise InputError(
            f"{path}: is damaged: {first_line(error)}; remove it: files that are whole are kept"
        ) from error
    return plan, held


def same_sweep(folder: Path, plan: Plan) -> dict[str, Any] | None:
    """The table of contents of the folder if it holds this very sweep; None where it holds none.

    Raises:
        InputError: it holds another, and in what that differs.
    """
    if (held := read(folder)) is None:
        return None
    there, here = _parts(held[0]), _parts(plan)
    for what in {**here, **there}:
        if (was := there.get(what, "absent")) != (now := here.get(what, "absent")):
            raise InputError(
                f"{folder}: holds another sweep: {what} is {_short(was)} there and {_short(now)} here; "
                "choose another folder"
            )
    return held[1]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder and keep other sweeps out of it, as far as its file system knows locks.

    Raises:
        InputError: another one is at work there, or the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a")
    except OSError as error:
        raise InputError(f"{folder}: cannot be made or written: {error.strerror}") from error
    with file:
        try:
            import fcntl
        except ImportError:  # not on Windows
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{folder}: another sweep is at work in this folder") from None
        except OSError:
            pass  # a network file system without locks
        try:
            yield
        finally:  # forked processes of an executor would hold it on
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)


def sweep_up(folder: Path, points: Sequence[Point]) -> None:
    """Remove what a killed sweep left half written."""
    ours = {f".{point.name}.h5" for point in points} | {f".{MANIFEST}"}
    for path in folder.glob(".*.tmp"):
        if path.name.rsplit(".", 2)[0] in ours:
            path.unlink(missing_ok=True)


def is_whole(path: Path, expected: Mapping[str, Any], ours: bool) -> bool:
    """Whether the file of a point is there and whole; a damaged one is not.

    Args:
        path: the file.
        expected: what it must say of itself, see `Plan.expected`.
        ours: the folder holds this sweep, so that a file that cannot be read is a damaged one of ours.

    Raises:
        InputError: it is something else, which is not ours to replace.
    """
    from ..simulator.files.store import load

    if not path.exists():
        return False
    try:
        source = load(path).source
    except InputError:
        if path.is_dir() or not ours or _is_foreign(path):
            raise
        return False
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
    return True


def _is_foreign(path: Path) -> bool:
    """Whether this is an HDF5 file of another program, kind or format; False where it cannot be read."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            attrs = dict(file.attrs)
        return not (attrs["format"] == FORMAT and attrs["kind"] == "run" and attrs["format_version"] <= FORMAT_VERSION)
    except LookupError:
        return True  # one of those attributes is not there
    except DAMAGE:
        return False


def _described(plan: Plan) -> dict[str, Any]:
    about = {"system": plan.system, "settings": dict(sorted(plan.settings.items())), "grid": dict(plan.grid)}
    return about | {"seeds": list(plan.seeds)}


def _parts(plan: Plan) -> dict[str, str]:
    """What makes a sweep this one, each as a text; the order of the grid decides the names of the files."""
    about = _described(plan)
    each = {f"{what} {key}": value for what in ("settings", "grid") for key, value in about[what].items()}
    parts = {"system": about["system"], **each, "seeds": about["seeds"], "order of the grid": list(plan.grid)}
    return {what: json.dumps(value) for what, value in parts.items()}


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
