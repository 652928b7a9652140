"""Descriptions of networks: exact both ways, through JSON and through HDF5, and one line on what is wrong."""

import copy
import dataclasses
import json
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictal.simulator import (
    CurrentInput,
    Dense,
    Edges,
    EventInput,
    GivenNoise,
    InputError,
    LogNormal,
    LowRank,
    Network,
    Population,
    Projection,
    Schedule,
    Synapse,
    Uniform,
    describe,
    freeze_inputs,
    network_of,
    read_network,
    save_network,
)
from ictal.simulator.fields import declared
from ictal.simulator.files import document
from ictal.simulator.files.identity import fingerprint
from ictal.simulator.networks import cells, connections, inputs, signals
from ictal.simulator.networks.description import json_text, parse_network
from ictal.simulator.networks.stored import from_group, to_group
from tests.support.networks import random_network

EXACT = st.floats(allow_nan=False, allow_infinity=False)
MINIMAL = {
    "ictal_network": 1,
    "populations": [
        {"name": "E", "n": 3, "tau_m": 20, "v_rest": 0, "v_threshold": 20, "v_reset": 10,
         "synapses": [{"type": "Synapse", "name": "e", "tau": 5}]},
    ],
    "projections": [
        {"source": "E", "target": "E", "synapse": "e", "rule": {"type": "Edges", "pre": [0, 1], "post": [1, 2]},
         "weight": [0.5, 1.5], "delay": 1.5},
    ],
    "inputs": [{"type": "PoissonInput", "target": "E", "synapse": "e", "rate": 0.5, "weight": 1}],
}  # fmt: skip


def changed(**paths):
    """The minimal description with values put at places such as populations__0__tau_m; `del` takes a field away."""
    found = copy.deepcopy(MINIMAL)
    for path, value in paths.items():
        *keys, last = [int(key) if key.isdigit() else key for key in path.split("__")]
        at = found
        for key in keys:
            at = at[key]
        if value is del_:
            del at[last]
        else:
            at[last] = value
    return found


del_ = object()


