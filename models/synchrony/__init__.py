"""Synchrony of layers over training and depth, stored with the history."""
