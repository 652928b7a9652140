"""Overview of a run: the page that fits what it holds."""

from __future__ import annotations

from ....simulator import Recording, Run, Spikes
from ...layers.layer_synchrony import is_synchrony
from ..parts.style import Drawing
from ..rings import on_a_ring
from .array import array_overview
from .eeg import eeg_run_overview
from .mass import mass_overview
from .monitor import is_monitored, monitor_overview
from .naming import is_eeg
from .network import is_probed, layers_overview
from .ring import ring_overview
from .spiking import spiking_overview
from .training import training_overview

NODE = "node"  # label of the units of masses and oscillators


def run_overview(run: Run) -> Drawing:
    """Draw one page of a run: a training, a network, a ring, spikes, an EEG, a model, or recordings of any origin."""
    entries = list(run.values())
    if is_monitored(run):
        return monitor_overview(run)
    if any("metric" in entry.unit_labels for entry in entries) or any(map(is_synchrony, entries)):
        return training_overview(run)
    if is_probed(run):
        return layers_overview(run)
    if any(on_a_ring(entry) for entry in entries):
        return ring_overview(run)
    if any(isinstance(entry, Spikes) for entry in entries):
        return spiking_overview(run)
    if any(is_eeg(entry) for entry in entries):
        return eeg_run_overview(run)
    if all(isinstance(entry, Recording) and NODE in entry.unit_labels and entry.n_times > 1 for entry in entries):
        return mass_overview(run)
    return array_overview(run)
