"""Probes of any torch module: its layers, their axes, and recordings of their activity."""
