"""Dynamics of anything that steps: Lyapunov spectra, fixed points, attractors, basins, scans of a parameter."""

from .attractors import Attractors, attractors
from .basins import Axis, Basins, basin_map
from .bifurcation import Scan, scan
from .courses import Course, late_courses
from .fixed_points import FixedPoints, fixed_points
from .lyapunov import Spectrum, lyapunov, stepper

__all__ = [
    "Attractors",
    "Axis",
    "Basins",
    "Course",
    "FixedPoints",
    "Scan",
    "Spectrum",
    "attractors",
    "basin_map",
    "fixed_points",
    "late_courses",
    "lyapunov",
    "scan",
    "stepper",
]
