"""Kinds of channels by their names: sites of the scalp, intracranial contacts, and signals that are no EEG.

Sites are those of the 10–20, 10–10 and 10–5 systems (Oostenveld & Praamstra, Clin. Neurophysiol. 112, 713 (2001)), with
the older T3, T4, T5, T6. Other signals are known by words that amplifiers and sleep laboratories write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

EEG, CONTACT, UNKNOWN = "EEG", "intracranial", ""
BRAIN = (EEG, CONTACT)
NET = 3  # channels E1, E2, E3 ... are those of a net of electrodes; E1 and E2 alone are the eyes of a sleep recording

# kind -> words that may carry a number, and words that mean it only alone: "LOC" is an eye, "LOC3" a contact
OTHER: dict[str, tuple[str, str]] = {
    "EOG": (r"[LRHV]{0,2}EOG[A-Z]*|[LR]?[HV]EO[LRUD]?|EYES?|OCULO\w*|ORBIT\w*", "[LR](?:OC|UC|LC|UE|LE|IO|SO)"),
    "ECG": (
        r"[A-Z]{0,2}ECG[A-Z]*|[A-Z]{0,2}EKG[A-Z]*|CARD\w*|HEART\w*|PULS\w*|PLETH\w*|PLETYSM\w*|PPG|BVP|BPM|HRATE",
        "HR|RR|PR|HRV",
    ),
    "EMG": (
        r"[LR]?EMG[A-Z]*|[A-Z]?CHIN|[A-Z]?LEGS?|SUBMENT\w*|MENTAL\w*|TIB|TIBIA\w*|DELT\w*|MASSET\w*|ARMS?|[LR]ARM|PLM[LRS]?"
        r"|JAW",
        "LAT|RAT",
    ),
    "respiration": (
        r"RESP\w*|ATEM\w*|THOR\w*|THO|ABD\w*|CHEST\w*|NASAL\w*|NOSE\w*|NAS|ORONAS\w*|AIRFLOW|FLOW|CANN?UL\w*|THERM\w*"
        r"|SNOR\w*|MICRO?PHON\w*|SOUND|CPAP\w*|PNEUM\w*|EFFORTS?|EFF|RIP|PTAF|NPT|NPV|BREATH\w*|APN\w*|CAPNO\w*",
        "MIC|PRESSURE|PRES|ORAL|MOUTH|VT",
    ),
    "gas of blood or breath": (r"OSAT|S[AP]O|SATUR\w*|OXY?|OXI\w*|OXYM\w*", "SAT"),
    "skin": (r"GSR|EDA|EDR|SCR|SCL|SKIN\w*|GALV\w*", ""),
    "temperature": (r"TEMP|TEMPERAT\w*|RECTAL", ""),
    "position or movement": (
        r"POSITION\w*|BODYPOS\w*|ACC[XYZ]|ACCEL\w*|GYRO\w*|GRAVIT\w*|ACTIVITY|ACTI|MOTION|MOVEMENT|MOV|JERK",
        "POS|ACC|BODY",
    ),
    "environment": (r"LIGHT\w*|AMBIENT|LUX|HUMID\w*|ELEVATION|AUDIO\w*|VOICE|BATT\w*|VOLTAGE|BLOOD\w*", "BP"),
    "marker": (
        r"MARK\w*|MRK|TRIG\w*|TRG|STI|STIM\w*|STATUS|EVENTS?|EVT|PHOTI\w*|PHOTO\w*|FLASH\w*|STROB\w*|ANNOT\w*|BUTTONS?"
        r"|CODE|SYNC\w*|TTL|DIN|COUNTER|TIMESTAMP|TIMECODE|CLOCK|DIGITAL|GPIO|VNS|HYPNO\w*|STAGES?|SLEEP|CMS|DRL|QUALITY"
        r"|IMPEDANCE|ARTE?FACT\w*|PACKET|PACK|SAMPLE|INTERPOLATED",
        "TIME|IMP|CQ|INDEX",
    ),
    "auxiliary input": (
        r"DC|EXG?|EXT|AUX\w*|MISC\w*|BIP|AIN|ANALOG\w*|ERG|ADC|UNUSED|SPARE|EMPTY|BURSTS?|SUPPR|IBI|CALIB\w*",
        "REF|REFERENCE|GND|GROUND|BIAS|NC|NONE|BLANK|OPEN|OFF|TEST|CAL|NULL",
    ),
}
_COMPACT = re.compile(r"(?:[A-Z]*S[APT]?[AP]?O2|O2SATS?|SATO2|OXSTAT\w*|(?:ET|TC|PT?C|END)?CO2\w*|PTCO2\w*|TCO2)\w?")
_ROWS = "FP|AFP|AFF|AF|FFT|FFC|FTT|FCC|FT|FC|F|TTP|TPP|TP|T|CCP|CPP|CP|C|PPO|POO|PO|P|O|OI|NFP|N|I|SP"  # SP: sphenoidal
_MIDDLE = "N|FP|AFP|AF|AFF|F|FFC|FC|FCC|C|CCP|CP|CPP|P|PPO|PO|POO|O|OI|I"
_SITE = rf"(?:(?:{_MIDDLE})Z|(?:{_ROWS})(?:10|[1-9])H?|[AM][12])"
SITE = re.compile(_SITE)
_REFERENCE = re.compile(
    rf"REF\d*|LE|AR|AVG?|AVER\w*|CAR|CMR|MEAN|LM|LER?|ORG|G[12]|LINK\w*|A1[+/&]?A2|M1[+/&]?M2|A12|A|M|ZERO|0|CS[12]|{_SITE}"
)
_PAIR = re.compile(rf"({_SITE})[-:_/. ]*({_SITE})")
_PREFIX = re.compile(r"^(?:EEG|POL|SEEG|S-EEG|ECOG|IEEG|LFP|CH(?:AN(?:NEL)?)?)\b[\s:_.-]*(?=\S)|^EEG(?=[\d_])[\s:_.-]*")
_CORTICAL = re.compile(r"^(?:SEEG|S-EEG|ECOG|IEEG|POL|LFP)\b")
_SIDED = re.compile(r"[LR][A-Z]{1,5}_?\d{1,3}|[A-Z]{1,4}['’`´]\d{1,2}|[A-Z]{1,3}P\d{1,2}|GRID\d+|STRIP\d+|G\d{1,3}")
_NUMBERED = re.compile(r"([A-Z]{1,5})\d{1,3}")
_NET = re.compile(r"E(\d{1,3})")


def kinds_of(names: Sequence[str]) -> list[str]:
    """Return the kind of every channel: "EEG", "intracranial", a kind of `OTHER`, or "" of a name that tells nothing.

    Case, the prefix "EEG ", and a reference after a hyphen (-Ref, -LE, -A1, -M2, -AVG ...) do not matter. A difference
    of two sites is EEG, in any way of writing it.

    >>> kinds_of(["Fp1", "EEG C3-Ref", "T8-P8 (2)", "EEG FpzCz", "Left EOG", "SaO2", "DC01", "LA1", "POL A'3", "Ch 7"])
    ['EEG', 'EEG', 'EEG', 'EEG', 'EOG', 'gas of blood or breath', 'auxiliary input', 'intracranial', 'intracranial', '']
    >>> kinds_of(["E1-M2", "E2-M2", "C3-M2"]), kinds_of(["E1", "E2", "E3"])
    (['EOG', 'EOG', 'EEG'], ['EEG', 'EEG', 'EEG'])
    """
    net = {found[1] for name in names if (found := _NET.fullmatch(core(name)))}
    scalp = any(sites(name) for name in names)
    return [_kind(name, len(net) >= NET, scalp) for name in names]


def core(name: str) -> str:
    """Return a name in capitals without prefix, reference and number of a repeated name.

    >>> [core(name) for name in ("EEG Fp1-REF", "Fp1-F7", "T8-P8-0", "POL A'3", "C3-A1A2", "EEG 7")]
    ['FP1', 'FP1-F7', 'T8-P8', "A'3", 'C3', '7']
    """
    text = " ".join(name.upper().split())
    text = re.sub(r"\s*\(\d+\)$", "", text).rstrip(".")
    text = _PREFIX.sub("", text)
    head, dash, last = text.rpartition("-")
    if dash and "-" in head and last.isdigit():  # a number that makes a pair unique
        text, (head, dash, last) = head, head.rpartition("-")
    if dash and head and _REFERENCE.fullmatch(last.strip()) and not _is_pair(text):
        text = head
    return text.strip()


def sites(name: str) -> tuple[str, ...]:
    """Return the sites of a scalp channel: two of a difference, one against a reference, none of another name.

    >>> sites("FP1-F7"), sites("EEG C3-A2"), sites("FpzCz"), sites("ECG")
    (('FP1', 'F7'), ('C3',), ('FPZ', 'CZ'), ())
    """
    text = core(name)
    if SITE.fullmatch(text):
        return (text,)
    pair = _PAIR.fullmatch(text)
    return (pair[1], pair[2]) if pair else ()


def reference_of(name: str) -> str:
    """Return the reference in the name of a channel, in capitals; "" without one.

    >>> reference_of("EEG C3-Ref"), reference_of("C3-A2"), reference_of("C3"), reference_of("C3-P3")
    ('REF', 'A2', '', '')
    """
    text = _PREFIX.sub("", " ".join(name.upper().split()))
    head, dash, last = text.rpartition("-")
    return last.strip() if dash and core(name) == head.strip() else ""


def listed(names: Sequence[str], most: int = 12) -> str:
    """Return names in a row; of more than `most` the first and the number of the others.

    >>> listed(["a", "b"]), listed([str(k) for k in range(20)], 2)
    ('a, b', '0, 1 and 18 more')
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _is_pair(text: str) -> bool:
    """Tell a difference of two sites from a site against an ear or mastoid."""
    pair = _PAIR.fullmatch(text)
    return pair is not None and pair[2] not in ("A1", "A2", "M1", "M2")


