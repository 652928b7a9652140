"""Trained networks: evaluation, activity, dynamics, the classifier as a system."""
