"""Training: one plain loop (`train`), its settings, its history, its checkpoints, and its evaluation (`assess`)."""

from ...simulator.doors import door

__getattr__, __dir__, __all__ = door(__name__)