def dense():
    """A network of arrays: large and small, of floats and of integers, and -0.0."""
    rng = np.random.default_rng(1)
    population = Population(
        "E", 20, 20.0, 0.0, 20.0, 10.0, synapses=(Synapse("e", 5.0),), position=rng.uniform(size=20)
    )
    edges = rng.integers(0, 20, size=(2, 300))
    return Network(
        (population,),
        (
            Projection("E", "E", "e", Dense(rng.normal(size=(20, 20))), 0.1),
            Projection("E", "E", "e", LowRank(rng.normal(size=(20, 2)), rng.normal(size=(20, 2))), 0.1),
            Projection.from_matrix("E", "E", "e", rng.normal(size=(20, 20))),
            Projection("E", "E", "e", Edges(*edges), rng.normal(size=300), 0.1 * rng.integers(1, 9, size=300)),
            Projection("E", "E", "e", Edges(edges[0, :3], edges[1, :3]), np.array([-0.0, 5e-324, 1 / 3])),
        ),
        (EventInput("E", "e", 1.0, [1.0, 2.5], [0, 3], until=9.0),
         CurrentInput("E", rng.normal(size=7), dt=0.5, after="hold"),
         CurrentInput("E", Schedule("I", (0, 0.1 + 0.2), (0, 1e-300)), rng.normal(size=20)),
         GivenNoise("E", "y", 3.0, rng.normal(size=(50, 20)), rng.normal(size=20))),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_a_network_comes_back_from_json_to_the_bit(seed):
    network = random_network(seed)
    text = json_text(describe(network))
    again = parse_network(text)
    assert fingerprint(again) == fingerprint(network)
    assert json_text(describe(again)) == text


@pytest.mark.parametrize("network", [dense(), freeze_inputs(random_network(3), 0.1, seed=1), random_network(5)])
def test_a_network_comes_back_from_a_file_to_the_bit(network, tmp_path):
    path = document.write(document.Document({"kind": "run"}, {"network": to_group(network)}), tmp_path / "n.h5")
    assert fingerprint(from_group(document.read(path).groups["network"])) == fingerprint(network)
    assert fingerprint(network_of(describe(network))) == fingerprint(network)
    assert fingerprint(read_network(save_network(network, tmp_path / "n.json"))) == fingerprint(network)


def test_every_class_of_a_network_is_described():
    """Neither the test's networks nor the description leaves a class or a field out."""
    seen = {}

    def walk(item):
        if isinstance(item, tuple | list):
            for one in item:
                walk(one)
        elif dataclasses.is_dataclass(item):
            seen.setdefault(type(item), set()).update(k for k in declared(type(item)) if getattr(item, k) is not None)
            for name in declared(type(item)):
                walk(getattr(item, name))

    for network in [dense(), *(random_network(seed) for seed in range(40))]:
        walk(network)
    kinds = {cells.Adaptation, cells.Exponential, cells.Quadratic, connections.Footprint, LogNormal}
    for union in (cells.AnySynapse, connections.Rule, inputs.AnyInput, signals.Signal):
        kinds.update(get_args(union))
    kinds.add(connections.UniformDelay)
    assert kinds <= set(seen)
    for kind in kinds:
        assert not {"type", "array"} & set(declared(kind))
        assert set(declared(kind)) - seen[kind] <= {"magnesium"}, kind


@given(EXACT, EXACT, st.lists(EXACT, min_size=3, max_size=3))
def test_any_number_comes_back_to_the_bit(rest, value, profile):
    population = Population("E", 3, 1.0, rest, 1.0, -1.0)
    network = Network((population,), inputs=(CurrentInput("E", Schedule("I", (0,), (value,)), profile),))
    assert fingerprint(parse_network(json.dumps(describe(network)))) == fingerprint(network)


def test_a_schedule_of_two_synapses_stays_one():
    gain = Schedule("g", (0, 10), (1, 2))
    population = Population("E", 3, 20.0, 0.0, 20.0, 10.0, synapses=(Synapse("a", 5.0, gain), Synapse("b", 5.0, gain)))
    again = network_of(describe(Network((population,))))
    assert again.populations[0].synapses[0].gain is again.populations[0].synapses[1].gain
    assert len(again.schedules) == 1


def test_a_description_by_hand():
    network = network_of(MINIMAL)
    assert (network.populations[0].tau_m, network.dt) == (20.0, 0.1)
    assert network.projections[0].weight.tolist() == [0.5, 1.5]


REFUSED = {
    "populations[0]: unknown field of Population 'tau'; did you mean 'tau_m'?": changed(populations__0__tau=3),
    "populations[0].synapses[0]: unknown field of Synapse 'taus'; did you mean 'tau'?":
        changed(populations__0__synapses__0__taus=3),
    "populations[0].synapses[0].tau: must be > 0 [ms]; got -1.0": changed(populations__0__synapses__0__tau=-1),
    "populations[0].synapses[0].tau: must be a number; got 'five'": changed(populations__0__synapses__0__tau="five"),
    "populations[0].synapses[0].tau: must be > 0 [ms]; got nan": changed(populations__0__synapses__0__tau=float("nan")),
    "populations[0].v_rest: must be finite [mV]; got inf": changed(populations__0__v_rest=float("inf")),
    "populations[0].tau_m: is missing: membrane time constant [ms]": changed(populations__0__tau_m=del_),
    "populations[0].n: must be a whole number; got True": changed(populations__0__n=True),
    "populations[0].synapses[0].type: is missing; want Synapse or AlphaSynapse or DeltaSynapse or SaturatingSynapse":
        changed(populations__0__synapses__0__type=del_),
    "populations[0].synapses[0].type: unknown type 'Synaps'; did you mean 'Synapse'?":
        changed(populations__0__synapses__0__type="Synaps"),
    "populations[0].synapses[0]: must be an object {...}; got 3": changed(populations__0__synapses__0=3),
    "populations[0].v_reset: must lie below v_threshold 20 mV; got 30": changed(populations__0__v_reset=30),
    "populations[0].name: must not be an object {...}": changed(populations__0__name={"a": 1}),
    "populations: is missing": changed(populations=del_),
    "projections[0].weight: must be finite; got a value that is not":
        changed(projections__0__weight=[1.0, float("nan")]),
    "projections[0].weight: an array must hold one number an edge (2); got shape (3,)":
        changed(projections__0__weight=[1, 2, 3]),
    "projections[0].weight: must be numbers; got list that is none": changed(projections__0__weight=["1", "2"]),
    "projections[0].rule: must be FixedInDegree or Pairwise or Edges or Dense or LowRank; got 'Edges'":
        changed(projections__0__rule="Edges"),
    "projections[0].rule.pre: must be a vector of integers; got float64 of shape (2,)":
        changed(projections__0__rule__pre=[0.5, 1]),
    "projections[0].rule.pre, Edges.post: must be of one length; got 3 and 2":
        changed(projections__0__rule__pre=[0, 1, 2]),
    "Edges.pre: must lie in 0..2 ('E'); got 0..3": changed(projections__0__rule__pre=[0, 3]),
    "unknown population 'F'; known: E": changed(projections__0__source="F"),
    "inputs[0].rate.times: must not fall": changed(
        inputs__0__rate={"type": "Schedule", "name": "r", "times": [2, 1], "values": [1, 1]}),
    "inputs[0].rate: must be >= 0 [1/ms]; got -1.0": changed(inputs__0__rate=-1),
    "projections[0].weight.array: unknown array 'w'; known: none": changed(projections__0__weight={"array": "w"}),
    "ictal_network: is missing": changed(ictal_network=del_),
    "ictal_network: is 2; this ictal reads up to 1: upgrade ictal": changed(ictal_network=2),
    "ictal_network: must be 1": changed(ictal_network="1"),
    "unknown field of Network 'population'; did you mean 'populations'?": changed(population=[]),
    "dt: must be > 0 [ms]; got 0.0": changed(dt=0),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_a_wrong_description_is_one_line_with_its_place(message):
    with pytest.raises(InputError) as error:
        parse_network(json.dumps(REFUSED[message]))
    assert message in str(error.value).removeprefix("Network.")


@pytest.mark.parametrize(("text", "message"), [
    ("{", "is no JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
    ("", "is no JSON"),
    ("[1]", "must be an object {...}; got list"),
    ('{"ictal_network": 1, "dt": 1, "dt": 2}', "the key 'dt' is given twice"),
    ('{"ictal_network": 1, "populations": [{"name": "E", "n": 1, "n": 2}]}',
     "the key 'n' of the object of name 'E' is given twice"),
    ("[" * 5000 + "]" * 5000, "nested 5000 levels deep"),
    ('{"ictal_network": 1, "populations": [], "dt": 1' + "0" * 9000 + "}", "dt: must be > 0 [ms]; got inf"),
    ('{"ictal_network": 1, "populations": [{"name": "E", "n": 1e400}]}', "populations[0]"),
    ('{"ictal_network": 1, "populations": {"a": 1}}', "populations: must not be an object {...}"),
    ('{"ictal_network": 1, "populations": [[]]}', "populations[0]: must be an object {...}; got []"),
    ('{"ictal_network": 1, "populations": "E"}', "populations: must be a tuple of Population; got 'E'"),
])  # fmt: skip
def test_a_hostile_text_is_one_line(text, message, tmp_path):
    path = tmp_path / "n.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_network(path)
    assert message in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "n.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not UTF-8"):
        read_network(tmp_path / "n.json")
    with pytest.raises(InputError, match="absent"):
        read_network(tmp_path / "absent.json")
    with pytest.raises(InputError, match="exists"):
        save_network(dense(), tmp_path / "n.json")


def test_a_changed_array_of_a_file_is_refused(tmp_path):
    group = to_group(dense())
    name = next(key for key in group.variables if key != "description")
    changed_one = dataclasses.replace(group.variables[name], values=group.variables[name].values + 1)
    with pytest.raises(InputError, match="is not the array that was described"):
        from_group(document.Group({**group.variables, name: changed_one}, group.attrs))
    with pytest.raises(InputError, match="changed after it was written"):
        from_group(document.Group(group.variables, {"sha256": "00"}))
    with pytest.raises(InputError, match="no description"):
        from_group(document.Group({}, {}))


def test_a_list_of_two_initial_voltages_is_no_range():
    pair = {**MINIMAL["populations"][0], "n": 2, "v_init": [1.0, 2.0]}
    assert network_of({"ictal_network": 1, "populations": [pair]}).populations[0].v_init.tolist() == [1.0, 2.0]
    network = Network((Population("E", 2, 20.0, 0.0, 20.0, 10.0, v_init=(1.0, 2.0)),))
    assert network_of(describe(network)).populations[0].v_init == Uniform(1.0, 2.0)
    with pytest.raises(InputError, match=r"give Uniform\(low, high\) or an array"):
        Population("E", 2, 20.0, 0.0, 20.0, 10.0, v_init=[1.0, 2.0])
    with pytest.raises(InputError, match="one voltage for each of 3 cells"):
        network_of(changed(populations__0__v_init=[0.0, 20.0]))
