"""The one exception type for bad input, and the wording of "unknown name"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used: a file, flag, shape, value or name.

    The message is one line: the name of the field or file, the condition, and the value that was got.
    The command line prints that line and exits with code 2; any other exception is a bug and shows its traceback.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(line.strip() for line in message.splitlines()))  # arrays print over lines


def spelled(text: str) -> str:
    r"""Return a text with characters that are not printable, but for ends of lines, as escapes.

    Names of files and of what is in them reach a terminal, where control characters are commands.

    >>> print(spelled("\x1b[31mred, \udcff and λ"))
    \x1b[31mred, \udcff and λ
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def unknown(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not registered, with the nearest registered name.

    >>> print(unknown("measure", "si3", ["si_1", "si_2", "si_3", "chi_c"]))
    unknown measure 'si3'; did you mean 'si_3'? known: chi_c, si_1, si_2, si_3
    """
    names = sorted(known)
    by_lower = {known_name.lower(): known_name for known_name in names}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.4)
    hint = f"did you mean {by_lower[near[0]]!r}? " if near else ""
    return InputError(f"unknown {kind} {name!r}; {hint}known: {', '.join(names) or 'none'}")
