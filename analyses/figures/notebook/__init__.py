"""Panels for axes of the caller, and cards of notebooks."""
