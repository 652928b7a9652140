"""Ictal against other simulators: CPU time on the same networks, with the rates and CVs that each of them finds.

    python benchmarks/spiking.py [--quick] [--cases cuba,ring] [--engines "Brian2 numpy"] [--parts steady,warm,cold]

Every run is a process of its own. A peer's run follows a run of Ictal (float64, 1 thread); their ratio is taken pair by
pair, and medians are printed. benchmarks/README.md says what is measured and how to read it.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bounds import reads
from cases import CASES, case, handed_over
from contestants import OTHERS, OURS, OWN_SCRIPTS, Engine
from measure import Skipped, bandwidths, child

PARTS = ("cold", "warm", "steady")
QUICK = ("cuba", "ring")
HEAD = ("steady: CPU s/s", "ratio", "whole, warm: CPU s", "ratio", "whole, cold: CPU s", "ratio", "Hz", "CV", "spikes")


@dataclass
class Figures:
    """Measurements of one engine on one case."""

    seconds: dict[str, list[float]] = field(default_factory=dict)  # a part: CPU seconds
    ratios: dict[str, list[float]] = field(default_factory=dict)  # to the run of Ictal before
    walls: list[tuple[float, float]] = field(default_factory=list)  # of Ictal's run before, and its own [s]
    last: dict[str, Any] = field(default_factory=dict)  # a part: the engine's last answer
    skipped: str = ""


class Bench:
    """One case on all engines."""

    def __init__(self, name: str, options: argparse.Namespace, folder: Path) -> None:
        self.name, self.options, self.folder = name, options, folder / name
        self.case = case(name, options.quick)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.arrays = self.folder / "arrays.npz"
        np.savez(self.arrays, **handed_over(self.case))  # type: ignore[arg-type]
        wanted = [e for e in OTHERS if name in (e.in_quick if options.quick else e.cases)]
        wanted = [e for e in wanted if not options.engines or any(w in e.name for w in options.engines.split(","))]
        self.engines = [OURS, *wanted]
        self.figures = {e.name: Figures() for e in self.engines}

    def run(self) -> None:
        for engine in self.engines:
            self.figures[engine.name].skipped = engine.obstacle(self._python(engine))
        for part in PARTS:
            if part not in self.options.parts.split(",") or (part == "steady" and self.case.values):
                continue
            rounds = self.options.cold_rounds if part == "cold" else self.options.rounds
            if part == "warm" and "cold" not in self.options.parts:
                for engine in self.engines:
                    self._measure(engine, "primed")
            for _ in range(rounds):
                for engine in self.engines[1:] or [OURS]:
                    ours = self._measure(OURS, part)
                    theirs = self._measure(engine, part) if engine is not OURS else 0.0
                    if ours and theirs:
                        figures = self.figures[engine.name]
                        figures.ratios.setdefault(part, []).append(theirs / ours)
                        pair = [self.figures[e.name].last[part].get("wall", 0.0) for e in (OURS, engine)]
                        figures.walls += [(pair[0], pair[1])] if all(pair) else []

    def _measure(self, engine: Engine, part: str) -> float:
        figures = self.figures[engine.name]
        if figures.skipped:
            return 0.0
        folder = self.folder / ("steady" if part == "steady" else "whole") / engine.name.replace(" ", "_")
        if part == "cold":
            shutil.rmtree(folder, ignore_errors=True)
        mode = "steady" if part == "steady" else "sweep" if self.case.values else "whole"
        duration = self.case.steady if part == "steady" else 0.1 if self.options.quick else 1.0
        arguments = [mode, self._model(engine), str(self.arrays), str(folder), *engine.options]
        arguments += ["--warm", str(self.case.warm), "--duration", str(duration)]
        extra = {}
        if engine.script == OURS.script:
            arguments += ["--size", "quick" if self.options.quick else "full"]
            if part != "steady":
                extra = {"NUMBA_CACHE_DIR": str(folder)}
        try:
            found = child(self._python(engine), engine.script, arguments, extra)
        except Skipped as why:
            figures.skipped = str(why)
            print(f"  {engine.name}: skipped in {self.name}, {part}: {why}", file=sys.stderr, flush=True)
            return 0.0
        seconds = float(found["steady"] if part == "steady" else found["cpu"])
        if part != "primed":
            figures.seconds.setdefault(part, []).append(seconds)
            figures.last[part] = found
            print(f"  {self.name:10s} {part:6s} {engine.name:28s} {seconds:9.3f} s", file=sys.stderr, flush=True)
        return seconds

    def _model(self, engine: Engine) -> str:
        return self.name if engine.script == OURS.script else self.case.model

    def _python(self, engine: Engine) -> str:
        return sys.executable if engine.script in OWN_SCRIPTS else str(self.options.peer_python)

    def table(self) -> list[str]:
        lines = [
            f"### {self.case.title}",
            "",
            "| | " + " | ".join(HEAD) + " |",
            "|---" * (len(HEAD) + 1) + "|",
        ]
        for engine in self.engines:
            figures = self.figures[engine.name]
            if figures.skipped and not figures.seconds:
                lines.append(f"| {engine.name} | skipped: {figures.skipped}" + " |" * len(HEAD))
                continue
            cells = [engine.name]
            for part in ("steady", "warm", "cold"):
                cells += [_median(figures.seconds.get(part, [])), _range(figures.ratios.get(part, []))]
            best = next(figures.last[part] for part in ("steady", "warm", "cold") if part in figures.last)
            lines.append(
                "| "
                + " | ".join(
                    [
                        *cells,
                        f"{best['rate']:.2f}",
                        _median([best["cv"]]) if best["cv"] > 0 else "–",
                        self._same(figures),
                    ]
                )
                + " |"
            )
        ours = self.figures[OURS.name].seconds.get("steady", [])
        if ours:
            network = self.case.network
            steps = sum(p.n for p in network.populations) * 1000.0 / network.dt
            lines += [
                "",
                f"Ictal float64: {1e9 * min(ours) / steps:.2f} ns a cell and step, all told (least of all runs).",
            ]
        threaded = self.figures.get("Ictal float64, 2 threads")
        if threaded and threaded.walls:
            one, two = (statistics.median(w) for w in zip(*threaded.walls, strict=True))
            ratios = _range([a / b for a, b in threaded.walls])
            lines += ["", f"Wall time of a steady second: {one:.3f} s with 1 thread, {two:.3f} s with 2: {ratios}."]
        return [*lines, ""]

    def _same(self, figures: Figures) -> str:
        """Return whether the spikes equal those of Ictal, in the parts that both ran."""
        ours = self.figures[OURS.name].last
        parts = [p for p in PARTS if p in ours and p in figures.last]
        return "same" if parts and all(ours[p]["digest"] == figures.last[p]["digest"] for p in parts) else "its own"

    def profile(self, bandwidth: dict[int, float]) -> str:
        found = reads(self.case)
        ours = self.figures[OURS.name]
        if "steady" not in ours.seconds:
            return ""
        bound = found.bound(ours.last["steady"]["rate"], bandwidth)
        measured = statistics.median(ours.seconds["steady"])
        return (
            f"| {self.case.title} | {found.state / 1e3:,.0f} | {found.edges / 1e3:,.0f} | {found.neuron_step:.0f} | "
            f"{found.event:.0f} | {found.events_a_spike:.0f} | {bound:.4f} | {measured:.4f} | {measured / bound:.1f} |"
        )


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.4g}" if values else ""


def _range(values: list[float]) -> str:
    """Median and range of ratios."""
    if len(values) < 2:
        return _ratio(values[0]) if values else ""
    return f"**{_ratio(statistics.median(values))}** ({_ratio(min(values))}–{_ratio(max(values))})"


def _ratio(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def main() -> None:
    options = parsed()
    benches = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        for name in options.cases.split(","):
            bench = Bench(name, options, folder)
            bench.run()
            benches.append(bench)
            print("\n".join(bench.table()), flush=True)
    bandwidth = bandwidths(0.02 if options.quick else 0.5)
    profile = profile_table(benches, bandwidth)
    print("\n".join(profile))
    if options.markdown:
        lines = [line for bench in benches for line in bench.table()] + profile
        options.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")


def profile_table(benches: list[Bench], bandwidth: dict[int, float]) -> list[str]:
    rates = ", ".join(f"{size / 1e3:,.0f} KB {rate / 1e9:.1f} GB/s" for size, rate in bandwidth.items())
    head = ["", "state KB", "edges KB", "bytes a neuron-step", "bytes an event", "events a spike"]
    head += ["at triad bandwidth: s", "Ictal float64: s", "×"]
    rows = [row for row in (bench.profile(bandwidth) for bench in benches) if row]
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    lines = [f"Triad, one thread ({machine}): {rates}.", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return [*lines, *rows]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny networks, one round, in less than a minute")
    parser.add_argument("--cases", help=f"some of {','.join(CASES)}")
    parser.add_argument("--engines", default="", help="parts of the names of the peers wanted, by commas")
    parser.add_argument("--parts", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--cold-rounds", type=int, default=1)
    parser.add_argument("--peer-python", type=Path, default=Path(sys.executable), help="that imports NEST, ANNarchy")
    parser.add_argument("--markdown", type=Path, help="file for the tables")
    parser.add_argument("--folder", type=Path, help="kept for compiled code; a temporary one if not given")
    options = parser.parse_args()
    options.cases = options.cases or ",".join(QUICK if options.quick else CASES)
    options.parts = options.parts or ("steady" if options.quick else ",".join(PARTS))
    options.rounds = options.rounds or (1 if options.quick else 3)
    unknown = [f"case {n!r}" for n in options.cases.split(",") if n not in CASES]
    unknown += [f"part {n!r}" for n in options.parts.split(",") if n not in PARTS]
    if unknown:
        parser.error(f"unknown {unknown[0]}")
    return options


if __name__ == "__main__":
    main()
