"""Notes of a recording: words that mark a seizure, pairs of start and end, marks of several readers."""

import json
import math
import shlex

import numpy as np
import pytest
from edfs import plain

import ictal
from ictal import cli
from ictal.analyses import Event, events_of
from ictal.analyses.eeg.montage import find
from ictal.analyses.eeg.spans import Mark, spans_of
from ictal.analyses.eeg.words import role_of
from ictal.simulator import InputError, Recording

ROLES = {
    "seizure": (
        "seizure|Seizures|SEIZURE|sz|Sz 1|SZ2|seiz|seizure R1|electrographic seizure|absence seizure|seizure #3|"
        "fnsz|gnsz|sz_foc_ia_m|sz_gen_m_tonicClonic|ictal|Ictal EEG|Subclinical seizure|seizure activity|"
        "seizure ongoing|GTCS|status epilepticus|patient unresponsive, seizure|seizure, no response|"
        "seizure not responding|seizure (no clinical signs)|"
        "seizure over left temporal|crise focale|Krampfanfall|crisi epilettica|Aanval"
    ),
    "start": (
        "Seizure start|seizure onset|sz onset|Onset of seizure|SeizureStart|seizure_start|szstart|seizure begins|Sz on|"
        "EEG onset of seizure|Seizure 1 start|ictal onset|start of clinical seizure|Anfallsbeginn|début de crise|"
        "inicio de crisis|inizio crisi"
    ),
    "end": (
        "Seizure end|seizure offset|sz offset|Sz off|end of seizure|SeizureEnd|SEIZURE_END|seizure stopped|"
        "seizure over|Seizure over, patient awake|seizure has stopped|ictal offset|szend|Anfallsende|"
        "fin de la crise|fin crisis"
    ),
    "denied": (
        "no seizure so far|no sz|No seizures|seizure: none|seizures: no|seizure none|without seizure|seizure-free|"
        "no clinical or electrographic seizures|no further seizures|no evidence of seizure|not a seizure|0 seizures|"
        "Seizure: negative|seizures not seen|never a seizure|NO SZ!|No seizure.|This was not a seizure|w/o seizure|"
        "isn't a seizure|it wasn’t a seizure|absence of seizures|lack of seizures|"
        "kein Anfall|keine Anfälle|anfallsfrei|pas de crise|sans crise|sin crisis|nessuna crisi|sem crise|geen aanval"
    ),
    "uncertain": (
        "?seizure|seizure?|? sz|possible seizure|probable seizure|maybe a seizure|seizure vs artifact|r/o seizure|"
        "seizure-like activity|questionable seizure|suspected seizure|seizure (?)|Anfall?|no response during a seizure|"
        "prob sz|seizure at home|mother describes seizure|resembles seizure|simulated seizure|seizure_0"
    ),
    "after": "post-ictal|postictal|Post ictal slowing|post seizure|after seizure|PostIctal|post_ictal",
    "other": (
        "peri-ictal|periictal|pre-ictal|PREICTAL|inter-ictal|interictal spikes|before seizure|between seizures|nesz|"
        "seizure medication given|history of seizures|antiseizure med|seizure precautions|psychogenic seizure|"
        "seizure monitoring|ictal-interictal continuum|seizure onset zone|"
        "seizure artefact|seizure mimic|fake seizure|seizures discussed|nurse asks about seizures|seizure first aid"
    ),
    "none": "eyes open|onset|end|bckg|HV start|photic 10 Hz|spike|critical|size|Sleep stage W|",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_note_is_read_by_its_words(role):
    notes = ROLES[role].split("|")
    assert {note: role_of(note) for note in notes} == dict.fromkeys(notes, role)


SPANS = {
    "one with a length": ([(30, 25, "seizure")], [(30, 55)]),
    "start and end": ([(30, None, "Seizure start"), (55, None, "Seizure end")], [(30, 55)]),
    "start and end of one second": ([(30, 1, "sz onset"), (55, 1, "sz offset")], [(30, 55)]),
    "two pairs": (
        [(10, None, "sz on"), (20, None, "sz off"), (60, 0, "sz on"), (70, 0, "sz off")],
        [(10, 20), (60, 70)],
    ),
    "a bare note and an end": ([(30, None, "seizure"), (55, None, "end of seizure")], [(30, 55)]),
    "a denial": ([(12, None, "no seizure so far"), (30, 25, "seizure")], [(30, 55)]),
    "a question": ([(12, 4, "?seizure"), (30, 25, "seizure")], [(30, 55)]),
    "the time after": ([(30, 25, "seizure"), (55, 20, "post-ictal")], [(30, 55)]),
    "the time after as the end": ([(30, None, "seizure"), (55, 20, "postictal slowing")], [(30, 55)]),
    "the times around": ([(20, 10, "pre-ictal"), (30, 25, "ictal"), (55, 20, "peri-ictal")], [(30, 55)]),
    "two readers": ([(30, 25, "seizure R1"), (33, 20, "seizure R2")], [(30, 55)]),
    "two readers, one longer": ([(30, 25, "sz"), (33, 30, "sz")], [(30, 63)]),
    "two readers in pairs": (
        [(30, None, "sz start R1"), (33, None, "sz start R2"), (53, None, "sz end R2"), (55, None, "sz end R1")],
        [(30, 55)],
    ),
    "marks of channels that touch": ([(30, 10, "fnsz"), (40, 15, "gnsz"), (32, 3, "fnsz")], [(30, 55)]),
    "a length and a pair": ([(30, 25, "seizure"), (30, None, "sz start"), (55, None, "sz end")], [(30, 55)]),
    "a bare mark beside a length": ([(28, None, "seizure"), (30, 25, "seizure")], [(28, 55)]),
    "a bare mark within": ([(30, 25, "seizure"), (40, None, "seizure")], [(30, 55)]),
    "marks with a length within start and end": (
        [(30, None, "sz start"), (34, 5, "sz"), (45, 2, "sz"), (55, None, "sz end")],
        [(30, 55)],
    ),
    "start and end at once": ([(30, None, "sz start"), (30, None, "sz end")], []),
    "end and start at once": ([(30, None, "sz end"), (30, None, "sz start")], []),
    "an end where the next starts": (
        [(10, None, "sz start"), (30, None, "sz end"), (30, None, "sz start"), (50, None, "sz end")],
        [(10, 50)],
    ),
    "no end": ([(30, None, "seizure")], [(30, 90)]),
    "no ends": ([(30, None, "seizure"), (60, None, "seizure")], [(30, 60), (60, 90)]),
    "an end alone": ([(55, None, "seizure end")], []),
    "something else": ([(40, None, "eyes open")], []),
    "nothing": ([], []),
}


@pytest.mark.parametrize("case", SPANS)
def test_spans_of_events(case):
    marks, wanted = SPANS[case]
    found, _ = spans_of([Mark(*mark) for mark in marks], 90.0)
    assert [(span.onset, span.stop) for span in found] == wanted


@pytest.mark.parametrize(
    ("marks", "fragment"),
    [
        ([(30, None, "seizure")], "'seizure' at 30 has no duration; it is taken to last until 90"),
        ([(30, 25, "sz"), (33, 20, "sz")], "2 marks that overlap or touch are one event, 30 to 55"),
        ([(12, 4, "?seizure")], "not certain to be events, and not used: '?seizure' at 12 s"),
        ([(55, None, "seizure end")], "ends no event that has a start"),
        ([(55, None, "sz start"), (55, None, "sz end")], "both at 55, so that the event has no length"),
        ([(30, None, "sz"), (55, 9, "postictal")], "taken to last until 55, where 'postictal' is noted"),
    ],
)
def test_every_decision_on_events_is_said(marks, fragment):
    assert any(fragment in note for note in spans_of([Mark(*mark) for mark in marks], 90.0)[1])


def recording(marks, t0=0.0, seconds=90, k=4):
    x = np.random.default_rng(0).normal(size=(seconds * 50, k))
    marks = [{"onset": onset, "duration": duration, "text": text} for onset, duration, text in marks]
    names = np.array(["Fp1", "C3", "O1", "Cz", "Pz", "F3"][:k])
    return Recording(
        x, 0.02, "second", "potential", "µV", t0=t0, unit_labels={"channel": names}, source={"annotations": marks}
    )


def test_what_lies_outside_is_listed_and_what_reaches_out_is_cut():
    events, notes = events_of(recording([(5, 10, "sz A"), (95, 10, "sz B"), (170, 30, "sz C")], t0=60.0))
    assert events == [Event(95.0, 10.0, "sz B")]
    assert any("outside the recording, 60 to 150, and not used: 'sz A' at 5" in note for note in notes)
    events, notes = events_of(recording([(80, 30, "seizure")]))
    assert events == [Event(80.0, 10.0, "seizure")]
    assert any("it is taken from 80 to 90" in note for note in notes)


def test_a_text_that_is_named_is_found_whatever_stands_beside_it():
    marks = [(10, 5, "interictal spasm"), (30, None, "spasm start"), (40, None, "spasm end"), (60, 5, "no spasm")]
    assert [(e.onset, e.stop) for e in events_of(recording(marks), "spasm")[0]] == [(10, 15), (30, 40)]
    assert events_of(recording([(12, 4, "?seizure")]), "?seizure")[0] == [Event(12.0, 4.0, "?seizure")]
    assert len(events_of(recording([(1, 2, "a"), (5, 2, "b"), (8, 1, "c")]), ["a", "b"])[0]) == 2


@pytest.mark.parametrize("onset", [math.nan, math.inf])
def test_a_mark_at_no_time_is_refused(onset):
    with pytest.raises(InputError, match="finite"):
        events_of(recording([(onset, 1, "seizure")]))


# events that are given

OPTIONS = {"window": 5.0, "nulls": 0, "measures": ["chi_c"], "band": (3, 20)}


def numbers(found):
    stored = found.to_json()
    return {name: stored[name] for name in ("rows", "summary", "events", "blocks", "changes")}


def test_events_by_hand_give_the_numbers_of_annotations(tmp_path):
    wanted = ictal.measure_over_time(recording([(30, 25, "seizure")]), **OPTIONS)
    bare = recording([])
    (tmp_path / "events.tsv").write_text("onset\tduration\ttrial_type\n30\t25\tseizure\n")
    for how in ({"event": "30:55"}, {"events": [(30, 55)]}, {"events": tmp_path / "events.tsv"}):
        assert repr(numbers(ictal.measure_over_time(bare, **OPTIONS, **how))) == repr(numbers(wanted))
    wanted = ictal.measure_over_time(recording([(30, None, "seizure")]), **OPTIONS)
    found = ictal.measure_over_time(bare, **OPTIONS, onset=30.0)
    assert repr(numbers(found)) == repr(numbers(wanted))
    assert any("taken to last until 90" in note for note in found.config["assumptions"])
    assert found.config["onset"] == 30.0


def test_events_of_the_command_line_are_used_and_recorded(tmp_path, capsys):
    pytest.importorskip("edfio")
    path = plain(tmp_path / "rec.edf", names=["Fp1", "C3", "O1", "Cz"])
    events = tmp_path / "rec-summary.txt"
    events.write_text("File Name: rec.edf\nSeizure Start Time: 8 seconds\nSeizure End Time: 11 seconds\n")
    base = ["eeg", str(path), "--nulls", "0", "--measures", "chi_c", "--json"]
    ways = {
        "hand": (["--event", "2:4", "--event", "12:14.5", "--events", str(events)], [(2, 2), (8, 3), (12, 2.5)]),
        "onset": (["--onset", "8.0", "--reference", "Cz", "--rename", "Fp1=Fpz"], [(8, 12)]),
    }
    for name, (words, wanted) in ways.items():
        assert cli.run([*base, *words, "-o", str(tmp_path / name)]) == 0
        found = json.loads(capsys.readouterr().out)
        assert [(event["onset"], event["duration"]) for event in found["events"]] == wanted
        assert set(words) <= set(shlex.split(found["config"]["command"]))
    for words in (["--rename", "Fp1"], ["--rename", "C3=a", "--rename", "C3=b"], ["--event", "9:8"]):
        assert cli.run([*base, *words, "-o", str(tmp_path / "none")]) == 2


def test_events_that_are_given_replace_the_annotations_and_say_so():
    found = ictal.measure_over_time(recording([(30, 25, "seizure")]), **OPTIONS, event=["10:20", "60:70"])
    assert [(event.onset, event.stop) for event in found.events] == [(10.0, 20.0), (60.0, 70.0)]
    assert any("annotations of the recording are not used: 'seizure' at 30 s" in n for n in found.config["assumptions"])


@pytest.mark.parametrize(
    ("how", "fragment"),
    [
        ({"event": "55:30"}, "the stop must be after the start; got 55:30"),
        ({"event": "100:120"}, "must lie within the recording, 0 to 90 s; got 100:120"),
        ({"event": "1.2.3:4"}, "START:STOP"),
        ({"event": ["30:55", "spasm"]}, "not both"),
        ({"onset": 90.0}, "onset: must lie within the recording"),
        ({"onset": math.nan}, "onset: must be finite"),
        ({"onset": "30"}, "onset: must be a number"),
        ({"event": ""}, "event: must be START:STOP"),
        ({"event": [30]}, "event: must be a text"),
        ({"events": [30, 55]}, "must be pairs"),
        ({"events": []}, "must be pairs"),
        ({"events": [(30, math.inf)]}, "must be finite"),
        ({"events": "30:55"}, "--event 30:55"),
        ({"events": "nothing.tsv"}, "no such file"),
        ({"event": "spasm"}, "unknown annotation 'spasm'"),
        ({"event": "30-55"}, "must be START:STOP in seconds, such as 30:55"),
        ({"event": "30:"}, "give --onset START"),
        ({"event": "30 s : 55 s"}, "must be START:STOP in seconds"),
    ],
)
def test_events_that_cannot_be_are_refused(how, fragment):
    with pytest.raises(InputError, match=fragment.replace("(", r"\(")):
        ictal.measure_over_time(recording([]), **OPTIONS, **how)


def test_without_an_event_the_end_of_the_baseline_is_no_onset():
    found = ictal.analyse_eeg(recording([]), nulls=0, measures=["chi_c"], baseline=(0.0, 30.0))
    assert len(found.recruitment) == 4
    assert all(math.isnan(row.latency) for row in found.recruitment)
    assert any("no event: recruitment has times and no latency" in note for note in found.config["assumptions"])


def test_an_event_at_the_start_leaves_no_baseline_and_says_so():
    found = ictal.analyse_eeg(recording([]), nulls=0, measures=["chi_c"], event="0:30")
    assert [(event.onset, event.stop) for event in found.events] == [(0.0, 30.0)]
    assert not found.recruitment
    assert not found.detections
    assert any("too early for a baseline before it" in note for note in found.config["assumptions"])


def test_a_second_onset_is_refused(capsys):
    assert cli.run(["eeg", "x.edf", "--onset", "20", "--onset=30"]) == 2
    assert "--onset: takes one value; got it 2 times" in capsys.readouterr().err


# montages, references, names


def test_montage_reference_and_names_are_used_and_stored():
    x = recording([(30, 25, "seizure")], k=6)
    found = ictal.measure_over_time(x, **OPTIONS, montage="Fp1-F3,F3-C3,Cz-Pz", rename={"O1": "ECG"})
    assert found.config["montage"] == "Fp1-F3,F3-C3,Cz-Pz"
    assert found.config["rename"] == {"O1": "ECG"}
    assert {row.n_units for row in found.rows} == {3}
    assert [channel.name for channel in found.channels if not channel.used] == ["ECG"]
    names, y = list(x.unit_labels["channel"]), x.values
    pairs = np.stack(
        [y[:, names.index(a)] - y[:, names.index(b)] for a, b in (("Fp1", "F3"), ("F3", "C3"), ("Cz", "Pz"))]
    )
    direct = ictal.measure_over_time(pairs.T, dt=0.02, clock="second", **OPTIONS)
    assert [row.value for row in found.rows] == [row.value for row in direct.rows]
    by_cz = ictal.measure_over_time(x, **OPTIONS, reference="Cz")
    others = [at for at, name in enumerate(names) if name != "Cz"]
    direct = ictal.measure_over_time(y[:, others] - y[:, [names.index("Cz")]], dt=0.02, clock="second", **OPTIONS)
    assert [row.value for row in by_cz.rows] == [row.value for row in direct.rows]
    assert any("against Cz, which is left out" in note for note in by_cz.config["assumptions"])


def test_the_double_banana_takes_old_names_and_says_the_pairs_it_lacks():
    x = recording([], k=6)
    names = np.array(["Fp1", "EEG F7-Ref", "T3", "P7", "O1", "Fz"])
    x = Recording(x.values, 0.02, "second", "potential", "µV", unit_labels={"channel": names})
    with pytest.raises(InputError, match=r"different references by their names \(none, REF\)"):
        ictal.measure_over_time(x, **OPTIONS, montage="double-banana")
    found = ictal.measure_over_time(x, **OPTIONS, montage="double-banana", rename={"EEG F7-Ref": "F7"})
    assert {row.n_units for row in found.rows} == {4}
    assert any("pairs of the montage without both of their electrodes" in n for n in found.config["assumptions"])
    assert any("channels in no pair of the montage are left out: Fz" in n for n in found.config["assumptions"])


@pytest.mark.parametrize(
    ("how", "fragment"),
    [
        ({"reference": "mastoid"}, "no channel 'mastoid' among those that are used: Fp1"),
        ({"reference": ""}, "reference"),
        ({"reference": "Cz,Cz"}, "twice"),
        ({"reference": "Fp1,C3,O1"}, "1 channels are left"),
        ({"montage": "banana"}, "must be double-banana, or pairs"),
        ({"montage": "Fp1-C3"}, "1 of 1 pairs"),
        ({"montage": "Fp1-C3,Fp1-XX"}, "no channel 'XX'"),
        ({"montage": "Fp1-C3,C3-O1,Fp1-C3"}, "given twice"),
        ({"montage": "Fp1-Fp1,C3-O1"}, "minus itself"),
        ({"montage": "Fp1-C3,C3-O1", "reference": "Cz"}, "do not depend on the reference"),
        ({"rename": {"XX": "Fp2"}}, "no channel 'XX'"),
        ({"rename": {"Fp1": 2}}, "must be a dictionary"),
        ({"reference": None}, "reference: must be"),
        ({"montage": ["Fp1-F7"]}, "montage: must be"),
        ({"rename": {"Fp1": "C3"}}, "two channels would be called 'C3'"),
        ({"rename": {"Fp1": " "}}, "must not be empty"),
    ],
)
def test_names_montages_and_references_that_cannot_be_are_refused(how, fragment):
    with pytest.raises(InputError, match=fragment):
        ictal.measure_over_time(recording([]), **OPTIONS, **how)


def test_differences_have_no_reference_channel_and_no_montage():
    x = recording([], k=4)
    names = np.array(["FP1-F7", "F7-T7", "T7-P7", "P7-O1"])
    x = Recording(x.values, 0.02, "second", "potential", "µV", unit_labels={"channel": names})
    for how in ({"montage": "double-banana"}, {"reference": "F7-T7"}):
        with pytest.raises(InputError, match="differences of two electrodes already"):
            ictal.measure_over_time(x, **OPTIONS, **how)


@pytest.mark.parametrize("wanted", ["T3", "T7"])
def test_old_and_new_names_of_a_site_are_one_in_channels_against_one_electrode(wanted):
    assert find(["Fp1-Cz", "T3-Cz", "O1-Cz"], wanted, "montage") == 1


def test_measure_takes_a_montage_a_reference_and_names_as_sliding_windows_do(tmp_path, capsys):
    x = recording([], k=6)
    for how in ({"montage": "Fp1-F3,F3-C3,Cz-Pz"}, {"reference": "Cz"}, {"rename": {"F3": "F9"}, "reference": "F9"}):
        found = ictal.measure(x, ["chi_c"], **how)
        (sliding,) = ictal.measure_over_time(x, ["chi_c"], window=x.duration, nulls=0, **how).rows
        assert found.rows[0].value == pytest.approx(sliding.value, rel=1e-12)
        assert found.rows[0].n_units == sliding.n_units < 6
        assert {name: found.config[name] for name in how} == how
    with pytest.raises(InputError, match="montage: is for recordings of electrodes"):
        ictal.measure(np.random.default_rng(0).normal(size=(100, 4)), ["chi_c"], dt=0.01, montage="a-b,c-d")
    ictal.save(ictal.Run({"eeg": x}), tmp_path / "x.h5")
    line = ["measure", str(tmp_path / "x.h5"), "--measures", "chi_c"]
    assert cli.run([*line, "--montage", "Fp1-F3,F3-C3,Cz-Pz"]) == 0
    assert cli.run([*line, "--onset", "3"]) == 2
    assert "--onset: belongs to sliding windows" in capsys.readouterr().err
    assert cli.run([*line, "--window", "20", "--nulls", "0", "--onset", "30", "--rename", "F3=F9"]) == 0


def test_an_end_of_a_pair_that_names_several_channels_is_refused():
    x = recording([], k=6)
    names = np.array(["Fp1", "F3..", "EEG F3", "Cz", "Pz", "O1"])
    x = Recording(x.values, 0.02, "second", "potential", "µV", unit_labels={"channel": names})
    with pytest.raises(InputError, match=r"montage: 'f3' names several channels: F3[.]{2}, EEG F3"):
        ictal.measure_over_time(x, **OPTIONS, montage="Fp1-f3,Cz-Pz", all_channels=True)
