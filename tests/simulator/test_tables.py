"""Tables of text: a column is a signal, an index, times or labels by a rule; the rule is said, or the table refused."""

import codecs

import h5py
import numpy as np
import pytest

from ictal import cli, measure
from ictal.simulator import InputError, Recording, open_run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).round(3)
COUNTS = RNG.integers(0, 9, (40, 3))
T = np.arange(40) / 100


def text(values, mark=",", form="%.3f"):
    return "\n".join(mark.join(form % value for value in row) for row in values) + "\n"


def with_index(lines, first=0):
    return "\n".join(f"{k},{line}" for k, line in enumerate(lines.splitlines(), first)) + "\n"


BODY = text(X)
TIMED = text(np.c_[T, X])
SIGNAL = {  # what is read as the signals of X -> the table, words of its assumptions
    "plain": (BODY, []),
    "names": ("a,b,c\n" + BODY, []),
    "numbers as names": ("0,1,2\n" + BODY, ["line 1", "header"]),
    "numbers from 1": ("1,2,3\n" + BODY, ["header"]),
    "a comment as header": ("# a,b,c\n" + BODY, ["header: a, b, c"]),
    "comments": ("# mine\n% more\na,b,c\n" + BODY + "# end\n", []),
    "index without a name": (",a,b,c\n" + with_index(BODY), ["column 1 numbers the rows"]),
    "index of pandas": ("Unnamed: 0,a,b,c\n" + with_index(BODY), ["numbers the rows"]),
    "indices of pandas": (
        "Unnamed: 0.1,Unnamed: 0,a,b,c\n" + with_index(with_index(BODY)),
        ["'Unnamed: 0.1'", "'Unnamed: 0'"],
    ),
    "index named, from 1": ("sample,a,b,c\n" + with_index(BODY, 1), ["column 1 ('sample') numbers the rows"]),
    "index and numbers": (",0,1,2\n" + with_index(BODY), ["line 1", "column 1 numbers the rows"]),
    "index without a header": (with_index(BODY), ["column 1 numbers the rows"]),
    "numbered rows of R": ('"a" "b" "c"\n' + with_index(BODY, 1).replace(",", " "), ["numbers the rows"]),
    "times": ("time,a,b,c\n" + TIMED, ["column 1 ('time')", "dt"]),
    "times in ms": ("time_ms,a,b,c\n" + text(np.c_[1000 * T, X]), ["column 1 ('time_ms')"]),
    "times last": ("a,b,c,t\n" + text(np.c_[X, T]), ["column 4 ('t')"]),
    "times without a header": (TIMED, ["column 1 has times"]),
    "times without a name": (",a,b,c\n" + TIMED, ["column 1 has times"]),
    "times that count": ("time,a,b,c\n" + text(np.c_[np.arange(40), X]), ["counts samples"]),
    "units below": ("t,a,b,c\ns,uV,uV,uV\n" + TIMED, ["line 2", "units"]),
    "decimal commas": (BODY.replace(",", ";").replace(".", ","), ["decimal"]),
    "decimal commas, tabs": (BODY.replace(",", "\t").replace(".", ","), ["decimal"]),
    "decimal commas, blanks": (BODY.replace(",", " ").replace(".", ","), ["decimal"]),
    "decimal commas, quoted": (
        '"' + BODY.replace(",", '";"').replace("\n", '"\n"').replace(".", ",")[:-1],
        ["decimal"],
    ),
    "tabs": (BODY.replace(",", "\t"), []),
    "blanks": (BODY.replace(",", "  "), []),
    "bars": (BODY.replace(",", " | "), []),
    "a mark at the end": (BODY.replace("\n", ",\n"), []),
    "mark named": ("sep=;\n" + BODY.replace(",", ";"), []),
    "rows of a spreadsheet": (BODY + ",,\n,,\n", []),
    "an empty column": ("a,b,c,d\n" + BODY.replace("\n", ",\n"), ["column 4 ('d') is empty"]),
    "an empty column of NaN": ("a,b,c,d\n" + BODY.replace("\n", ",NaN\n"), ["column 4 ('d') is empty"]),
    "exponents": (text(X, form="%.18e"), []),
    "carriage returns": (BODY.replace("\n", "\r"), []),
    "quotes": ('"a, left","b ""2""",c\n' + BODY, []),
}
REFUSED = {  # -> the table, words of the line
    "a gap in the first row": ("1,,3\n" + BODY, ["line 1, column 2", "empty"]),
    "a gap at its start": (",0.3,0.5\n" + BODY, ["line 1, column 1", "empty"]),
    "NA in the first row": ("0.5,NA,0.3\n" + BODY, ["line 1, column 2", "'NA'"]),
    "half a header": ("0.5,abc,0.7\n" + BODY, ["line 1, column 2", "'abc'"]),
    "half a header of whole numbers": ("1,abc,3\n" + BODY, ["line 1, column 2", "'abc'"]),
    "text within": (BODY + "0.5,abc,0.7\n", ["line 41, column 2", "'abc' is not a number"]),
    "a gap": (BODY + "0.5,,0.7\n", ["line 41, column 2", "empty"]),
    "NaN": ("a,b,c\n" + BODY + "0.5,nan,0.7\n", ["line 42, column 2 ('b')", "'nan'"]),
    "infinity": (BODY + "inf,1,2\n", ["line 41, column 1", "'inf'"]),
    "a short row": (BODY + "0.5,0.7\n" + BODY, ["line 41 has 2 columns; want 3", "column 3"]),
    "a long row": ("# x\n\n" + BODY + "1,2,3,4\n", ["line 43 has 4 columns; want 3", "column 4"]),
    "a title": ("My data\n" + BODY, ["line 2 has 3 columns; want 1", "title"]),
    "two headers": ("a,b,c\nx,y,z\n" + BODY, ["line 2, column 1", "'x'"]),
    "numbers above whole numbers": ("0,1,2\n" + text(COUNTS, form="%d"), ["line 1", "header or data"]),
    "thousands": ('"1,234.5",2,3\n' * 9, ["line 1, column 1", "thousands"]),
    "thousands or decimals": ("1,234;2,345\n" * 9, ["line 1, column 1", "1.234 or 1234"]),
    "a decimal point": (BODY.replace(",", ";").replace(".", ",") + "0.5;0,1;0,2\n", ["line 41, column 1", "decimal"]),
    "commas of both kinds": (BODY.replace(".", ","), ["decimal comma"]),
    "one column of decimal commas": ("a\n" + text(X[:, :1]).replace(".", ","), ["line 2", "decimal"]),
    "an underscore": ("1_000,2,3\n" + BODY, ["line 1, column 1", "'1_000'"]),
    "a quote that stays open": ('"a,b,c\n' + BODY, ["line 1", "quote"]),
    "a header alone": ("a,b,c\n", ["no numbers"]),
    "nothing": ("\n  \n", ["is empty"]),
    "a missing row": ("sample,a,b,c\n" + with_index(BODY).replace("\n20,", "\n50,"), ["line 22", "rows are missing"]),
    "a gap in time": ("time,a,b,c\n" + text(np.c_[T + 0.05 * (T > 0.2), X]), ["line 23", "0.200 to 0.260"]),
    "time that falls": ("time,a,b,c\n" + text(np.c_[T[::-1], X]), ["column 1 ('time')"]),
    "another interval": ("time,a,b,c\n" + text(np.c_[2 * T, X]), ["dt is 0.01", "column 1 ('time') steps by 0.02"]),
    "another interval in ms": ("Time [ms],a,b,c\n" + text(np.c_[T, X]), ["dt is 0.01", "steps by 0.01 ms"]),
    "times of a clock": ("time,a\n" + "12:00:01,1\n12:00:02,2\n", ["line 2, column 1 ('time')", "12:00:01"]),
    "floats as names": ("0.0,1.0,2.0\n" + BODY, ["line 1", "header of numbers or data"]),
    "dates": ("time,a\n2020-01-01T00:00:01,1\n2020-01-01T00:00:02,2\n", ["line 2, column 1", "leave out", "--dt"]),
    "labels of an export": ("unit,unit_label_name\n0,1\n1,2\n2,3\n", ["labels of units of an export"]),
    "a column without a name": (",a,b,c\n" + text(np.c_[X[:, 0], X]), ["column 1 has no name"]),
    "rows of one value": ("time,channel,v\n0,0,1.5\n0,1,2.5\n1,0,3.5\n1,1,4.5\n", ["pivot"]),
}  # fmt: skip


