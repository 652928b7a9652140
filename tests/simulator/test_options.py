"""Settings on the command line: the line that repeats a run."""

from dataclasses import dataclass
from typing import Annotated

from ictal.simulator.options import Argument, Option, command_line


@dataclass(frozen=True)
class Settings:
    file: Annotated[str, Argument("FILE")]
    band: Annotated[tuple[float, float] | None, Option("LO HI")] = None
    names: Annotated[tuple[str, ...], Option("A,B")] = ("a",)
    each: Annotated[tuple[str, ...], Option("X", "--one", repeat=True)] = ()
    fast: Annotated[bool, Option()] = False
    seed: Annotated[int, Option("K", record="always")] = 0
    output: Annotated[str, Option("FILE", "-o --output", record="never")] = ""


def test_a_line_says_what_differs_from_the_defaults():
    assert command_line("measure", Settings("a.npy")) == "ictal measure a.npy --seed 0"
    changed = Settings("a b.npy", (3.0, 20.0), ("x", "y"), ("p", "q"), True, 4, "there.h5")
    assert command_line("measure", changed) == (
        "ictal measure 'a b.npy' --band 3.0 20.0 --names x,y --one p --one q --fast --seed 4"
    )
