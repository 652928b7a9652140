"""Lists of spikes in tables, .npz and SONATA; spikes far from 0, and stored twice."""

import json

import h5py
import numpy as np
import pytest

from ictal import cli, compare, measure
from ictal.simulator import InputError, Spikes, open_run

RNG = np.random.default_rng(1)
TIME = np.sort(RNG.uniform(0, 20, 600)).round(6)
UNIT = RNG.integers(0, 5, 600)
FAR = 1.6e9


def table(folder, header, *columns, mark=","):
    cells = [[str(v) for v in column] for column in columns]
    path = folder / "s.csv"
    path.write_text("\n".join([header, *(mark.join(row) for row in zip(*cells, strict=True))]) + "\n")
    return path


def said(run):
    return " ".join(run.source.get("assumptions", []))


@pytest.mark.parametrize(
    ("header", "scale", "dt"),
    [("time_s,unit", 1, None), ("time_ms,neuron", 1000, None), ("spike_times [ms],cell_id", 1000, None),
     ("t,i", 1, None), ("time,unit", 1000, 0.001), ("spike_times,cluster", 1, 1.0), ("spike_time_us,id", 1e6, None)],
)  # fmt: skip
def test_a_table_of_spikes(header, scale, dt, tmp_path):
    run = open_run(table(tmp_path, header, (TIME * scale).round(6), UNIT), dt=dt)
    spikes = run.spikes("spikes")
    assert spikes.time == pytest.approx(TIME, abs=1e-9)
    assert np.array_equal(spikes.unit, UNIT)
    assert (spikes.n_units, spikes.t0) == (5, 0.0)
    assert TIME[-1] < spikes.duration <= TIME[-1] + 0.001 + 1e-9
    for words in ("list of 600 spikes", "all units are those that spike: 5", "the observation is from 0"):
        assert words in said(run)


def test_the_unit_of_times_is_told_asked_or_refused(tmp_path):
    assert "is in s: in ms a unit would spike" in said(open_run(table(tmp_path, "time,unit", TIME, UNIT)))
    for times in (TIME * 1000, (TIME * 30000).round().astype(int)):
        with pytest.raises(InputError, match=r"can be in s, ms or samples; say --dt 1 for s, --dt 0.001 for ms"):
            open_run(table(tmp_path, "time,unit", times, UNIT))
    samples = open_run(table(tmp_path, "time,unit", (TIME * 30000).round().astype(int), UNIT), dt=1 / 30000)
    assert samples.spikes("spikes").time == pytest.approx(TIME, abs=1e-4)
    with pytest.raises(InputError, match=r"is in s, a unit of 1 s, and --dt says 0.001 s; leave out --dt"):
        open_run(table(tmp_path, "time_s,unit", TIME, UNIT), dt=0.001)
    with pytest.raises(InputError, match=r"a unit spikes .* times a second"):
        open_run(table(tmp_path, "time,unit", TIME, UNIT), dt=0.001)
    with pytest.raises(InputError, match="whose clock is second"):
        open_run(table(tmp_path, "time_s,unit", TIME, UNIT), clock="frame")


@pytest.mark.parametrize("time", ["1e400", "1e300", "nan", ""])
def test_times_that_are_none_are_refused(time, tmp_path):
    with pytest.raises(InputError, match=r"line 3|must be finite"):
        open_run(table(tmp_path, "time_s,unit", [0.1, time, 0.3], [0, 1, 0]))


def test_units_have_the_names_of_the_list(tmp_path):
    named = open_run(table(tmp_path, "time_s,cell", TIME, [f"c{k}" for k in UNIT])).spikes("spikes")
    assert named.unit_labels["name"].tolist() == [f"c{k}" for k in range(5)]
    numbered = open_run(table(tmp_path, "sender\ttime_ms", UNIT + 401, TIME * 1000, mark="\t")).spikes("spikes")
    assert numbered.unit_labels["id"].tolist() == [401, 402, 403, 404, 405]
    assert np.array_equal(numbered.unit, UNIT)
    more = open_run(table(tmp_path, "time_s,unit,amplitude", TIME, UNIT, RNG.random(600)))
    assert "left out of a list of spikes: column 3 ('amplitude')" in said(more)


def test_what_can_be_spikes_or_a_signal_is_refused(tmp_path):
    with pytest.raises(InputError, match="units of spikes, or a signal at even times"):
        open_run(table(tmp_path, "time,unit", np.arange(600) / 100, UNIT))
    for columns, header in (((TIME, UNIT), "0.0,1"), ((TIME, UNIT), "ts,cl"), ((UNIT, TIME), "a,b")):
        with pytest.raises(InputError, match="look like times and units of spikes"):
            open_run(table(tmp_path, header, *columns), dt=0.001)
    np.save(tmp_path / "s.npy", np.c_[TIME, UNIT])
    with pytest.raises(InputError, match="look like times and units of spikes"):
        open_run(tmp_path / "s.npy", dt=0.001)


def test_vectors_of_an_npz(tmp_path):
    path = tmp_path / "s.npz"
    np.savez(path, spike_times_ms=1000 * TIME, unit=UNIT, n_units=9, duration=25.0, t0=0.0)
    run = open_run(path)
    assert (run.spikes("spikes").n_units, run.spikes("spikes").duration) == (9, 25.0)
    assert "observation" not in said(run)
    np.savez(path, times=TIME, node_id=UNIT, x=RNG.random((50, 3)), rate=100)
    both = open_run(path)
    assert set(both) == {"spikes", "x"}
    assert both.recording("x").dt == 0.01
    np.savez(path, time=np.arange(50) / 100, channels=np.array(["a", "b", "c"]), x=RNG.random((50, 3)))
    assert open_run(path).recording("x").dt == 0.01, "times of samples give the interval"
    with pytest.raises(InputError, match=r"dt is 0.02 second, and the vector 'time' steps by 0.01"):
        open_run(path, dt=0.02)
    np.savez(path, time=TIME, spike_times=TIME, unit=UNIT)
    with pytest.raises(InputError, match="more than one list of spikes"):
        open_run(path)
    np.savez(path, time=TIME, unit=UNIT, n_units=3)
    with pytest.raises(InputError, match=r"Spikes.unit: must lie in 0..2"):
        open_run(path)