def read(folder, table, dt=0.01, **options):
    path = folder / "x.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    return open_run(path, dt=dt, **options)


@pytest.mark.parametrize("name", SIGNAL)
def test_the_signals_are_read_and_the_rule_is_said(name, tmp_path):
    table, words = SIGNAL[name]
    run = read(tmp_path, table)
    found = run.recording("activity")
    assert np.array_equal(found.values, X)
    assert (found.dt, found.clock, found.t0) == (0.01, "second", 0.0)
    said = " ".join(run.source.get("assumptions", []))
    assert bool(said) == bool(words)
    for word in words:
        assert word in said


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_can_be_read_in_two_ways_is_refused_with_its_place(name, tmp_path):
    table, words = REFUSED[name]
    with pytest.raises(InputError) as refusal:
        read(tmp_path, table)
    line = str(refusal.value)
    assert line.startswith(str(tmp_path / "x.csv"))
    assert "\n" not in line
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"], ids=lambda name: name
)
def test_encodings(encoding, tmp_path):
    table = ("µ,b,c\n" + BODY).encode(encoding)
    found = read(tmp_path, table)
    assert np.array_equal(found.recording("activity").values, X)
    assert found.recording("activity").unit_labels["name"].tolist() == ["µ", "b", "c"]
    said = encoding in ("utf-16-le", "utf-16-be", "latin-1")  # without a byte order mark
    assert ("assumptions" in found.source) == said
    with pytest.raises(InputError, match=r"no text|cannot be read"):
        read(tmp_path, codecs.BOM_UTF16_LE + b"1\0,\0" + b"\0" * 7)


