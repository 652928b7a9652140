"""The rows of the table."""

from __future__ import annotations

from dataclasses import dataclass

from cases import CASES
from measure import has_compiler, importable


@dataclass(frozen=True)
class Engine:
    """One row: a script and its options."""

    name: str
    script: str
    options: tuple[str, ...] = ()
    module: str = "ictal"
    compiles: bool = False
    cases: tuple[str, ...] = tuple(CASES)
    in_quick: tuple[str, ...] = ()  # the cases of a quick run

    def obstacle(self, python: str) -> str:
        """Return the reason for which it cannot run here; "" if it can."""
        if not importable(python, self.module):
            return f"{self.module} cannot be imported"
        return "no C++ compiler" if self.compiles and not has_compiler() else ""


OURS = Engine("Ictal float64", "ictal_runs.py", in_quick=tuple(CASES))
OTHERS = (
    Engine("Ictal float32", "ictal_runs.py", ("--precision", "float32")),
    Engine("Ictal float64, 2 threads", "ictal_runs.py", ("--threads", "2"), cases=("cuba-large",)),
    Engine("Ictal float64, dense weights", "ictal_runs.py", ("--wiring", "dense"), cases=("ring",)),
    Engine("Brian2 numpy", "brian2_runs.py", ("--target", "numpy"), "brian2", in_quick=tuple(CASES)),
    Engine("Brian2 cython", "brian2_runs.py", ("--target", "cython"), "brian2", True),
    Engine(
        "Brian2 cpp_standalone", "brian2_runs.py", ("--target", "cpp_standalone"), "brian2", True, in_quick=("cuba",)
    ),
    Engine("NEST", "nest_runs.py", (), "nest", cases=("cuba", "cuba-large", "coba", "ring", "sweep")),
    Engine("ANNarchy", "annarchy_runs.py", (), "ANNarchy", True, cases=("cuba", "cuba-large", "coba")),
)
OWN_SCRIPTS = ("ictal_runs.py", "brian2_runs.py")
