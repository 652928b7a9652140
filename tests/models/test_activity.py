"""What a trained network does, by the commands that take a file."""

import numpy as np
import pytest

import ictal
from ictal import as_run
from ictal.verbs.targets import target


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Weights of a small multilayer perceptron and of recurrent networks."""
    from ictal import cli

    folder = tmp_path_factory.mktemp("trained")
    files = {}
    for name, settings in {"mlp": ("hidden=32,16",), "rnn": ("width=24", "depth=2"), "rate-rnn": ("width=24",)}.items():
        files[name] = folder / f"{name}.pt"
        words = ["train", name, "--data", "digits", "--n-train", "200", "--epochs", "2", "--quiet"]
        words += [word for setting in settings for word in ("--set", setting)]
        assert cli.run([*words, "-o", str(folder / f"{name}.h5")]) == 0
    return files


def test_layers_over_test_examples(trained):
    run = as_run(trained["mlp"])
    assert list(run) == ["hidden.0.relu", "hidden.1.relu"]
    entry = run.recording("hidden.0.relu")
    _, about = ictal.open_model(trained["mlp"])
    data = ictal.load_data("digits", n_train=200, seed=about["seed"])
    assert entry.clock == "sample"
    assert entry.values.shape == (len(data.x_test), 32)
    assert np.bincount(entry.time_labels["class"]).tolist() == np.bincount(data.y_test).tolist()
    assert run.source["file"] == str(trained["mlp"])
    assert run.source["architecture"]["name"] == "mlp"


@pytest.mark.parametrize("name", ["rnn", "rate-rnn"])
def test_a_recurrent_network_moreover_by_itself(trained, name):
    run = as_run(trained[name])
    layers = {"rnn": ["layers.0", "layers.1"], "rate-rnn": ["rates"]}[name]
    assert list(run) == [*layers, "alone"]
    for layer in layers:
        assert run.recording(layer).clock == "sample"
        assert run.recording(layer).values.ndim == 2
        assert "class" in run.recording(layer).time_labels
    alone, what = run.recording("alone"), target(trained[name], {})
    assert alone.clock == "model"
    assert alone.values.shape == (1000, len(what.units))
    assert alone.t0 == 1001.0
    x = what.start(0)
    for _ in range(1001):
        x = what.step(x)
    np.testing.assert_allclose(alone.values[0], x, atol=1e-12)
    np.testing.assert_allclose(alone.values[1], what.step(x), atol=1e-12)


def test_the_last_time_point_is_what_the_readout_reads(trained):
    import torch

    model, _ = ictal.open_model(trained["rnn"])
    data = ictal.load_data("digits", n_train=200, seed=0)
    with torch.no_grad():
        logits = model(torch.tensor(data.x_test))
        h = torch.tensor(np.array(as_run(trained["rnn"]).recording("layers.1").values))
        torch.testing.assert_close(model.readout(h), logits, rtol=0, atol=1e-5)


def test_commands_take_it(trained, ictal_, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = ictal_("measure", str(trained["rnn"]), "--measures", "si_3,chi_c", "--entries", "layers.0,alone")
    assert "layers.0" in found
    assert "alone" in found
    ictal_("plot", str(trained["mlp"]), "-o", "figures", "--all", "--quiet")
    assert (tmp_path / "figures" / "activity-hidden.0.relu.png").exists()
    (tmp_path / "no.pt").write_bytes(b"not weights")
    assert "no.pt: is not a file of weights, or is cut off" in refused("measure", "no.pt")
    assert "none.pt: no such file" in refused("plot", "none.pt")
