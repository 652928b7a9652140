"""Synchrony over training and depth: trajectories, similarity and transfer between layers."""