@pytest.mark.parametrize(
    ("name", "step", "dt"),
    [("time", 0.004, 0.004), ("time", 1 / 256, 1 / 256), ("Time (s)", 0.5, 0.5), ("t_ms", 4.0, 0.004),
     ("time [us]", 125.0, 125e-6), ("seconds", 1.0, 1.0),
     ("timestamp_s", 0.03, 0.03), ("t/ms", 0.1, 1e-4), ("time_h", 1 / 3600, 1.0)],
)  # fmt: skip
def test_times_give_the_interval(name, step, dt, tmp_path):
    lines = "".join(f"{step * k:.7g},{a},{b}\n" for k, (a, b, _) in enumerate(X))
    found = read(tmp_path, f"{name},a,b\n{lines}", dt=None).recording("activity")
    assert (found.dt, found.n_units) == (pytest.approx(dt, rel=1e-6), 2)


@pytest.mark.parametrize("step", [0.1, 1.0, 4.0])
def test_times_that_can_be_in_two_units_are_refused_with_both(step, tmp_path):
    table = "time,a,b\n" + text(np.c_[step * np.arange(40), X[:, :2]])
    with pytest.raises(InputError, match=rf"--dt {step:g} .*--dt {step / 1000:g} .*time_s or time_ms"):
        read(tmp_path, table, dt=None)
    assert read(tmp_path, table, dt=step / 1000).recording("activity").dt == step / 1000


def test_times_far_from_0_and_times_of_other_clocks(tmp_path):
    far = read(tmp_path, "timestamp,a,b,c\n" + text(np.c_[1.6e9 + T, X]), dt=None).recording("activity")
    assert (far.dt, far.t0) == (0.01, 1.6e9)
    epochs = read(tmp_path, "time_epoch,a,b,c\n" + text(np.c_[np.arange(40), X]), dt=None).recording("activity")
    assert (epochs.dt, epochs.clock) == (1.0, "epoch")
    with pytest.raises(InputError, match="clock is step"):
        read(tmp_path, "time_s,a,b,c\n" + TIMED, clock="step")
    shuffled = read(tmp_path, "time,a,b,c\n" + TIMED, dt=None, clock="sample")
    assert shuffled.recording("activity").n_units == 3


