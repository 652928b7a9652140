"""Surfaces: ways in which input reaches Ictal. Each takes one drawn input and returns, or raises what Ictal raises."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import math
import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import values as drawn
from deep import attacks, network_files, task_sequences
from others import other_files, other_objects

import ictal
from ictal import cli
from ictal.simulator import (
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    Edges,
    InputError,
    Network,
    Normal,
    OUNoise,
    Pairwise,
    PoissonInput,
    Population,
    PopulationRate,
    Projection,
    Recording,
    Run,
    Schedule,
    Spikes,
    Synapse,
    Uniform,
    describe,
    network_of,
    record_to_file,
    simulate,
)
from ictal.simulator.networks.description import parse_network
from ictal.simulator.networks.paths import changed, parameters_of

STORED = Path(__file__).resolve().parents[1] / "support" / "files" / "0.1.0"
MEASURES = ["si_3", "chi_c", "lambda1_fraction", "kuramoto_r1", "plv", "mean_rate", "cv_isi", "sttc", "spectral_peak"]
SIZES = ("duration", "dt", "n", "n_e", "n_i", "sample", "every", "nodes", "cells", "epochs")
QUICK = ["measure", "compare", "why", "eeg", "plot", "export", "explain", "info", "list", "simulate", "train", "claims"]
FILES = {".npy": drawn.npy, ".npz": drawn.npz, ".csv": drawn.csv, ".edf": drawn.edf}


class WrongAnswerError(Exception):
    """Result that is no answer: a value that is not finite without a reason, or lines that are not one."""


def _write(rng, suffix):
    path = Path(f"x{suffix}")
    path.write_bytes(FILES[suffix](rng))
    return path


def _check(found):
    for row in found.rows:
        if not math.isfinite(row.value) and not row.reason:
            raise WrongAnswerError(f"{row.measure} of {row.entry} is {row.value} without a reason")


def _settings(rng):
    """Return keywords of `measure`: some of them, good and bad."""
    good = {
        "band": lambda: (3, 20), "phase_band": lambda: (5, 10), "dt": lambda: 0.01, "clock": lambda: "second",
        "window": lambda: (0, 0.5), "units": lambda: 2, "bin": lambda: 0.01, "sd": lambda: 0.005, "seed": lambda: 3,
        "all_channels": lambda: True, "nulls": lambda: 0, "null": lambda: "linear_shift", "label": lambda: "class",
        "max_lag": lambda: 0.2, "train_shift": lambda: 0.05, "entries": lambda: ["activity"],
    }  # fmt: skip
    given = {"dt": 0.01}
    for name in rng.sample(sorted(good), rng.randrange(4)):
        bad = rng.choice([drawn.anything(rng), drawn.number(rng), (drawn.number(rng), drawn.number(rng))])
        given[name] = good[name]() if rng.random() < 0.5 else bad
    return given


def array_files(rng):
    """Read a .npy, .npz or .csv file and measure it."""
    path = _write(rng, rng.choice([".npy", ".npz", ".csv"]))
    clock = rng.choice(
        [{"dt": 0.01}, {}, {"clock": "sample"}, {"dt": drawn.anything(rng)}, {"clock": rng.choice(drawn.TEXTS)}]
    )
    run = ictal.open_run(path, **clock)
    _check(ictal.measure(run, rng.sample(MEASURES[:4], 1)))


def edf_files(rng):
    """Read an EDF file and measure it."""
    path = _write(rng, ".edf")
    run = ictal.open_run(path)
    _check(ictal.measure(run, ["si_3"]))


def stored_files(rng):
    """Load, describe, export and save again a file of Ictal in which something was changed."""
    source = rng.choice(sorted(STORED.glob("*.h5")))
    path = Path("x.h5")
    shutil.copy(source, path)
    drawn.change_hdf5(rng, path)
    way = rng.random()
    if way < 0.2:
        ictal.export(path, rng.choice(["csv", "sonata", "xarray"]), f"out{rng.choice(['', '.h5', '.nc'])}")
        return
    if way < 0.3:
        if (code := _run(["info", str(path)])) not in (0, 2):
            raise WrongAnswerError(f"exit code {code}")
        return
    found = ictal.load(path)
    repr(found)
    if way < 0.32:
        found.html("x.html")
    elif way < 0.5:
        json.dumps(found.to_json() if hasattr(found, "to_json") else "", allow_nan=False)
        found.facts()
    elif way < 0.6:
        found.save("again.h5") if hasattr(found, "save") else ictal.save(found, "again.h5")
    elif isinstance(found, Run):
        _check(ictal.measure(found, ["si_3"]))


def weights(rng):
    """Load a file of weights in which bytes were changed."""
    data = (STORED / "training.pt").read_bytes()
    Path("x.pt").write_bytes(drawn.damaged(rng, drawn.damaged(rng, data)))
    ictal.load("x.pt").facts()


def manifests(rng):
    """Open the folder of a sweep whose manifest was changed."""
    shutil.copytree(STORED / "sweep", "sweep", dirs_exist_ok=True)
    text = (STORED / "sweep" / "sweep.json").read_text(encoding="utf-8")
    Path("sweep/sweep.json").write_text(drawn._change_json(rng, text), encoding="utf-8")
    found = ictal.open_sweep("sweep")
    for point in found.files:
        found.load(point)


def recordings(rng):
    """Make recordings, spikes and runs, and take parts of them."""
    if rng.random() < 0.5:
        given = {"values": drawn.array(rng), "dt": 0.01, "clock": "second", "quantity": "x", "unit": "1"}
        for name in rng.sample(["values", "dt", "clock", "quantity", "unit", "t0", "periodic", "valid", "unit_labels",
                                "time_labels", "source"], rng.randrange(3)):  # fmt: skip
            given[name] = drawn.anything(rng)
        entry = Recording(**given)
        repr(entry)
        entry.select(time=(drawn.number(rng), drawn.number(rng)))
    else:
        draw = np.random.default_rng(rng.randrange(2**32))
        n = rng.choice([0, 3, 50])
        given = {"time": np.sort(draw.uniform(0, 2, n)), "unit": draw.integers(0, 3, n), "n_units": 3, "duration": 2.0}
        for name in rng.sample(
            ["time", "unit", "n_units", "duration", "t0", "unit_labels", "source"], rng.randrange(3)
        ):
            given[name] = rng.choice([drawn.anything(rng), drawn.array(rng)])
        entry = Spikes(**given)
        repr(entry)
        entry.binned(rng.choice([0.01, drawn.number(rng)]))
    run = Run({"x": entry}, {"system": rng.choice(drawn.TEXTS)})
    ictal.save(run, "x.h5")
    assert list(ictal.load("x.h5")) == ["x"]


def arrays(rng):
    """Measure an array with keywords that may be bad."""
    names = rng.choice([rng.sample(MEASURES, 2), ["si_3"], None, rng.choice(drawn.TEXTS), drawn.anything(rng)])
    values = drawn.array(rng)
    found = ictal.measure(values, names, **_settings(rng))
    _check(found)
    if (values.ndim != 2 or values.shape[0] < values.shape[1]) and not found.config.get("assumptions"):
        raise WrongAnswerError(f"the axes of {values.shape} were guessed without a word")


def trains(rng):
    """Measure spike trains with keywords that may be bad."""
    draw = np.random.default_rng(rng.randrange(2**32))
    n_units = rng.choice([1, 2, 5, 10**9])
    time = np.sort(draw.uniform(0, 2, rng.choice([0, 2, 200])))
    spikes = Spikes(time, draw.integers(0, min(n_units, 5), time.size), n_units, 2.0, t0=0.0)
    _check(ictal.measure(spikes, rng.sample(MEASURES, 1), **{**_settings(rng), "dt": None}))


def comparisons(rng):
    """Compare groups of arrays with keywords that may be bad."""
    groups = {
        rng.choice(drawn.TEXTS): [drawn.array(rng) for _ in range(rng.choice([1, 1, 3]))]
        for _ in range(rng.choice([1, 2]))
    }
    given = _settings(rng)
    for name in ("all_channels", "units", "nulls"):
        given.pop(name, None)
    ictal.compare(rng.choice([groups, groups, drawn.anything(rng)]), measures=["si_3"], **given)


def systems(rng):
    """Build a system with parameters that may be bad; run it if its size is the usual one."""
    from ictal.simulator.fields import parameter_types
    from ictal.verbs.names import build, parse_settings

    name = rng.choice(sorted(ictal.SYSTEMS))
    known = list(parameter_types(ictal.SYSTEMS.load(name)))
    chosen = rng.sample(known, min(len(known), rng.choice([1, 1, 2])))
    if rng.random() < 0.3:
        parse_settings(name, [f"{key}={rng.choice([*drawn.TEXTS, *map(str, drawn.NUMBERS)])}" for key in chosen])
        return
    built = build(name, {key: rng.choice([drawn.number(rng), drawn.anything(rng)]) for key in chosen})
    if hasattr(built, "network"):
        built.network()


def names(rng):
    """Ask for the description of anything."""
    name = rng.choice(
        [*drawn.TEXTS, *ictal.MEASURES, *ictal.SYSTEMS, "PLV", "coherence", "claim:", ":", "measure:plv", "MI"]
    )
    ictal.explain(name if rng.random() < 0.9 else drawn.anything(rng))


def _run(words):
    """Run a command line; return its code, or raise if what it printed is not one result or one line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = cli.run(words)
    lines = [line for line in err.getvalue().splitlines() if line]
    if any(not line.startswith("ictal: ") for line in lines):
        raise WrongAnswerError(f"stderr: {lines[0]!r}")
    if code == 2 and not lines:
        raise WrongAnswerError("code 2 without a word")
    if not all(c.isprintable() or c == "\n" for c in out.getvalue() + err.getvalue()):
        raise WrongAnswerError("a control character was printed")
    if "--json" in words and code == 0 and "--help" not in words:
        json.loads(out.getvalue(), parse_constant=_no_constant)
    return code


