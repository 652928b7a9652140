"""The shared dynamics layer: recordings, files, the network description and its engines."""

from .doors import door

__getattr__, __dir__, __all__ = door(__name__)
