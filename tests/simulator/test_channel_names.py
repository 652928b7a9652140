"""Names of channels: sites of the scalp in all their spellings, contacts, and signals that are no EEG."""

import numpy as np
import pytest
from edfs import by_hand, noise

from ictal.simulator import InputError, read_edf
from ictal.simulator.files.names import kinds_of, reference_of, sites

pytest.importorskip("edfio")

KINDS = {
    "EEG": (
        "Fp1|fp2|FPz|CZ|T3|T4|T5|T6|T7|P8|F9|FT9|FC5|CP6|AF7|PO8|POz|Iz|A1|M2|TP10|FFC1h|Sp1|Fp1-F7|FZ-CZ|T8-P8-0|"
        "T8-P8 (2)|EEG_Fp1|EEG-Fp1|EEGFp1|EEG1|EEG 001|O1-REF|F7-LE|C3-AVG|C4-M1|C3-A2|P3-G2|F3F7|C3A2|C4:A1|C3/A2|"
        "C3 A2|EEG Fp1-REF|EEG C3-A1A2|EEG Fpz-Cz|EEG FpzCz|EEG F3-CLE|EEG Fp1-Ref (2)|EEG 26-REF|Fc5.|Cz.."
    ),
    "EOG": "EOG|VEOG|HEOG|EOGv|LEOG|HEO|VEOL|EOG-L|LOC|ROC-M1|E1-M2|E2-A1|Left EOG|EOG horizontal|EEG EOG1|EEG LOC-REF|"
    "EEG LUC-LE|RLC-REF|EEG LUE-RAE",
    "ECG": "ECG|EKG1|ECG1-ECG2|ECGII|EKG-REF|EEG EKG1-REF|HR|Pulse|PULSE RATE|Pleth|PPG|Heart Rate",
    "EMG": "EMG|Chin|Chin1|CHIN1-CHIN2|EMG submental|EMG-chin|Leg/L|RLEG|PLMl|LAT|Tib|EEG EMG-REF",
    "respiration": "Resp|RESP1-REF|Resp oro-nasal|Flow|AirFlow|Thor|Abdomen|Nasal Pressure|Snore|Mic|CPAP",
    "gas of blood or breath": "SaO2|SpO2|SPO2|OSAT|O2 Sat|EtCO2|CO2|SaO2 Oxi",
    "skin": "GSR|GSR1|EDA",
    "temperature": "Temp|Temp rectal|Body temp",
    "marker": "Mark1|Marker|TRIGGER|STI 014|Status|Event marker|Photic|PHOTIC-REF|EDF Annotations|DIN1|VNS",
    "auxiliary input": "DC01|DC1-DC|POL DC09|EXG1|EX1|AUX2|MISC1|REF|GND|BURSTS|IBI|-|--0|.",
    "position or movement": "Position|Body|AccX|Accelerometer|Gyro",
    "intracranial": "LA1|RAH10|LOC3|LAT1|A'3|TP'1|LA1-LA2|GRID12|POL A'3|POL B4|SEEG B4|EEG A'1-Ref",
    "": "Ch1|X1|foo|POL E|Channel 12|7",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_channel_is_known_by_its_name(kind):
    names = KINDS[kind].split("|")
    assert {name: kinds_of([name])[0] for name in names} == dict.fromkeys(names, kind)


def test_the_eyes_of_a_sleep_recording_are_no_net_of_electrodes():
    assert kinds_of(["E1-M2", "E2-M2", "C3-M2", "C4-M1"])[:2] == ["EOG", "EOG"]
    assert set(kinds_of([f"E{k}" for k in range(1, 65)])) == {"EEG"}
    assert kinds_of(["E1", "E2"]) == ["", ""]


def test_sites_and_reference_of_a_name():
    assert [sites(name) for name in ("FP1-F7", "EEG C3-A2", "FpzCz", "LA1")] == [
        ("FP1", "F7"), ("C3",), ("FPZ", "CZ"), ()
    ]  # fmt: skip
    assert [reference_of(name) for name in ("EEG C3-Ref", "C3-A2", "C3", "C3-P3")] == ["REF", "A2", "", ""]


# rates and units: the EEG decides


def test_the_rate_is_that_of_the_eeg_and_not_of_most_channels(tmp_path):
    names = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "EMG submental", "Resp oro-nasal", "Temp rectal", "Event"]
    rates = [100, 100, 100, 1, 1, 1, 1]
    x = [noise(1, rate=rate, seed=at)[:, 0] for at, rate in enumerate(rates)]
    run = read_edf(by_hand(tmp_path / "night.edf", x, rates, names))
    assert run.recording("eeg").dt == 0.01
    assert run.recording("eeg").unit_labels["channel"].tolist() == names[:3]
    assert any("EMG submental (1 Hz)" in line for line in run.source["assumptions"])


def test_two_rates_of_the_eeg_that_are_equally_common_are_refused(tmp_path):
    x = [noise(1, rate=rate)[:, 0] for rate in (100, 50, 50)]
    with pytest.raises(InputError, match="1 channels at 100 Hz, 1 channels at 50 Hz"):
        read_edf(by_hand(tmp_path / "a.edf", x, [100, 50, 50], ["Fp1", "C3", "SaO2"]))


@pytest.mark.parametrize(
    "unit", [b"uV", b"UV", b"\xb5V", b"\xc2\xb5V", b"\xce\xbcV", b"\xe6V", b"\xc3\x82\xc2\xb5V", b"microV", b"uVolt"]
)
def test_micro_is_read_in_any_encoding(unit, tmp_path):
    x = noise(4, rate=100)
    path = by_hand(tmp_path / "a.edf", list(x.T), 100, ["Fp1", "C3", "DC1", "DC2"], [unit, unit, b"mV", b"mV"])
    eeg = read_edf(path).recording("eeg")
    assert eeg.unit == "µV"
    assert np.abs(eeg.values[:, :2] - x[:, :2]).max() < 0.06
    assert np.abs(eeg.values[:, 2:] - 1000 * x[:, 2:]).max() < 60


def test_a_unit_whose_bytes_are_unclear_is_read_and_said(tmp_path):
    run = read_edf(by_hand(tmp_path / "a.edf", list(noise(2, rate=100).T), 100, ["Fp1", "C3"], b"?V"))
    assert run.recording("eeg").unit == "µV"
    assert "the unit '?V' is read as µV: Fp1, C3" in run.source["assumptions"]


def test_names_that_tell_nothing_and_contacts_are_said(tmp_path):
    names = ["Fp1", "X1", "LA1", "ECG"]
    run = read_edf(by_hand(tmp_path / "a.edf", list(noise(4, rate=100).T), 100, names))
    assert "taken for EEG, though their names are no known sites: X1" in run.source["assumptions"]
    assert "intracranial contacts by their names: LA1" in run.source["assumptions"]


def test_a_unit_with_a_lost_byte_is_not_taken_for_volts(tmp_path):
    columns = list(noise(3, seconds=20, rate=100).T)
    run = read_edf(by_hand(tmp_path / "a.edf", columns, 100, ["Fp1", "C3", "O1"], units=b"\x81V"))
    assert run.recording("eeg").unit == "µV"
    assert any("the unit '?V' is read as µV" in line for line in run.source["assumptions"])