def _no_constant(text):
    raise WrongAnswerError(f"{text} in JSON")


def command_line(rng):
    """Return the words of a command line: a command, files of every kind, and options with good and bad values."""
    for suffix in FILES:
        _write(rng, suffix)
    np.save("good.npy", np.random.default_rng(rng.randrange(99)).normal(size=(200, 4)))
    shutil.copy(STORED / rng.choice(["run_every_field.h5", "measurements.h5", "run_bump.h5", "eeg.h5"]), "x.h5")
    command = rng.choice(3 * QUICK + ["sweep", "analyse", "evaluate"])
    words = [command]
    path = rng.choice(["good.npy", "good.npy", "x.h5", *[f"x{suffix}" for suffix in FILES], "gone.h5", ".", "\x1b.npy"])
    words += {
        "list": [], "claims": [], "compare": [path, "good.npy"], "explain": [rng.choice(drawn.TEXTS)],
        "simulate": ["kuramoto", "--duration", "1", "-o", "out.h5"],
        "sweep": ["kuramoto", "--set", "duration=1", "--grid", "k=1,2"],
        "train": ["mlp", "--epochs", "1", "--data", "gone.npz", "-o", "out.h5"],  # no time for training here
        "analyse": ["kuramoto", "--set", "n=3", "--fixed-points", "--starts", "2"],
        "evaluate": [str(STORED / "training.pt")],
    }.get(command, [path])  # fmt: skip
    if command in ("measure", "compare", "why"):
        words += ["--dt", rng.choice(["0.01", "0.01", "1e308", "5e-324", "nan", "x"])]
    if command == "measure":
        words += ["--measures", rng.choice(["si_3", "si_3,chi_c", "plv", "nothing", ""])]
    if command == "export":
        words += ["--to", rng.choice(["csv", "sonata", "xarray", "x"])]
    if command in ("plot", "eeg", "compare", "sweep"):
        words += ["-o", "out"]
    for parameter in rng.sample(_options(command), rng.choice([0, 1, 1, 2])):
        name = rng.choice([one for one in parameter.opts if one.startswith("-")])
        words.append(name)
        if not parameter.is_flag:
            words += [_value(rng) for _ in range(max(1, parameter.nargs))]
    return [*words, *rng.choice([[], ["--json"], ["--quiet"]])]


