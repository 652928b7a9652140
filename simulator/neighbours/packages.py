"""Packages of other tools that read files, imported when a file needs them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from .. import InputError
from ..files.tals import printable

LONGEST = 160  # characters of a warning of another package
SILENT = ("does not conform to MNE naming conventions", "Ignoring cached namespace")


def needed(source: Path, what: str, package: str, extra: str) -> Any:
    """Return a package that reads a file.

    Args:
        source: the file, which leads the error.
        what: its format.
        package: name of the module.
        extra: of Ictal that installs it.

    Raises:
        InputError: it is not installed; the line says how to install it.
    """
    try:
        return import_module(package)
    except ImportError:
        name = package.partition(".")[0]
        raise InputError(f'{source}: {what} is read by the package {name}: pip install "ictal[{extra}]"') from None


@contextmanager
def reading(source: Path, what: str, package: str, notes: list[str]) -> Iterator[None]:
    """Turn errors of another package into one line, and its warnings into notes.

    Raises:
        InputError: the package cannot read the file.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except InputError as error:
            raise InputError(str(error) if str(source) in str(error) else f"{source}: {error}") from error
        except MemoryError:
            raise
        except ImportError as error:
            raise InputError(f"{source}: {what} needs one more package: {_line(error)}") from error
        except Exception as error:  # another package may fail in any way on a file that is damaged
            raise InputError(
                f"{source}: {package} cannot read it as {what}: {_line(error)}; want a whole file of this format"
            ) from error
    lines = [_line(one.message) for one in caught if issubclass(one.category, UserWarning | RuntimeWarning)]
    notes += [f"{package}: {line}" for line in dict.fromkeys(lines) if not any(text in line for text in SILENT)]


def _line(error: object) -> str:
    text = printable(next((line for line in str(error).splitlines() if line.strip()), "")) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
