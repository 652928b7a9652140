"""The code of docs/your_model.md runs, on a module of a package from elsewhere."""

import re
import warnings
from pathlib import Path

import pytest
import torch

from ictal.simulator import Run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "your_model.md"


def test_the_code_of_the_page_runs(capsys, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("mlp_mixer_pytorch")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 5
    assert len(blocks[1].splitlines()) == 5
    names: dict[str, object] = {}
    with torch.random.fork_rng():
        for block in blocks:
            exec(block, names)
    assert "si_3 [1], 4 x 4, dt=2 step" in capsys.readouterr().out
    assert names["monitor"].passes == 24
    assert list((tmp_path / "runs" / "mixer").iterdir())
    assert isinstance(names["run"], Run)
