"""Sweeps: the same bits whatever runs them, nothing lost whatever is killed, and bad input said in one line."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import h5py
import numpy as np
import pytest

import ictal
from ictal import cli
from ictal.cli import output
from ictal.cli.sweep import parse_grid
from ictal.simulator.networks.paths import changed
from ictal.sweeps.points import LONGEST_NAME, Grid
from ictal.sweeps.workers import DIED, run_each

SMALL = {"duration": 0.05, "n_e": 160, "n_i": 40}
GRID = {"j_i": [4.0, 9.0], "tau_m": [10.0, 20.0]}
TOO_STRONG = "1e+307"  # [mV]: runs away, which is found when the network runs and not when it is described
SMALL_TEXTS = ["--set", "duration=0.05", "--set", "n_e=160", "--set", "n_i=40"]

posix = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")


def sweep(folder, grid=GRID, **options):
    return ictal.sweep("cuba", grid, **{"folder": folder, "settings": SMALL, "seeds": 2, **options})


def datasets(path):
    """Every dataset of a file, as dtype, shape and bytes, and its provenance."""
    found = {}
    with h5py.File(path) as file:

        def take(name, item):
            if isinstance(item, h5py.Dataset):
                values = item.asstr()[...] if h5py.check_string_dtype(item.dtype) else item[...]
                found[name] = (
                    str(item.dtype),
                    item.shape,
                    values.tolist() if values.dtype == object else values.tobytes(),
                )

        file.visititems(take)
        return found, {key: file.attrs[key] for key in ("config", "seed", "engine", "entries")}


def same_files(a, b):
    assert [file.name for file in a.files.values()] == [file.name for file in b.files.values()]
    for one, other in zip(a.files.values(), b.files.values(), strict=True):
        assert datasets(one) == datasets(other)


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("serial"))


# What a sweep gives


def test_points_files_and_runs(serial):
    assert len(serial) == 8
    assert not serial.failures
    assert [point.name for point in serial][:3] == [
        "j_i=4,tau_m=10,seed=0",
        "j_i=4,tau_m=10,seed=1",
        "j_i=4,tau_m=20,seed=0",
    ]
    for point in serial:
        run = serial.load(point)
        alone = ictal.simulate("cuba", seed=point.seed, **SMALL, **point.parameters)
        assert np.array_equal(run.spikes("E").time, alone.spikes("E").time)
        assert dict(run.source) == dict(alone.source)
    opened = ictal.open_sweep(serial.folder)
    assert (opened.points, opened.files, opened.grid, opened.seeds) == (
        serial.points,
        serial.files,
        serial.grid,
        (0, 1),
    )
    assert "8 points, 8 done, 0 failed" in repr(opened)


def test_table(serial):
    rows = serial.table("mean_rate", of="E")
    assert [(row["j_i"], row["tau_m"], row["seed"]) for row in rows] == [
        (*p.parameters.values(), p.seed) for p in serial
    ]
    spikes = serial.load(serial.points[3]).spikes("E")
    assert rows[3]["mean_rate"] == pytest.approx(spikes.time.size / spikes.n_units / spikes.duration)
    with pytest.raises(ictal.InputError, match="unknown entry 'X'"):
        serial.table("mean_rate", of="X")
    with pytest.raises(ictal.InputError, match="did you mean 'mean_rate'"):
        serial.table("mean_rat", of="E")


def test_a_table_has_none_where_a_measure_is_not_defined(tmp_path):
    done = sweep(tmp_path, {"v_rest": [-49.0, -60.0]}, settings={**SMALL, "duration": 0.5}, seeds=1)
    lively, silent = done.table(["golomb_chi", "mean_rate"], of="E", units=100)
    assert 0 < lively["golomb_chi"] < 1
    assert silent == {"v_rest": -60.0, "seed": 0, "golomb_chi": None, "mean_rate": 0.0}


@pytest.mark.parametrize("kind", ["jobs", "threads", "processes"])
def test_the_same_bits_whatever_runs_it(kind, serial, tmp_path):
    if kind == "jobs":
        same_files(serial, sweep(tmp_path, jobs=2))
        return
    spawn = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, spawn) as executor:
        same_files(serial, sweep(tmp_path, executor=executor))


@pytest.mark.slow
def test_the_same_bits_of_a_classifier(tmp_path):
    settings = {"steps": 30, "hidden": (32,), "n_train": 200, "n_probe": 50}

    def trained(name, **options):
        return ictal.sweep(
            "classifier", {"label_noise": [0.0, 0.4]}, seeds=2, settings=settings, folder=tmp_path / name, **options
        )

    here = trained("serial")
    with ThreadPoolExecutor(2) as executor:
        same_files(here, trained("threads", executor=executor))
    same_files(here, trained("jobs", jobs=2))


def test_names_are_unique_stable_and_safe():
    plan = Grid.checked("classifier", {"data": ["a/b", "a:b", "x" * 300], "hidden": [(64, 32), (8,)]}, 1, {})
    names = [point.name for point in plan.points()]
    assert names == [point.name for point in plan.points()]
    assert len({name.casefold() for name in names}) == 6
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9=,.+_-]+", name)
        assert len(name) <= LONGEST_NAME + 9
    close = Grid.checked("cuba", {"j_i": [1.0, 1.0 + 1e-12]}, 1, {}).points()
    assert [point.name for point in close] == ["j_i=1.0,seed=0", "j_i=1.000000000001,seed=0"]


def test_grid_texts():
    assert parse_grid("seizure", ["g=0.5:2:4", "protocol=rest,trigger", "slow=true,false"]) == {
        "g": [0.5, 1.0, 1.5, 2.0],
        "protocol": ["rest", "trigger"],
        "slow": [True, False],
    }
    assert parse_grid("cuba", ["j_i=0.01:100:5:log"])["j_i"] == pytest.approx([0.01, 0.1, 1, 10, 100], rel=1e-12)
    assert parse_grid("cuba", ["n_e=100:400:4"]) == {"n_e": [100, 200, 300, 400]}
    assert parse_grid("cuba", ["j_i=2:2:1"]) == {"j_i": [2.0]}
    assert parse_grid("cuba", ["j_i=3:1:3"]) == {"j_i": [3.0, 2.0, 1.0]}
    assert parse_grid("classifier", ["n_train=50,none", "hidden=64,32;8", "data=a:b,c"]) == {
        "n_train": [50, None],
        "hidden": [(64, 32), (8,)],
        "data": ["a:b", "c"],
    }


# It goes on where it ended


def stamps(done):
    return {file.name: file.stat().st_mtime_ns for file in done.files.values()}


def test_what_is_whole_is_kept_and_what_is_damaged_is_done_again(serial, tmp_path):
    first = sweep(tmp_path)
    before = stamps(first)
    files = list(first.files.values())
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:3000])
    files[2].write_bytes(b"")
    (tmp_path / f".{files[0].name}.abc.tmp").write_bytes(b"half")
    (tmp_path / ".mine.tmp").write_bytes(b"kept")
    told = []
    again = sweep(tmp_path, progress=lambda done, points, what: told.append((done, points)))
    assert again.found == 5
    assert told == [(6, 8), (7, 8), (8, 8)]
    assert {name for name, stamp in stamps(again).items() if stamp != before[name]} == {file.name for file in files[:3]}
    same_files(serial, again)
    assert [path.name for path in tmp_path.glob(".*.tmp")] == [".mine.tmp"]
    (tmp_path / "sweep.json").unlink()
    assert sweep(tmp_path).found == 8


def test_foreign_files_and_other_sweeps_are_refused(tmp_path):
    done = sweep(tmp_path)
    first, second = list(done.files.values())[:2]
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(ictal.InputError, match=r"seed=0\.h5: is another run: seed is 1 there and 0 here"):
        sweep(tmp_path)
    with h5py.File(first, "w") as file:
        file["x"] = 1
    with pytest.raises(ictal.InputError, match="not written by ictal"):
        sweep(tmp_path)
    first.write_bytes(kept)
    for what, options in {
        r"grid j_i is \[4\.0, 9\.0\] there and \[4\.0\] here": {"grid": {**GRID, "j_i": [4.0]}},
        r"grid delay is absent there and \[1\.0\] here": {"grid": {**GRID, "delay": [1.0]}},
        r"seeds is \[0, 1\] there and \[0, 1, 2\] here": {"seeds": 3},
        "settings n_e is 160 there and 80 here": {"settings": {**SMALL, "n_e": 80}},
        "order of the grid": {"grid": dict(reversed(GRID.items()))},
    }.items():
        with pytest.raises(ictal.InputError, match=what):
            sweep(tmp_path, **options)
    assert sweep(tmp_path).found == 8


def test_a_file_of_another_description_is_refused(tmp_path):
    """The name, the parameters and the seed are those of the point; the network, or how it was run, is not."""
    grid = {"j_i": [4.0]}
    done = sweep(tmp_path, grid, seeds=1)
    (path,) = done.files.values()
    kept = path.read_bytes()
    run = ictal.load(path)
    other = changed(run.network, {"populations.E.tau_m": 21.0})
    begun = ictal.simulate("cuba", j_i=4.0, seed=0, **SMALL)
    others = {
        r"network.populations\[E\].tau_m is 21.0 there and 20.0 here":
            replace(run.origin, read=lambda: other, stored={}),
        "precision is float32 there and float64 here":
            replace(run.origin, settings={**run.origin.settings, "precision": "float32"}, stored={}),
        "signal_dt is 0.002 there and 0.001 here":
            replace(run.origin, settings={**run.origin.settings, "signal_dt": 0.002}, stored={}),
        "t0 is 0.05 there and 0.0 here": ictal.continue_run(begun, 0.05).origin,
        "holds no description of a network": None,
    }  # fmt: skip
    for said, origin in others.items():
        ictal.save(ictal.Run(run, run.source, origin), path, force=True)
        mistaken = path.read_bytes()
        with pytest.raises(ictal.InputError, match=rf"{said}.*remove it to run this point again, or choose another"):
            sweep(tmp_path, grid, seeds=1)
        assert path.read_bytes() == mistaken
    path.write_bytes(kept)
    with h5py.File(path, "r+", locking=False) as file:
        file["network"].attrs["settings"] = file["network"].attrs["settings"].replace("float64", "float32")
    edited = path.read_bytes()
    with pytest.raises(ictal.InputError, match="were changed after it was written; remove it to run this point again"):
        sweep(tmp_path, grid, seeds=1)
    assert path.read_bytes() == edited, "it is not taken for a damaged one, which is run again"
    path.write_bytes(kept)
    assert sweep(tmp_path, grid, seeds=1).found == 1


def test_a_point_is_not_loaded_from_the_file_of_another(tmp_path):
    done = sweep(tmp_path, {"j_i": [4.0, 9.0]}, seeds=1)
    first, second = done.files
    done.files[first].write_bytes(done.files[second].read_bytes())
    opened = ictal.open_sweep(tmp_path)
    for use in (lambda: opened.load(first), lambda: opened.table("mean_rate", "E"), opened.document):
        with pytest.raises(ictal.InputError, match=r"j_i=4,seed=0.h5: is another run: j_i is 9.0 there and 4.0 here"):
            use()
    assert opened.load(second)


def test_a_file_in_the_way_is_not_replaced(tmp_path):
    mine = tmp_path / "j_i=4,tau_m=10,seed=0.h5"
    mine.write_text("mine")
    with pytest.raises(ictal.InputError, match="damaged or truncated"):
        sweep(tmp_path)
    assert mine.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "ictal sweep"}', '{"format": "other"}', "\xff"])
def test_a_damaged_manifest_is_one_line(text, tmp_path):
    (tmp_path / "sweep.json").write_text(text, encoding="latin-1")
    for call in (lambda: sweep(tmp_path), lambda: ictal.open_sweep(tmp_path)):
        with pytest.raises(ictal.InputError, match=r"^[^\n]*sweep\.json: [^\n]+$"):
            call()


def test_two_sweeps_in_one_folder(tmp_path):
    refused = []

    def second(done, points, what):
        with pytest.raises(ictal.InputError, match="another sweep is at work") as error:
            sweep(tmp_path)
        refused.append(error)

    sweep(tmp_path, progress=second)
    assert len(refused) == 8


# Failures


def test_failures_are_kept_named_and_tried_again(tmp_path, monkeypatch):
    from ictal.verbs import simulate as simulate_verb

    simulate = simulate_verb.simulate

    def broken(system, *, seed, **parameters):
        if seed == 1 and parameters["j_i"] == 9.0:
            raise RuntimeError("the moon\nis full")
        return simulate(system, seed=seed, **parameters)

    monkeypatch.setattr(simulate_verb, "simulate", broken)
    done = sweep(tmp_path)
    monkeypatch.undo()
    names = ["j_i=9,tau_m=10,seed=1", "j_i=9,tau_m=20,seed=1"]
    assert {point.name: why for point, why in done.failures.items()} == dict.fromkeys(names, "RuntimeError: the moon")
    assert len(done.files) == 6
    assert len(done.table("mean_rate", of="E")) == 6
    entries = json.loads((tmp_path / "sweep.json").read_text())["points"]
    assert [entry["status"] for entry in entries].count("done") == 6
    assert {entry["file"] for entry in entries if entry.get("error")} == {f"{name}.h5" for name in names}
    assert ictal.open_sweep(tmp_path).failures == done.failures
    with pytest.raises(ictal.InputError, match="the moon"):
        done.load(next(iter(done.failures)))
    again = sweep(tmp_path)
    assert again.found == 6
    assert not again.failures
    assert not ictal.open_sweep(tmp_path).failures


def test_the_command_names_failures(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    line = ["sweep", "cuba", "--grid", f"j_e=1.62,{TOO_STRONG}", "--seeds", "0,4", "--set", "n_e=160", "-o", "out"]
    line += ["--set", "duration=0.05"]
    assert cli.run([*line, "--json"]) == 1
    out, err = capfd.readouterr()
    answer = json.loads(out)
    assert (answer["points"], answer["done"]) == (4, 2)
    assert set(answer["failures"]) == {f"j_e={TOO_STRONG},seed={seed}" for seed in (0, 4)}
    assert len(err.splitlines()) == 2
    assert f"failed: j_e={TOO_STRONG},seed=0: " in err
    assert cli.run(line) == 1
    assert capfd.readouterr().out == "4 points: 2 done (2 were there), 2 failed\nwrote out\n"
    assert cli.run([*line, "--quiet"]) == 1
    assert capfd.readouterr().out == ""


def test_a_task_that_kills_its_process_takes_nobody_with_it():
    tasks = [["'a'"], ["'b'"], ["__import__('os')._exit(3)"], ["'c'"], ["1/0"], ["'d'"]]
    answers = dict(run_each(eval, tasks, 2, None))
    assert answers == {0: "a", 1: "b", 2: DIED, 3: "c", 4: "ZeroDivisionError: division by zero", 5: "d"}
    assert dict(run_each(eval, [tasks[2]], 2, None)) == {0: DIED}


@posix
def test_a_worker_that_is_killed_loses_nothing(serial, tmp_path):
    def kill(done, points, what):
        if done == 2:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

    done = sweep(tmp_path, jobs=2, progress=kill)
    assert not done.failures
    same_files(serial, done)


@posix
def test_an_executor_that_breaks_is_named(tmp_path):
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        os.kill(executor.submit(os.getpid).result(), signal.SIGKILL)
        done = sweep(tmp_path, executor=executor)
        assert len(done.failures) == 8
        assert all("BrokenProcessPool" in why for why in done.failures.values())
    assert not sweep(tmp_path).failures


# Killed and interrupted


def start(folder, *more):
    command = [sys.executable, "-m", "ictal", "sweep", "cuba", "--grid", "j_i=4:9:20", "--set", "duration=1", *more]
    return subprocess.Popen(
        [*command, "-o", str(folder)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores Ctrl-C
    )


def until_some_are_done(process, folder, n):
    began = time.monotonic()
    while len(list(folder.glob("*.h5"))) < n:
        assert time.monotonic() - began < 120
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def at_work(session):
    """Processes of a session that still run, read off Linux's /proc."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{int(entry)}/stat") as file:
                state, _, _, of = file.read().rsplit(")", 1)[1].split()[:4]
        except (ValueError, OSError):
            continue
        if int(of) == session and state not in "ZX":
            found.append(int(entry))
    return found


