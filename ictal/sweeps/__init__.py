"""Sweeps: a system over a grid of parameters and seeds, on any executor."""