def _options(command):
    skipped = ("help", "nulls", "jobs", "seeds", "threads", "basins", "attractors", "compile_")
    found = cli.Commands().get_command(None, command)
    return [p for p in found.params if p.param_type_name == "option" and p.name not in skipped]


def _value(rng):
    text = rng.choice([*drawn.TEXTS, *map(str, drawn.NUMBERS), "out", "good.npy", "k=1", "n=3", "x.h5"])
    return text.replace("\0", "")


def command_lines(rng):
    """Run a command line in process."""
    words = command_line(rng)
    code = _run(words)
    if code not in (0, 2) and not (words[0] == "sweep" and code == 1):
        raise WrongAnswerError(f"exit code {code}")
    if code == 2:
        raise InputError("refused")


def _small():
    """Return a network that runs in no time, of most kinds of parts."""
    e = Population("E", 20, 20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0, refractory=1.0, v_init=(0.0, 20.0),
                   synapses=(Synapse("e", 5.0), DeltaSynapse("kick")))  # fmt: skip
    i = Population("I", 5, Normal(10.0, 0.5), v_rest=15.0, v_threshold=np.linspace(19.0, 21.0, 5), v_reset=10.0,
                   refractory=Uniform(1.0, 2.0), synapses=(AlphaSynapse("e", 2.0),),
                   v_init=np.linspace(0.0, 15.0, 5))  # fmt: skip
    return Network(
        (e, i),
        (Projection("E", "I", "e", Pairwise(0.2), 1.0, 1.5), Projection("I", "E", "kick", Edges([0, 1], [3, 4]), -0.5)),
        (PoissonInput("E", "e", 500.0, 2.0), CurrentInput("I", Schedule("step", (1.0, 2.0), (0.0, 9.0))),
         CurrentInput("E", np.ones((2, 20)), dt=1.0, after="hold"),
         OUNoise("E", "y", 5.0, 3.0)),
        signals=(PopulationRate("rate", "E"),),
    )  # fmt: skip


