"""Settings on the command line: the line that repeats a run."""

from dataclasses import dataclass
from typing import Annotated

from ictal.simulator.fields import Param
from ictal.simulator.options import Argument, Option, command_line


@dataclass(frozen=True)
class Settings:
    file: Annotated[str, Param("file"), Argument("FILE")]
    band: Annotated[tuple[float, float] | None, Param("words"), Option("LO HI")] = None
    names: Annotated[tuple[str, ...], Param("words"), Option("A,B")] = ("a",)
    each: Annotated[tuple[str, ...], Param("words"), Option("X", "--one", repeat=True)] = ()
    fast: Annotated[bool, Param("words"), Option()] = False
    seed: Annotated[int, Param("words"), Option("K", record="always")] = 0
    output: Annotated[str, Param("words"), Option("FILE", "-o --output", record="never")] = ""


def test_a_line_says_what_differs_from_the_defaults():
    assert command_line("measure", Settings("a.npy")) == "ictal measure a.npy --seed 0"
    changed = Settings("a b.npy", (3.0, 20.0), ("x", "y"), ("p", "q"), True, 4, "there.h5")
    assert command_line("measure", changed) == (
        "ictal measure 'a b.npy' --band 3.0 20.0 --names x,y --one p --one q --fast --seed 4"
    )
