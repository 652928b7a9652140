"""Commands from declarations: their options, their defaults, the recorded line, plug-ins, and what help loads."""

import inspect
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import typer

import ictal
from ictal import MEASURES, cli
from ictal.cli import COMMANDS
from ictal.cli.options import Line, command
from ictal.simulator import InputError, registry
from ictal.simulator.fields import Param
from ictal.simulator.options import Argument, Option

OWN = {("analyse", "lyapunov"), ("analyse", "scan"), ("simulate", "seed")}  # of the shell: flags, and that of FILE.h5


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_as_it_is_listed(name):
    assert COMMANDS.load(name).__doc__.startswith(f"{COMMANDS[name].line}\n") or (
        COMMANDS.load(name).__doc__ == COMMANDS[name].line
    )


@pytest.mark.parametrize(
    ("name", "verb"),
    [("eeg", ictal.analyse_eeg), ("analyse", ictal.analyse), ("simulate", ictal.simulate), ("why", ictal.why)],
)
def test_defaults_are_those_of_the_verb(name, verb):
    given = inspect.signature(COMMANDS.load(name)).parameters
    shared = {key: one.default for key, one in inspect.signature(verb).parameters.items() if key in given}
    assert len(shared) > 1
    for key, default in shared.items():
        mine = given[key].default
        if isinstance(default, bool | int | float | str) and (name, key) not in OWN:
            assert mine == default, key


def test_help_loads_no_command_and_nothing_heavy():
    code = (
        "import sys; from ictal import cli; cli.run(['--help']); "
        "print([m for m in sys.modules if m in ('torch', 'brian2', 'matplotlib', 'scipy', 'ictal.cli.train')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_options_follow_the_types_and_the_line_says_what_differs(capfd):
    seen = []

    @command
    def count(
        *,
        file: Annotated[Path, Param("File"), Argument("FILE")],
        level: Annotated[float, Param("Level [1]", ge=0)] = 0.5,
        band: Annotated[tuple[float, float] | None, Param("Band [Hz]")] = None,
        names: Annotated[tuple[str, ...], Param("Names")] = (),
        each: Annotated[tuple[str, ...], Param("Each"), Option("X", "--one", repeat=True)] = (),
        fast: Annotated[bool, Param("Fast")] = False,
        line: Line,
    ):
        """Count."""
        if level > 8:
            raise InputError("level: too high")
        seen.append((file, level, band, names, each, fast, line))

    app = typer.Typer(rich_markup_mode=None)
    app.command("count")(count)
    run = typer.main.get_command(app)
    words = ["a b", "--level", "2", "--band", "3", "4", "--names", "p, q", "--one", "r", "--one", "s", "--fast"]
    run.main(words, standalone_mode=False)
    line = "ictal count 'a b' --level 2.0 --band 3.0 4.0 --names p,q --one r --one s --fast"
    assert seen == [(Path("a b"), 2.0, (3.0, 4.0), ("p", "q"), ("r", "s"), True, line)]
    run.main(["x"], standalone_mode=False)
    assert seen[-1][-1] == "ictal count x"
    for value, message in (("-1", r"^--level: must be >= 0 \[1\]; got -1\.0$"), ("9", "^--level: too high$")):
        with pytest.raises(InputError, match=message):
            run.main(["x", "--level", value], standalone_mode=False)
    run.main(["--help"], standalone_mode=False)
    text = " ".join(capfd.readouterr().out.split())
    for part in ("--level X Level. [default: 0.5]", "--names A,B", "--one X Each; repeatable.", "--fast Fast."):
        assert part in text


def greet(name: str, loud: bool = False) -> None:
    """Greet someone."""
    print(f"hello {name}{'!' if loud else ''}")


def test_a_plug_in_adds_a_command_and_a_broken_one_ends_alone(ictal_, refused, monkeypatch):
    added = [("greet", f"{__name__}:greet"), ("torn", "no.such.module:run"), ("train", f"{__name__}:greet")]
    points = EntryPoints(EntryPoint(*one, "ictal.commands") for one in added)
    monkeypatch.setattr(registry, "_entry_points", lambda: points)
    monkeypatch.setattr(COMMANDS, "_added", None)
    monkeypatch.setattr(COMMANDS, "problems", ())
    text = ictal_("--help")
    assert "  greet" in text
    assert "  torn" in text
    assert ictal_("greet", "you", "--loud") == "hello you!\n"
    assert "Greet someone." in ictal_("greet", "--help")
    assert "needs NAME" in refused("greet")
    assert "command 'torn' of package an unnamed package cannot be loaded: ModuleNotFoundError" in refused("torn")
    assert "command 'train' of package an unnamed package: Ictal has this name" in COMMANDS.problems[0]


def test_packages_whose_metadata_is_broken_are_left_out(ictal_, refused, monkeypatch, tmp_path):
    """No name, no module:Object, and a text of entry points that cannot be read at all."""
    for name, text in {"bare": "bare = json", "garbage": "no line of this kind"}.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "entry_points.txt").write_text(f"[ictal.measures]\n{text}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_entry_points", registry._entry_points.__wrapped__)
    monkeypatch.setattr(MEASURES, "_added", None)
    monkeypatch.setattr(MEASURES, "problems", ())
    with pytest.warns(UserWarning, match="cannot be read"):
        assert "  bare" in ictal_("list", "measures")
    assert "measure 'bare' of package an unnamed package cannot be loaded" in refused("explain", "bare")


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("measure x.npy --dt 1 --nulls 5", "--nulls: "),
        ("measure x.npy --dt 1 --window 20 --nulls 5", "--nulls: "),
        ("measure x.npy --dt 1 --band 20 3", "--band: "),
        ("measure x.npy --dt 1 --units 1", "--units: "),
        ("measure x.npy --dt 1 --window 20 --seed -1", "--seed: "),
        ("compare x.npy y.npy --dt 1 --phase-band 0 .2", "--phase-band: "),
        ("analyse stuart_landau --lyapunov 0", "--lyapunov: "),
        ("train mlp --batch-size 100000", "--batch-size: "),
        ("sweep cuba --grid n_e=30,40 --jobs 0", "--jobs: "),
        ("measure seed", "seed: no such file"),  # a file that is called like an option
    ],
)
def test_an_error_names_the_option_and_a_file_its_path(line, start, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    for name, seed in (("x.npy", 0), ("y.npy", 1)):
        np.save(name, np.random.default_rng(seed).normal(size=(100, 4)))
    assert cli.run(line.split()) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"ictal: {start}"), err
