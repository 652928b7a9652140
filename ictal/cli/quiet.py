"""Silence for warnings whose words a command prints itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Context without user warnings: all are among the assumptions of the result, which the command prints."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
