"""Words of clinical notes: a note that marks a seizure, its start or its end, and notes that deny one or mean another.

English, and the common words of French, German, Spanish, Italian, Portuguese and Dutch. Words are whole words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Role = Literal["seizure", "start", "end", "after", "denied", "uncertain", "other", "none"]

# role of a word -> its forms, in lower case without accents
WORDS: dict[str, str] = {
    # fnsz ... are codes of the TUH corpus, gtcs ... of the ILAE
    "seizure": (
        r"epilepticus|"
        r"seizures?|seiz|nesz|seizing|seizes|sz|szs|szr|szrs|szure|ictal|[fgscatm][nptcby]sz|[fs]?b?gtcs?"
        r"|fbtcs?|fias|convulsions?|convulsing|crises?|crisis|crisi|convulsiones?|convulsoes|anfall"
        r"|krampfanfall|anfalle|aanval|aanvallen"
    ),
    "start": (
        r"starts?|started|starting|onsets?|begins?|began|beginning|commence[ds]?|on|beginn|beginnt|anfang"
        r"|debut|inicio|inicia|inizio|comienzo|comeco|begonnen|aanvang"
    ),
    "end": (
        r"ends?|ended|ending|offsets?|stops?|stopped|off|over|finish|finished|terminat(?:es|ed|ion)|ceased"
        r"|ceases|resolved|ende|endet|beendet|fin|final|fine|fim|termine|termina|arret|einde|gestopt"
    ),
    "denial before": (
        r"no|not|non|without|never|lack(?:s|ing)?|(?:is|was|are|were|did|does|do|has|have|had)nt|cannot"
        r"|den(?:y|ies|ied)|zero|negative|free|excluded?|kein|keine|keinen|keiner"
        r"|nicht|ohne|pas|sans|aucune?|sin|ningun|ninguna|nessuna?|senza|sem|nenhuma?|geen|zonder|nao|0"
    ),
    "denial after": (
        r"none|absent|negative|free|nil|denied|excluded|frei|aucune?|ninguna?|nessuna|nenhuma|keine?|geen|0"
    ),
    "not": r"not|isnt|wasnt|nicht|pas|nao|non|niet",
    "seen": (
        r"seen|present|observed|recorded|noted|detected|captured|confirmed|identified|found|evident|gesehen"
        r"|vue|vista"
    ),
    "between": (
        r"an?|any|the|more|further|other|another|clear|definite|obvious|overt|apparent|clinical|clinically"
        r"|electrographic|electroclinical|electrical|evidence|signs?|of|for|or|and|nor|new|recorded"
        r"|subclinical|epileptic|focal|generali[sz]ed|tonic|clonic|absence|eeg|convulsive|convulsions?|true"
        r"|frank|actual|spikes?|events?|activity|acute|de|d|des|di|klinischer?|weiterer?|was|is|this|that|it"
        r"|una?|une|been|had|has|have|episodes?"
    ),
    "uncertain": (
        r"like|"
        r"possible|possibly|probable|probably|suspected|suspicious|suspicion|suspect|susp|questionable"
        r"|question|quest|maybe|might|may|could|likely|unclear|equivocal|uncertain|vs|versus|rule|ro|query"
        r"|verdacht|fraglich|moglich|mogliche|moglicher|posible|probables?|possibile|possivel|mogelijk|last"
        r"|button|reports?|reported|if|when|while|during|should"
        r"|prob|poss|home|resembl(?:es|ed|ing)|simulat(?:es|ed|ing|ion)"
        r"|await(?:s|ed|ing)?|wait(?:s|ed|ing)?|expect(?:s|ed|ing)?|describ(?:es|ed|ing)|says|told|looks?"
    ),
    "other": (
        r"continuum|iic|zone|focus|"
        r"history|hx|medications?|meds?|drugs?|aeds?|asms?|asd|precautions?|protocol|risk|family|clinic"
        r"|diary|log|plan|prophylaxis|threshold|disorder|monitoring|monitor|study|detector|detectors"
        r"|detection|alarm|prediction|test|education|ago|yesterday|previous|previously|prior|anti|pnes"
        r"|mimic(?:s|ked|king)?|imitat(?:es|ed|ing|ion)|fake|discuss(?:es|ed|ing|ion)?|asks?|asked|calendar|safety|aid"
        r"|psychogenic|pseudo|pseudoseizures?|dissociative|nonepileptic|nesz|forecast|likelihood"
    ),
    "other after": r"art[ei]facts?|artfct|mimics?",
    "around": (
        r"pre|inter|peri|before|between|since|preceding|until|prae|entre|zwischen|vor|avant|antes"
        r"|prior|while"
    ),
    "after": r"post|after|following|nach|apres|despues|dopo|apos|na",
}
_FORMS = {role: re.compile(forms) for role, forms in WORDS.items()}
_JOINED = re.compile(  # words written as one
    r"(?P<a>post|pre|prae|peri|inter|non|anti|krampf)?-?(?P<b>ictal|seizures?|seiz|sz|anf(?:ae|a)lle?|iktal|ictus)(?:s|es)?"
    r"(?P<c>beginn|anfang|frei|ende?|start|onset|begin|stop|offset|off|on)?"
)
_CLAUSE = re.compile(r"[,;.|()\[\]]|\s[-–—/]+\s|\b(?:but|then|mais|aber|pero|ma|mas|maar)\b")
NEAR = 3  # words from the seizure to its "start" or "end"
REACH = 6  # words from a denial to the seizure


def role_of(note: str) -> Role:
    """Return the role of a note: a seizure without more, its start or end, the time after one, or none of these.

    "denied", "uncertain" and "other" are notes on seizures that mark none: "no seizure so far", "?seizure",
    "seizure medication given".

    >>> [role_of(note) for note in ("Seizure", "sz onset", "SEIZURE_END", "no seizure so far", "?seizure")]
    ['seizure', 'start', 'end', 'denied', 'uncertain']
    >>> [role_of(note) for note in ("eyes open", "interictal spikes", "post-ictal", "Anfallsbeginn", "fin de crise")]
    ['none', 'other', 'after', 'start', 'end']
    """
    found: list[Role] = [_role(clause) for clause in _CLAUSE.split(_plain(note)) if clause and clause.strip()]
    marks: list[Role] = [role for role in found if role in ("seizure", "start", "end")]
    return next(iter([*marks, *(role for role in found if role != "none")]), "none")


def _plain(note: str) -> str:
    """Return a note in lower case, without accents, words that are joined by capitals or signs apart."""
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", note.replace("ß", "ss"))
    text = unicodedata.normalize("NFKD", text)
    low = "".join(c for c in text if not unicodedata.combining(c)).lower().replace("_", " ").replace("’", "'")
    for sign, word in (("(?)", "?"), ("r/o", "rule out"), ("w/o", "without"), ("absence of", "no")):
        low = low.replace(sign, f" {word} ")
    return low


def _role(clause: str) -> Role:
    words = _words(clause)
    places = [at for at, word in enumerate(words) if _is("seizure", word)]
    if not places:
        return "none"
    at = places[0]
    before, after = words[:at], words[places[-1] + 1 :]
    if any(_is("other", word) for word in words) and not _is_denial_before(before):
        return "other"
    if after and _is("other after", after[0]):
        return "other"
    if after[:1] == ["0"] and not words[places[-1]].endswith("s"):
        return "uncertain"  # the first of those that are numbered from 0, or none
    for place, word in enumerate(before):
        if place >= at - 2 and (_is("around", word) or _is("after", word)):
            return "after" if _is("after", word) else "other"
    if _is_denial_before(before) or _is_denial_after(after):
        return "denied"
    if any(word == "?" or _is("uncertain", word) for word in words) or _is_far_denial(before):
        return "uncertain"
    last = after[-1:] if len(after) <= NEAR else []  # "seizure over", but "seizure over left temporal"
    near = [*before[-NEAR:], *(word for word in after[:NEAR] if word not in ("on", "off", "over")), *last]
    starts, ends = (any(_is(role, word) for word in near) for role in ("start", "end"))
    return "seizure" if starts == ends else "start" if starts else "end"


def _words(clause: str) -> list[str]:
    found: list[str] = []
    for word in re.findall(r"[^\W\d_]+|\d+|\?", clause.replace("'", "")):
        joined = _JOINED.fullmatch(word)
        if joined is None:
            found.append(word)
            continue
        stem = "anfall" if joined["b"].startswith("anf") else "ictal" if joined["b"] == "iktal" else joined["b"]
        found += [part for part in (joined["a"] if joined["a"] != "krampf" else "", stem, joined["c"]) if part]
    return found


def _is(role: str, word: str) -> bool:
    return _FORMS[role].fullmatch(word) is not None


def _is_denial_before(before: list[str]) -> bool:
    """Tell "no more clinical seizures": a denial, and no other words than such up to the seizure."""
    for at in range(len(before) - 1, max(-1, len(before) - 1 - REACH), -1):
        if _is("denial before", before[at]):
            return True
        if not _is("between", before[at]):
            return False
    return False


def _is_far_denial(before: list[str]) -> bool:
    """Tell "no response in the seizure", which may or may not deny it."""
    return any(_is("denial before", word) for word in before)


def _is_denial_after(after: list[str]) -> bool:
    """Tell "seizure: none", "seizure - no", "seizures not seen"."""
    if not after:
        return False
    if _is("denial after", after[0]) or (_is("denial before", after[0]) and len(after) == 1):
        return True
    copula = after[1:] if after[0] in ("is", "was", "were", "are", "activity") else after
    if copula and _is("denial after", copula[0]):
        return True
    return len(copula) > 1 and _is("not", copula[0]) and any(_is("seen", word) for word in copula[1:3])
