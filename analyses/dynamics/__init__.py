"""Dynamics of anything that steps: Lyapunov spectra, fixed points, phase planes, attractors, basins, scans."""
