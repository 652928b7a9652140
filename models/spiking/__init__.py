"""Spiking systems, one a file, and their theory in closed form."""
