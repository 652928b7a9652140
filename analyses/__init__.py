"""Measures, nulls, comparison, figures and reports: everything that reads recordings."""

from ..simulator.doors import door

__getattr__, __dir__, __all__ = door(__name__)
