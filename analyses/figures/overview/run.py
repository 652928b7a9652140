"""Overview of a run: the page that fits what it holds."""

from __future__ import annotations

from ....simulator import Recording, Run, Spikes
from ..parts.style import Drawing
from ..rings import on_a_ring
from .array import array_overview
from .eeg import eeg_run_overview
from .mass import mass_overview
from .naming import is_eeg
from .ring import ring_overview
from .spiking import spiking_overview

NODE = "node"  # label of the units of masses and oscillators


def run_overview(run: Run) -> Drawing:
    """Draw one page of a run: a training, a ring, spikes, an EEG, a model, or recordings of unknown origin."""
    entries = list(run.values())
    if any("metric" in entry.unit_labels for entry in entries):
        from .training import training_overview

        drawn: Drawing = training_overview(run)
        return drawn
    if any(on_a_ring(entry) for entry in entries):
        return ring_overview(run)
    if any(isinstance(entry, Spikes) for entry in entries):
        return spiking_overview(run)
    if any(is_eeg(entry) for entry in entries):
        return eeg_run_overview(run)
    if all(isinstance(entry, Recording) and NODE in entry.unit_labels and entry.n_times > 1 for entry in entries):
        return mass_overview(run)
    return array_overview(run)
