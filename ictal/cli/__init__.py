"""The command ``ictal``. Importing it loads typer and nothing of the bench: each command imports what it needs."""

from __future__ import annotations

import gc
import io
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from . import analyse, compare, doctor, eeg, evaluate, export, info, measure, plot, reproduce, simulate, sweep, train
from .analyse import AnalyseCommand
from .output import error_line, write
from .sliding import WindowCommand
from .usage import CommandError, usage_line


class Commands(TyperGroup):
    """All commands: one that Ctrl-C ends where it has no answer of its own says so."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the line names."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            error_line("interrupted")
            raise typer.Exit(130) from None


app = typer.Typer(cls=Commands, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("compare")(compare.compare)
app.command("simulate")(simulate.simulate)
app.command("sweep")(sweep.sweep)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("measure", cls=WindowCommand)(measure.measure)
app.command("analyse", cls=AnalyseCommand)(analyse.analyse)
app.command("eeg")(eeg.eeg)
app.command("plot")(plot.plot)
app.command("export")(export.export)
app.command("reproduce")(reproduce.reproduce)
app.command("claims")(reproduce.claims)
app.command("list")(info.list_)
app.command("explain")(info.explain)
app.command("info")(info.info)
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", show_default=False)] = False,
) -> None:
    """One bench for synchrony in spiking networks, brain recordings and deep networks.

    `ictal compare` without arguments runs the main job: a seizure against rest, and overfitted
    against healthy classifiers, under the same measures; it writes a report.
    """
    if version:
        from importlib.metadata import version as installed

        write(f"ictal {installed('ictal')}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        write(context.get_help() + "\n")


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command line: 0 done, 2 bad input, 130 or 143 interrupted.

    1 is a bug, which keeps its traceback, or a sweep of which some points failed.
    """
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="ictal", standalone_mode=False)
    except typer.Abort:
        error_line("interrupted")
        return 130
    except CommandError as error:
        error_line(usage_line(error, arguments))
        return 2
    except BrokenPipeError:
        return 0
    except MemoryError as error:
        error_line(f"needs more memory than there is: {str(error) or 'out of memory'}; make it smaller or shorter")
        return 2
    except (ValueError, OSError) as error:
        if not _is_bad_input(error):
            raise
        error_line(str(error))
        return 2
    return code if isinstance(code, int) else 0


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point of ``ictal`` and ``python -m ictal``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without λ still shows the rest
    warnings.formatwarning = lambda message, *_, **__: f"ictal: {message}\n"  # one line, without a place in our code
    code = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # the interpreter need not look for garbage on its way out, which takes up to a second
    sys.exit(code)


def _is_bad_input(error: Exception) -> bool:
    """What the user can mend: our own errors, and files that the system does not let us use."""
    from ..simulator.errors import InputError

    return isinstance(error, InputError) or (isinstance(error, OSError) and error.filename is not None)
