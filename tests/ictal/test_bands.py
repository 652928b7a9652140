"""One band in every command: `measure` of the whole and of a window as long as the whole are one and the same."""

import json

import numpy as np
import pytest

import ictal
from ictal.analyses import bandpassed
from ictal.analyses.measures import MEASURES, get
from ictal.simulator import Recording
from tests.support import edfs

BAND = (3.0, 20.0)
SAMPLED = [name for name in MEASURES if get(name).takes == "values" and "labels" not in get(name).needs]
NAMES = ["Fp1", "F7", "T7", "P7", "ECG", "O1", "T7 again"]


def potentials(rate=edfs.RATE, seconds=edfs.SECONDS):
    """A rhythm that four channels share in part, a drift that all share, an ECG, a flat channel and a copy [µV]."""
    rng = np.random.default_rng(3)
    t = np.arange(int(seconds * rate)) / rate
    x = rng.normal(0, 20, (t.size, len(NAMES)))
    x += 25 * np.sin(2 * np.pi * 6 * t)[:, None] + 120 * np.sin(2 * np.pi * 0.3 * t)[:, None]
    x[:, 5] = 7.0
    x[:, 6] = x[:, 2]
    return x


def recording():
    return Recording(potentials(), 1 / edfs.RATE, "second", "potential", "µV", unit_labels={"channel": np.array(NAMES)})


def by_measure(rows):
    return {row.measure: row for row in rows}


@pytest.mark.parametrize("kind", ["memory", "edf", "no electrodes"])
@pytest.mark.parametrize("band", [BAND, None])
def test_the_whole_and_a_window_as_long_as_the_whole_agree(kind, band, tmp_path):
    data = edfs.plain(tmp_path / "rec.edf", potentials(), NAMES) if kind == "edf" else recording()
    if kind == "no electrodes":
        data = Recording(data.values, data.dt, "second", "potential", "µV")
    phases = {} if band else {"phase_band": BAND}
    whole = ictal.measure(data, SAMPLED, band=band, nulls=199, seed=4, **phases)
    window = ictal.measure_over_time(data, SAMPLED, window=float(edfs.SECONDS), band=band, seed=4, **phases)
    one, other = by_measure(whole.rows), by_measure(window.rows)
    assert set(one) == set(other) == set(SAMPLED)
    for name in SAMPLED:
        a, b = one[name], other[name]
        for field in ("value", "null_mean", "null_sd", "null_low", "null_high", "p"):
            assert getattr(a, field) == pytest.approx(getattr(b, field), rel=1e-12, abs=1e-12, nan_ok=True), name
        assert (a.unit, a.null_kind, a.n_live, a.n_units) == (b.unit, b.null_kind, b.n_live, b.n_units)
    left = [] if kind == "no electrodes" else ["ECG", "O1", "T7 again"]
    assert [c.name for c in window.channels if not c.used] == left
    notes = [note for note in whole.config["assumptions"] if " is left out: " in note]  # beside those of the reader
    assert [note.split(" is left out")[0].split(": ")[1] for note in notes] == left
    assert {row.n_units for row in whole.rows} == {len(NAMES) - len(left)}


def test_the_band_filters_for_every_measure_and_the_phase_band_for_phases_alone():
    x = recording()
    loud, filtered = (ictal.measure(x, ["chi_c", "kuramoto_r1"], phase_band=BAND, band=b) for b in (None, BAND))
    assert loud.value("chi_c") > filtered.value("chi_c") + 0.05  # the drift is out of the band
    assert loud.value("kuramoto_r1") == pytest.approx(filtered.value("kuramoto_r1"), abs=0.02)
    good = x.select(units=[0, 1, 2, 3])
    assert filtered.value("chi_c") == ictal.measure(bandpassed(good, BAND), "chi_c").value("chi_c")
    everything = ictal.measure(x, "chi_c", all_channels=True)
    assert everything.rows[0].n_units == len(NAMES)


def test_a_part_of_the_time_is_cut_after_the_filter():
    x = recording()
    part = ictal.measure(x, "chi_c", band=BAND, window=(5.0, 10.0))
    rows = ictal.measure_over_time(x, "chi_c", band=BAND, window=5.0, step=5.0, nulls=0).rows
    assert part.value("chi_c") == pytest.approx(rows[1].value, rel=1e-12)


def test_rates_of_spikes_are_filtered_and_trains_are_not():
    rng = np.random.default_rng(1)
    spikes = ictal.Spikes(np.sort(rng.uniform(0, 4, 800)), rng.integers(0, 20, 800), n_units=20, duration=4.0)
    plain, filtered = (by_measure(ictal.measure(spikes, ["mean_rate", "si_3"], band=b).rows) for b in (None, BAND))
    assert plain["mean_rate"].value == filtered["mean_rate"].value
    assert "not" in json.loads(filtered["mean_rate"].settings)["filtered"]
    rates = spikes.select(units=np.flatnonzero(spikes.counts >= 5)).smoothed(0.001, 0.005)
    assert filtered["si_3"].value == ictal.measure(bandpassed(rates, BAND), "si_3").value("si_3")


@pytest.mark.parametrize(
    ("clock", "n", "message"), [("sample", 400, "order"), ("frame", 20, "band"), ("second", 20, "record for")]
)
def test_what_cannot_be_filtered_is_refused_in_one_line(clock, n, message):
    x = np.random.default_rng(0).normal(size=(n, 4))
    band = (0.03, 0.2) if clock == "frame" else (3.0, 20.0)
    dt = 0.01 if clock == "second" else 1.0
    for call in (
        lambda: ictal.measure(x, "si_3", dt=dt, clock=clock, band=band),
        lambda: ictal.compare({"a": x, "b": x[::-1]}, dt=dt, clock=clock, band=band, measures=["si_3"]),
        lambda: ictal.measure_over_time(x, "si_3", dt=dt, clock=clock, band=band, window=n * dt),
    ):
        with pytest.raises(ictal.InputError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_compare_filters_as_measure_does():
    a, b = (Recording(potentials()[:, k : k + 3], 1 / edfs.RATE, "second", "potential", "µV") for k in (0, 1))
    found = ictal.compare({"a": a, "b": b}, measures=["si_3"], band=BAND, max_times=10**6)
    for group, data in (("a", a), ("b", b)):
        alone = ictal.measure(data, "si_3", band=BAND).value("si_3")
        assert found.values("activity", "si_3", group) == [pytest.approx(alone, rel=1e-12)]


def test_rates_in_a_comparison_are_those_of_measure_read_every_interval():
    rng = np.random.default_rng(2)
    trains = [ictal.Spikes(np.sort(rng.uniform(0, 3, 900)), rng.integers(0, 15, 900), 15, 3.0) for _ in range(2)]
    found = ictal.compare({"a": trains[0], "b": trains[1]}, measures=["chi_c", "spectral_peak"], interval=0.001,
                          max_times=10**6)  # fmt: skip
    for group, train in zip("ab", trains, strict=True):
        for name in ("chi_c", "spectral_peak"):
            assert found.values("activity", name, group) == [ictal.measure(train, name).value(name)]
    coarse = ictal.compare({"a": trains[0], "b": trains[1]}, measures=["chi_c"])
    assert coarse.config["n_times"] == 300
