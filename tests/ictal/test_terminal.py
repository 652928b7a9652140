"""Texts of the terminal: their width, the numbers in them, and names of the field."""

import io
import re
import shlex
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.analyses import MEASURES
from ictal.analyses.evidence.rules import over_ways
from ictal.analyses.measures import get
from ictal.analyses.measures.notation import NOTATION, short
from ictal.analyses.measures.planted import on_planted
from ictal.analyses.measures.scales import SCALES, axis
from ictal.cli.claims_text import claims_text
from ictal.cli.glyphs import GLYPHS
from ictal.cli.measured import measured, three
from ictal.cli.output import Output
from ictal.cli.strips import strip
from ictal.experiments.reproduce import ledger
from ictal.verbs.elsewhere import _WAYS, way
from ictal.verbs.explained import explained
from ictal.verbs.names import REGISTRIES
from ictal.verbs.synonyms import _ABSENT, _SAME, absent, plainly, same

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"(?<![\w.])[−-]?(?:\d+\.?\d*|\.\d+)(?:e[−-]?\d+)?(?![\w.])")
NAMES = dict.fromkeys(name for table in REGISTRIES.values() for name in table)


@pytest.fixture(scope="module")
def found():
    """Measurements of 12 units that share a wave, with nulls."""
    wave = np.sin(np.arange(600)[:, None] / 7) + np.random.default_rng(0).normal(size=(600, 12))
    return ictal.measure(wave, dt=0.01, nulls=199)