def _changed(rng, value):
    """Change a description in one place: a value, a name, a key too many or too few."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        way = rng.random()
        if way < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if way < 0.2:
            return {**value, rng.choice([*drawn.TEXTS, key + "s"]): drawn.anything(rng)}
        return {**value, key: _changed(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        k = rng.randrange(len(value))
        return [*value[:k], _changed(rng, value[k]), *value[k + rng.choice([0, 1, 1, 1]) :]]
    return drawn.anything(rng)


def _run_small(network):
    """Run it for 2 ms if it is small."""
    if sum(p.n for p in network.populations) <= 1000 and network.dt >= 0.01:
        simulate(network, round(2.0 / network.dt) * network.dt / 1000.0, 0)


def descriptions(rng):
    """Read a description of a network that was changed, as objects or as text; run what is taken."""
    given = describe(_small())
    if rng.random() < 0.3:
        network = parse_network(drawn._change_json(rng, json.dumps(given)))
    else:
        for _ in range(rng.choice([1, 1, 2])):
            given = _changed(rng, given)
        network = network_of(given)
    if describe(network_of(describe(network))) != describe(network):
        raise WrongAnswerError("the description does not come back")
    if rng.random() < 0.1:
        _run_small(network)


def paths(rng):
    """Change a parameter of a network by its path, as a value or as a text."""
    network = _small()
    path = rng.choice([*parameters_of(network), *drawn.TEXTS])
    if rng.random() < 0.5:
        changed(network, {path: drawn.anything(rng)})
        return
    from ictal.verbs.names import parse_settings

    parse_settings(network, [f"{path}={rng.choice([*drawn.TEXTS, *map(str, drawn.NUMBERS)])}"])


@functools.cache
def _made():
    """Return the bytes of a file of a run."""
    record_to_file(_small(), 0.004, 1, "made.h5")
    return Path("made.h5").read_bytes()


def continuations(rng):
    """Run a file again that was changed, or go on from it, in Python or in the shell."""
    Path("x.h5").write_bytes(_made())
    if rng.random() < 0.7:
        drawn.change_hdf5(rng, Path("x.h5"))
    more = rng.choice([0.002, 0.002, 0.002, drawn.number(rng)])
    if more != 0.002 and 0.01 < abs(more) < 1e6:
        more = 0.002
    texts = [*drawn.TEXTS, *map(str, drawn.NUMBERS), "0.5"]
    key = rng.choice(["populations.E.tau_m", "populations.0.n", "inputs.0.rate", "dt", *drawn.TEXTS])
    if rng.random() < 0.4:
        given = {} if rng.random() < 0.5 else {key: rng.choice([drawn.anything(rng), 0.5])}
        ictal.continue_run("x.h5", more, **given)
        return
    words = ["simulate", "x.h5", *rng.choice([[], ["--continue", str(more)], ["--duration", "0.002"]])]
    words += [] if rng.random() < 0.5 else ["--set", f"{key}={rng.choice(texts)}".replace("\0", "")]
    code = _run([*words, "-o", "out.h5"])
    if code not in (0, 2):
        raise WrongAnswerError(f"exit code {code}")
    if code == 2:
        raise InputError("refused")


SURFACES = {  # with their share
    array_files: 18, edf_files: 12, stored_files: 18, weights: 3, manifests: 4, recordings: 12, arrays: 12, trains: 6,
    comparisons: 3, systems: 8, names: 4, command_lines: 12, descriptions: 8, paths: 4, continuations: 6,
    other_files: 8, other_objects: 8, network_files: 8, attacks: 8, task_sequences: 3,
}  # fmt: skip


def clean(folder):
    """Remove what a case wrote."""
    for item in os.scandir(folder):
        if item.is_dir(follow_symlinks=False):
            shutil.rmtree(item.path, ignore_errors=True)
        else:
            os.unlink(item.path)
