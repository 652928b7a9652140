"""Rate systems: neural masses, oscillators and rings; one a file."""
