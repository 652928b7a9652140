"""Every script in examples/ runs as a user would run it, and every script of the gallery draws a figure."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
GALLERY = sorted((FOLDER / "gallery").rglob("plot_*.py"))
NEEDS = {"sweep_on_a_cluster": "distributed", "early_stopping": "tensorboard"}  # of an extra
LONG = {"plot_1_seizure", "plot_2_detectors", "plot_2_epileptor", "plot_2_overfitting", "plot_3_phase_plane"}  # > 5 s
QUIET = ["-W", "error", "-W", "ignore:FigureCanvasAgg is non-interactive"]


def run(words, folder, **more):
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=600, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_runs(script, tmp_path):
    if script.stem in NEEDS:
        pytest.importorskip(NEEDS[script.stem])
    quick = ["--quick"] if "--quick" in script.read_text(encoding="utf-8") else []
    assert run(["-W", "error", script, tmp_path, *quick], tmp_path).strip()
    assert len(script.read_text().splitlines()) <= 45


def test_a_training_stops_by_a_measure(tmp_path):
    pytest.importorskip("tensorboard")
    said = run([FOLDER / "early_stopping.py", tmp_path], tmp_path)
    stopped, best = (int(n) for n in re.search(r"after epoch (\d+) of 40.*at epoch (\d+);", said).groups())
    assert stopped == best + 3 < 39


@pytest.mark.parametrize(
    "script",
    [pytest.param(path, marks=pytest.mark.slow if path.stem in LONG else ()) for path in GALLERY],
    ids=[f"{path.parent.name}-{path.stem}" for path in GALLERY],
)
def test_the_gallery_draws(script, tmp_path):
    text = script.read_text(encoding="utf-8")
    saved = text.replace("plt.show()", 'plt.savefig("drawn.png")')
    (tmp_path / script.name).write_text(saved, encoding="utf-8")
    run([*QUIET, script.name], tmp_path, env=None)
    assert (tmp_path / "drawn.png").stat().st_size > 5000
    title, line = text.splitlines()[1:3]
    assert len(title) == len(line) >= 20, "a gallery script is named by its finding"
    assert len(text.splitlines()) <= 80


def test_the_gallery_has_four_scripts_or_more_a_subject():
    counts = {
        folder.name: len(list(folder.glob("plot_*.py"))) for folder in (FOLDER / "gallery").iterdir() if folder.is_dir()
    }
    assert set(counts) == {"spiking", "dynamics", "eeg", "deep"}
    assert min(counts.values()) >= 4
