"""The shared dynamics layer: recordings, files, the network description and its engines."""

from .errors import InputError, unknown
from .recordings.recording import Clock, Recording
from .recordings.run import Run
from .recordings.spikes import Spikes

__all__ = ["Clock", "InputError", "Recording", "Run", "Spikes", "unknown"]
