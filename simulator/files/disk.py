"""Files written whole or not at all: temporary names, locks against a second writer, full disks."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import InputError

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two processes apart there
    fcntl = None  # type: ignore[assignment]

_ATTEMPTS = 100  # to open and lock a file that others rename or remove
_LOST = 2**24  # bytes of a file that a full disk did not take, in memory, before its writer gets an error


class WriteError(InputError):
    """File that could not be written: the disk is full, a quota or a limit is reached."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], force: bool = False, within: Path | None = None) -> Iterator[Path]:
    """Yield the path of a temporary file, which replaces `path` when the block ends without error.

    A process that dies inside the block leaves at most a hidden ``.NAME.tmp``, never a partial file at `path`; the next
    writer of the file takes it over. Where `path` is a link to a file, that file is replaced.

    Args:
        path: the file.
        force: replace it if it exists.
        within: folder of the temporary file, on the same disk as the file; the file's own if None.

    Raises:
        InputError: the file exists (and not force), its folder is missing or cannot be written, or another process
            is writing it.
        WriteError: the disk is full.
    """
    check_writable(path, force)
    target = Path(os.path.realpath(path))
    temporary = (within or target.parent) / f".{target.name}.tmp"
    with _locked(temporary, path), write_errors(path):
        try:
            with temporary.open("wb"):
                pass
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            if target.exists() and not force:
                raise _exists(Path(path))
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder next to `path`, which is removed in the end; its locks are those of `replacing`.

    Raises:
        InputError: another process is writing there.
        WriteError: the disk is full.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with write_errors(path), locked_folder(temporary, f"{path}: another process is writing it") as is_still_there:
        try:
            clear(temporary)
            yield temporary
        finally:
            if is_still_there():
                clear(temporary)
                temporary.rmdir()


