"""Commands from settings: options of the fields of dataclasses, options of several commands, and folders."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from ..simulator.errors import InputError
from ..simulator.fields import Param, check, check_bounds, default_of, parse
from ..simulator.options import Argument, Option, command_line, default_option, option_words, options_of

AnyFile = Annotated[
    Path,
    Param(
        "Any file of ictal (.h5, .pt), the folder of a sweep, an EEG (.edf, .bdf), an array file, a table or an export"
    ),
    Argument("FILE"),
]
Force = Annotated[bool, Param("Replace files that exist"), Option(record="never")]
Resume = Annotated[bool, Param("Go on with a run that was cut short"), Option(record="never")]
Names = Annotated[
    tuple[str, ...], Param("Measures by name; if left out all that are defined, but for those of pairs (plv, sttc ...)")
]
Entries = Annotated[tuple[str, ...], Param("Only these entries of the file")]
Set = Annotated[tuple[str, ...], Param("A parameter of the system"), Option("KEY=VALUE", "--set", repeat=True)]
Device = Annotated[str, Param("Device: auto, cpu, cuda, cuda:N or mps")]
Dt = Annotated[
    float | None, Param("Sampling interval of an array file [ticks]; of a list of spikes the unit of its times [s]")
]
ClockOption = Annotated[
    str | None, Param("Clock of the time axis of an array file: second, model, step, epoch, frame, sample")
]
DimsOption = Annotated[
    str | None,
    Param(
        "Axes of an array file in their order, e.g. 'unit time' or 'time trial unit'. Default: time unit, if there are "
        "more samples than units"
    ),
    Option("'AXIS AXIS…'"),
]
Hdf5 = Annotated[Path | None, Param("Also write HDF5"), Option("FILE.h5", "-o --output", record="never")]
Band = Annotated[
    tuple[float, float] | None, Param("Band to which the signal is filtered first [cycles per tick of the clock; Hz]")
]
PhaseBand = Annotated[tuple[float, float] | None, Param("Band of Hilbert phases alone; default that of --band")]
Null = Annotated[
    tuple[str, ...],
    Param(
        "Kinds of surrogate, the deciding one first: linear_shift, innovations, circular_shift, train_shift, "
        "interval_jitter, permute_within_class, permute. Default: by the data"
    ),
    Option("KIND,…"),
]
MaxLag = Annotated[
    float | None, Param("linear_shift: largest lag, as a share of the length. Default 1/4, phases 1/8", gt=0)
]
TrainShift = Annotated[float | None, Param("train_shift: largest lag of a train [s]. Default 5 --sd", gt=0)]
Bin = Annotated[float, Param("Width of the bins in which spikes are counted [s]; χ depends on it", gt=0)]
Sd = Annotated[float, Param("SD of the Gaussian by which spikes are smoothed [s]; χ depends on it", ge=0)]


_OWNERS = (
    "measure",
    "compare",
    "why",
    "sweep",
    "train",
    "lyapunov",
    "load_data",
    "LayerSynchrony",
    "train_sequence",
    "attack",
    "FGSM",
    "PGD",
    "RandomSign",
    "Transfer",
    "Linear",
    "SPSA",
)  # before a dot


class Line(str):
    """Line that repeats a run: a parameter of this type gets it."""


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a command of a function.

    A parameter of the function is an option itself, or a dataclass whose fields are options: each with the type, the
    default, the words and the bounds that it is declared with. A field that is called like another parameter of the
    function takes the value of that. A parameter of the type `Line` gets the line that repeats the command. An
    `InputError` that begins with the name of a field begins with the option instead.

    Args:
        function: has an annotation with `Param` and `Option`, or a dataclass, for each parameter.
    """
    hints = get_type_hints(function, include_extras=True)
    defaults = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    found: dict[str, _Field] = {}
    line = next((name for name, hint in hints.items() if hint is Line), "")
    owners = [*_OWNERS, *(hint.__name__ for hint in groups.values())]  # whose fields are options here
    for name in (name for name in defaults if name != line):
        for field in _fields(groups[name]) if name in groups else [_Field.of(name, hints[name], defaults[name])]:
            found[field.name] = field

    def run(**given: Any) -> None:
        try:
            made = {name: field.value(given[name]) for name, field in found.items()}
            _refuse_input_as_output(made, {name for name, field in found.items() if isinstance(field.option, Argument)})
            for name, kind in groups.items():
                made[name] = kind(**{item.name: made[item.name] for item in fields(kind) if item.name in made})
            words = [word for name, field in found.items() for word in field.words(made[name])]
            made[line] = command_line(function.__name__, words)
            function(**{name: made[name] for name in defaults})
        except InputError as error:
            if 'dims="' in str(error) and "dims" in found:  # the fix as it is typed here
                error = InputError(re.sub(r'\bdims="([^"]+)"', r'--dims "\1"', str(error)))
            named = re.match(rf"(?:(?:{'|'.join(owners)})\.)?(\w+)( \w+)?:", str(error))
            files = [str(path) for value in given.values() for path in (value if isinstance(value, list) else [value])]
            if named and named[1] in found and named[0].rstrip(":") not in files:
                raise InputError(found[named[1]].flag + str(error)[named.end(1) :]) from error
            raise error

    listed = [field.parameter() for field in found.values()]
    run.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in listed}
    run.__doc__, run.__name__ = function.__doc__, function.__name__
    return run


