"""Warnings of Ictal while a command runs, collected so that the command prints them with its assumptions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = str(Path(__file__).parents[1])


@contextmanager
def heard() -> Iterator[list[str]]:
    """Context whose list holds the words of Ictal's user warnings when it ends; other warnings are shown then."""
    texts: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            yield texts
    finally:
        for each in caught:
            if issubclass(each.category, UserWarning) and each.filename.startswith(PACKAGE):
                texts.append(str(each.message))
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def joined(assumptions: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return the assumptions of a result, and the words that are not among them, once each.

    >>> joined(["no copies"], ["train: no copies", "more", "more"])
    ['no copies', 'more']
    """
    known = list(assumptions)
    return [*known, *dict.fromkeys(text for text in texts if not text.endswith(tuple(known) or "\0"))]
