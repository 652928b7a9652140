"""The shared dynamics layer: recordings, the network description and its engines, probes, files."""

from .errors import InputError, unknown
from .recording import Clock, Recording
from .run import Run
from .spikes import Spikes

__all__ = ["Clock", "InputError", "Recording", "Run", "Spikes", "unknown"]