def prepared(prepare: Callable[[list[str]], list[str]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Change the arguments of a command before they are read, for an option whose number of values varies."""

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        function.prepare = prepare  # type: ignore[attr-defined]
        return function

    return mark


@dataclass(frozen=True)
class _Field:
    """Field or parameter that is an option: its name, type, words and bounds, form and default."""

    name: str
    hint: Any
    param: Param
    option: Option
    default: Any

    @classmethod
    def of(cls, name: str, hint: Any, default: Any) -> _Field:
        """Take an annotation apart."""
        kind, *extras = get_args(hint)
        option = next((extra for extra in extras if isinstance(extra, Option)), default_option(kind) or Option())
        return cls(name, kind, next(extra for extra in extras if isinstance(extra, Param)), option, default)

    @property
    def flag(self) -> str:
        """Name of the option; of an argument its placeholder."""
        return next(iter(self.option.names(self.name)[-1:]), self.option.metavar)

    def words(self, value: Any) -> list[str]:
        """Return the words of the line that repeats the command."""
        return option_words(self.option, self.name, value, self.default)

    @property
    def items(self) -> Any:
        """Type of the items of a tuple of any length; None of other types."""
        for hint in (self.hint, *get_args(self.hint)):
            if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
                return get_args(hint)[0]
        return None

    @property
    def choice(self) -> Any:
        """Type of one of several texts, which may be left out; None of other types."""
        return next((hint for hint in (self.hint, *get_args(self.hint)) if get_origin(hint) is Literal), None)

    @property
    def help(self) -> str:
        """Words as a sentence, with the choices."""
        words = self.param.words.replace(" [1]", "").replace("none: ", "left out: ")
        choices = next((get_args(hint) for hint in (self.hint, self.items) if get_origin(hint) is Literal), ())
        parts = [f": {', '.join(choices[:-1])} or {choices[-1]}" if choices else ""]
        parts += ["; repeatable" if self.option.repeat else "", "" if words.endswith(".") else "."]
        return words[:1].upper() + words[1:] + "".join(parts)

    def parameter(self) -> inspect.Parameter:
        """Return the parameter that typer makes an option of."""
        kind, default, items = self.hint, self.default, self.items
        if items and (self.option.repeat or isinstance(self.option, Argument)):
            kind, default = list[items] | None, default or None  # type: ignore[valid-type]
        elif items:
            kind, default = str, ",".join(map(str, default or ()))
        elif self.choice is not None:
            kind = str | None if type(None) in get_args(kind) else str
        shown: dict[str, Any] = {
            "help": self.help,
            "metavar": self.option.metavar or None,
            "show_default": self.option.show and kind is not bool,
        }
        if isinstance(self.option, Argument):
            extra = typer.Argument(**shown)
        else:
            extra = typer.Option(*self.option.names(self.name), readable=False, **shown)
        return inspect.Parameter(
            self.name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, extra],
            default=inspect.Parameter.empty if default is MISSING else default,
        )  # fmt: skip

    def value(self, given: Any) -> Any:
        """Return the value of the type from the parser's one.

        Raises:
            InputError: a list that cannot be read, or a number out of bounds.
        """
        if self.items and isinstance(given, str) and given:
            given = parse(self.flag, self.hint, given)
        elif self.items:
            given = tuple(given) if given else None if type(None) in get_args(self.hint) else ()
        elif self.choice is not None and given is not None:
            given = check(self.flag, self.choice, given)
        check_bounds(self.flag, self.param, given)
        return given


def _refuse_input_as_output(made: dict[str, Any], arguments: set[str]) -> None:
    output = made.get("output")
    if not isinstance(output, Path) or not output.is_file():
        return
    for name in arguments:
        for path in made[name] if isinstance(made[name], tuple) else (made[name],):
            if isinstance(path, Path | str) and os.path.exists(path) and os.path.samefile(path, output):
                raise InputError(f"--output: {output} is the file that is read; choose another name")


def _fields(kind: Any) -> list[_Field]:
    """Return the fields of a dataclass that are options."""
    hints, defaults = get_type_hints(kind, include_extras=True), {item.name: default_of(item) for item in fields(kind)}
    return [_Field.of(name, hints[name], defaults[name]) for name in options_of(kind)]


def check_hdf5(file: Path | None, force: bool) -> None:
    """Refuse early a file that cannot be written, or has no name of HDF5.

    Raises:
        InputError: which of these it is.
    """
    from ..simulator.files.disk import check_writable

    if file is not None:
        if file.suffix not in (".h5", ".hdf5", ".nc"):
            raise InputError(f"{file}: results are written as HDF5; want a name that ends in .h5")
        check_writable(file, force)


def check_folder(folder: Path, files: Sequence[str], force: bool) -> None:
    """Refuse early a folder that cannot be made or written, or that holds one of the files.

    Raises:
        InputError: which of these it is.
    """
    from ..simulator.files.disk import check_writable

    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise InputError(f"{folder}: cannot be a folder; {above} is a file")
    if above == folder:
        for name in files:
            check_writable(folder / name, force)
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{folder}: cannot be made; the folder {above} cannot be written")