@posix
@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_at_once_and_says_how_to_go_on(jobs, tmp_path):
    process = start(tmp_path / "out", "--jobs", str(jobs))
    until_some_are_done(process, tmp_path / "out", 3)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    while os.path.isdir("/proc/self") and at_work(process.pid):
        assert time.monotonic() - began < 5, "workers outlive the sweep"
        time.sleep(0.02)
    assert "Traceback" not in err
    assert "the same command goes on from there" in err
    held = ictal.open_sweep(tmp_path / "out")
    assert 3 <= len(held.files) < len(held)
    statuses = [p["status"] for p in json.loads((tmp_path / "out" / "sweep.json").read_text())["points"]]
    assert 1 <= statuses.count("done") <= len(held.files)  # two answers may not have been read when Ctrl-C came


@posix
@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
def test_killed_at_any_moment_only_points_in_flight_are_lost(tmp_path):
    out = tmp_path / "out"
    for n in (1, 4, 8):
        process = start(out, "--jobs", "2")
        until_some_are_done(process, out, n)
        process.kill()
        began = time.monotonic()
        while at_work(process.pid):
            assert time.monotonic() - began < 5, "workers outlive the sweep"
            time.sleep(0.02)
        process.communicate()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.h5")}
    assert len(before) >= 8
    grid = {"j_i": np.linspace(4, 9, 20)}
    done = ictal.sweep("cuba", grid, settings={"duration": 1.0}, folder=out)
    assert done.found == len(before)
    assert len(done.files) == 20
    assert {name: stamp for name, stamp in stamps(done).items() if name in before} == before
    assert not list(out.glob("*.tmp"))
    same_files(ictal.sweep("cuba", grid, settings={"duration": 1.0}, folder=tmp_path / "whole"), done)


