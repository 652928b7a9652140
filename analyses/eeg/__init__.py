"""EEG and other potentials: channels that can be trusted, synchrony over time, recruitment, detectors.

Pure functions of a Recording (time, channel); `analyse` runs them all. docs/eeg.md lists the limits of each.
"""
