"""Synchrony over training and depth: recorded while a network is trained, stored beside its history."""

from __future__ import annotations

from .recorder import SynchronyRecorder

__all__ = ["SynchronyRecorder"]
