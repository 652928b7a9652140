"""The commands: what they print, what they write, and that a stored command line repeats its result."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.analyses.measures.notation import NOTATION
from ictal.cli import output
from ictal.cli.measured import three
from ictal.cli.options import check_folder
from ictal.simulator import progress
from ictal.simulator.engines.native.kernel import Kernel
from ictal.verbs.names import REGISTRIES

RNG = np.random.default_rng(0)
CUBA = ["simulate", "cuba", "--duration", "0.05", "--set", "n_e=320", "--set", "n_i=80"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for k in range(4):
        private, common = RNG.normal(size=(300, 6)), RNG.normal(size=(300, 1))
        np.save(f"rest{k}.npy", private)
        np.savez(f"tight{k}.npz", x=private + 2 * common)
    return tmp_path


@pytest.mark.parametrize("words", [["analyse", "ring"], ["simulate", "wilson_cowan", "-o", "w.h5"]])
def test_ctrl_c_where_nothing_can_be_kept_says_so(words, folder, monkeypatch, capfd):
    def pressed(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("ictal.verbs.targets.build", pressed)
    monkeypatch.setattr("ictal.verbs.simulate.build", pressed)
    assert cli.run(words) == 130
    assert capfd.readouterr().err == "ictal: interrupted\n"


def test_help_names_every_command(ictal_):
    text = ictal_("--help")
    names = (
        "compare",
        "simulate",
        "sweep",
        "train",
        "evaluate",
        "attack",
        "measure",
        "analyse",
        "eeg",
        "plot",
        "export",
        "reproduce",
        "claims",
        "list",
        "info",
        "doctor",
    )
    for command in names:
        assert f"  {command}" in text
        assert "…" not in ictal_(command, "--help").split("Options:")[0]
    assert "..." not in text.split("Commands:")[1]


def test_ictal_alone_names_commands_that_exist(ictal_):
    text = ictal_()
    assert all(len(line) <= 80 for line in text.splitlines())
    lines = re.findall(r"^  (ictal .*)$", text, re.MULTILINE)
    assert len(lines) == 6
    for _, command, *words in map(shlex.split, lines):
        options = ictal_(command, "--help")
        assert all(word in options for word in words if word.startswith("-"))
    assert "ictal --help" in text


def test_version(ictal_):
    assert ictal_("--version") == f"ictal {ictal.__version__}\n"


def test_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "ictal", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ictal {ictal.__version__}\n"


def test_list(ictal_):
    text = ictal_("list")
    tables = json.loads(ictal_("list", "--json"))
    assert set(tables) == set(REGISTRIES)
    assert {"systems", "measures", "architectures", "treatments", "experiments", "claims", "data"} < set(tables)
    for kind, members in tables.items():
        assert set(members) == set(REGISTRIES[kind])
        assert json.loads(ictal_("list", kind, "--json")) == {kind: members}
        one = ictal_("list", kind)
        assert one.startswith(f"{len(members)} ")
        assert "also: ictal list " in one
        for name, line in members.items():
            assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
            words = NOTATION[name].words if kind == "measures" else line
            assert f" {name} {words} " in " ".join(one.split()).join("  ")


def test_explain(ictal_):
    assert ictal_("explain", "chi_c") == ictal.explain("chi_c") + "\n"
    facts = json.loads(ictal_("explain", "chi_c", "--json"))
    assert facts["kind"] == "measure"
    assert facts["formula"]
    facts = json.loads(ictal_("explain", "seizure", "--json"))
    assert {"name": "g", "type": "float", "default": 1.0}.items() <= next(
        p for p in facts["parameters"] if p["name"] == "g"
    ).items()


def test_doctor(ictal_):
    checks = json.loads(ictal_("doctor", "--json"))["checks"]
    assert set(checks) >= {"python", "packages", "numba cache", "threads", "links", "git symlinks", "fashion-mnist"}
    for name in ("numpy", "torch", "brian2"):
        assert name in checks["packages"]["what"]
    assert checks["links"]["ok"]


def test_doctor_compiles_the_spiking_systems(ictal_):
    found = json.loads(ictal_("doctor", "--compile", "--json"))["checks"]["kernels"]
    assert found["ok"]
    assert "seizure, cuba" in found["what"]


def test_doctor_sees_a_checkout_without_links(tmp_path, monkeypatch):
    """Git without core.symlinks leaves text files in the place of links."""
    from ictal.cli import doctor

    (tmp_path / "ictal").mkdir()
    for name in ("simulator", "models", "analyses"):
        (tmp_path / "ictal" / name).write_text(f"../{name}")
    monkeypatch.setattr(doctor, "PACKAGE", tmp_path / "ictal")
    found = doctor._links()
    assert not found["ok"]
    assert "core.symlinks" in found["what"]


def test_simulate_writes_a_run(folder, ictal_):
    text = ictal_(*CUBA, "--seed", "2", "-o", "run.h5")
    assert text.endswith("wrote run.h5\n")
    run = ictal.load("run.h5")
    assert run.source["parameters"]["n_e"] == 320
    assert run.spikes("E").n_units == 320
    answer = json.loads(ictal_(*CUBA, "--seed", "2", "-o", "other.h5", "--json"))
    assert answer["file"] == "other.h5"
    assert set(answer["entries"]) == {"E", "I"}
    assert answer["command"] == "ictal simulate cuba --duration 0.05 --set n_e=320 --set n_i=80 --seed 2"


def test_simulate_default_name_quiet_and_force(folder, ictal_):
    assert ictal_(*CUBA, "--quiet") == ""
    first = ictal.load("cuba.h5")
    assert cli.run(CUBA) == 2
    assert cli.run([*CUBA, "--seed", "1", "--force"]) == 0
    assert not np.array_equal(ictal.load("cuba.h5").spikes("E").time, first.spikes("E").time)


def test_a_stored_command_repeats_its_result(folder, ictal_):
    ictal_("measure", "rest0.npy", "--dt", "0.01", "--measures", "si_3,kuramoto_r1", "--band", "3", "20", "-o", "a.h5")
    again = json.loads(ictal_("info", "a.h5", "--json"))["again"]
    assert again.startswith("ictal measure rest0.npy")
    ictal_(*shlex.split(again)[1:], "-o", "b.h5")
    assert ictal.Measurements.load("a.h5").to_json() == ictal.Measurements.load("b.h5").to_json()
    ictal_(*CUBA, "-o", "r.h5")
    ictal_(*shlex.split(json.loads(ictal_("info", "r.h5", "--json"))["again"])[1:], "-o", "s.h5")
    for name in ("E", "I"):
        assert np.array_equal(ictal.load("r.h5").spikes(name).time, ictal.load("s.h5").spikes(name).time)
    assert dict(ictal.load("r.h5").source) == dict(ictal.load("s.h5").source)


def test_measure_prints_and_writes(folder, ictal_):
    text = ictal_("measure", "tight0.npz", "--dt", "0.01", "--measures", "si_3,chi_c", "--nulls", "199", "-o", "m.h5")
    assert "wrote m.h5" in text
    value = ictal.measure("tight0.npz", "si_3", dt=0.01).value("si_3")
    assert text.startswith("tight0.npz, x: 6 units; 300 samples\n")
    (row,) = [line.split() for line in text.splitlines() if line.startswith("  si_3 ")]
    assert row[:2] == ["si_3", three(value, True)]
    answer = json.loads(ictal_("measure", "tight0.npz", "--dt", "0.01", "--json"))
    assert {row["measure"] for row in answer["rows"]} >= {"si_3", "chi_c"}
    assert {row["measure"] for row in answer["skipped"]} >= {"cv_isi", "kuramoto_r1"}
    assert "si_3" in ictal_("measure", "tight0.npz", "--clock", "sample", "--measures", "si_3", "--quiet")


def test_measure_a_csv(folder, ictal_):
    np.savetxt("x.csv", np.load("rest0.npy"), delimiter=",", header="a,b,c,d,e,f", comments="")
    one = json.loads(ictal_("measure", "x.csv", "--dt", "0.01", "--measures", "si_3", "--json"))
    two = json.loads(ictal_("measure", "rest0.npy", "--dt", "0.01", "--measures", "si_3", "--json"))
    assert one["rows"][0]["value"] == pytest.approx(two["rows"][0]["value"], rel=1e-12)


FILES = [*(f"rest{k}.npy" for k in range(4)), *(f"tight{k}.npz" for k in range(4))]
COMPARE = ["compare", *FILES, "--labels", "rest,rest,rest,rest,tight,tight,tight,tight"]


def test_compare_writes_everything_and_says_what_separates(folder, ictal_):
    text = ictal_(*COMPARE, "--dt", "0.01", "--measures", "si_3", "-o", "out/deep")
    assert "separates ↑" in text
    assert "wrote out/deep/compare.h5\nwrote out/deep/report.html\n" in text
    assert (folder / "out/deep/report.html").read_text().rstrip().endswith("</html>")
    assert list((folder / "out/deep/figures").glob("*.png"))
    found = ictal.load("out/deep/compare.h5")
    assert found.contrasts[0].statement == "separates"
    assert found.config["command"] == f"ictal {' '.join(COMPARE)} --measures si_3 --dt 0.01"
    facts = json.loads(ictal_("info", "out/deep/compare.h5", "--json"))
    assert facts["replicates"] == {"activity": {"rest": 4, "tight": 4}}
    # figures are drawn again from the file alone
    answer = json.loads(ictal_("plot", "out/deep/compare.h5", "--all", "-o", "again", "--json"))
    drawn = {os.path.basename(path) for path in answer["files"]}
    first = {"overview.png", "overview.svg"}
    assert first <= drawn
    assert drawn - first == set(os.listdir("out/deep/figures")) - first
    assert cli.run([*COMPARE, "--dt", "0.01", "-o", "out/deep"]) == 2


def test_a_stored_comparison_repeats_its_result(folder, ictal_):
    """The command says nothing of where it writes and how it talks, and gives the same file again but for its date."""
    ictal_(*COMPARE, "--dt", "0.01", "--measures", "si_3, kuramoto_r1", "--seed", "3", "-o", "a", "--force", "--quiet")
    facts = json.loads(ictal_("info", "a/compare.h5", "--json"))
    assert facts["again"] == f"ictal {' '.join(COMPARE)} --seed 3 --measures si_3,kuramoto_r1 --dt 0.01"
    assert len(facts["inputs"]) == 8
    assert facts["inputs"]["tight 2"].startswith("tight1.npz (SHA-256 ")
    assert "relative to the folder in which the command was run" in ictal_("info", "a/compare.h5")
    ictal_(*shlex.split(facts["again"])[1:], "-o", "b")
    one, two = everything("a/compare.h5"), everything("b/compare.h5")
    assert one == two
    with h5py.File("b/compare.h5") as file:
        assert str(folder) not in file.attrs["config"]


def everything(path):
    """Every dataset and attribute of a file but `created` and the references of HDF5 itself."""
    found = {}

    def note(name, item):
        hidden = {"created", "DIMENSION_LIST", "REFERENCE_LIST"}
        attrs = {
            k: v if isinstance(v, str) else np.asarray(v).tolist() for k, v in item.attrs.items() if k not in hidden
        }
        values = item.asstr()[...] if isinstance(item, h5py.Dataset) and item.dtype == object else None
        values = item[...] if isinstance(item, h5py.Dataset) and values is None else values
        found[name] = (attrs, None if values is None else (values.shape, values.tolist()))

    with h5py.File(path) as file:
        note("/", file)
        file.visititems(note)
    assert any(name.startswith("measures/") for name in found)
    return json.dumps(found, default=repr)  # as text, in which NaN equals NaN


def test_bins_of_spikes_are_options(folder, ictal_):
    longer = ["0.3" if word == "0.05" else word for word in CUBA]
    ictal_(*longer, "-o", "a.h5")
    ictal_(*longer, "--seed", "1", "-o", "b.h5")
    bins = ["--bin", "0.002", "--sd", "0.004"]
    answer = json.loads(ictal_("measure", "a.h5", "--measures", "golomb_chi", "--entries", "E", *bins, "--json"))
    found = ictal.measure("a.h5", "golomb_chi", entries=["E"], bin=0.002, sd=0.004)
    assert answer["rows"][0]["value"] == found.value("golomb_chi")
    assert answer["config"]["command"].endswith("--entries E --bin 0.002 --sd 0.004")
    alone = json.loads(ictal_("measure", "a.h5", "--measures", "golomb_chi", "--bin", "0.001", "--json"))
    assert "--bin" not in alone["config"]["command"]  # the default
    answer = json.loads(ictal_("compare", "a.h5", "b.h5", "--measures", "golomb_chi", *bins, "--json"))
    assert {key: answer["config"]["settings"][key] for key in ("bin", "sd")} == {"bin": 0.002, "sd": 0.004}
    for command in ("measure", "compare"):
        text = " ".join(ictal_(command, "--help").split())
        assert "bins in which spikes are counted [s]; χ depends on it. [default: 0.001]" in text
        assert "Gaussian by which spikes are smoothed [s]; χ depends on it. [default: 0.005]" in text


def test_a_table_shows_the_shuffle_and_why_there_is_no_null(folder, ictal_):
    asked = ["--measures", "si_3,batch_phase_sync", "--dt", "1", "--clock", "epoch", "--nulls", "199"]
    text = ictal_("measure", "rest0.npy", *asked)
    index, phase = ictal.measure("rest0.npy", ["si_3", "batch_phase_sync"], dt=1, clock="epoch").rows
    assert text.startswith("rest0.npy, activity: 6 units; 300 samples\n")
    rows = {words[0]: words for line in text.splitlines() if line.startswith("  ") and (words := line.split())}
    assert rows["si_3"][:2] == ["si_3", three(index.value, True)]
    assert "without a null" in text
    notes = rows["batch_phase_sync"][-1].strip("()").split(",")
    assert f"({notes[0]}) after a shuffle of the samples {three(phase.after_shuffle, True)}" in text
    assert f"({notes[1]}) what is recorded along clock 'epoch' shares the drift" in text
    assert rows["si_3"][-1] == f"({notes[1]})"
    text = ictal_("compare", "rest0.npy", "rest1.npy", "--dt", "1", "--measures", "batch_phase_sync")
    assert "batch_phase_sync before → after a shuffle of the samples: activity, rest0: " in " ".join(text.split())


def test_compare_replaces_only_if_told(folder, ictal_):
    arguments = [*COMPARE, "--dt", "0.01", "--measures", "si_3", "-o", "out"]
    first = json.loads(ictal_(*arguments, "--json"))["files"]
    (folder / "out" / "figures" / "mine.png").touch()
    assert json.loads(ictal_(*arguments, "--json", "--force"))["files"] == first


def test_compare_json_is_one_document(folder, ictal_):
    answer = json.loads(ictal_(*COMPARE, "--dt", "0.01", "--measures", "si_3", "--json"))
    assert answer["contrasts"][0]["statement"] == "separates"
    assert len(answer["observations"]) == 16  # a second null beside each
    assert all(os.path.exists(path) for path in answer["files"])


def test_compare_entries_of_unlike_runs(folder, ictal_, capfd):
    np.savez("a.npz", E=np.load("rest0.npy"), I=np.load("rest1.npy"))
    np.savez("b.npz", x=np.load("rest0.npy"), y=np.load("rest1.npy"))
    arguments = ["compare", "a.npz", "b.npz", "--dt", "0.01", "--measures", "si_3", "--json"]
    assert cli.run(arguments) == 2
    assert "a: E, I; b: x, y" in capfd.readouterr().err
    answer = json.loads(ictal_(*arguments, "--entries", "a=I,b=y"))
    one, _, two, _ = answer["observations"]
    assert one["value"] == two["value"]


def test_the_main_job_is_the_experiment(folder, ictal_, monkeypatch):
    """`compare` without files hands its options to the experiment; the real job runs in test_experiment."""
    from ictal.experiments import seizure_overfitting

    asked = {}

    def run(**given):
        asked.update(given)
        loose, tight = np.load("rest0.npy"), np.load("tight0.npz")["x"]
        return ictal.compare({"a": loose, "b": tight}, dt=0.01, measures=["si_3"])

    monkeypatch.setattr(seizure_overfitting, "run", run)
    ictal_("compare", "--data", "x.npz", "--seeds", "2", "--seed", "7", "--measures", "si_3", "--nulls", "299")
    settings = asked.pop("settings")
    asked.pop("progress")
    assert asked == {"data": "x.npz", "seeds": 2, "seed": 7}
    assert (settings.measures, settings.nulls, settings.seed) == (("si_3",), 299, 7)
    command = ictal.load("ictal-compare/compare.h5").config["command"]
    assert command == "ictal compare --data x.npz --seeds 2 --seed 7 --measures si_3 --nulls 299"


def test_plot_a_run(folder, ictal_):
    ictal_(*CUBA, "-o", "run.h5")
    text = ictal_("plot", "run.h5")
    assert "wrote run-figures/" in text
    files = sorted((folder / "run-figures").iterdir())
    assert {path.suffix for path in files} == {".png", ".svg"}
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in files if path.suffix == ".png")
    assert cli.run(["plot", "run.h5"]) == 2
    assert cli.run(["plot", "run.h5", "--force", "--quiet"]) == 0


def test_info_on_arrays(folder, ictal_):
    assert "(300, 6)" in ictal_("info", "rest0.npy")
    x = np.load("rest0.npy")
    np.save("turned.npy", x.T)
    told = ictal_("info", "turned.npy")
    assert "(6, 300)" in told
    assert '--dims "unit time"' in told
    assert "(300, 6)" in ictal_("info", "turned.npy", "--dims", "channel time")


def test_axes_in_the_shell_and_in_the_line_that_repeats(folder, ictal_):
    x = np.load("rest0.npy")
    np.save("turned.npy", x.T)
    np.save("square.npy", x[:6])
    arguments = ["measure", "turned.npy", "--dt", "0.01", "--measures", "chi_c", "--dims", "unit time"]
    found = json.loads(ictal_(*arguments, "-o", "m.h5", "--json"))
    assert found["rows"][0]["value"] == ictal.measure(x, "chi_c", dt=0.01).value("chi_c")
    config = ictal.load("m.h5").config
    assert config["dims"] == "unit time"
    again = json.loads(ictal_(*shlex.split(config["command"])[1:], "--json"))
    assert again["rows"] == found["rows"]
    note = "of 6 × 6 values the first axis is taken for time"
    assert f"assumed: activity: {note}" in ictal_("measure", "square.npy", "--dt", "0.01", "--measures", "chi_c")
    told = json.loads(ictal_("measure", "square.npy", "--dt", "0.01", "--measures", "chi_c", "--json"))
    assert note in " ".join(told["config"]["assumptions"])
    drawn = ictal_("plot", "turned.npy", "--dt", "0.01", "--dims", "unit time", "-o", "drawn")
    assert "wrote" in drawn


def test_progress_in_plain_lines(capfd, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with output.Output().progress("work") as report:
        for k in range(21):
            clock[0] = float(k)
            report(k, 20, f"part {k}")
    lines = capfd.readouterr().err.splitlines()
    assert lines == [f"ictal: work: {5 * k} % part {k}, about {20 - k} s left" for k in (2, 7, 12, 17)]
    with output.Output(quiet=True).progress("work") as report:
        assert report is None


def test_a_line_says_that_numba_compiles(capfd):
    def advance(n: int) -> int:
        return n

    kernel = Kernel(advance, lambda *_: b"", "sources")
    for how in (output.Output(), output.Output(quiet=True)):
        with how.progress("work"):
            assert kernel._lowered((1,)) == b""
    kernel._lowered((1,))
    line = "numba compiles advance for the first run, which takes some ten seconds; later runs start at once"
    assert capfd.readouterr().err == f"ictal: {line}\n"


def test_progress_as_a_bar_on_a_terminal(capfd, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with output.Output().progress("work") as report:
        report(1, 2, "[half]")
    out, _ = capfd.readouterr()
    assert out == ""


def test_json_has_no_nan(capfd):
    output.Output(json=True).result({"a": float("nan"), "b": [np.float64(1.5), np.int64(2)], "c": np.inf}, str)
    assert json.loads(capfd.readouterr().out) == {"a": None, "b": [1.5, 2], "c": None}


def test_folders_are_checked_before_they_are_made(tmp_path):
    check_folder(tmp_path / "a" / "b", ["x"], force=False)
    assert not (tmp_path / "a").exists()
    (tmp_path / "x").touch()
    with pytest.raises(ictal.InputError, match="exists already"):
        check_folder(tmp_path, ["x"], force=False)
    check_folder(tmp_path, ["x"], force=True)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_interrupt_is_one_line_and_130(tmp_path):
    command = [sys.executable, "-m", "ictal", "simulate", "cuba", "--duration", "500", "-o", "run.h5"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        first = process.stderr.readline()  # a line of progress: it is at work
        process.send_signal(signal.SIGINT)
        lines = [line for line in process.stderr.read().splitlines() if "%" not in line]
        code = process.wait(timeout=60)
    assert "simulate cuba" in first
    assert code == 130
    (line,) = lines
    assert line.startswith("ictal: interrupted at ")
    assert line.endswith("go on with: ictal simulate cuba --duration 500.0 --seed 0 -o run.h5 --resume")
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5.part"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["--help"], ["explain", "cuba"]])
def test_a_reader_that_leaves_is_no_error(arguments):
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [sys.executable, "-m", "ictal", *arguments], stdout=write, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(write)
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) in (0, 1)
