"""Figures as files: the same figure gives the same bytes."""

from __future__ import annotations

import base64
import io
import os
import re
import struct
import warnings
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ...simulator import InputError
from ...simulator.errors import spelled
from ...simulator.files.disk import check_writable, replacing
from .parts.palette import SOFT
from .parts.style import FAMILY, Drawing, styled, words

DPI, COLOURS = 200, 255
NARROW = 5.0  # inch; narrower figures have smaller captions


def to_png(figure: Figure, caption: str = "", dpi: int = DPI, *, inside: bool = False) -> bytes:
    """Return the figure as PNG of at most 255 colours, its caption in the metadata field Description.

    Args:
        inside: put the caption below the figure, into the picture.
    """
    drawn = _rendered(figure, "png", {"Software": None}, dpi, caption if inside else "")
    return _with_palette(drawn, spelled(caption), dpi)


def to_svg(figure: Figure, caption: str = "", *, inside: bool = False) -> bytes:
    """Return the figure as SVG, text as text, its caption in ``<desc>`` and the metadata; `inside` as in `to_png`."""
    metadata: dict[str, str | None] = {"Date": None, "Creator": None, "Description": spelled(caption) or None}
    drawn = _rendered(figure, "svg", metadata, DPI, caption if inside else "").decode("utf-8")
    drawn = drawn.replace(f"'{FAMILY[0]}'", f"'{FAMILY[0]}', Arial, Helvetica")  # a reader may have other fonts
    head, tag, rest = drawn.partition("<metadata>")
    about = f"<desc>{escape(spelled(caption))}</desc>\n " if caption else ""
    return (head + about + tag + rest).encode("utf-8")


def save_figures(
    drawings: Iterable[Drawing], folder: str | os.PathLike[str], *, force: bool = False, captions: bool = False
) -> list[Path]:
    """Write every figure as NAME.png and NAME.svg; slashes and blanks in a name become dashes.

    Args:
        drawings: the figures.
        folder: an existing folder.
        force: replace files that exist.
        captions: put captions into the pictures.

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
                temporary.write_bytes(render(drawing.figure, drawing.caption, inside=captions))
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
def _rendered(figure: Figure, kind: str, metadata: Mapping[str, str | None], dpi: int, below: str = "") -> bytes:
    """Return the figure as it is; with a text below it, where there is one."""
    out, box, note = io.BytesIO(), None, None
    if below:
        width, height = figure.get_size_inches()
        size = 7.0 if width > NARROW else 6.5
        text = words(below, int(width * 144 / size), 40)
        note = figure.text(0.012, -0.05 / height, text, va="top", size=size, color=SOFT, linespacing=1.25)
        tall = (text.count("\n") + 1) * size * 1.3 / 72 + 0.12
        box = Bbox([[0, -tall], [width, height]])
    with warnings.catch_warnings():
        # a name in a script that the font lacks is drawn as boxes; the page carries it as text
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(out, format=kind, dpi=dpi, metadata=dict(metadata), bbox_inches=box)
    if note is not None:
        note.remove()
    return out.getvalue()


def _with_palette(png: bytes, description: str, dpi: int) -> bytes:
    """Return a PNG with a palette of 255 colours, which is a third of the size; without a dither."""
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    about = PngInfo()
    if description:
        about.add_itxt("Description", description)
    out = io.BytesIO()
    image.save(out, format="png", optimize=True, pnginfo=about, dpi=(dpi, dpi))
    return out.getvalue()