@contextlib.contextmanager
def locked_folder(folder: Path, otherwise: str) -> Iterator[Callable[[], bool]]:
    """Make a folder, and keep other processes out of it; yield a function: whether the folder was not renamed.

    Raises:
        InputError: `otherwise`; another process is at work there.
    """
    if fcntl is None:
        folder.mkdir(exist_ok=True)
        yield folder.is_dir
        return

    def opened() -> int:
        folder.mkdir(exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    handle = _lock(opened, folder, otherwise)
    try:
        yield lambda: _is_still(handle, folder)
    finally:
        os.close(handle)


def clear(folder: Path) -> None:
    """Remove the files of a folder."""
    for item in folder.iterdir():
        item.unlink()


def check_writable(path: str | os.PathLike[str], force: bool = False) -> None:
    """Check that a file can be written, before any work is done.

    Raises:
        InputError: as `replacing`.
    """
    target = Path(path)
    if "\0" in str(target):
        raise InputError(f"{str(target)!r}: holds a NUL; want the name of a file")
    if target.is_dir():
        raise InputError(f"{target}: is a folder; want the name of a file")
    if target.is_symlink() and not target.exists():
        raise InputError(
            f"{target}: is a link to {os.readlink(target)}, which does not exist; remove it, or name a file"
        )
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise InputError(f"{target}: is a pipe, a socket or a device, which is not replaced; want the name of a file")
    if target.exists() and not force:
        raise _exists(target)
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise InputError(f"{target}: its folder {target.parent} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{target}: its folder {target.parent} cannot be written")


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Return whether two names are those of one file that exists, through links too."""
    return Path(one).exists() and Path(other).exists() and os.path.samefile(one, other)


def path_of(path: object) -> Path:
    """Return the path of this name.

    Raises:
        InputError: it is no name of a file, or longer than the system takes.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise InputError(f"path: must be the name of a file; got {type(path).__name__}")
    try:
        os.stat(path)
    except ValueError:
        raise InputError(f"{os.fspath(path)!r}: holds a NUL, or is no text; want the name of a file") from None
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            raise InputError(f"{os.fspath(path)[:60]}…: {error.strerror}; want the name of a file") from None
    return Path(path)


def check_readable(path: str | os.PathLike[str], want: str = "") -> None:
    """Check that there is a file, and no pipe, which has no end; a folder is refused where `want` says what it must be.

    Raises:
        InputError: which it is.
    """
    source = Path(path)
    if "\0" in str(source):
        raise InputError(f"{str(source)!r}: holds a NUL; want the name of a file")
    if want and source.is_dir():
        raise InputError(f"{source}: is a folder; want {want}")
    if not source.exists():
        raise InputError(f"{source}: no such file")
    if not source.is_file() and not source.is_dir():
        raise InputError(f"{source}: is a pipe, a socket or a device; want {want or 'a file'}")


def make_folder(folder: Path) -> None:
    """Make the folder and those above it; an InputError where the system does not allow it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error


@contextlib.contextmanager
def write_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn errors of the system while a file is written into a WriteError that names the file."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path}: could not be written: {error.strerror or error}") from error


class Sink(io.RawIOBase):
    """File that HDF5 writes through, which hides a full disk from it until HDF5 has closed the file.

    The HDF5 library cannot close a file that cannot be written, and crashes when the process ends. Therefore bytes that
    the disk did not take stay in memory, and the error is raised when this object is closed as a context; a writer of
    many bytes gets it at once.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb+", buffering=0)
        self._at = 0
        self._lost: list[tuple[int, bytes]] = []
        self._error: OSError | None = None
        self._told = False

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        if self._error is not None:
            raise self._error

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte; HDF5 counts from the start, or asks for the end."""
        if whence == os.SEEK_END:
            offset += max([self._file.seek(0, os.SEEK_END), *(at + len(data) for at, data in self._lost)])
        self._at = offset
        return offset

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what was written, on the disk or not."""
        self._file.seek(self._at)
        end = self._at + len(buffer)
        found = self._file.read(len(buffer)) or b""
        buffer[: len(found)] = found
        if self._lost:
            buffer[len(found) :] = bytes(len(buffer) - len(found))
        for at, data in self._lost:
            first, last = max(at, self._at), min(at + len(data), end)
            if first < last:
                buffer[first - self._at : last - self._at] = data[first - at : last - at]
        count = len(buffer) if self._lost else len(found)
        self._at += count
        return count

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        """Write all of the data, or keep it."""
        data = memoryview(data).cast("B")
        try:
            if self._error is None:
                self._file.seek(self._at)
                done = 0
                while done < len(data):
                    done += self._file.write(data[done:])
        except OSError as error:
            self._error = error
        if self._error is not None:
            self._lost.append((self._at, bytes(data)))
            if not self._told and sum(len(lost) for _, lost in self._lost) > _LOST:
                self._told = True
                raise self._error
        self._at += len(data)
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the length of the file."""
        wanted = self._at if size is None else size
        try:
            if self._error is None:
                self._file.truncate(wanted)
        except OSError as error:
            self._error = error
        return wanted


def _exists(target: Path) -> InputError:
    return InputError(f"{target}: exists already; choose another name or say --force (force=True) to replace it")


@contextlib.contextmanager
def _locked(temporary: Path, path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the lock of a temporary file, which is made if it does not exist."""
    if fcntl is None:
        yield
        return

    def opened() -> int:
        return os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)

    with write_errors(path):
        handle = _lock(opened, temporary, f"{path}: another process is writing it")
    try:
        yield
    finally:
        os.close(handle)


def _lock(opened: Callable[[], int], path: Path, otherwise: str) -> int:
    """Return the handle of a file or folder that is locked and has this name still."""
    missing: FileNotFoundError | None = None
    for _ in range(_ATTEMPTS):
        try:
            handle = opened()
        except FileNotFoundError as error:  # removed by its owner before it could be opened, or never to be made: /proc
            missing = error
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise InputError(otherwise) from None
        except OSError:
            pass  # a file system without locks
        if _is_still(handle, path):
            return handle
        os.close(handle)  # renamed or removed by its owner before it could be locked
    raise missing or InputError(otherwise)


def _is_still(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False