def _kind(name: str, net: bool, scalp: bool) -> str:
    text = core(name)
    if sites(name) and not (net and _NET.fullmatch(text)):
        return EEG
    if (other := _other(name)) is not None:
        return other
    if _NET.fullmatch(text):
        if net or name.upper().startswith("EEG"):
            return EEG
        eye = text in ("E1", "E2") and (scalp or reference_of(name) in ("A1", "A2", "M1", "M2"))
        return "EOG" if eye else UNKNOWN
    if name.upper().startswith("EEG"):
        return CONTACT if re.search(r"['’`´]\d", text) else EEG
    parts = [part.strip() for part in text.split("-")]
    if all(_SIDED.fullmatch(part) for part in parts):
        return CONTACT
    if _CORTICAL.match(name.upper()) and all(_NUMBERED.fullmatch(part) for part in parts):
        return CONTACT
    return UNKNOWN


def _other(name: str) -> str | None:
    """Return the kind of a signal that is no EEG, by any of its words; None without one."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    if _COMPACT.fullmatch(re.sub(r"[^A-Z0-9]", "", core(name))):
        return "gas of blood or breath"
    if name and not re.search(
        r"[^\W_]", re.sub(r"-\d+$", "", name)
    ):  # "-", "--0", ".": places that a montage keeps free
        return "auxiliary input"
    words = [
        (word, number, place)
        for text in (name.upper(), apart.upper(), core(name))
        for place, (word, number) in enumerate(re.findall(r"([^\W\d_]+)(\d*)", text))
    ]
    for kind, (numbered, _) in OTHER.items():
        if any(re.fullmatch(numbered, word) for word, _, _ in words):
            return kind
    for kind, (_, alone) in OTHER.items():
        if any(not number and not place and alone and re.fullmatch(alone, word) for word, number, place in words):
            return kind
    return None
