"""Runs of any length: chunks on the disk, from which a run that was killed goes on to the same bits."""
