"""The command ``ictal``. Importing it loads typer alone: a command's module is imported when the command is called."""

from __future__ import annotations

import errno
import gc
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from ..simulator.errors import spelled
from ..simulator.registry import Registry
from .output import drop_stdout, error_line, open_streams, write
from .usage import CommandError, usage_line

COMMANDS = Registry(
    "command",
    "ictal.cli",
    {
        "compare": ("compare:compare", "Compare groups of files; without files, run the main job."),
        "simulate": ("simulate:simulate", "Run a system once and write its recordings to an HDF5 file."),
        "sweep": ("sweep:sweep", "Run a system over a grid of parameters and seeds."),
        "train": ("train:train", "Train a network and write its history and its weights."),
        "evaluate": ("evaluate:evaluate", "Evaluate a trained network on its data or others."),
        "attack": ("attack:attack", "Attack a trained network: its accuracy on images changed by at most ε."),
        "measure": ("measure:measure", "Measure the synchrony in a file, or its course over time."),
        "why": ("why:why", "Take a value of synchrony apart: classes, slow, fast, groups, chance."),
        "analyse": ("analyse:analyse", "Analyse the dynamics of a system or network."),
        "eeg": ("eeg:eeg", "Analyse an EEG: synchrony, recruitment, detectors."),
        "plot": ("plot:plot", "Draw the overview of a run or a result as PNG and SVG; with --all its parts as well."),
        "export": ("export:export", "Write a file for other tools: csv, NWB, SONATA or xarray."),
        "reproduce": ("reproduce:reproduce", "Run the evidence for the claims, and print the verdicts."),
        "claims": ("reproduce:claims", "Print the claims of the paper and the verdicts of evidence."),
        "list": ("info:list_", "List everything that has a name, by kind."),
        "explain": ("info:explain", "Explain anything that has a name."),
        "info": ("info:info", "Describe a file and the command that made it."),
        "doctor": ("doctor:doctor", "Check versions, caches, threads, data and links."),
    },
    needs=("__call__",),
)  # fmt: skip
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)  # of a disk
PLAIN: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}


class Commands(TyperGroup):
    """All commands; Ctrl-C ends one without its own handler with one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the line names."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            error_line("interrupted")
            raise typer.Exit(130) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of Ictal's own commands and those of plug-ins."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command and build its parser; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        function = COMMANDS.load(cmd_name)
        alone = typer.Typer(**PLAIN)
        alone.command(cmd_name, cls=Prepared)(function)
        found: Any = typer.main.get_command(alone)
        found.prepare = getattr(function, "prepare", list)
        return found

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one line a command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.lines().items()))


class Prepared(TyperCommand):
    """Command that may change its arguments before it reads them, and takes every option once."""

    prepare: Callable[[list[str]], list[str]]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Change the arguments, then parse as always; refuse an option that is given twice and takes one value."""
        from ..simulator.errors import InputError

        args = self.prepare(args)
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in order:
            if order.count(parameter) > 1 and not (parameter.multiple or getattr(parameter, "is_flag", False)):
                hint = "; several values are one word: A,B" if "," in (parameter.metavar or "") else ""
                name = max(parameter.opts, key=len)
                what = "one band" if name.endswith("band") else "one value"
                raise InputError(f"{name}: takes {what}; got it {order.count(parameter)} times{hint}")
        return super().parse_args(ctx, args)


app = typer.Typer(cls=Commands, **PLAIN)


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
        from .names_text import START

        write(START)


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of a command line: 0 done, 2 bad input, 130 or 143 interrupted.

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
        drop_stdout()
        return 0
    except MemoryError as error:
        error_line(f"needs more memory than there is: {str(error) or 'out of memory'}; make it smaller or shorter")
        return 2
    except (ValueError, OSError) as error:
        if not _is_bad_input(error):
            raise
        if isinstance(error, OSError) and error.errno in _FULL:
            drop_stdout()  # the help of a command, which typer prints
        error_line(str(error))
        return 2
    return code if isinstance(code, int) else 0


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point of ``ictal`` and ``python -m ictal``."""
    open_streams()
    os.environ["MPLBACKEND"] = "agg"  # no command opens a window
    warnings.formatwarning = lambda message, *_, **__: f"ictal: {spelled(str(message))}\n"  # no place in our code
    code = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # the interpreter need not look for garbage on its way out, which takes up to a second
    sys.exit(code)


def _is_bad_input(error: Exception) -> bool:
    """Return whether the user can mend it: an InputError, or a file that cannot be read or written."""
    from ..simulator.errors import InputError

    on_disk = isinstance(error, OSError) and (error.filename is not None or error.errno in _FULL)
    return isinstance(error, InputError) or on_disk
