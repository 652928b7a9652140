"""EEG and other potentials: channels that can be trusted, synchrony over time, recruitment, detectors.

Pure functions of a Recording (time, channel); `analyse` walks the whole way. docs/eeg.md says what each can show.
"""

from ..filtering import bandpassed
from .analyse import Alarms, Windows, analyse, over_time
from .detectors import Detection, Rule, Score, detect, score
from .preprocessing import rereferenced
from .quality import Channel, examine, used
from .recruitment import Recruited, recruitment
from .result import EegResult
from .synchrony import WindowValue, measured
from .windows import Event, around, events_of, sliding

__all__ = [
    "Alarms",
    "Channel",
    "Detection",
    "EegResult",
    "Event",
    "Recruited",
    "Rule",
    "Score",
    "WindowValue",
    "Windows",
    "analyse",
    "around",
    "bandpassed",
    "detect",
    "events_of",
    "examine",
    "measured",
    "over_time",
    "recruitment",
    "rereferenced",
    "score",
    "sliding",
    "used",
]
