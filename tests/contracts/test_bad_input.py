"""Bad input ends in one line on stderr and exit code 2, and nothing is written or replaced."""

import os
import shutil

import h5py
import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.cli import output

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(120, 5))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)  # no progress in between, however slow the machine
    np.save("good.npy", GOOD)
    np.save("other.npy", GOOD[::-1])
    bad = GOOD.copy()
    bad[7, 3] = np.nan
    np.save("nan.npy", bad)
    np.savetxt("nan.csv", bad, delimiter=",")
    np.save("pickled.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.savez("pickled.npz", x=np.array([{"a": 1}, None], dtype=object))
    for name in ("empty.npy", "empty.npz", "empty.csv", "empty.h5"):
        (tmp_path / name).touch()
    np.save("one_unit.npy", GOOD[:, :1])
    np.save("one_sample.npy", GOOD[:1])
    np.save("turned.npy", GOOD.T)
    np.save("trials.npy", GOOD.reshape(3, 40, 5))
    np.save("constant.npy", np.full((50, 4), 0.1))
    np.save("vector.npy", GOOD[:, 0])
    (tmp_path / "words.csv").write_text("a,b\n1,2\n3,x\n")
    (tmp_path / "corrupt.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    (tmp_path / "text.h5").write_text("hello")
    (tmp_path / "there.h5").write_text("mine")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "compare.h5").write_text("mine")
    (tmp_path / "done.h5").mkdir()
    (tmp_path / "drawn" / "figures").mkdir(parents=True)
    (tmp_path / "drawn" / "figures" / "a.png").touch()
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


DT = ["--dt", "0.01"]
CASES = {
    "unknown command": (["simulte"], ["unknown command 'simulte'", "'simulate'"]),
    "unknown option": (["simulate", "cuba", "--sed", "1"], ["--sed", "--seed"]),
    "nothing to simulate": (["simulate"], ["SYSTEM"]),
    "unknown system": (["simulate", "seizre"], ["unknown system 'seizre'", "did you mean 'seizure'"]),
    "unknown parameter": (["simulate", "cuba", "--set", "tau_n=1"], ["unknown parameter", "did you mean 'tau_m'"]),
    "unknown measure": (["measure", "good.npy", *DT, "--measures", "si3"], ["did you mean 'si_3'"]),
    "unknown measure in compare": (
        ["compare", "good.npy", "other.npy", *DT, "--measures", "si_3,chi_x"],
        ["did you mean 'chi_c'"],
    ),
    "unknown name to explain": (["explain", "seisure"], ["did you mean 'seizure'"]),
    "unknown list": (["list", "measure"], ["did you mean 'measures'"]),
    "unknown engine": (["simulate", "cuba", "--engine", "brian"], ["unknown engine 'brian'", "'brian2'"]),
    "engine of a classifier": (["simulate", "classifier", "--engine", "brian2"], ["engine"]),
    "unknown clock": (["measure", "good.npy", *DT, "--clock", "seconds"], ["did you mean 'second'"]),
    "unknown entry": (["measure", "good.npy", *DT, "--entries", "E"], ["unknown entry 'E'"]),
    "negative tau": (
        ["simulate", "seizure", "--set", "tau_m_e=-1"],
        ["SeizureNetwork.tau_m_e: must be > 0 [ms]; got -1.0"],
    ),
    "g too high": (["simulate", "seizure", "--set", "g=9"], ["SeizureNetwork.g", "got 9"]),
    "g too low": (["simulate", "seizure", "--set", "g=0.01"], ["SeizureNetwork.g", "got 0.01"]),
    "g not a number": (["simulate", "seizure", "--set", "g=nan"], ["SeizureNetwork.g"]),
    "negative duration": (["simulate", "cuba", "--duration", "-1"], ["duration", "> 0"]),
    "no duration to set": (["simulate", "classifier", "--duration", "1"], ["no duration"]),
    "duration twice": (["simulate", "cuba", "--duration", "1", "--set", "duration=2"], ["--duration"]),
    "set without =": (["simulate", "cuba", "--set", "tau_m"], ["KEY=VALUE"]),
    "set twice": (["simulate", "cuba", "--set", "tau_m=1", "--set", "tau_m=2"], ["twice"]),
    "not a number": (["simulate", "cuba", "--set", "tau_m=fast"], ["Cuba.tau_m", "a number", "'fast'"]),
    "not a whole number": (["simulate", "cuba", "--set", "n_e=1.5"], ["Cuba.n_e", "whole number", "'1.5'"]),
    "not a truth": (["simulate", "seizure", "--set", "slow=perhaps"], ["true or false"]),
    "not a choice": (["simulate", "seizure", "--set", "protocol=trigge"], ["did you mean 'trigger'"]),
    "not a seed": (["simulate", "cuba", "--seed", "x"], ["--seed", "got x"]),
    "negative seed": (["simulate", "cuba", "--seed", "-1"], ["seed", "-1"]),
    "no HDF5 name": (["simulate", "cuba", "-o", "run.csv"], ["run.csv", ".h5"]),
    "NaN in .npy": (["measure", "nan.npy", *DT], ["nan.npy", "(7, 3)"]),
    "NaN in .csv": (["measure", "nan.csv", *DT], ["nan.csv", "line 8, column 4"]),
    "NaN in compare": (["compare", "good.npy", "nan.npy", *DT], ["nan.npy", "(7, 3)"]),
    "pickled .npy": (["measure", "pickled.npy", *DT], ["pickled.npy", "never loaded"]),
    "pickled .npz": (["measure", "pickled.npz", *DT], ["pickled.npz", "never loaded"]),
    "empty .npy": (["measure", "empty.npy", *DT], ["empty.npy", "empty"]),
    "empty .npz": (["measure", "empty.npz", *DT], ["empty.npz", "empty"]),
    "empty .csv": (["measure", "empty.csv", *DT], ["empty.csv", "empty"]),
    "empty .h5": (["measure", "empty.h5"], ["empty.h5", "empty"]),
    "empty .h5 to describe": (["info", "empty.h5"], ["empty.h5", "empty"]),
    "empty .h5 to plot": (["plot", "empty.h5"], ["empty.h5", "empty"]),
    "one unit": (["measure", "one_unit.npy", *DT], ["one_unit.npy", "1 unit", "at least 2"]),
    "one unit in compare": (["compare", "good.npy", "one_unit.npy", *DT], ["one_unit", "1 unit"]),
    "one sample": (["measure", "one_sample.npy", *DT], ["one_sample.npy", "1 sample"]),
    "one sample in compare": (["compare", "good.npy", "one_sample.npy", *DT], ["one_sample", "1 sample"]),
    **{
        f"units first in {words[0]}": (words, ["turned.npy", "5 samples of 120 units", '--dims "unit time"'])
        for words in (
            ["measure", "turned.npy", *DT],
            ["why", "turned.npy", *DT],
            ["eeg", "turned.npy", "--rate", "100"],
            ["compare", "good.npy", "turned.npy", *DT],
            ["plot", "turned.npy", *DT],
        )
    },
    "units first, without an order": (
        ["measure", "turned.npy", "--clock", "sample"],
        ['--dims "unit sample"', '--dims "sample unit"'],
    ),
    "three axes": (["measure", "trials.npy", *DT], ["3 axes", '--dims "trial time unit"']),
    "a word that is no axis": (
        ["measure", "good.npy", *DT, "--dims", "time units_of"],
        ["good.npy", "unknown axis 'units_of'"],
    ),
    "too many axes": (["measure", "good.npy", *DT, "--dims", "trial time unit"], ["name 3 axes", "(120, 5)"]),
    "axes of a file with names": (
        ["measure", "corrupt.h5", "--dims", "time unit"],
        ["--dims", "corrupt.h5", "has its own"],
    ),
    "axes of a file with names to describe": (
        ["info", "corrupt.h5", "--dims", "time unit"],
        ["--dims", "names its axes"],
    ),
    "a window without an end": (["measure", "good.npy", *DT, "--window", "0", "inf"], ["finite"]),
    "a step of 1e308": (["measure", "good.npy", "--dt", "1e308"], ["dt", "1e+308"]),
    "a step of 5e-324": (["measure", "good.npy", "--dt", "5e-324"], ["dt", "e-324"]),
    "all units constant": (["measure", "constant.npy", *DT], ["constant.npy", "constant"]),
    "all units constant in compare": (["compare", "good.npy", "constant.npy", *DT], ["constant", "vary"]),
    "a vector": (["measure", "vector.npy", *DT], ["vector.npy", "(time, unit)"]),
    "words": (["measure", "words.csv", *DT], ["words.csv", "'x'"]),
    "no --dt": (["measure", "good.npy"], ["good.npy", "--dt"]),
    "no --dt in compare": (["compare", "good.npy", "other.npy"], ["good.npy", "--dt"]),
    "--dt 0": (["measure", "good.npy", "--dt", "0"], ["good.npy", "dt"]),
    "--dt x": (["measure", "good.npy", "--dt", "x"], ["--dt", "number", "got x"]),
    "half a band": (["measure", "good.npy", *DT, "--band", "3"], ["--band"]),
    "band upside down": (["measure", "good.npy", *DT, "--band", "20", "3"], ["band", "low < high"]),
    "band beyond one half": (
        ["compare", "good.npy", "other.npy", *DT, "--band", "3", "80"],
        ["band", "half the sampling rate"],
    ),
    "--bin 0": (["measure", "good.npy", *DT, "--bin", "0"], ["bin", "> 0", "got 0"]),
    "--sd below 0": (["compare", "good.npy", "other.npy", *DT, "--sd", "-1"], ["sd", ">= 0", "got -1"]),
    "bin without files": (["compare", "--bin", ".01"], ["--bin", "files"]),
    "few surrogates": (["measure", "good.npy", *DT, "--nulls", "20"], ["199", "20"]),
    "few surrogates in compare": (["compare", "--nulls", "20"], ["199", "20"]),
    "phase without order": (
        ["measure", "good.npy", "--clock", "sample", "--measures", "kuramoto_r1"],
        ["kuramoto_r1", "order", "morph loop"],
    ),
    "window beyond the end": (["measure", "good.npy", *DT, "--window", "5", "6"], ["[5, 6)"]),
    "one group": (["compare", "good.npy", *DT], ["at least 2 groups"]),
    "labels that do not match": (["compare", "good.npy", "other.npy", *DT, "--labels", "a"], ["--labels"]),
    "the same file twice": (["compare", "good.npy", "good.npy", *DT], ["--labels"]),
    "seeds with files": (["compare", "good.npy", "other.npy", "--seeds", "3"], ["--seeds"]),
    "band without files": (["compare", "--band", ".1", ".2"], ["--band"]),
    "--seeds 0": (["compare", "--seeds", "0"], ["--seeds", "0"]),
    "missing data set": (["compare", "--data", "fashion-mnist:nowhere"], ["nowhere", "apt install"]),
    "missing .npz": (["compare", "--data", "nowhere.npz"], ["nowhere.npz"]),
    "unknown data": (["simulate", "classifier", "--set", "data=digit"], ["digit"]),
    "missing file": (["measure", "nowhere.npy", *DT], ["nowhere.npy", "no such file"]),
    "unknown format": (["measure", "good.txt"], ["good.txt"]),
    "corrupt HDF5": (["measure", "corrupt.h5"], ["corrupt.h5", "HDF5"]),
    "corrupt HDF5 to describe": (["info", "corrupt.h5"], ["corrupt.h5", "HDF5"]),
    "corrupt HDF5 to plot": (["plot", "corrupt.h5"], ["corrupt.h5", "HDF5"]),
    "text as HDF5": (["compare", "text.h5", "good.npy", *DT], ["text.h5", "HDF5"]),
    "run exists": (["simulate", "cuba", "-o", "there.h5"], ["there.h5", "exists", "--force"]),
    "measurements exist": (["measure", "good.npy", *DT, "-o", "there.h5"], ["there.h5", "exists", "--force"]),
    "comparison exists": (["compare", "-o", "done"], ["compare.h5", "exists", "--force"]),
    "figures exist": (["compare", "-o", "drawn"], ["drawn/figures", "--force"]),
    "no folder": (["simulate", "cuba", "-o", "no/run.h5"], ["no/run.h5", "does not exist"]),
    "below a file": (["simulate", "cuba", "-o", "good.npy/run.h5"], ["good.npy/run.h5"]),
    "comparison below a file": (["compare", "-o", "good.npy/x"], ["good.npy"]),
    "figures below a file": (["plot", "good.npy", *DT, "-o", "good.npy/x"], ["good.npy"]),
    "a folder as output": (["simulate", "cuba", "-o", "done.h5"], ["done.h5", "folder"]),
}


@pytest.mark.parametrize("case", CASES)
def test_one_line_and_nothing_written(case, folder, capfd):
    arguments, fragments = CASES[case]
    before = contents(folder)
    code = cli.run(arguments)
    out, err = capfd.readouterr()
    assert code == 2, err
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("ictal: ")
    for fragment in fragments:
        assert fragment in lines[0]
    assert contents(folder) == before


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run, measurements and a comparison."""
    folder = tmp_path_factory.mktemp("results")
    ictal.save(ictal.simulate("cuba", duration=0.1, n_e=320, n_i=80), folder / "run.h5")
    ictal.measure(GOOD, "si_3", dt=0.01).save(folder / "measurements.h5")
    groups = {"a": GOOD, "b": GOOD[::-1]}
    ictal.compare(groups, dt=0.01, measures=["si_3"]).save(folder / "comparison.h5")
    return folder


@pytest.mark.parametrize("kind", ["run", "comparison", "measurements"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("config", "{"), ("config", "[1]"), ("config", "3"), ("config", 3), ("versions", "{"), ("versions", "[1]")],
)
def test_damaged_attributes(kind, name, value, results, folder, capfd):
    """One line for whoever needs the attribute; a command that does not may do without."""
    shutil.copy(results / f"{kind}.h5", "bad.h5")
    with h5py.File("bad.h5", "a") as file:
        file.attrs[name] = value
    for command in ("info", "measure", "plot"):
        code = cli.run([command, "bad.h5"])
        out, err = capfd.readouterr()
        if command == "info" or name == "config":
            assert code == 2
        if code == 2:
            assert out == ""
            assert err.startswith("ictal: bad.h5: ")
            assert err.count("\n") == 1
        else:
            assert code == 0
    if kind == "measurements" and name == "config":
        with pytest.raises(ictal.InputError, match=r"^bad.h5: is not a complete measurements file[^\n]*damaged[^\n]*$"):
            ictal.Measurements.load("bad.h5")


@pytest.mark.parametrize("case", ["unknown system", "no --dt", "NaN in compare", "corrupt HDF5 to describe"])
def test_errors_under_json_stay_on_stderr(case, folder, capfd):
    assert cli.run([*CASES[case][0], "--json"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1


def test_unwritable_folder(folder, capfd, monkeypatch):
    """Root may write anywhere, so the answer of the system is played."""
    (folder / "locked").mkdir()
    before = contents(folder)
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **k: "locked" not in str(path) and may(path, mode, **k))
    for arguments in (
        ["simulate", "cuba", "-o", "locked/run.h5"],
        ["measure", "good.npy", *DT, "-o", "locked/m.h5"],
        ["compare", "-o", "locked"],
        ["compare", "good.npy", "other.npy", *DT, "-o", "locked/new/folder"],
        ["plot", "good.npy", *DT, "-o", "locked"],
    ):
        assert cli.run(arguments) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "locked" in err
        assert "cannot be" in err
    assert contents(folder) == before


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc, which nobody can write")
def test_a_file_system_that_refuses(folder, capfd):
    assert cli.run(["measure", "good.npy", *DT, "--measures", "si_3", "-o", "/proc/m.h5"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "/proc" in err


def test_a_bug_keeps_its_traceback(folder, monkeypatch):
    """Only bad input is turned into a line: any other error passes through, and Python exits with 1."""
    from ictal.verbs import measure as api

    def broken(*_, **__):
        raise ValueError("a bug")

    monkeypatch.setattr(api, "measure", broken)
    with pytest.raises(ValueError, match="a bug"):
        cli.run(["measure", "good.npy", *DT])
