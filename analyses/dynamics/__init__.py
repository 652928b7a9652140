"""Dynamics of anything that steps: Lyapunov spectra of flows and maps, with exact derivatives of the step."""

from .lyapunov import Spectrum, lyapunov, stepper

__all__ = ["Spectrum", "lyapunov", "stepper"]
