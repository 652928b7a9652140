"""Verbs of the bench: one a file, of the same name as its command."""
