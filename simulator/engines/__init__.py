"""Engines that run a network: shared wiring and tables, one folder for each engine, and the kernels."""