@pytest.mark.parametrize("width", [120, 80, 60])
def test_measures_fit_every_width_with_whole_numbers(found, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    text = measured(found, "x.npy")
    assert max(map(len, text.splitlines())) <= width
    for row in found.rows:
        bounded = axis(row.measure, 12) == (0.0, 1.0)
        numbers = [row.value, *([row.null_low, row.null_high] if row.null_kind else [])]
        for number in numbers:
            assert re.search(rf"(?<!\S){re.escape(three(number, bounded))}(?!\S)", text), (row.measure, number)


def test_the_finding_counts_the_measures_beyond_their_null(found):
    text = " ".join(measured(found, "x.npy").split())
    tested = [row for row in found.rows if row.null_kind]
    beyond = [row for row in tested if row.p <= 0.05]
    within = [row.measure for row in tested if row.p > 0.05]
    n = f"In {len(beyond)} of {len(tested)} measures" if within else f"In all {len(tested)} measures"
    assert n in text
    assert all(name in text.split("within it: ")[1].split(".")[0] for name in within) if within else True
    plain = measured(ictal.measure(np.random.default_rng(0).normal(size=(50, 3)), "si_3", dt=1.0), "x.npy")
    assert "Without nulls" in plain
    assert "null 95 %" not in plain


def test_a_strip_has_value_and_null_at_their_places():
    assert strip(0.5, np.nan, np.nan, (0.0, 1.0), 11) == "·    ●    ·"
    assert strip(np.nan, 0.0, 0.2, (0.0, 1.0), 11) == "░░░  ·    ·"
    assert strip(100.0, 50.0, 60.0, (100.0, 1.0), 11) == "●   ░░    ·"
    assert strip(-3.0, np.nan, np.nan, (0.0, 1.0), 11)[0] == strip(2.0, np.nan, np.nan, (0.0, 1.0), 11)[-1] == "●"


def test_every_measure_has_a_scale_and_its_notation():
    assert set(SCALES) == set(NOTATION) == set(MEASURES)
    for name, marks in SCALES.items():
        places = [mark.place for mark in marks]
        assert (places[0], places[-1]) == (0, 1)
        assert places == sorted(places)
        bounds = get(name).range
        assert (axis(name, 9) is None) == ("upwards" in bounds or "dt" in bounds), name


def test_measures_on_planted_correlation_are_what_they_should_be():
    truth = {name: on_planted(get(name)) for name in MEASURES}
    for c, value in truth["mean_correlation"].items():
        assert value == pytest.approx(c, abs=0.03)
        assert truth["mean_squared_correlation"][c] == pytest.approx(c**2, abs=0.03)
        assert truth["chi_c"][c] == pytest.approx(np.sqrt(c), abs=0.05)
        assert truth["participation_ratio"][c] == pytest.approx(100 / (1 + 99 * (c**2 + (1 - c**2) / 999)), rel=0.15)
    assert truth["kuramoto_r1"] == truth["mean_rate"] == truth["class_share"] == {}


@pytest.mark.parametrize("width", [80, 60])
def test_explain_and_list_fit_the_width(monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    for name in NAMES:
        facts = ictal.description(name)
        formulas = [line for line in facts.get("text", "").splitlines() if line.startswith("  ") or ".. math" in line]
        wide = [line for line in explained(facts, width).splitlines() if len(line) > width]
        assert set(wide) <= set(formulas), name  # formulas and code stay on their line
    for kind in ("", *REGISTRIES):
        assert cli.run(["list", kind] if kind else ["list"]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= width


FIELD = {
    "PLV": "plv", "phase-locking value": "plv", "PLI": "pli", "wPLI": "wpli", "ISI": "cv_isi", "CV": "cv_isi",
    "Fano": "fano_factor", "FR": "mean_rate", "PC1": "lambda1_fraction", "dimensionality": "participation_ratio",
    "effective dimension": "participation_ratio", "Kuramoto": "kuramoto", "order parameter": "kuramoto_r1",
    "STTC": "sttc", "Golomb": "chi_c", "chi": "chi_c", "χ": "golomb_chi", "χ_c": "chi_c", "λ₁ share":
    "lambda1_fraction", "coherence": "squared_coherence", "MSC": "squared_coherence", "imag coh":
    "imaginary_coherence", "seizure": "seizure", "ictal": "seizure", "dropout": "dropout", "weight decay": "l2",
    "Wilson-Cowan": "wilson_cowan", "ResNet 18": "resnet18", "SI": "chi_c",
}  # fmt: skip
BY_A_COMMAND = ["PSTH", "LFP", "Lyapunov", "bifurcation", "CKA", "dead units", "batch norm", "Adam", "TensorBoard",
                "recruitment", "early stopping", "surrogate", "linear shift", "change point", "forgetting", "BWT",
                "ECE", "backward transfer", "AUROC", "masked gradients"]  # fmt: skip
NOT_HERE = ["PAC", "Granger", "transfer entropy", "van Rossum", "Victor-Purpura", "SPIKE-distance",
            "cross-correlogram", "avalanches", "branching ratio", "Hurst", "DFA", "sample entropy", "HFO",
            "spectral entropy", "RSA", "CCA", "NC1", "sharpness", "grokking", "SAM", "AutoAttack",
            "adversarial training"]  # fmt: skip


@pytest.mark.parametrize(("term", "name"), FIELD.items())
def test_names_of_the_field_are_found(term, name):
    facts = ictal.description(term)
    assert facts["name"] == name
    assert term in (name, facts.get("asked"))


@pytest.mark.parametrize("term", BY_A_COMMAND)
def test_things_that_a_command_does_are_found(term):
    facts = ictal.description(term)
    assert facts["how"]
    assert facts["how"][0] in ictal.explain(term)


def test_numbers_of_forgetting_and_calibration_come_with_their_formulas():
    assert "BWT = mean_{j<T} (R_Tj − R_jj)" in ictal.explain("backward transfer")
    assert "F = mean_{j<T} (max_{l<T} R_lj − R_Tj)" in ictal.explain("forgetting")
    assert "ECE = Σ_b (n_b / n)" in ictal.explain("ECE")


@pytest.mark.parametrize("term", NOT_HERE)
def test_what_is_not_here_is_said_with_the_nearest(term):
    with pytest.raises(ictal.InputError, match=r"does not have .*; what comes nearest: "):
        ictal.explain(term)


def test_every_term_of_the_field_has_one_meaning_and_leads_to_something():
    terms = [term for table in (_SAME, _ABSENT, _WAYS) for names in table for term in names.split(", ")]
    assert sorted(terms) == sorted(set(terms)), "a term twice"
    assert all(term == plainly(term) for term in terms), [term for term in terms if term != plainly(term)]
    assert all(name in NAMES for names in _SAME.values() for name in names)
    for _, near in _ABSENT.values():
        assert all(ictal.description(name) for name in near)
    for term in terms:
        assert bool(same(term)) + (absent(term) is not None) + (way(term) is not None) >= 1, term


@pytest.mark.parametrize("line", dict.fromkeys(
    part for each in _WAYS.values() for line in each.how for part in line.split(" && ") if part.startswith("ictal ")
))  # fmt: skip
def test_the_commands_that_explain_names_exist(line, capfd):
    _, command, *words = shlex.split(line)
    assert cli.run([command, "--help"]) == 0
    options = capfd.readouterr().out
    assert all(word in options for word in words if word.startswith("-"))


def test_explain_a_file_lists_what_can_be_set(tmp_path, capsys):
    ictal.save(ictal.simulate("wilson_cowan", duration=0.1, p=(1.5,)), tmp_path / "mass.h5")
    facts = ictal.description(str(tmp_path / "mass.h5"))
    given = {p["name"]: p["default"] for p in facts["parameters"]}
    assert (given["p"], given["duration"], given["tau"]) == ("1.5", 0.1, 8.0)
    assert cli.run(["explain", str(tmp_path / "none.h5")]) == 2
    assert "none.h5" in capsys.readouterr().err
    ictal.save(ictal.simulate("cuba", duration=0.01, n_e=80, n_i=20), tmp_path / "cuba.h5")
    assert {p["name"]: p["default"] for p in ictal.description(str(tmp_path / "cuba.h5"))["parameters"]}["n_e"] == 80
    network = ictal.load(tmp_path / "cuba.h5").network
    ictal.save(ictal.simulate(network, duration=0.01), tmp_path / "own.h5")
    paths = {p["name"] for p in ictal.description(str(tmp_path / "own.h5"))["parameters"]}
    assert {"populations.E.tau_m", "projections.0.weight", "dt"} <= paths


def test_explain_a_command_names_its_help(capsys):
    assert cli.run(["explain", "compare"]) == 2
    assert "ictal compare --help" in capsys.readouterr().err


def test_claims_are_counted_once_and_every_verdict_has_its_glyph(monkeypatch, capsys):
    found = ledger([ROOT / "data" / "reference"])
    verdicts = found.by_claim()
    for width in (100, 80, 60):
        monkeypatch.setenv("COLUMNS", str(width))
        text = claims_text(found, [Path("data/reference")])
        assert max(map(len, text.splitlines())) <= width
    run = [name for name, verdict in verdicts.items() if verdict != "not run"]
    assert f"of the {len(run)} claims that were run" in text
    assert all(name in text.split("Not run:")[1] for name in set(verdicts) - set(run))
    table = {line.split(" ")[0]: line for line in text.splitlines()}
    for name in run:
        made = {}
        for scale, rows in found.decisions.items():
            for row in rows:
                if row.claim == name:
                    made.setdefault((scale, row.setting), []).append(row)
        glyphs = [GLYPHS[over_ways(rows)[0]] for rows in made.values()]
        assert [c for c in table[name] if c in "●◉◐○✕?"] == glyphs, name
        first = found.effects[next(iter(made))[0]]
        texts = {f"{short(e.value):>4} [{short(e.low):>4}, {short(e.high):>4}]   >{short(e.least)}" for e in first
                 if e.claim == name}  # fmt: skip
        assert any(table[name].endswith(one) for one in texts), table[name]
    assert "\x1b" not in text
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[38;2;136;34;85m✕\x1b[0m" in claims_text(found, [])
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in claims_text(found, [])


@pytest.fixture(scope="module")
def texts():
    """Functions that return the text of each command's tables, on small results."""
    from ictal.cli import analyse, compare, eeg, evaluate, why
    from ictal.cli.windows_text import windows_text
    from ictal.models import Evaluation
    from ictal.models.attacks.result import AttackRow
    from ictal.models.trained.evaluated import NoiseAccuracy, Strange

    rng = np.random.default_rng(0)
    groups = {
        name: [np.sqrt(c) * rng.normal(size=(300, 1)) + np.sqrt(1 - c) * rng.normal(size=(300, 6)) for _ in range(4)]
        for name, c in (("resting state", 0.0), ("convulsing state", 0.7))
    }
    compared = ictal.compare(groups, dt=0.01, measures=["chi_c", "mean_squared_correlation", "batch_phase_sync"])
    seizure = ictal.analyse_eeg(
        ictal.simulate("synthetic_eeg", duration=60.0, onset=30.0, seizure_duration=20.0, channels=6), nulls=199,
        measures=["chi_c", "lambda1_fraction"],
    )  # fmt: skip
    analysed = ictal.analyse("wilson_cowan", lyapunov=True, fixed_points=True, attractors=True, starts=8, time=200.0)
    scanned = ictal.analyse("wilson_cowan", scan=("p", 0.5, 2.0, 3), time=200.0)
    apart = ictal.why(groups["convulsing state"][0], dt=0.01, nulls=199)
    sets = {name: Evaluation(1234, 0.12345, 0.98765, 0.91234, 0.08123, 0.01234, 0.02345) for name in ("train", "test")}
    evaluated = ictal.Evaluated(
        "mlp(hidden=[64, 64])", ictal.DataChoice("digits"), 3, sets, {"gaussian_noise": (0.1234,) * 5},
        {"held-out-classes": Strange(90, 0.61234, *(0.712, 0.653, 0.776) * 3)},
        noise=[NoiseAccuracy(0.1, 1234, 0.8765, 0.8543, 0.8912)],
        attacks=[AttackRow(attack="pgd", norm="linf", epsilon=0.03, loss="worst", accuracy=0.1234, low=0.1012,
                           high=0.1456, n=1234)],
    )  # fmt: skip
    return {
        "compare": lambda: compare.summary(compared),
        "eeg": lambda: windows_text(seizure) + eeg._recruited(seizure) + eeg._detected(seizure),
        "analyse": lambda: analyse.described(analysed),
        "scan": lambda: analyse.described(scanned),
        "why": lambda: why._told(apart),
        "evaluate": lambda: evaluate._text(evaluated),
    }  # fmt: skip


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("command", ["compare", "eeg", "analyse", "scan", "why", "evaluate"])
def test_no_table_breaks_a_number_or_exceeds_the_width(texts, monkeypatch, command, width):
    monkeypatch.setenv("COLUMNS", "1000")
    numbers = Counter(NUMBER.findall(texts[command]()))
    monkeypatch.setenv("COLUMNS", str(width))
    text = texts[command]()
    assert max(map(len, text.splitlines())) <= width
    found = Counter(NUMBER.findall(text))
    assert all(found[number] >= 1 for number in numbers), {n for n in numbers if not found[n]}
    if width == 80:
        assert not re.search(r"\[[^\]]*\n", text), "an interval on two lines"
        assert not re.search(r"[…→±]\s*\n|\n\s*[…→±]", text)


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize("width", [80, 60])
def test_progress_is_one_line_that_erases_itself(monkeypatch, width):
    for name, value in {"COLUMNS": str(width), "LINES": "24", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with Output().progress("train mlp") as report:
        report(3, 10, "accuracy 0.105 train, 0.122 test, gap -0.017, si_3 0.153, and further words")
        time.sleep(0.3)
    written = stream.getvalue()
    assert not re.search(r"\x1b\[[\d;]*m", written), "a colour"
    drawn = [re.sub(r"\x1b\[\??\d*[a-zA-Z]", "", part) for part in re.split(r"[\r\n]", written)]
    assert max(map(len, drawn)) <= width
    assert any("train mlp" in line and "30%" in line and " acc" in line for line in drawn)
    assert written.count("\n") == 1  # at the end; then up, and erased
    assert "\x1b[1A\x1b[2K" in written
