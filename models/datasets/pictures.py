"""PNG and JPEG files as one array of images that is read where it is indexed."""

from __future__ import annotations

import os
import struct
import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.files.document import first_line
from .sources import check_memory

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg")
ORIENTATION = 274  # tag of EXIF: 1 is upright, 2 to 8 are turned or mirrored
ALPHA = ("LA", "PA", "RGBA")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")  # eight bits or fewer a value


class Pictures:
    """Images in files, uint8 (n, height, width, 3), upright by their EXIF tag; grey ones get three equal channels.

    Indexing by row numbers reads those files, on a few threads. With `image_size` the short side is
    resized to it (bilinear, antialiased) and the middle is cropped to a square; without it all images
    must be as large as the first.

    Raises:
        InputError: a file that is no image, is damaged, or is of another size.
    """

    dtype: np.dtype[Any] = np.dtype(np.uint8)

    def __init__(self, paths: Sequence[Path], image_size: int | None) -> None:
        self._paths = list(paths)
        self._size = image_size
        self._seen: dict[Path, Read] = {}
        height, width = (image_size, image_size) if image_size else read_with_facts(self._paths[0])[0].shape[:2]
        self.shape: tuple[int, ...] = (len(self._paths), height, width, 3)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, rows: NDArray[np.intp], /) -> NDArray[np.uint8]:
        chosen = [self._paths[row] for row in rows]
        check_memory(len(chosen), self.shape[1:], str(self._paths[0].parent))
        out = np.empty((len(chosen), *self.shape[1:]), np.uint8)

        def fill(at: int) -> None:
            image, self._seen[chosen[at]] = read_with_facts(chosen[at], self._size)
            if image.shape != out.shape[1:]:
                raise InputError(
                    f"{chosen[at]}: is {image.shape[0]} x {image.shape[1]}, {self._paths[0].name} is "
                    f"{self.shape[1]} x {self.shape[2]}; give an image_size to resize all"
                )
            out[at] = image

        with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            warnings.simplefilter("ignore")  # of metadata that nothing reads
            for _ in pool.map(fill, range(len(chosen))):
                pass
        return out

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on the pictures that were read: turned upright, grey among coloured, transparent."""
        n, counts = len(self._seen), Counter(each for read in self._seen.values() for each in read)
        found = []
        if turned := counts["turned"]:
            found.append(f"{turned} of {n} pictures were turned upright by their EXIF orientation")
        if counts["grey"] and counts["grey"] < n:
            found.append(
                f"{counts['grey']} of {n} pictures are grey, the others coloured: grey ones got three equal channels"
            )
        if clear := counts["transparent"]:
            found.append(f"{clear} of {n} pictures have transparency, which was left out")
        if printed := counts["cmyk"]:
            found.append(f"{printed} of {n} pictures are CMYK, and were made RGB without a colour profile")
        return tuple(found)


Read = tuple[str, ...]  # facts about a picture: "turned", "grey", "cmyk", "transparent"


def read_picture(path: Path, size: int | None = None) -> NDArray[np.uint8]:
    """One image, uint8 (height, width, 3), upright, resized and cropped to a square of `size` if given.

    Raises:
        InputError: no such file, not PNG or JPEG, damaged, or of more than 8 bits a value.
    """
    return read_with_facts(path, size)[0]


def read_with_facts(path: Path, size: int | None = None) -> tuple[NDArray[np.uint8], Read]:
    """One image as `read_picture` returns it, and the facts about it."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.mode not in MODES:
                raise InputError(f"{path}: must have 8 bits a value; got an image of mode {image.mode}")
            upright, turned = _upright(image)
            plain = upright.convert("RGB")
            facts = (
                *(["turned"] if turned else ()),
                *(["grey"] if image.mode in ("1", "L", "LA") else ()),
                *(["cmyk"] if image.mode == "CMYK" else ()),
                *(["transparent"] if image.mode in ALPHA or "transparency" in image.info else ()),
            )
            return np.asarray(plain if size is None else _fitted(plain, size)), facts
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, SyntaxError, ValueError, LookupError, MemoryError, Image.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as PNG or JPEG ({first_line(error)})") from None


def _upright(image: Image) -> tuple[Image, bool]:
    """Return an image turned as its EXIF orientation says, as every viewer shows it, and whether it was turned."""
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata
            turned = image.getexif().get(ORIENTATION, 1) in range(2, 9)
            return (ImageOps.exif_transpose(image), True) if turned else (image, False)
    except (SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return image, False  # metadata that cannot be read leave the picture as it is stored


def _fitted(image: Image, size: int) -> Image:
    from PIL import Image as Pillow

    short = min(image.size)
    width, height = (size * side // short for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    resized = image.resize((width, height), Pillow.Resampling.BILINEAR)
    return resized.crop((left, top, left + size, top + size))
