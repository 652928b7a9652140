"""Axes by name: what is told, what is assumed, and what is refused with the names to give."""

import array_api_strict
import numpy as np
import pytest
import torch

import ictal
from ictal.simulator import InputError, open_run
from ictal.simulator.recordings.dims import arranged, roles, words_of

RNG = np.random.default_rng(3)
X = RNG.normal(size=(2, 30, 4))  # (trial, time, unit)


@pytest.mark.parametrize(
    ("dims", "order"),
    [
        ("trial time unit", (0, 1, 2)),
        ("time trial unit", (1, 0, 2)),
        ("time, batch, neuron", (1, 0, 2)),
        ("(unit, time, trial)", (2, 1, 0)),
        ("Channels × Epochs × Time", (2, 0, 1)),
        (["cells", "session_id", "time_ms"], (2, 0, 1)),
        (("electrode", "timepoints", "subject"), (2, 1, 0)),
    ],
)
@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor, array_api_strict.asarray])
def test_any_order_is_arranged(dims, order, library):
    found, notes = arranged(library(np.ascontiguousarray(X.transpose(order))), dims)
    assert notes == []
    np.testing.assert_array_equal(np.asarray(found), X)
    assert type(found) is type(library(X))


def test_two_axes_with_more_samples_than_units_are_time_and_unit():
    found, notes = arranged(X[0], None)
    assert found is X[0] or np.shares_memory(found, X[0])
    assert notes == []


@pytest.mark.parametrize("clock", ["second", "sample", None])
def test_a_square_is_an_assumption_that_names_its_opposite(clock):
    (note,) = arranged(X[0, :4], None, clock=clock)[1]
    turned = 'dims "unit sample"' if clock == "sample" else 'dims "unit time"'
    assert note.startswith("of 4 × 4 values the first axis is taken for")
    assert turned in note


@pytest.mark.parametrize(
    ("shape", "clock", "fixes"),
    [
        ((4, 30), "second", ['dims="unit time"', 'dims="time unit"', "4 samples of 30 units"]),
        ((4, 30), "sample", ['dims="unit sample"', 'dims="sample unit"']),
        ((1, 9), "second", ["1 sample of 9 units"]),
        ((2, 30, 4), "second", ['dims="trial time unit"', 'dims="time trial unit"', "3 axes"]),
        ((30, 1, 4), "model", ['dims="time trial unit"']),
        ((2, 2, 30, 4), "second", ['dims="session trial time unit"', "4 axes"]),
    ],
)
def test_what_can_be_its_opposite_is_refused_with_the_fix(shape, clock, fixes):
    with pytest.raises(InputError) as refused:
        arranged(np.zeros(shape), None, clock=clock)
    for fix in fixes:
        assert fix in str(refused.value)
    for text in (fix.removeprefix('dims="').rstrip('"') for fix in fixes if fix.startswith("dims")):
        assert sorted(arranged(np.zeros(shape), text, clock=clock)[0].shape) == sorted(shape)


@pytest.mark.parametrize(
    ("dims", "clock", "message"),
    [
        ("trial time unt", None, r"unknown axis 'unt'; did you mean 'unit'\?"),
        ("trial time x", None, "unknown axis 'x'; known: time"),
        ("time unit", None, "'time unit' name 2 axes; its shape \\(2, 30, 4\\) has 3"),
        ("time trial trial", None, "'trial' twice"),
        ("trial batch time", None, "names no axis of unit"),
        ("trial batch unit", None, r'names no axis of time; a batch without an order is clock="sample"'),
        ("trial unit cell", None, "unit and cell both name the axis of unit"),
        ("image time unit", None, "image and time both name the axis of time"),
        ("", None, "must name every axis"),
        ([1, 2, 3], None, "must name every axis"),
        (3, None, "must name every axis"),
    ],
)
def test_names_that_do_not_fit_are_refused(dims, clock, message):
    with pytest.raises(InputError, match=message):
        arranged(X, dims, clock=clock)


def test_the_name_of_the_clock_is_that_of_time():
    assert roles(["epoch", "unit"], "epoch") == ["time", "unit"]
    assert roles(["epoch", "time", "unit"]) == ["trial", "time", "unit"]
    assert roles(["batch", "feature"], "sample") == ["time", "unit"]
    assert roles(["batch", "sample", "feature"], "sample") == ["trial", "time", "unit"]
    assert words_of("time\tunit") == ("time", "unit")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_files_are_asked_for_their_axes_too(suffix, tmp_path):
    path, x = tmp_path / f"a{suffix}", X[0].T
    if suffix == ".npy":
        np.save(path, x)
    elif suffix == ".npz":
        np.savez(path, activity=x)
    else:
        np.savetxt(path, x, delimiter=",")
    with pytest.raises(InputError, match=r'a\.\w+: its shape \(4, 30\) .* dims="unit time"'):
        open_run(path, dt=0.01)
    np.testing.assert_array_equal(open_run(path, dt=0.01, dims="unit time")["activity"].numpy(), X[0])
    assert open_run(path, dt=0.01, dims="time unit")["activity"].n_units == 30


def test_channels_of_a_file_tell_their_axis(tmp_path):
    names = np.array(list("abcd"))
    np.savez(tmp_path / "turned.npz", eeg=X[0].T, rate=100.0, channels=names)
    np.savez(tmp_path / "wide.npz", eeg=X[0, :3], rate=100.0, channels=names)
    np.savez(tmp_path / "square.npz", eeg=X[0, :4], rate=100.0, channels=names)
    turned, wide, square = (open_run(tmp_path / f"{name}.npz") for name in ("turned", "wide", "square"))
    np.testing.assert_array_equal(turned["eeg"].numpy(), X[0])
    assert turned["eeg"].unit_labels["channel"].tolist() == list("abcd")
    assert turned.source["assumptions"] == ["eeg: the first axis of (4, 30) is that of the channels"]
    assert wide["eeg"].n_times == 3
    assert "assumptions" not in wide.source
    assert len(square.source["assumptions"]) == 1


def test_of_several_arrays_those_with_other_axes_are_left_out_and_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, w=X[0])
    run = open_run(tmp_path / "a.npz", dt=0.1, dims="trial time unit")
    assert list(run) == ["x"]
    assert "w is left out" in run.source["assumptions"][0]
    with pytest.raises(InputError, match="fit no array"):
        open_run(tmp_path / "a.npz", dt=0.1, dims="subject trial time unit")


def test_of_several_arrays_those_that_cannot_be_told_are_left_out_and_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=X[0], w=X[0].T, y=X)
    run = open_run(tmp_path / "a.npz", dt=0.1)
    assert list(run) == ["x"]
    w, y = run.source["assumptions"]
    assert w.startswith("w is left out: its shape (4, 30) has 4 samples")
    assert y.startswith("y is left out: its shape (2, 30, 4) has 3 axes")
    with pytest.raises(InputError, match=r"w is left out: its shape .* units than samples"):
        ictal.measure(tmp_path / "a.npz", "si_3", dt=0.1, entries=["w"])


def test_a_file_that_names_its_axes_takes_none(tmp_path):
    path = "tests/support/files/0.1.0/training.h5"
    for given in ({"dims": "time unit"}, {"dt": 0.1}, {"clock": "second"}):
        with pytest.raises(InputError, match=f"{next(iter(given))}: is for arrays"):
            open_run(path, **given)
