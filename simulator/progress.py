"""Progress of what takes long: a bar on a terminal, one line of a notebook that changes, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .errors import InputError, spelled

if TYPE_CHECKING:  # numpy takes long to import
    from .types import Progress

FIRST, BETWEEN = 2.0, 5.0  # s until the first plain line, and between lines
CHANGES = 0.2  # s between two changes of the line of a notebook
P = ParamSpec("P")
R = TypeVar("R")


def shows_progress(verb: Callable[P, R]) -> Callable[P, R]:
    """Make a function take ``progress=True``, which shows its progress, for ``progress=function``.

    Raises:
        InputError: its progress is neither a function nor a truth value.
    """
    signature = inspect.signature(verb)

    @functools.wraps(verb)
    def run(*args: P.args, **given: P.kwargs) -> R:
        asked: Any = given.get("progress")
        if asked is None or _reports(asked):
            return verb(*args, **given)
        if not isinstance(asked, bool):
            name = f"{verb.__name__}.progress"
            raise InputError(f"{name}: must be True, or a function of (done, total, text); got {asked!r}")
        with shown(verb.__name__) if asked else contextlib.nullcontext() as report:
            return verb(*args, **(given | {"progress": report}))  # type: ignore[arg-type]

    assert "progress" in signature.parameters
    return run


def _reports(asked: object) -> bool:
    """Return whether this is a function that can be called with (done, total, text)."""
    if not callable(asked):
        return False
    try:
        inspect.signature(asked).bind(0, 1, "")
    except TypeError:
        return False
    except ValueError:  # one of C that does not say what it takes
        return True
    return True


@contextlib.contextmanager
def shown(title: str) -> Iterator[Progress]:
    """Yield a function (done, total, text) that shows progress where the caller looks, until the end of the block."""
    shell = _shell()
    if shell is not None and getattr(shell, "kernel", None) is not None:
        with line(title) as report:
            yield report
    elif sys.stderr is not None and sys.stderr.isatty():
        with bar(title) as report:
            yield report
    else:
        yield plain_lines(title, lambda text: print(text, file=sys.stderr, flush=True), FIRST, BETWEEN)


@contextlib.contextmanager
def bar(title: str) -> Iterator[Progress]:
    """Yield a report that is a bar on stderr, a terminal; it erases itself."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[what]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
    )
    console = Console(stderr=True, no_color=True)  # one line: the words take what the numbers leave
    with Bar(*columns, console=console, transient=True, expand=True) as made:
        task = made.add_task(spelled(title), total=None, what="")
        yield lambda done, total, what: made.update(task, completed=done, total=total, what=spelled(what))


@contextlib.contextmanager
def line(title: str) -> Iterator[Progress]:
    """Yield a report that is one line of a notebook; in the end it says how long all took."""
    from IPython.display import display

    began = time.monotonic()
    handle: Any = display(_bundle(title, ""), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    due, first, whole = began + CHANGES, 0, 0

    def report(done: int, total: int, what: str) -> None:
        nonlocal due, first, whole
        now = time.monotonic()
        if total != whole or done < first:
            first, whole = done, total
        if now >= due and handle is not None:
            due = now + CHANGES
            share = f"{100 * done / total:.0f} %" if total else f"{done}"
            text = f"{share} {what}".rstrip() + time_left(now - began, done - first, total - done)
            handle.update(_bundle(title, text, done, total), raw=True)

    try:
        yield report
        end = "done"
    except BaseException:
        end = "stopped"
        raise
    finally:
        if handle is not None:
            handle.update(_bundle(title, f"{end} after {time.monotonic() - began:.1f} s"), raw=True)


def plain_lines(title: str, say: Callable[[str], None], first: float, between: float) -> Progress:
    """Return a report that says a line after `first` seconds, and then every `between` seconds."""
    due = time.monotonic() + first
    began, start, whole = due, 0, 0  # of the stage that is under way: its time, its first number, its total

    def report(done: int, total: int, what: str) -> None:
        nonlocal due, began, start, whole
        now = time.monotonic()
        if total != whole or done < start:
            began, start, whole = now, done, total
        if now >= due:
            due = now + between
            share = f"{100 * done / total:.0f} %" if total else f"{done}"
            say(f"{title}: {share} {what}".rstrip() + time_left(now - began, done - start, total - done))

    return report


def time_left(elapsed: float, done: int, left: int) -> str:
    """Return how long the rest takes if it goes on as before; "" before anything is done.

    >>> time_left(60.0, 100, 300), time_left(60.0, 1000, 200), time_left(3600.0, 1, 2), time_left(1.0, 0, 10)
    (', about 3 min left', ', about 12 s left', ', about 2.0 h left', '')
    """
    if done < 1 or left < 1:
        return ""
    seconds = elapsed * left / done
    if seconds < 90:
        return f", about {max(1, round(seconds))} s left"
    return f", about {seconds / 60:.0f} min left" if seconds < 5400 else f", about {seconds / 3600:.1f} h left"


def of_time(progress: Progress | None) -> Callable[[float, float], None] | None:
    """Return a report of simulated time, done and total [s], that is one of thousandths."""
    if progress is None:
        return None
    return lambda done, total: progress(round(1000 * done / total), 1000, f"{done:.3g} of {total:.3g} s")


def _bundle(title: str, text: str, done: int = 0, total: int = 0) -> dict[str, str]:
    from html import escape

    plain = f"{title}: {text}" if text else title
    moving = f'<progress value="{done}" max="{total}" style="vertical-align:middle"></progress> ' if total else ""
    html = f'<span style="font-size:13px">{escape(spelled(title))} {moving}{escape(spelled(text))}</span>'
    return {"text/plain": spelled(plain), "text/html": html}


def _shell() -> Any:
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()
