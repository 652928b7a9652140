"""Measures, nulls, comparison, figures and reports: everything that reads recordings."""