@posix
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of distributed's own
def test_a_cluster_that_loses_a_worker_loses_nothing(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as executor,
    ):
        files_then = []

        def kill(done, points, what):
            if done == 2:
                os.kill(cluster.workers[0].pid, signal.SIGKILL)
                files_then.append(len(list(tmp_path.glob("cluster/*.h5"))))

        done = sweep(tmp_path / "cluster", seeds=15, executor=executor, progress=kill)
    assert files_then[0] < 50, "the worker was killed when all was done"
    assert not done.failures
    assert len(done.files) == 60
    same_files(sweep(tmp_path / "serial", seeds=15), done)


# Bad input

BAD = {
    "no grid": ([], ["--grid"]),
    "no =": (["--grid", "j_i"], ["j_i", "KEY=LOW:HIGH:COUNT"]),
    "unknown key": (["--grid", "j_x=1,2"], ["unknown parameter of cuba 'j_x'", "did you mean"]),
    "key twice": (["--grid", "j_i=1,2", "--grid", "j_i=3"], ["j_i", "twice"]),
    "value twice": (["--grid", "j_i=1,1.0"], ["j_i", "1.0 is given twice"]),
    "swept and set": (["--grid", "n_e=80,160"], ["n_e", "set and swept"]),
    "no values": (["--grid", "j_i="], ["j_i"]),
    "a value missing": (["--grid", "j_i=1,,2"], ["j_i", "missing"]),
    "a word": (["--grid", "j_i=1,fast"], ["Cuba.j_i", "a number", "'fast'"]),
    "not whole": (["--grid", "n_i=10:20:4"], ["Cuba.n_i", "whole number"]),
    "two ends only": (["--grid", "j_i=1:2"], ["j_i", "LOW:HIGH:COUNT"]),
    "ends that are words": (["--grid", "j_i=a:b:3"], ["j_i", "LOW:HIGH:COUNT"]),
    "no such scale": (["--grid", "j_i=1:2:3:ln"], ["j_i", ":log"]),
    "log of zero": (["--grid", "j_i=0:2:3:log"], ["j_i", "> 0"]),
    "count 0": (["--grid", "j_i=1:2:0"], ["j_i", "COUNT", "got 0"]),
    "count below 0": (["--grid", "j_i=1:2:-3"], ["j_i", "COUNT", "got -3"]),
    "count beyond all": (["--grid", "j_i=1:2:1000000000"], ["j_i", "COUNT"]),
    "one value of two": (["--grid", "j_i=1:2:1"], ["j_i", "both ends"]),
    "infinite end": (["--grid", "j_i=1:inf:3"], ["j_i", "finite"]),
    "not a number": (["--grid", "j_i=1,nan"], ["Cuba.j_i", "finite", "nan"]),
    "infinite setting": (["--grid", "j_i=1,2", "--set", "j_e=inf"], ["Cuba.j_e", "finite"]),
    "out of bounds": (["--grid", "tau_m=10,-1"], ["tau_m", "> 0", "-1"]),
    "too many points": (["--grid", "j_i=1:2:1000", "--grid", "j_e=1:2:1000"], ["1000000 points"]),
    "no seeds": (["--grid", "j_i=1,2", "--seeds", "0"], ["seeds", "got 0"]),
    "seeds that are words": (["--grid", "j_i=1,2", "--seeds", "a"], ["--seeds", "'a'"]),
    "a seed below 0": (["--grid", "j_i=1,2", "--seeds", "1,-2"], ["seeds", "-2"]),
    "a seed twice": (["--grid", "j_i=1,2", "--seeds", "3,3"], ["seeds", "different"]),
    "no jobs": (["--grid", "j_i=1,2", "--jobs", "0"], ["jobs", "got 0"]),
    "jobs that are words": (["--grid", "j_i=1,2", "--jobs", "x"], ["--jobs", "got x"]),
    "a setting that is none": (["--grid", "j_i=1,2", "--set", "j_x=1"], ["unknown parameter"]),
    "a file as folder": (["--grid", "j_i=1,2", "-o", "file"], ["file"]),
    "below a file": (["--grid", "j_i=1,2", "-o", "file/out"], ["file"]),
    "another sweep": (["--grid", "j_i=1,2", "-o", "done"], ["done", "another sweep", "grid j_i"]),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    ictal.sweep("cuba", {"j_i": [4.0]}, settings=SMALL, folder=folder / "done")
    (folder / "file").write_text("mine")
    return folder


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(case, finished, monkeypatch, capfd):
    monkeypatch.chdir(finished)
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)
    arguments, fragments = BAD[case]
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    assert cli.run(["sweep", "cuba", *SMALL_TEXTS, *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    for fragment in fragments:
        assert fragment in err
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"grid": {}}, "grid is empty"),
        ({"grid": {"j_i": []}}, "has no values"),
        ({"grid": {"j_i": 3.0}}, "must be a sequence"),
        ({"grid": {"j_i": "12"}}, "must be a sequence"),
        ({"grid": {"j_i": [True]}}, "must be a number"),
        ({"seeds": True}, "seeds"),
        ({"seeds": [0.5]}, "seeds"),
        ({"jobs": 1.5}, "jobs"),
    ],
)
def test_bad_arguments(options, what, tmp_path):
    with pytest.raises(ictal.InputError, match=what):
        sweep(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_one_of_jobs_and_executor(tmp_path):
    with ThreadPoolExecutor(1) as executor, pytest.raises(ictal.InputError, match="one of them"):
        sweep(tmp_path, executor=executor, jobs=2)