def test_names_and_units_are_kept(tmp_path):
    named = read(tmp_path, "time,a,a,b\ns,mV,mV,mV\n" + TIMED, dt=None)
    assert named.recording("activity").unit_labels["name"].tolist() == ["a", "a (2)", "b"]
    assert named.recording("activity").unit == "mV"
    assert "numbered: a" in " ".join(named.source["assumptions"])
    sites = read(tmp_path, "Fp1,C3,O2\n" + BODY)
    assert sites.recording("activity").unit_labels["channel"].tolist() == ["Fp1", "C3", "O2"]
    assert "electrodes" in " ".join(sites.source["assumptions"])


def test_a_letter_that_can_be_time_is_a_signal_unless_it_rises_evenly(tmp_path):
    found = read(tmp_path, "time,r,s,t\n" + TIMED)
    assert np.array_equal(found.recording("activity").values, X)
    assert "column 3 ('s') does not rise evenly and is read as a signal" in found.source["assumptions"]
    both = read(tmp_path, "time,t,a,b\n" + text(np.c_[T, T, X[:, :2]]))
    assert both.recording("activity").n_units == 2
    assert "column 2 ('t') is left out: column 1 ('time') has the times" in both.source["assumptions"]


def test_trials_follow_each_other(tmp_path):
    rows = [
        f"{trial},{k / 100:.2f},{x[0]},{x[1]}"
        for trial in range(4)
        for k, x in enumerate(X[10 * trial : 10 * trial + 10])
    ]
    found = read(tmp_path, "trial,time_s,a,b\n" + "\n".join(rows), dt=None).recording("activity")
    assert np.array_equal(found.values, X[:, :2].reshape(4, 10, 2))
    with pytest.raises(InputError, match="line 32 on has another length"):
        read(tmp_path, "trial,time_s,a,b\n" + "\n".join(rows[:-1]), dt=None)


@pytest.mark.parametrize("kind", ["index", "time"])
def test_a_column_that_is_no_signal_changes_no_number(kind, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    lines = ("a,b,c\n" + BODY).splitlines()
    first = {"index": ["", *map(str, range(40))], "time": ["time", *(f"{t:.2f}" for t in T)]}[kind]
    (tmp_path / "with.csv").write_text("\n".join(f"{k},{line}" for k, line in zip(first, lines, strict=True)))
    (tmp_path / "without.csv").write_text("\n".join(lines))
    found, wanted = (measure(tmp_path / f"{name}.csv", ["si_3", "chi_c"], dt=0.01) for name in ("with", "without"))
    assert [row.value for row in found.rows] == [row.value for row in wanted.rows]
    assert cli.run(["measure", "with.csv", "--dt", ".01", "--measures", "si_3"]) == 0
    assert "assumed: column 1" in capfd.readouterr().out
    assert any("column 1" in line for line in found.config["source"]["assumptions"])


def test_a_square_of_whole_numbers_is_data(tmp_path):
    assert np.array_equal(read(tmp_path, "0,1\n1,0\n").recording("activity").values, [[0, 1], [1, 0]])
    assert isinstance(read(tmp_path, text(COUNTS, form="%d"))["activity"], Recording)


def test_columns_that_are_no_signal_by_their_names_are_said(tmp_path):
    run = read(tmp_path, "a,b,event\n" + BODY)
    assert "though their names are those of markers or labels: event" in " ".join(run.source["assumptions"])
    for table, words in (
        ("TR,a,b,c\n" + with_index(BODY), "'TR') rises evenly"),
        ("epoch,a\n" + "0,.1\n1,.2\n1,.4\n" * 3, "by its name"),
    ):
        assert words in " ".join(read(tmp_path, table).source["assumptions"])
    np.save(tmp_path / "x.npy", np.c_[T, X])
    assert "unit 0 rises evenly" in " ".join(open_run(tmp_path / "x.npy", dt=0.01).source["assumptions"])
    run = read(tmp_path, "Fp1,C3,ECG\n" + BODY)
    assert run.recording("activity").unit_labels["channel"].tolist() == ["Fp1", "C3", "ECG"]
    found = measure(run, ["mean_correlation"])
    assert [row.n_units for row in found.rows] == [2]
    assert any("ECG is left out" in line for line in found.config["assumptions"])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.rec", b"0       " + b" " * 300, "rename it to x.edf"),
        ("x.foo", b"a", "ictal.measure(array, dt=INTERVAL)"),
        ("x.hea", b"x 2 100", "wfdb.rdrecord("),
        ("x.pl2", b"a", "export it there to .plx or .nwb"),
        ("x.nxe", b"a", "mne.io.read_raw_eximia("),
        ("x.eeg", b"a", "holds data of BrainVision; name its header"),
        ("x.npy", b"a,b", "is no array file of numpy: it begins with b'a,b'"),
        ("x.mff", None, "mne.io.read_raw_egi("),
    ],
)
def test_a_format_that_is_not_read_names_the_way(name, content, words, tmp_path, capsys):
    (tmp_path / "x.vhdr").touch()
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    assert cli.run(["info", str(path)]) == 2
    assert words in capsys.readouterr().err


