"""A folder with a .csv an entry, and ``attributes.json`` with everything that is no table."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .. import InputError
from ..files.disk import check_writable, replacing_folder
from ..types import Progress
from .entries import Content, Exported, Format, name_of, plain, plain_attrs
from .tables import tables

ABOUT = "attributes.json"
_LONGEST = 60  # characters of a file name, of which UTF-8 makes up to four bytes each


def write_csv(content: Content, target: Path, force: bool, progress: Progress) -> Exported:
    """Write the tables of all groups, or nothing.

    Args:
        content: entries to export.
        target: the folder; files in it that have other names stay as they are.
        force: replace files that exist.
        progress: called as progress(rows done, rows, entry).

    Raises:
        InputError: a part of the file is damaged, or the folder cannot be written or holds one of the files.
        OSError: the disk is full.
    """
    read = {path: plain(path, group, content.where) for path, group in content.groups.items()}
    made = {(path, part): table for path, group in read.items() for part, table in tables(group.variables).items()}
    called = [f"{name_of(path)}.{part}" if part else name_of(path) for path, part in made]
    files = dict(zip(made, file_names(called), strict=True))
    about = {
        "file": content.where,
        **plain_attrs(content.attrs),
        "entries": {
            name_of(path): {
                "group": path,
                "files": [file for (of, _), file in files.items() if of == path],
                "attributes": plain_attrs(group.attrs),
                "variables": {
                    name: {
                        "dimensions": list(variable.dims),
                        "dtype": variable.dtype.name if variable.dtype.kind != "U" else "str",
                        **plain_attrs(variable.attrs),
                    }
                    for name, variable in group.variables.items()
                },
            }
            for path, group in read.items()
        },
    }
    names = [*files.values(), ABOUT]
    total, done = sum(table.rows for table in made.values()), 0
    with _filled(target, names, force) as folder:
        for key, table in made.items():
            with (folder / files[key]).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(table.header)
                for rows in table.pieces():
                    writer.writerows(rows)
                    done += len(rows)
                    progress(done, total, name_of(key[0]))
        text = json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False)
        # of a file name that is not UTF-8 its bytes, which are an escape of JSON too
        (folder / ABOUT).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return Exported([target / name for name in names], [])


CSV = Format(write_csv, "-csv")


@contextlib.contextmanager
def _filled(target: Path, names: Iterable[str], force: bool) -> Iterator[Path]:
    """Make a temporary folder next to `target`; its files `names` move there when the block ends without error."""
    if target.is_dir():
        for name in names:
            check_writable(target / name, force)
    elif os.path.lexists(target):
        raise InputError(f"{target}: is a file; csv needs the name of a folder")
    else:
        check_writable(target)
    with replacing_folder(target) as temporary:
        yield temporary
        for name in names:
            with (temporary / name).open("rb+") as written:
                os.fsync(written.fileno())
        if not target.exists():
            temporary.rename(target)  # all files at once
            return
        for name in names:
            (temporary / name).replace(target / name)


def file_names(names: Iterable[str]) -> list[str]:
    """Return a .csv for every name, in characters that all file systems allow; no two differ by capitals alone.

    >>> file_names(["lfp", "LFP", "activity/E/rest", "a<b"])
    ['lfp.csv', 'LFP-2.csv', 'activity-E-rest.csv', 'a-b.csv']
    """
    found: dict[str, str] = {}
    for name in names:
        stem = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f]+', "-", name)[:_LONGEST].strip(". -") or "entry"
        first, number = stem, 2
        while stem.casefold() in found:
            stem, number = f"{first}-{number}", number + 1
        found[stem.casefold()] = f"{stem}.csv"
    return list(found.values())
