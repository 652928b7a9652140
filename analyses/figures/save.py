"""Figures as files: the same figure gives the same bytes."""

from __future__ import annotations

import base64
import io
import os
import re
import struct
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ...simulator import InputError
from ...simulator.errors import spelled
from ...simulator.files.disk import check_writable, replacing
from .parts.style import Drawing, styled

DPI = 200


def to_png(figure: Figure, caption: str = "", dpi: int = DPI) -> bytes:
    """The figure as PNG, its caption in the metadata field Description."""
    return _rendered(figure, "png", {"Software": None, "Description": spelled(caption) or None}, dpi)


def to_svg(figure: Figure, caption: str = "") -> bytes:
    """The figure as SVG, text as paths, its caption in the metadata field Description."""
    metadata: dict[str, str | None] = {"Date": None, "Creator": None, "Description": spelled(caption) or None}
    return _rendered(figure, "svg", metadata, DPI)


def save_figures(drawings: Iterable[Drawing], folder: str | os.PathLike[str], *, force: bool = False) -> list[Path]:
    """Write every figure as NAME.png and NAME.svg; slashes and blanks in a name become dashes.

    Args:
        drawings: the figures.
        folder: an existing folder.
        force: replace files that exist.

    Raises:
        InputError: the folder is missing or cannot be written, or a file exists (and not force).
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    drawn = {drawing.name: drawing for drawing in drawings}
    stems = file_stems(drawn)
    targets = [root / f"{stem}{suffix}" for stem in stems.values() for suffix in (".png", ".svg")]
    for target in targets:  # refuse before anything is written
        check_writable(target, force)
    for name, drawing in drawn.items():
        for suffix, render in ((".png", to_png), (".svg", to_svg)):
            with replacing(root / f"{stems[name]}{suffix}", force) as temporary:
                temporary.write_bytes(render(drawing.figure, drawing.caption))
    return targets


def save_films(films: Mapping[str, bytes], folder: str | os.PathLike[str], *, force: bool = False) -> list[Path]:
    """Write every film as NAME.gif into an existing folder.

    Raises:
        InputError: a file exists (and not force), or cannot be written.
    """
    targets = [Path(folder) / f"{stem}.gif" for stem in file_stems(films).values()]
    for target in targets:
        check_writable(target, force)
    for target, content in zip(targets, films.values(), strict=True):
        with replacing(target, force) as temporary:
            temporary.write_bytes(content)
    return targets


def embedded(drawing: Drawing, picture: bytes) -> dict[str, Any]:
    """Return one figure as the templates of pages use it: name, title, data URL, size [pixels], alt text, caption.

    Args:
        drawing: the figure with its texts.
        picture: its PNG, as `to_png` returns it.
    """
    width, height = struct.unpack(">II", picture[16:24])  # the head of a PNG
    return {
        "name": drawing.name,
        "title": drawing.title,
        "src": "data:image/png;base64," + base64.b64encode(picture).decode("ascii"),
        "width": width,
        "height": height,
        "alt": drawing.alt,
        "caption": drawing.caption,
    }


def file_stems(names: Iterable[str]) -> dict[str, str]:
    """A file name without suffix for every figure; two figures never share one.

    >>> file_stems(["raster/a b", "raster/a-b"])
    {'raster/a b': 'raster-a-b', 'raster/a-b': 'raster-a-b-2'}
    """
    stems: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:120] or "figure"
        while stem in stems.values():
            stem += "-2"
        stems[name] = stem
    return stems


@styled
def _rendered(figure: Figure, kind: str, metadata: Mapping[str, str | None], dpi: int) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        # a name in a script that the font lacks is drawn as boxes; the page carries it as text
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(out, format=kind, dpi=dpi, metadata=dict(metadata))
    return out.getvalue()