def test_hdf5_of_another_program_is_named_as_such_whatever_is_given_with_it(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data"] = X
    for given in ({}, {"dt": 0.01}, {"dims": "unit time"}):
        with pytest.raises(InputError, match=r"not written by ictal .*numpy\.save\('FILE\.npy', h5py"):
            open_run(tmp_path / "x.h5", **given)


@pytest.mark.parametrize(
    ("name", "form", "step"), [("time_ms", "%d", 1.0), ("time_s", "%.3f", 0.001), ("time_s", "%.2f", 0.01)]
)
@pytest.mark.parametrize("missing", [(20,), (7, 20), (39,)])
def test_a_missing_row_is_no_rounding_where_the_decimals_hold_the_step(name, form, step, missing, tmp_path):
    times = np.delete(np.arange(60) * step, missing)
    rows = [f"{form % t},{k % 7},{k % 5}" for k, t in enumerate(times)]
    (tmp_path / "x.csv").write_text(f"{name},a,b\n" + "\n".join(rows) + "\n")
    for dt in (None, 0.01 if form == "%.2f" else 0.001):
        with pytest.raises(InputError, match="samples must be even"):
            open_run(tmp_path / "x.csv", dt=dt)


def test_rounded_times_of_256_hz_are_even(tmp_path):
    rows = [f"{round(k * 1000 / 256)},{k % 7},{k % 5}" for k in range(300)]
    (tmp_path / "x.csv").write_text("time_ms,a,b\n" + "\n".join(rows) + "\n")
    assert open_run(tmp_path / "x.csv").recording("activity").dt == 1 / 256


def test_vectors_beside_arrays_have_their_type_and_agree(tmp_path):
    x = RNG.normal(size=(20_000, 3))
    np.savez(tmp_path / "single.npz", x=x, time_s=(np.arange(20_000) / 1000).astype(np.float32))
    assert open_run(tmp_path / "single.npz").recording("x").dt == pytest.approx(0.001, rel=1e-6)
    np.savez(tmp_path / "rate.npz", x=x, rate=256.0)
    assert open_run(tmp_path / "rate.npz", dt=1 / 256).recording("x").dt == 1 / 256
    with pytest.raises(InputError, match=r"dt is 0.5 s, and the file says a rate of 256 Hz; leave out --dt"):
        open_run(tmp_path / "rate.npz", dt=0.5)
    np.savez(tmp_path / "names.npz", **{"a/b": x, "a_b": x})
    with pytest.raises(InputError, match="two arrays that would be called 'a_b'"):
        open_run(tmp_path / "names.npz", dt=1.0)


@pytest.mark.parametrize("n_units", [1e14, 2.7, 0, -3])
def test_a_number_of_units_that_cannot_be_is_refused(n_units, tmp_path):
    np.savez(tmp_path / "s.npz", time_s=np.arange(1, 20) / 10, unit=np.arange(19) % 2, n_units=n_units, duration=3.0)
    with pytest.raises(InputError, match="n_units: must be a whole number"):
        open_run(tmp_path / "s.npz")
