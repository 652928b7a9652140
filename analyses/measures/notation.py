"""Symbols, short names and groups of the measures, and numbers as figures and tables write them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

RECOMMENDED, PHASE, PAIRS, PAPER, FURTHER = (
    "recommended", "phase, in a stated band", "pairs, lags", "the paper's indices, as it defines them", "further",
)  # fmt: skip
GROUPS = (RECOMMENDED, PHASE, PAIRS, PAPER, FURTHER)
KEY = ("chi_c", "lambda1_fraction", "si_3", "mean_squared_correlation", "participation_ratio", "kuramoto_r1")


@dataclass(frozen=True)
class Notation:
    """Writing of one measure.

    Attributes:
        symbol: plain text, e.g. ``"χ_c"``; what follows "_" is a subscript.
        words: short name, e.g. ``"Golomb's χ, floor removed"``.
        group: one of `GROUPS`.
    """

    symbol: str
    words: str
    group: str = FURTHER

    @property
    def math(self) -> str:
        """Return the symbol as matplotlib's mathtext draws it."""
        base, _, index = self.symbol.partition("_")
        return f"{base}$_{{\\mathrm{{{index}}}}}$" if index else base

    @property
    def html(self) -> str:
        """Return the symbol as HTML, with its subscript."""
        base, _, index = self.symbol.partition("_")
        return f"{escape(base)}<sub>{escape(index)}</sub>" if index else escape(base)


NOTATION = {
    "chi_c": Notation("χ_c", "Golomb's χ, floor removed", RECOMMENDED),
    "lambda1_fraction": Notation("λ₁ share", "share of the first mode", RECOMMENDED),
    "mean_squared_correlation": Notation("⟨r²⟩", "mean squared correlation", RECOMMENDED),
    "participation_ratio": Notation("PR", "participation ratio", RECOMMENDED),
    "sttc": Notation("STTC", "spike time tiling coefficient", RECOMMENDED),
    "kuramoto_r1": Notation("R₁", "phase order, Hilbert", PHASE),
    "kuramoto_r2": Notation("R₂", "its second harmonic", PHASE),
    "spike_phase_r1": Notation("R₁ˢ", "phase order, spikes", PHASE),
    "spike_phase_r2": Notation("R₂ˢ", "its second harmonic", PHASE),
    "plv": Notation("PLV", "phase-locking value", PAIRS),
    "pli": Notation("PLI", "phase-lag index", PAIRS),
    "squared_coherence": Notation("|C|²", "magnitude-squared coherence", PAIRS),
    "imaginary_coherence": Notation("|Im C|", "imaginary coherence", PAIRS),
    "wpli": Notation("wPLI", "weighted phase-lag index", PAIRS),
    "debiased_wpli": Notation("wPLI²_d", "its square, debiased", PAIRS),
    "spike_synchronisation": Notation("SPIKE-sync", "share of coincident spikes", PAIRS),
    "si_1": Notation("SI-1", "covariance / second moment", PAPER),
    "si_2": Notation("SI-2", "1 − tr Cov / ‖Cov‖²", PAPER),
    "si_3": Notation("SI-3", "mean |correlation|", PAPER),
    "batch_phase_sync": Notation("Φ_batch", "phase along a batch: an artefact", PAPER),
    "mean_correlation": Notation("⟨r⟩", "mean correlation"),
    "golomb_chi": Notation("χ", "Golomb's χ"),
    "population_rate_sd": Notation("σ_pop", "SD of the population mean"),
    "spectral_peak": Notation("f_peak", "strongest rhythm"),
    "mean_rate": Notation("ν", "mean rate"),
    "cv_isi": Notation("CV", "irregularity of single trains"),
    "fano_factor": Notation("F", "Fano factor of single trains"),
    "population_fano_factor": Notation("F_pop", "Fano factor of the population"),
    "class_share": Notation("η", "class share of variance"),
    "within_class_si": Notation("SI-3_w", "SI-3 within classes"),
}

_PLAIN = {*map(chr, (10, *range(0x20, 0x100), *range(0x370, 0x400))), *"–—−≤≥→…₁₂"}  # in the house font


def notation(name: str) -> Notation:
    """Return the writing of a measure; its name in words where it has none, e.g. of a plug-in.

    >>> notation("chi_c").math, notation("chi_c").html, notation("my_index").symbol
    ('χ$_{\\\\mathrm{c}}$', 'χ<sub>c</sub>', 'my index')
    """
    return NOTATION.get(name) or Notation(name.replace("_", " "), "")


def with_symbols(text: str, font: str = "mathbf") -> str:
    """Return a text in which indices are drawn by matplotlib's mathtext.

    Mathtext has no second font for a character that the first lacks: beside such a character an index stands in line.

    >>> with_symbols("χ_c .18 and λ₁ share")
    'χ$_{\\\\mathbf{c}}$ .18 and λ$_{\\\\mathbf{1}}$ share'
    >>> with_symbols("χ_c .18 and ⟨r²⟩ .2")
    'χc .18 and ⟨r²⟩ .2'
    """
    there = {one.symbol: one.symbol.partition("_") for one in NOTATION.values() if "_" in one.symbol}
    there = {symbol: parts for symbol, parts in there.items() if symbol in text}
    drawn = all(letter in _PLAIN for letter in text)
    for symbol, (base, _, index) in there.items():
        text = text.replace(symbol, f"{base}$_{{\\{font}{{{index}}}}}$" if drawn else base + index)
    for index in "₁₂" if there and drawn else "":
        text = text.replace(index, f"$_{{\\{font}{{{'₀₁₂'.index(index)}}}}}$")
    return text


def by_group(names: Iterable[str]) -> dict[str, list[str]]:
    """Return group -> names in it, both in their order here; a measure without notation is in the last group.

    >>> by_group(["si_3", "golomb_chi", "chi_c"])
    {'recommended': ['chi_c'], "the paper's indices, as it defines them": ['si_3'], 'further': ['golomb_chi']}
    """
    order = list(NOTATION)
    ranked = sorted(names, key=lambda name: order.index(name) if name in order else len(order))
    return {group: found for group in GROUPS if (found := [n for n in ranked if notation(n).group == group])}


def short(value: float, digits: int = 2) -> str:
    """Return a number of measures without its leading zero.

    >>> short(0.523), short(-0.04), short(1.0), short(-0.0001), short(math.nan)
    ('.52', '−.04', '1', '0', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return "0"
    text = text.rstrip("0").rstrip(".") if float(text).is_integer() else text.removeprefix("0")
    return ("−" if value < 0 else "") + text
