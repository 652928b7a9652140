"""Dynamics of anything that steps: Lyapunov spectra, fixed points, phase planes, attractors, basins, scans."""

from .attractors import Attractors, attractors
from .basins import Axis, Basins, basin_map
from .bifurcation import Scan, scan
from .fixed_points import FixedPoints, fixed_points
from .late_runs import Course, late_courses
from .lyapunov import Spectrum, lyapunov, stepper
from .plane import PhasePlane, phase_plane

__all__ = [
    "Attractors",
    "Axis",
    "Basins",
    "Course",
    "FixedPoints",
    "PhasePlane",
    "Scan",
    "Spectrum",
    "attractors",
    "basin_map",
    "fixed_points",
    "late_courses",
    "lyapunov",
    "phase_plane",
    "scan",
    "stepper",
]