def test_spikes_of_sonata(tmp_path):
    path = tmp_path / "s.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes/V1")
        group["timestamps"], group["node_ids"] = 1000 * TIME, UNIT.astype(np.uint64)
        group["timestamps"].attrs["units"] = "milliseconds"
    run = open_run(path)
    assert run.spikes("V1").time == pytest.approx(TIME, abs=1e-12)
    assert "all units are those that spike: 5" in said(run)
    with h5py.File(path, "w") as file:  # of an older version
        file["spikes/timestamps"], file["spikes/gids"] = 1000 * TIME, UNIT
    assert np.array_equal(open_run(path).spikes("spikes").unit, UNIT)
    assert measure(path, "mean_rate").value("mean_rate") == pytest.approx(600 / 5 / 20, rel=0.01)


@pytest.mark.parametrize("damage", ["length", "link", "type", "missing", "external"])
def test_damaged_sonata_is_one_line(damage, tmp_path, capfd):
    path = tmp_path / "s.h5"
    (tmp_path / "raw").write_bytes(bytes(8000))
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes/V1")
        group["node_ids"] = UNIT
        if damage == "length":
            group["timestamps"] = TIME[:-1]
        elif damage == "link":
            group["timestamps"] = h5py.ExternalLink("other.h5", "/x")
        elif damage == "type":
            group["timestamps"] = "now"
        elif damage == "external":
            group.create_dataset("timestamps", (600,), "f8", external=[(str(tmp_path / "raw"), 0, 8000)])
    assert cli.run(["measure", str(path)]) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"ictal: {path}: ")
    assert err.count("\n") == 1


# Far from 0


def trains(t0):
    """Six trains on a grid of 1 ms, the same at every t0."""
    rng = np.random.default_rng(0)
    steps = np.concatenate([np.sort(rng.choice(20_000, 500, replace=False)) for _ in range(6)])
    return Spikes(t0 + steps / 1000, np.repeat(np.arange(6), 500), 6, 20.0, t0=t0)


@pytest.mark.parametrize("t0", [FAR, -FAR, 86400.0, 1e6])
def test_spikes_far_from_0_are_in_their_bins(t0):
    near, far = trains(0.0), trains(t0)
    for dt in (0.001, 0.003, 0.05):
        assert np.array_equal(near.binned(dt).values, far.binned(dt).values)
        assert np.array_equal(near.smoothed(dt, 0.005).values, far.smoothed(dt, 0.005).values)
    for start, stop in ((0.1, 0.3), (1.001, 7.7), (0.0, 20.0)):
        part, same = near.select(time=(start, stop)), far.select(time=(t0 + start, t0 + stop))
        assert np.array_equal(part.unit, same.unit)
        assert np.array_equal(part.binned(0.001).values, same.binned(0.001).values)
    names = ["mean_rate", "cv_isi", "fano_factor", "population_fano_factor", "spike_phase_r1", "sttc", "chi_c", "si_3"]
    found, wanted = ({row.measure: row.value for row in measure(s, names).rows} for s in (far, near))
    assert found == pytest.approx(wanted, rel=1e-5)
    sampled, other = near.binned(0.001), far.binned(0.001)
    for start in (0.1, 0.7, 3.3):
        window, moved = sampled.select(time=(start, start + 1)), other.select(time=(t0 + start, t0 + start + 1))
        assert np.array_equal(window.values, moved.values)


def test_a_spike_outside_of_the_observation_is_refused_far_from_0_too():
    with pytest.raises(InputError, match="must lie in"):
        Spikes([FAR + 1.001], [0], 1, 1.0, t0=FAR)


def test_bins_finer_than_the_times_are_refused():
    with pytest.raises(InputError, match="too coarse for bins of 1e-07 s; subtract the start"):
        trains(FAR).binned(1e-7)


# Twice


def test_spikes_that_are_stored_twice_are_said(tmp_path, capfd):
    twice = Spikes(np.repeat(TIME, 2), np.repeat(UNIT, 2), 5, 20.0)
    with pytest.warns(UserWarning, match="spikes: 600 of 1200 spikes are stored twice"):
        found = measure(twice, "mean_rate")
    assert "stored twice" in " ".join(found.config["source"]["assumptions"])
    with pytest.warns(UserWarning, match="stored twice"):
        compare({"a": twice, "b": Spikes(TIME, UNIT, 5, 20.0)}, measures=["si_3"], nulls=199)
    path = table(tmp_path, "time_s,unit", np.repeat(TIME, 2), np.repeat(UNIT, 2))
    assert cli.run(["measure", str(path), "--measures", "mean_rate", "--json"]) == 0
    assert "stored twice" in json.dumps(json.loads(capfd.readouterr().out)["config"]["assumptions"])
    assert cli.run(["measure", str(path), "--measures", "mean_rate"]) == 0
    out, err = capfd.readouterr()
    assert (out + err).count("stored twice") == 1
    assert measure(Spikes(TIME, UNIT, 5, 20.0), "mean_rate").config["source"].get("assumptions") is None


def test_a_rate_that_no_unit_reaches_is_said(tmp_path):
    run = open_run(table(tmp_path, "time_ms,unit", TIME, UNIT))
    assert "is in ms, so that a unit spikes" in said(run)
