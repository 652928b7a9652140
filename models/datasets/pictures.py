"""PNG and JPEG files as one array of images that is read where it is indexed."""

from __future__ import annotations

import os
import warnings
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
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")  # eight bits or fewer a value


class Pictures:
    """Images in files, uint8 (n, height, width, 3); grey ones get three equal channels.

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
        height, width = (image_size, image_size) if image_size else read_picture(self._paths[0]).shape[:2]
        self.shape: tuple[int, ...] = (len(self._paths), height, width, 3)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, rows: NDArray[np.intp], /) -> NDArray[np.uint8]:
        chosen = [self._paths[row] for row in rows]
        check_memory(len(chosen), self.shape[1:], str(self._paths[0].parent))
        out = np.empty((len(chosen), *self.shape[1:]), np.uint8)

        def fill(at: int) -> None:
            image = read_picture(chosen[at], self._size)
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


def read_picture(path: Path, size: int | None = None) -> NDArray[np.uint8]:
    """One image, uint8 (height, width, 3), resized and cropped to a square of `size` if given.

    Raises:
        InputError: no such file, not PNG or JPEG, damaged, or of more than 8 bits a value.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.mode not in MODES:
                raise InputError(f"{path}: must have 8 bits a value; got an image of mode {image.mode}")
            plain = image.convert("RGB")
            return np.asarray(plain if size is None else _fitted(plain, size))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, SyntaxError, ValueError, LookupError, MemoryError, Image.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as PNG or JPEG ({first_line(error)})") from None


def _fitted(image: Image, size: int) -> Image:
    from PIL import Image as Pillow

    short = min(image.size)
    width, height = (size * side // short for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    resized = image.resize((width, height), Pillow.Resampling.BILINEAR)
    return resized.crop((left, top, left + size, top + size))
